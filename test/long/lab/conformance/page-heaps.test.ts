/** The page heaps that keep the contract, under many random runs. */
import { describe, it } from 'vitest';
import { conformanceChecks } from '../../../../lib/lab/conformance/index.ts';
import { heaps } from '../../../lab/conformance/page-heaps.ts';

describe.each(Object.entries(heaps))('the page heap %s', (_name, make) => {
  for (const check of conformanceChecks(make, { runs: 500 })) it(check.name, () => check.run());
});
