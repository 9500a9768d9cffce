/**
 * Plain rules, which remember nothing: the README of the exercise has them, and points begin at the best of them.
 */
import type { ChunkDensity } from '../../../pages/radix/dense-rule.ts';
import { chunkPages, goDense } from './chunk.ts';
import { costOf, type Life, type Prices, runHeap } from './heap.ts';

export type Rule = (chunk: ChunkDensity) => boolean;

export const goRule =
  (): Rule =>
  ({ inUse, changed, lastInUse }) =>
    inUse >= goDense || (changed && lastInUse >= goDense);

export const keepsNothing = (): Rule => () => false;

/** What keeps a chunk by one number alone. */
export const above =
  (number: number): Rule =>
  ({ inUse }) =>
    inUse > number;

/** Go's, nothing, and each number in steps of 16. */
const plainRules: readonly Rule[] = [
  goRule(),
  keepsNothing(),
  ...Array.from({ length: chunkPages / 16 }, (_, i) => above(16 * i)),
];

/** What the best of the plain rules costs: no number alone has points. */
export async function plainCost(lives: readonly Life[], prices: Prices): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const rule of plainRules)
    least = Math.min(least, costOf(await runHeap(lives, (chunks) => chunks.map(rule)), prices));
  return least;
}
