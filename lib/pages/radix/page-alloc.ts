/**
 * The page allocator of the 2023 runtime (Go 1.21): address-ordered first fit over bitmaps, found
 * through a radix tree of summaries.
 *
 * Pages are kept in chunks of 512: a bitmap of the allocated ones and one of the scavenged ones, whose
 * memory the system has taken back. Scavenged pages are free. Above the chunks stand the summaries, by
 * which a run of any length is found without walking the bitmaps; beside them the scavenge index, by
 * which the scavenger finds chunks worth releasing. All of it lies in columns (columns.ts): objects of
 * this class hold views alone, and one thread's object is as good as another's.
 *
 * Invariants, between operations
 * - every grown page below the search page is allocated; the search page itself is grown, or `noSearch`
 * - no page is both allocated and scavenged
 * - pages that were never grown are free in no summary
 * - no run of `fitPages` or more starts below the page `fit`, which is grown; 0: nothing is known. It is where the last
 *   such run was found. First fit over a heap with many short holes would walk from them each time: 20 to 40 % of an
 *   allocation of 4 to 512 pages
 * - the scavenge index counts the allocated pages of each chunk; those in page caches count as such
 *
 * Guard: the thread that owns the heap, or the holder of its lock. A scavenge keeps it from begin to
 * end, so pages being released need not be marked allocated meanwhile, as they are in the runtime,
 * which unlocks for the system call; one downward pass over a chunk gives the same result.
 *
 * Mechanism after Go's mpagealloc.go, mpagecache.go, mpallocbits.go and mgcscavenge.go (1.21.13).
 * Not here: the pages' memory (the hook of `scavenge` reaches it), and when to scavenge.
 */

import { ctz32, popcount32 } from '../../base/bits.ts';
import { fatal } from '../../base/errors.ts';
import {
  type Bytes,
  bytes,
  chunkPagesShift as chunkShift,
  type PageCount,
  type PageIndex,
  pageCount,
  pageIndex,
  pageSize,
  chunkPages as pagesOfChunk,
} from '../../base/units.ts';
import {
  clearRange,
  findHole,
  firstZero,
  longestHole,
  setRange,
  takeRange,
  zerosBelow,
  zerosFrom,
} from './bitmap.ts';
import { checkRadix } from './check.ts';
import {
  endWord,
  fitPagesWord,
  fitWord,
  freeHwmWord,
  noSearch,
  type RadixMemory,
  searchWord,
  stateWord,
} from './columns.ts';
import { Search } from './find.ts';
import type { HugeChunks } from './huge-chunks.ts';
import { chunkWordsShift as wordsShift } from './levels.ts';
import { cachePages, maskOf, type PageCache } from './page-cache.ts';
import { PageState } from './page-state.ts';
import { runSize, runStart, scavengeCandidate } from './scavenge-candidate.ts';
import type { Denseness } from './scavenge-index.ts';

/** What the allocator must know of the machine: bytes. */
export interface PhysicalPages {
  /** The physical page; a power of two up to 512 KiB. */
  readonly physPageSize: number;
  /** The physical huge page; 0 if there are none, at most 4 MiB. */
  readonly physHugePageSize: number;
}

/** Told of each run that is scavenged, when its pages are marked so. Must not call back. */
export type ScavengeHook = (page: PageIndex, npages: PageCount) => void;

const inChunk = pagesOfChunk - 1;
const { backgroundCursor: backgroundCursorWord, forceCursor: forceCursorWord } = stateWord;

export class RadixPageAlloc extends PageState {
  /** After an `alloc` that succeeded: how many of its pages were scavenged. */
  lastScavenged = 0;
  readonly #search: Search;
  readonly #state: Int32Array;
  readonly #minPages: number;
  readonly #hugePages: number;

  constructor(memory: RadixMemory, physical: PhysicalPages, dense?: Denseness, told?: HugeChunks) {
    super(memory, dense, told);
    const { physPageSize, physHugePageSize } = physical;
    this.#state = memory.state;
    this.#search = new Search(memory, this.sums);
    this.#minPages = Math.max(1, physPageSize / pageSize);
    const usesHuge = physHugePageSize > pageSize && physHugePageSize > physPageSize;
    this.#hugePages = usesHuge ? physHugePageSize / pageSize : 0;
    if (this.#minPages > cachePages || this.#hugePages > pagesOfChunk) {
      fatal('physical pages are larger than the page allocator knows', { physPageSize, physHugePageSize });
    }
  }

