/**
 * What an allocation costs by the number of free runs, in the three designs; and what page-level fragmentation costs.
 *
 * Of several rounds the quickest counts: what others did meanwhile can only make one slower.
 */
import { type PageCount, type PageIndex, pageCount, pageSize, pId } from '../../../base/units.ts';
import { type Generation, generations } from '../../../design/design.ts';
import { Heap } from '../../../index.ts';
import { threadCpuClock } from '../../../os/clock.ts';
import { type Kind, measure as measureAmong, prepare } from './among-holes.ts';
import type { Measurement } from './measurement.ts';

export interface CostAmongHoles {
  readonly design: string;
  readonly kind: Kind;
  readonly holes: number;
  /** Nanoseconds of a free and an allocation. */
  readonly ns: number;
}

export interface AllocationCosts {
  readonly among: readonly CostAmongHoles[];
  /** A single page from the radix page heap: by itself, and from a page cache. Nanoseconds of an allocation. */
  readonly single: number;
  readonly cached: number;
}

const few = 20;
/** Free runs around single pages, at any size: there must be more pages free than are taken. */
const singleHoles = 1000;

function singles(holes: number, rounds: number): { single: number; cached: number } {
  const heap = prepare('radix', 'small', holes);
  const one = pageCount(1);
  const p = pId(0);
  const taken: PageIndex[] = [];
  const timed = (alloc: () => PageIndex): number => {
    taken.length = 0;
    const start = threadCpuClock.now();
    for (let i = 0; i < few * 64; i++) taken.push(alloc());
    const ns = (threadCpuClock.now() - start) / taken.length;
    heap.pages.flushCached?.(p);
    for (const page of taken) heap.pages.free(page, one as PageCount);
    return ns;
  };
  const [single, cached]: [number[], number[]] = [[], []];
  for (let round = -3; round < rounds; round++) {
    const a = timed(() => heap.pages.alloc(one));
    const b = timed(() => heap.pages.allocCached?.(p, one) ?? heap.pages.alloc(one));
    if (round < 0) continue;
    single.push(a);
    cached.push(b);
  }
  heap.dispose();
  return { single: Math.min(...single), cached: Math.min(...cached) };
}

export const allocationCosts: Measurement<
  { small: readonly number[]; large: readonly number[]; pairs: number; rounds: number },
  AllocationCosts
> = {
  name: 'allocation-costs',
  measure({ small, large, pairs, rounds }) {
    const among: CostAmongHoles[] = [];
    for (const [kind, counts] of [
      ['small', small],
      ['large', large],
    ] as const)
      for (const holes of counts)
        for (const design of generations) {
          const heap = prepare(design, kind, holes);
          // A list of large runs is walked: fewer pairs tell as much.
          const n = kind === 'large' && design === 'lists' ? Math.ceil(pairs / 25) : pairs;
          const times = Array.from({ length: rounds + 1 }, () => measureAmong(heap, kind, n)).slice(1);
          heap.dispose();
          among.push({ design, kind, holes, ns: Math.min(...times) });
        }
    return { among, ...singles(singleHoles, 5 * rounds) };
  },
};

export interface Stripes {
  readonly label: Generation;
  readonly inUse: number;
  readonly free: number;
  /** What was asked for in one piece, and by how much the heap grew for that. */
  readonly asked: number;
  readonly grown: number;
  /** The same for eight pages, which fit. */
  readonly grownForSmall: number;
}

export const stripes: Measurement<{ mib: number }, Stripes[]> = {
  name: 'stripes',
  measure: ({ mib }) =>
    generations.map((label) => {
      using heap = new Heap({
        ...{ generation: label, collect: false, scavenge: false, environment: false, reach: '1GiB' },
        // Small steps, so that no design has room at its end.
        growthUnit: '4MiB',
      });
      const count = 9 * Math.max(128, Math.round((mib * 2 ** 20) / pageSize / 9));
      const objects = Array.from({ length: count }, () => heap.malloc(pageSize, true, false));
      objects.forEach((at, i) => {
        if (i % 9 !== 0) heap.drop(at);
      });
      heap.gc();
      const sys = (): number => heap.sample().heapSys;
      const { heapInuse, heapIdle } = heap.sample();
      const start = sys();
      heap.malloc(8 * pageSize, true, false);
      const afterSmall = sys();
      const asked = pageSize * Math.floor(heapIdle / 2 / pageSize);
      heap.malloc(asked, true, false);
      const grown = sys() - afterSmall;
      return { label, inUse: heapInuse, free: heapIdle, asked, grown, grownForSmall: afterSmall - start };
    }),
};
