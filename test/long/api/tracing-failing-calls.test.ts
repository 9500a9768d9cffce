/** A heap that traces, under a kernel that refuses: every call, once, and from there on. */
import { expect, test } from 'vitest';
import { refuseEach, tracingDesigns } from '../../support/failing-tracing.ts';

test.each(tracingDesigns)('what can be reached stays whole where calls are refused: %s', (_name, options) => {
  expect(refuseEach(options, () => 1)).toBeGreaterThan(5);
});
