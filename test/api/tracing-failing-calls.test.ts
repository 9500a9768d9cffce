/** A heap that traces, under a kernel that refuses some calls; all of them: test/long/api. */
import { expect, test } from 'vitest';
import { refuseEach, tracingDesigns } from '../support/failing-tracing.ts';

test.each(tracingDesigns)('what can be reached stays whole where calls are refused: %s', (_name, options) => {
  expect(refuseEach(options, (calls) => Math.ceil(calls / 2))).toBeGreaterThan(0);
});