  /** n ≥ 1 contiguous pages, the lowest such run; −1 when there is none. Sets `lastScavenged`. */
  alloc(npages: PageCount): PageIndex {
    const { allocated } = this;
    const state = this.#state;
    const search = state[searchWord];
    const chunk = search >> chunkShift;
    if (chunk >= state[endWord]) return pageIndex(-1);
    if (pagesOfChunk - (search & inChunk) < npages || this.sums.max[this.sums.leaves + chunk]! < npages) {
      return this.#allocSlow(npages);
    }
    const base = chunk << wordsShift;
    const first = firstZero(allocated, base, (search & inChunk) >> 5);
    const at = npages === 1 ? first : findHole(allocated, base, npages, first >> 5);
    if (at < 0) fatal('a chunk does not have the run that its summary promises', { chunk, npages, search });
    const page = (chunk << chunkShift) + at;
    this.#take(page, npages, page);
    const firstPage = (chunk << chunkShift) + first;
    if (firstPage > search) state[searchWord] = firstPage;
    return pageIndex(page);
  }

  /** Where n contiguous pages would be allocated; −1 when there is no such run. */
  find(npages: PageCount): PageIndex {
    if (this.#state[searchWord] >> chunkShift >= this.#state[endWord]) return pageIndex(-1);
    return pageIndex(this.#search.find(npages));
  }

  /** Allocates just these free pages and returns how many of them were scavenged. */
  allocRange(page: PageIndex, npages: PageCount): PageCount {
    if (page >> chunkShift === (page + npages - 1) >> chunkShift) {
      const below = zerosBelow(this.allocated, (page >> chunkShift) << wordsShift, page & inChunk);
      this.#take(page, npages, page - below);
    } else {
      this.#takeAcross(page, npages);
    }
    return pageCount(this.lastScavenged);
  }

  /** Gives back n allocated pages. */
  free(page: PageIndex, npages: PageCount): void {
    const { allocated } = this;
    const state = this.#state;
    if (page < state[searchWord]) state[searchWord] = page;
    const last = page + npages - 1;
    const chunk = page >> chunkShift;
    if (last >> chunkShift !== chunk) {
      this.#freeAcross(page, npages);
      return;
    }
    const base = chunk << wordsShift;
    const at = page & inChunk;
    clearRange(allocated, base, at, npages);
    this.index.free(chunk, last, npages);
    const lo = page - zerosBelow(allocated, base, at);
    const hi = page + npages + zerosFrom(allocated, base, at + npages);
    if (lo < state[fitWord]) this.#lowerFit(lo, hi);
    this.sums.gave(page, lo, hi);
  }

  /**
   * Adds fresh pages, whole chunks that were never grown. They count as scavenged, since the system
   * has not yet put memory behind them. False, and nothing changed, when they lie beyond the reach
   * or there is no memory for the columns.
   */
  grow(page: PageIndex, npages: PageCount): boolean {
    const state = this.#state;
    const limit = page + npages;
    if (page < 0 || npages <= 0 || (page | npages) & inChunk || this.ranges.overlaps(page, limit)) {
      fatal('a page heap must grow by whole chunks that are new to it', { page, npages });
    }
    if (limit > this.memory.reachPages) return false;
    const [from, to] = [page >> chunkShift, limit >> chunkShift];
    if (!this.memory.commit(from, to, this.ranges.count + 1)) return false;
    if (state[endWord] === 0) {
      state[searchWord] = noSearch;
      state[freeHwmWord] = -1;
      state[backgroundCursorWord] = -1;
      state[forceCursorWord] = -1;
    }
    if (to > state[endWord]) state[endWord] = to;
    // A hole at the end of what was there goes on in the new pages.
    state[fitWord] = 0;
    this.ranges.add(page, limit);
    if (page < state[searchWord]) state[searchWord] = page;
    this.scavenged.fill(-1, from << wordsShift, to << wordsShift);
    if (to === from + 1) this.sums.gave(page, page, limit);
    else this.sums.gaveAcross(page, limit, page, limit);
    return true;
  }

  /**
   * Fills an empty page cache with the free pages of the 64-page block (or one of `width` pages, a power of two) that
   * holds the first free page. False when no page is free.
   */
  allocToCache(cache: PageCache, width = cachePages): boolean {
    const { allocated, scavenged } = this;
    const state = this.#state;
    const search = state[searchWord];
    let chunk = search >> chunkShift;
    if (chunk >= state[endWord]) return false;
    let page: number;
    if (this.sums.max[this.sums.leaves + chunk] !== 0) {
      const first = firstZero(allocated, chunk << wordsShift, (search & inChunk) >> 5);
      if (first < 0)
        fatal('a chunk does not have the free page that its summary promises', { chunk, search });
      page = (chunk << chunkShift) + first;
    } else {
      page = this.#search.find(1);
      if (page < 0) {
        state[searchWord] = noSearch;
        return false;
      }
      chunk = page >> chunkShift;
    }
    const block = page & -cachePages;
    const low = block >> 5;
    const start = (page - block) & -width;
    const [lows, highs] = [maskOf(start, width), maskOf(start - 32, width)];
    const freeLow = ~allocated[low]! & lows;
    const freeHigh = ~allocated[low + 1]! & highs;
    cache.fill(block, freeLow, freeHigh, scavenged[low]! & lows, scavenged[low + 1]! & highs);
    allocated[low]! |= lows;
    allocated[low + 1]! |= highs;
    scavenged[low]! &= ~lows;
    scavenged[low + 1]! &= ~highs;
    const n = popcount32(freeLow) + popcount32(freeHigh);
    this.index.alloc(chunk, n);
    if (lastOf(freeLow, freeHigh) - (page - block) + 1 === n) {
      // One run, from the heap's first free page on.
      this.sums.took(page, n, page, this.#holeEnd(page + n));
    } else {
      this.#summarize(chunk, 0, this.sums.max[this.sums.leaves + chunk]!);
    }
    // The block's last page: it is grown, which the page after it need not be.
    state[searchWord] = block + start + width - 1;
    return true;
  }

  /** Takes back what a page cache has left, and empties it. */
  flushCache(cache: PageCache): void {
    if (!cache.isEmpty()) this.#giveBack(cache);
    cache.clear();
  }

  #giveBack(cache: PageCache): void {
    const state = this.#state;
    const { base: block, freeLow, freeHigh } = cache;
    const chunk = block >> chunkShift;
    const low = block >> 5;
    this.allocated[low]! &= ~freeLow;
    this.allocated[low + 1]! &= ~freeHigh;
    this.scavenged[low]! |= cache.scavengedLow;
    this.scavenged[low + 1]! |= cache.scavengedHigh;
    const first = block + (freeLow !== 0 ? ctz32(freeLow) : 32 + ctz32(freeHigh));
    const last = block + lastOf(freeLow, freeHigh);
    const n = popcount32(freeLow) + popcount32(freeHigh);
    this.index.free(chunk, last, n);
    if (block < state[searchWord]) state[searchWord] = block;
    if (first < state[fitWord]) state[fitWord] = 0;
    if (last - first + 1 === n) {
      this.sums.gave(first, this.#holeStart(first), this.#holeEnd(last + 1));
    } else {
      this.#summarize(chunk, this.sums.max[this.sums.leaves + chunk]!, pagesOfChunk);
    }
  }

  /**
   * Releases nbytes of free pages that are not scavenged, highest addresses first, going on where the
   * last call stopped. Releases more where a run would break a huge page, less when the heap is
   * exhausted for now. Without `force` dense chunks are passed over. `shouldStop` is asked after each
   * run and after each chunk. Returns the bytes released.
   */
  scavenge(nbytes: number, force: boolean, hook: ScavengeHook, shouldStop?: () => boolean): Bytes {
    const { index, sums, allocated, scavenged } = this;
    const minPages = this.#minPages;
    const hugePages = this.#hugePages;
    let released = 0;
    let stopped = false;
    while (!stopped && released * pageSize < nbytes) {
      const from = index.find(force);
      if (from < 0) break;
      const chunk = from >> chunkShift;
      const base = chunk << wordsShift;
      // The search begins with the whole block of 64 pages that holds the cursor.
      let limit = ((from & inChunk) | (cachePages - 1)) + 1;
      let run = -1;
      do {
        const wanted = Math.ceil(Math.min(nbytes / pageSize - released, pagesOfChunk));
        run = -1;
        if (sums.max[sums.leaves + chunk]! >= minPages) {
          run = scavengeCandidate(allocated, scavenged, base, limit, wanted, minPages, hugePages);
        }
        if (run < 0) {
          index.setEmpty(chunk);
        } else {
          const size = runSize(run);
          limit = runStart(run);
          setRange(scavenged, base, limit, size);
          index.setNoHugePage(chunk);
          hook(pageIndex((chunk << chunkShift) + limit), pageCount(size));
          released += size;
        }
        stopped = shouldStop?.() === true;
      } while (run >= 0 && !stopped && released * pageSize < nbytes);
    }
    return bytes(released * pageSize);
  }

  /** Begins a generation of the scavenge index: once a cycle. */
  nextGeneration(): void {
    this.index.nextGeneration();
  }

  /** Whether a run of so many pages is free. */
  hasFree(npages: PageCount): boolean {
    return this.find(npages) >= 0;
  }

  /**
   * Walks the page state; `fatal` on what does not fit. 1: scalars, ranges and the scavenge index against
   * the bitmaps; 2: also every leaf; 3: also every summary above.
   */
  check(level: 1 | 2 | 3): void {
    checkRadix(this, level);
  }

  #allocSlow(npages: number): PageIndex {
    const state = this.#state;
    const search = this.#search;
    const from = this.#searchFrom(npages);
    const page = search.find(npages, from);
    if (page < 0) {
      // Without a single free page the heap is exhausted; else a shorter run may yet be there.
      if (npages === 1) state[searchWord] = noSearch;
      return pageIndex(-1);
    }
    if (page >> chunkShift === (page + npages - 1) >> chunkShift) this.#take(page, npages, page);
    else this.#takeAcross(page, npages);
    state[fitPagesWord] = npages;
    state[fitWord] = page;
    if (from !== state[searchWord]) return pageIndex(page);
    const free = this.ranges.atOrAbove(search.firstFree);
    if (free > state[searchWord]) state[searchWord] = free;
    return pageIndex(page);
  }

  /**
   * Where a search for n pages may begin, when they do not fit into the search page's chunk.
   *
   * `fit` saves the way over short holes, but a search from there learns nothing of the first free page. It is taken
   * only where nothing is lost by that: the search page's chunk has a free page, so the first free page stays there.
   */
  #searchFrom(npages: number): number {
    const state = this.#state;
    const search = state[searchWord];
    const fit = state[fitWord];
    if (fit <= search || npages < state[fitPagesWord]) return search;
    return this.sums.max[this.sums.leaves + (search >> chunkShift)] === 0 ? search : fit;
  }

  /** A hole [lo, hi) appeared or grew in a chunk, and starts below `fit`. */
  #lowerFit(lo: number, hi: number): void {
    const state = this.#state;
    // At the chunk's start it may go on below; at its end, above.
    if ((lo & inChunk) === 0) state[fitWord] = 0;
    else if (hi - lo >= state[fitPagesWord] || (hi & inChunk) === 0) state[fitWord] = lo;
  }

