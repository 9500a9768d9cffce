/** A memory limit is kept while what lives goes from a tenth of it to eight. At 256 MiB: test/long/gc/limit-steps.test.ts. */
import { expect, test } from 'vitest';
import { MiB } from '../../lib/base/units.ts';
import { beyond, limited, stepUp } from '../support/limit-steps.ts';

const limit = 32 * MiB;

test.each(limited.slice(0, 3))('$liveness, $marking', (options) => {
  const { taken, resident, collections } = stepUp(options, limit, MiB);
  expect(taken).toBeLessThanOrEqual(limit + beyond);
  expect(resident).toBeLessThanOrEqual(limit + beyond);
  expect(taken).toBeGreaterThan(limit * 0.8);
  expect(collections).toBeGreaterThan(1);
});
