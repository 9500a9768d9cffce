/**
 * The radix page heap with page caches of fewer pages than 64, or of none.
 *
 * A cache is filled with the free pages of a block of so many, and hands out runs of less than a quarter of them, as the
 * cache of 64 does. A class of its own, so that the usual one has its width as a constant.
 */
import { type PageCount, type PageIndex, type PId, pageIndex } from '../../base/units.ts';
import type { RadixMemory } from './columns.ts';
import type { HugeChunks } from './huge-chunks.ts';
import type { PhysicalPages } from './page-alloc.ts';
import { RadixPageHeap, type Releasing } from './page-heap.ts';
import type { Denseness } from './scavenge-index.ts';

export class NarrowCachePageHeap extends RadixPageHeap {
  readonly #width: number;

  /** @param width pages of a cache: 0 (none), 8, 16 or 32 */
  constructor(
    memory: RadixMemory,
    physical: PhysicalPages,
    host: Releasing,
    dense: Denseness,
    width: number,
    told?: HugeChunks,
  ) {
    super(memory, physical, host, dense, told);
    this.#width = width;
  }

  override allocCached(p: PId, npages: PageCount): PageIndex {
    const width = this.#width;
    if (npages * 4 >= width) return pageIndex(-1);
    const cache = this.caches[p];
    if (cache.isEmpty()) this.allocToCache(cache, width);
    const page = cache.alloc(npages);
    if (page >= 0) this.lastScavenged = cache.lastScavenged;
    return page;
  }
}
