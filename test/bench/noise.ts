/**
 * How measured times scatter, for simulations: factors about 1, each from a seed that is printed.
 */
import type { Mulberry32 } from '../../lib/lab/workloads/random.ts';
import { seedOf } from '../support/random.ts';

/** The seed of a simulation: PAGEHEAP_SEED, else another each time. */
export function printedSeed(name: string): number {
  const seed = seedOf('PAGEHEAP_SEED');
  console.log(`${name}: PAGEHEAP_SEED=${seed}`);
  return seed;
}

function normal(random: Mulberry32): number {
  const u = (random.below(2 ** 20) + 0.5) / 2 ** 20;
  const v = random.below(2 ** 20) / 2 ** 20;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/** A distribution of factors with median 1, whose logarithm scatters by about `spread`. */
export type Noise = (random: Mulberry32, spread: number) => number;

export const noises: Readonly<Record<string, Noise>> = {
  normal: (random, spread) => Math.exp(spread * normal(random)),
  /** One in three processes got the other machine code. */
  'two-humped': (random, spread) =>
    (random.below(3) === 0 ? 1 + 2 * spread : 1) * noises.normal(random, spread / 4),
  /** One in fifteen met another program. */
  disturbed: (random, spread) => (random.below(15) === 0 ? 1.8 : 1) * noises.normal(random, spread),
};
