/** Operations on heaps of random parts, shadowed; a million of them: test/long/api/mixture.test.ts. */
import { test } from 'vitest';
import { runMixture } from '../support/mixture.ts';
import { Random, seedOf } from '../support/random.ts';

test('random mixtures of all parts: no difference', () => {
  const seed = seedOf('PAGEHEAP_SEED');
  console.log(`PAGEHEAP_SEED=${seed}`);
  runMixture(new Random(seed), 12_000, 1500);
});
