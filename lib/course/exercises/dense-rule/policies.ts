/**
 * The judge's own rules: the plain ones, of which the best is the baseline, and the reference.
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

/** Collections that a chunk is given to come back. */
const patience = 4;

/**
 * What a chunk holds in vain costs its free pages a second; what it loses when it is broken, its huge pages as far as it is used. One
 * that was nearly full some collections ago may come back; if it has done so before, it is waited for.
 */
export function byPrice({ huge, fault }: Prices): Rule {
  const known = new Map<number, { fullAt: number; fell: boolean; returns: number; calls: number }>();
  return ({ chunk, inUse, lastInUse, broken }) => {
    const state = known.get(chunk) ?? { fullAt: -patience - 1, fell: false, returns: 0, calls: 0 };
    known.set(chunk, state);
    state.calls++;
    if (Math.max(inUse, lastInUse) >= goDense) state.fullAt = state.calls;
    if (inUse >= goDense) {
      if (state.fell) state.returns++;
      state.fell = false;
    } else state.fell = true;
    const free = chunkPages - inUse;
    const lost = broken ? 0 : (huge * inUse) / chunkPages;
    if (free <= lost) return true;
    const recent = state.calls - state.fullAt < patience;
    return recent && state.returns > 0 && free * patience < fault * free + huge * patience;
  };
}
