/**
 * What processors ask of a heap: allocations, each by one of them, and frees of what was allocated.
 */
import type { Chance } from '../../model/seeds.ts';

export const processors = 4;

export type TraceOp =
  | { readonly k: 'alloc'; readonly p: number; readonly n: number }
  /** What operation `of` allocated. */
  | { readonly k: 'free'; readonly of: number; readonly n: number };

export type TraceName = 'small spans' | 'all sizes';

const sizes: Readonly<Record<TraceName, (chance: Chance) => number>> = {
  // Most spans of a program are of one page.
  'small spans': (chance) =>
    chance.between(1, 100) <= 75
      ? 1
      : chance.between(1, 100) <= 95
        ? chance.between(2, 4)
        : chance.between(5, 30),
  'all sizes': (chance) => (chance.between(1, 100) <= 96 ? chance.between(1, 15) : chance.between(16, 60)),
};

const livePages = 900;
const operations = 1600;

/** Grows until so many pages live; then what lives changes at random, by turns a little less and a little more. */
export function traceOf(name: TraceName, chance: Chance): TraceOp[] {
  const ops: TraceOp[] = [];
  const live: number[] = [];
  let pages = 0;
  let bound = livePages;
  while (ops.length < operations) {
    if (pages < bound) {
      const n = sizes[name](chance);
      live.push(ops.length);
      ops.push({ k: 'alloc', p: chance.between(0, processors - 1), n });
      pages += n;
    } else {
      bound = livePages - chance.between(0, 200);
      while (pages > bound && live.length > 0 && ops.length < operations) {
        const [of] = live.splice(chance.between(0, live.length - 1), 1) as [number];
        const { n } = ops[of] as TraceOp;
        ops.push({ k: 'free', of, n });
        pages -= n;
      }
      bound = livePages;
    }
  }
  return ops;
}