  /** Allocates pages of one chunk; `lo` is where their hole starts within the chunk. */
  #take(page: number, npages: number, lo: number): void {
    const { allocated } = this;
    const chunk = page >> chunkShift;
    const base = chunk << wordsShift;
    const at = page & inChunk;
    setRange(allocated, base, at, npages);
    this.lastScavenged = takeRange(this.scavenged, base, at, npages);
    this.index.alloc(chunk, npages);
    const hi = page + npages + zerosFrom(allocated, base, at + npages);
    this.sums.took(page, npages, lo, hi);
  }

  #takeAcross(page: number, npages: number): void {
    const { allocated, scavenged, index } = this;
    const limit = page + npages;
    let taken = 0;
    for (let at = page; at < limit; ) {
      const chunk = at >> chunkShift;
      const border = (chunk + 1) << chunkShift;
      const n = (border < limit ? border : limit) - at;
      setRange(allocated, chunk << wordsShift, at & inChunk, n);
      taken += takeRange(scavenged, chunk << wordsShift, at & inChunk, n);
      index.alloc(chunk, n);
      at += n;
    }
    this.lastScavenged = taken;
    this.sums.tookAcross(page, limit, this.#holeStart(page), this.#holeEnd(limit));
  }

  #freeAcross(page: number, npages: number): void {
    const { allocated, index } = this;
    const limit = page + npages;
    for (let at = page; at < limit; ) {
      const chunk = at >> chunkShift;
      const border = (chunk + 1) << chunkShift;
      const n = (border < limit ? border : limit) - at;
      clearRange(allocated, chunk << wordsShift, at & inChunk, n);
      index.free(chunk, at + n - 1, n);
      at += n;
    }
    const lo = this.#holeStart(page);
    if (lo < this.#state[fitWord]) this.#state[fitWord] = (lo & inChunk) === 0 ? 0 : lo;
    this.sums.gaveAcross(page, limit, lo, this.#holeEnd(limit));
  }

  /** Where the hole that ends before `page` starts, within the page's chunk. */
  #holeStart(page: number): number {
    return page - zerosBelow(this.allocated, (page >> chunkShift) << wordsShift, page & inChunk);
  }

  /** Where the hole that starts at `limit` ends, within the chunk of the page before it. */
  #holeEnd(limit: number): number {
    const at = ((limit - 1) & inChunk) + 1;
    return limit + zerosFrom(this.allocated, ((limit - 1) >> chunkShift) << wordsShift, at);
  }

  /** Summarizes a chunk in which several holes changed. */
  #summarize(chunk: number, atLeast: number, atMost: number): void {
    const base = chunk << wordsShift;
    const start = zerosFrom(this.allocated, base, 0);
    const end = zerosBelow(this.allocated, base, pagesOfChunk);
    this.sums.replace(chunk, start, longestHole(this.allocated, base, atLeast, atMost), end);
  }
}

/** The highest bit set in a 64-bit word that is not 0. */
function lastOf(low: number, high: number): number {
  return high !== 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low);
}
