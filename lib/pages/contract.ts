/**
 * The page heap's contract: what the layers above ask of whoever hands out pages.
 *
 * A page heap owns the pages of the ranges it was grown by and knows of each whether it is allocated
 * or free, and of the free ones how many have been given back to the system (*scavenged*). It works on
 * page numbers alone: it never touches a page and makes no system call. What it needs from outside (the
 * time, the size of a physical page, the giving back itself) it gets from its *host*, once, when it is
 * made: `new MyPageHeap(host)`.
 *
 * What every page heap promises
 * - Pages handed out by `alloc` lie within grown ranges, are contiguous, and were free.
 * - Between two calls each grown page is allocated or free, never both, and what `free` gave back
 *   can be allocated again; freeing everything leaves each range in one piece.
 * - Scavenged pages stay free and keep being handed out. `lastScavenged` tells by how many pages the
 *   count of scavenged ones fell with an allocation. Between two calls
 *       scavenged pages = fresh ones (where `freshScavenged`) + Σ newly (host.release) − Σ lastScavenged
 *   and of each free run as many pages count as scavenged as were released (or fresh, where that counts) and
 *   not handed out since, less what `lastScavenged` said was forgotten.
 * - Memory is given back only when `release` or `releaseUnused` asks for it, and in whole physical pages. (Where
 *   these are larger than a heap page, also when putting runs together completes one.)
 * - A call that answers −1 or false has changed nothing that can be seen through this interface.
 * - All calls come from one thread at a time. Exhaustion is an answer, never an exception; a broken
 *   invariant is `fatal`.
 *
 * What only some designs have is optional: a cache of pages for each P (`allocCached` and `flushCached`, one not
 * without the other), allocating aligned or given pages, taking pages back as released, rounding up what is asked for
 * (`roundUp`), an age of its own (`releasableAt`). Pages in a cache are free.
 *
 * Who brings a custom page heap implements `PageHeap`; the conformance suite (lab/conformance/) holds it against
 * all this.
 *
 * Not here: spans, arenas, when to release how much.
 */
import type { Bytes, PageCount, PageIndex, PId } from '../base/units.ts';

/**
 * Gives the memory of free pages back: advises the kernel, and counts `newly` of the pages as scavenged,
 * which is fewer than npages where a run that was scavenged in part is released whole. Must not call back
 * into the page heap.
 */
export type ReleaseHook = (page: PageIndex, npages: PageCount, newly: PageCount) => void;

/** What a page heap has from those it works for. */
export interface PageHeapHost {
  /** Page numbers are from 0 to below this. */
  readonly reachPages: PageCount;
  /**
   * Heap pages (8 KiB) in a physical page; 1 where physical pages are no larger. A power of two. What is
   * released begins and ends with a physical page. A design that cannot do that may throw when it is made.
   */
  readonly physPages: number;
  /** A monotonic clock, nanoseconds. */
  now(): number;
  /** To be called for every run that is given back, when its pages count as free. */
  readonly release: ReleaseHook;
}

export interface PageHeapStats {
  /** Pages of all grown ranges. */
  readonly pages: number;
  /** Of those, free; the scavenged ones included. */
  readonly freePages: number;
  /** Of the free, scavenged. */
  readonly scavengedPages: number;
}

/**
 * Told of each free run: its first page, its pages, how many of them count as scavenged, and since when,
 * by the host's clock, it is unused (always 0 where the design does not know). A run is as young as its
 * youngest page, or younger, if what it was cut from was. One that is scavenged whole may be of any age that
 * one of its pages has: nothing in it can be released too early.
 */
export type FreeRunVisit = (page: number, npages: number, scavenged: number, unusedSince: number) => void;

export interface PageHeap {
  /** Whether pages that `grow` adds count as scavenged: the system has put no memory behind them yet. */
  readonly freshScavenged: boolean;

  /**
   * After an `alloc` that succeeded: by how many pages the count of scavenged pages fell. Never less than how
   * many of the allocated pages counted, and more only by others of the stretch of free pages it takes from:
   * the 2014 design forgets the release of the whole run.
   */
  readonly lastScavenged: number;

  /**
   * After an `alloc` that succeeded: whether the pages may hold what a former owner wrote. Without this
   * member the heap assumes it of every page below the highest that was ever used in an arena.
   */
  readonly lastNeedZero?: boolean;

