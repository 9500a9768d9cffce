/** A memory limit of 256 MiB, kept while what lives goes from a tenth of it to eight; thinned: test/gc/limit-steps.test.ts. */
import { expect, test } from 'vitest';
import { MiB } from '../../../lib/base/units.ts';
import { beyond, limited, stepUp } from '../../support/limit-steps.ts';

const limit = 256 * MiB;

test.each(limited)('$liveness, $marking, $gcPercent percent', (options) => {
  const { taken, resident, collections } = stepUp(options, limit, MiB / 4);
  expect(taken).toBeLessThanOrEqual(limit + beyond);
  expect(resident).toBeLessThanOrEqual(limit + beyond);
  // It was needed.
  expect(taken).toBeGreaterThan(limit * 0.8);
  expect(collections).toBeGreaterThan(3);
});
