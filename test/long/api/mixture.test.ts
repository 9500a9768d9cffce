/** A million operations on heaps of random parts, contents shadowed, check(3), residency held against belief. */
import { test } from 'vitest';
import { runMixture } from '../../support/mixture.ts';
import { Random, seedOf } from '../../support/random.ts';

const hour = 3_600_000;

test(
  'a million operations and no difference',
  () => {
    const seed = seedOf('PAGEHEAP_SEED');
    console.log(`PAGEHEAP_SEED=${seed}`);
    runMixture(new Random(seed), 1_000_000, 20_000);
  },
  hour,
);
