/**
 * The radix page allocator behind the page heap's contract.
 *
 * The allocator itself keeps the runtime's own names and arguments; here it is bound to its host, and has a page
 * cache for each P: what it scavenges goes to the host's hook, and free runs are told of for those who look from
 * outside. Pages in a cache are free for everyone outside, although the bitmaps have them as allocated: they are
 * told of by themselves, since nobody can release them.
 *
 * Not here: any of the mechanism (page-alloc.ts, page-cache.ts).
 */
import {
  alignUp,
  type Bytes,
  chunkPages,
  type PageCount,
  type PageIndex,
  type PId,
  pageCount,
  pageIndex,
  pId,
} from '../../base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapStats, ReleaseHook } from '../contract.ts';
import type { RadixMemory } from './columns.ts';
import type { HugeChunks } from './huge-chunks.ts';
import { type PhysicalPages, RadixPageAlloc } from './page-alloc.ts';
import { cachePages, PageCache } from './page-cache.ts';
import type { Denseness } from './scavenge-index.ts';

/** Runs of fewer pages come from a page cache: a quarter of its pages. */
const cachedRun = cachePages / 4;

/** What it has from its host. */
export interface Releasing {
  /** May wait until `settle`: what was released is not handed out before. */
  readonly release: ReleaseHook;
  /** Called when all runs of one call were released. */
  readonly settle?: () => void;
}

export class RadixPageHeap extends RadixPageAlloc implements PageHeap {
  readonly freshScavenged = true;
  readonly #caches: readonly PageCache[];
  readonly #hook: (page: PageIndex, npages: PageCount) => void;
  readonly #settle: (() => void) | undefined;

  constructor(
    memory: RadixMemory,
    physical: PhysicalPages,
    host: Releasing,
    dense?: Denseness,
    told?: HugeChunks,
  ) {
    super(memory, physical, dense, told);
    this.#caches = Array.from({ length: memory.ps }, (_, p) => new PageCache(memory, pId(p)));
    const { release } = host;
    this.#settle = host.settle;
    // Scavenged runs are found page by page: what is released was not.
    this.#hook = (page, npages) => release(page, npages, npages);
  }

  /** The page cache of each P. */
  get caches(): readonly PageCache[] {
    return this.#caches;
  }

  allocCached(p: PId, npages: PageCount): PageIndex {
    if (npages >= cachedRun) return pageIndex(-1);
    const cache = this.#caches[p];
    if (cache.isEmpty()) this.allocToCache(cache);
    const page = cache.alloc(npages);
    if (page >= 0) this.lastScavenged = cache.lastScavenged;
    return page;
  }

  flushCached(p: PId): void {
    this.flushCache(this.#caches[p]);
  }

  /** Looks for room for a whole alignment more, as the original does, and takes what is aligned in it. */
  allocAligned(npages: PageCount, align: PageCount): PageIndex {
    const found = this.find(pageCount(npages + align));
    if (found < 0) return found;
    const page = pageIndex(alignUp(found, align));
    this.allocRange(page, npages);
    return page;
  }

  allocAt(page: PageIndex, npages: PageCount): void {
    this.allocRange(page, npages);
  }

  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes {
    try {
      return this.scavenge(nbytes, force, this.#hook, shouldStop);
    } finally {
      this.#settle?.();
    }
  }

  prepareGrow(page: PageIndex, npages: PageCount): boolean {
    return this.memory.commit(page / chunkPages, (page + npages) / chunkPages, this.ranges.count + 1);
  }

  takeBack(page: PageIndex, npages: PageCount): void {
    const { scavenged } = this.memory.chunks;
    this.free(page, npages);
    for (let i: number = page; i < page + npages; i++) scavenged[i >>> 5] |= 1 << (i & 31);
  }

  /** Runs of one state; a run that goes on in the next grown range is told of in two. */
  forEachFree(visit: FreeRunVisit): void {
    const { allocated, scavenged } = this.memory.chunks;
    const cached = this.#cachedPages();
    let next = 0;
    for (const [base, npages] of this.inUse()) {
      const end = base + npages;
      let start = -1;
      let state = 0;
      for (let page: number = base; page <= end; page++) {
        const bit = page & 31;
        const now =
          page === end || ((allocated[page >>> 5] >>> bit) & 1) === 1
            ? -1
            : (scavenged[page >>> 5] >>> bit) & 1;
        if (start >= 0 && now !== state) {
          visit(start, page - start, state * (page - start), 0);
          start = -1;
        }
        if (start < 0 && now >= 0) {
          start = page;
          state = now;
        }
        if (page < end && cached[next]?.page === page) {
          visit(page, 1, cached[next].scavenged ? 1 : 0, 0);
          next++;
        }
      }
    }
  }

  override stats(): PageHeapStats {
    const { pages, freePages, scavengedPages } = super.stats();
    const cached = this.#cachedPages();
    return {
      pages,
      freePages: freePages + cached.length,
      scavengedPages: scavengedPages + cached.filter(({ scavenged }) => scavenged).length,
    };
  }

  /** The pages of all caches, lowest first. */
  #cachedPages(): { readonly page: number; readonly scavenged: boolean }[] {
    const found: { page: number; scavenged: boolean }[] = [];
    for (const cache of this.#caches) cache.forEachFree((page, scavenged) => found.push({ page, scavenged }));
    return found.sort((a, b) => a.page - b.page);
  }
}
