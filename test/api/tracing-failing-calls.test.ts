/** A heap that traces, under a kernel that refuses some calls; all of them, on each design: test/long/api. */
import { expect, test } from 'vitest';
import { refuseEach, tracingDesigns } from '../support/failing-tracing.ts';

// The one that grows by arenas as they come, and the one that makes most calls.
const tried = tracingDesigns.filter((_design, i) => i === 0 || i === 3);

test.each(tried)('what can be reached stays whole where calls are refused: %s', (_name, options) => {
  expect(refuseEach(options, (calls) => Math.ceil(calls / 2))).toBeGreaterThan(0);
});