  /**
   * For a design that hands out more pages than it is asked for, as a buddy system does: how many it takes for
   * `npages`. At least as many, always the same, and of its own answer the same again. The heap then asks for that
   * many alone, and the whole is the span's: what is rounded up is in use, not free. Whatever `alloc` is asked for,
   * parts of it may be freed.
   *
   * With this member `alloc` may overlook runs: it has to find n free pages that begin at a multiple of n, beyond 512
   * pages at a multiple of 512; and, right after growing, those that were grown.
   */
  roundUp?(npages: PageCount): PageCount;

  /** n ≥ 1 contiguous pages; −1 when there is no such run. */
  alloc(npages: PageCount): PageIndex;

  /**
   * The same from P `p`'s cache of pages, which it fills when it is empty; −1 where this many pages are none of the
   * cache's business, or it has no such run: `alloc` is asked then. Sets what `alloc` sets. A cache is used by the
   * thread that holds its P.
   */
  allocCached?(p: PId, npages: PageCount): PageIndex;

  /** Takes back what P `p`'s cache has left. With `allocCached` only. */
  flushCached?(p: PId): void;

  /**
   * n ≥ 1 contiguous pages from a multiple of `align`, a power of two; −1 when it finds none. It may want room for
   * n + align pages. Sets what `alloc` sets. Without this member stacks begin anywhere, also where physical pages are
   * larger than the heap's.
   */
  allocAligned?(npages: PageCount, align: PageCount): PageIndex;

  /**
   * Allocates just these pages, which are free and in no cache: for rebuilding a heap from a record of it. Sets what
   * `alloc` sets.
   */
  allocAt?(page: PageIndex, npages: PageCount): void;

  /** Gives back n allocated pages: all of an allocation, or a part of it. */
  free(page: PageIndex, npages: PageCount): void;

  /**
   * Gives back n pages just allocated whose memory cannot be had again: all of them count as scavenged from now on.
   * Without this member released memory must stay accessible (no hard decommit).
   */
  takeBack?(page: PageIndex, npages: PageCount): void;

  /**
   * Makes sure of the memory that a `grow` by these pages, and everything after it, will need for the
   * page state. False when there is none. Called just before memory is mapped, which cannot be undone.
   */
  prepareGrow?(page: PageIndex, npages: PageCount): boolean;

  /**
   * Adds fresh pages that it never had. False, and nothing changed, when there is no memory for its state. How
   * many at once, and where, is the growth unit's business: multiples of 512 pages at multiples of 512, unless
   * that was set smaller. A design that must have it so may refuse anything else.
   */
  grow(page: PageIndex, npages: PageCount): boolean;

  /**
   * Releases about nbytes of free pages that are not scavenged yet, through `host.release`, piece by piece
   * while less than nbytes was released. The last piece may exceed it, if it is a whole free run as forEachFree
   * tells of it when the call begins (neighbours that it tells of apart are released apart; of large physical
   * pages the whole ones in the run), or goes down to the start of a huge page, or is a physical page. Less is
   * released when there are not so many. nbytes is any positive number, fractions of a page and Infinity included.
   *
   * `force` sets the design's own reluctance aside. Reluctance passes: what is sparse and unused for some
   * collections (and, with an age of its own, until `releasableAt`) is released without it. `shouldStop` is asked
   * after each piece, and once it says true there is no other, forced or not. Returns the bytes newly released.
   *
   * Unforced it is asked by the background scavenger, and when the heap grows. The former goes on, paced, until the
   * answer is 0; then it asks again when a collection's sweep is complete, or at `releasableAt`.
   */
  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes;

  /**
   * Releases every free run unused for longer than `limit` nanoseconds (for just as long is not longer), whatever
   * its age where that is negative. No page that became free within the limit goes. Returns the bytes newly
   * released.
   */
  releaseUnused?(limit: number): Bytes;

  /**
   * For a design whose reluctance passes with time: when, by the host's clock, an unforced `release` will give back
   * something, if nothing else is called until then; Infinity: not before it is used or a collection ends. Asked
   * after an unforced `release` answered 0.
   */
  releasableAt?(): number;

  /** A collection has ended: what the design ages by collections grows older. Releases nothing. */
  nextGeneration?(): void;

  /**
   * Tells of each free run, lowest address first; of pages in a cache each by itself. Neighbours may be told of as
   * one run or as several; what is told as one is what `release` may release as one, however little was asked.
   */
  forEachFree(visit: FreeRunVisit): void;

  /** Counts by walking its state; not for hot paths. */
  stats(): PageHeapStats;

  /** Walks its page state and is `fatal` on what does not fit: 1 the counts, 2 each page, 3 everything derived. */
  check(level: 1 | 2 | 3): void;
}

/** A page heap's class, as it is passed for the option `pageHeap`. */
export type PageHeapClass = new (host: PageHeapHost) => PageHeap;
