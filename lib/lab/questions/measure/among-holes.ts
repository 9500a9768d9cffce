/**
 * A page heap among holes: filled with runs of random size, of which every other one was freed, so that no two holes
 * border. Then held runs are freed at random and others of random size allocated.
 *
 * `small` runs are of 1 to 16 pages, `large` ones of 128 to 255. No memory is mapped.
 */
import { pageCount, pageIndex } from '../../../base/units.ts';
import type { PageHeap, PageHeapHost } from '../../../pages/contract.ts';
import { standAloneLists, standAloneRadix, standAloneTreap } from '../../../pages/stand-alone.ts';
import { Mulberry32 } from '../../workloads/random.ts';

export type Kind = 'small' | 'large';

export const makers: Readonly<Record<string, (host: PageHeapHost) => { pages: PageHeap; dispose(): void }>> =
  {
    lists: standAloneLists,
    treap: standAloneTreap,
    radix: (host) => standAloneRadix(host, { physPageSize: 4096, physHugePageSize: 2 ** 21 }),
  };

const sizeOf: Readonly<Record<Kind, (random: Mulberry32) => number>> = {
  small: (random) => 1 + random.below(16),
  large: (random) => 128 + random.below(128),
};

export interface Prepared {
  readonly pages: PageHeap;
  readonly held: Int32Array;
  readonly sizes: Int32Array;
  readonly random: Mulberry32;
  dispose(): void;
}

export function prepare(design: string, kind: Kind, holes: number): Prepared {
  const random = new Mulberry32(17);
  const most = kind === 'small' ? 16 : 255;
  const reach = Math.ceil((holes * 2 * most) / 8192) * 8192;
  let clock = 0;
  const host: PageHeapHost = {
    reachPages: pageCount(reach),
    physPages: 1,
    now: () => ++clock,
    release: () => undefined,
  };
  const { pages, dispose } = (makers[design] as (typeof makers)[string])(host);
  pages.grow(pageIndex(0), pageCount(reach));
  const held = new Int32Array(holes);
  const sizes = new Int32Array(holes);
  const freed: [number, number][] = [];
  for (let i = 0; i < holes; i++) {
    const n = sizeOf[kind](random);
    held[i] = pages.alloc(pageCount(n));
    sizes[i] = n;
    const m = sizeOf[kind](random);
    freed.push([pages.alloc(pageCount(m)), m]);
  }
  for (const [page, n] of freed) pages.free(pageIndex(page), pageCount(n));
  return { pages, held, sizes, random, dispose };
}

/** Nanoseconds a pair. */
export function measure({ pages, held, sizes, random }: Prepared, kind: Kind, pairs: number): number {
  const picks = Int32Array.from({ length: pairs }, () => random.below(held.length));
  const wanted = Int32Array.from({ length: pairs }, () => sizeOf[kind](random));
  const start = performance.now();
  for (let k = 0; k < pairs; k++) {
    const i = picks[k] as number;
    const n = wanted[k] as number;
    pages.free(pageIndex(held[i] as number), pageCount(sizes[i] as number));
    held[i] = pages.alloc(pageCount(n));
    sizes[i] = n;
  }
  return ((performance.now() - start) * 1e6) / pairs;
}
