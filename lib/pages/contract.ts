/**
 * The page heap's contract: what the layers above ask of whoever hands out pages.
 *
 * A page heap owns the pages of the ranges it was grown by and knows of each whether it is allocated
 * or free, and of a free one whether its memory has been released to the system (*scavenged*). It
 * works on page numbers alone; it never touches the pages and makes no system call.
 *
 * What every page heap promises
 * - Pages handed out by `alloc` lie within grown ranges, are contiguous, and were free.
 * - Between two calls each grown page is allocated or free, never both, and what `free` gave back
 *   can be allocated again; freeing everything leaves each range in one piece.
 * - Scavenged pages stay free and keep being handed out; `lastScavenged` tells the caller how many
 *   pages it must account for as taken back from the system.
 * - Fresh ranges are free, and scavenged unless the design says otherwise.
 * - A call that answers −1 or false has changed nothing that can be seen through this interface.
 * - All calls come from one thread at a time. Exhaustion is an answer, never an exception; a broken
 *   invariant is `fatal`.
 *
 * Who brings a page heap of their own implements this interface and runs the contract's tests on it.
 *
 * Not here: spans, arenas, when to release how much.
 */
import type { Bytes, PageCount, PageIndex } from '../base/units.ts';

/** Releases the memory of free pages: advises the kernel and keeps the accounts. Must not call back into the page heap. */
export type ReleaseHook = (page: PageIndex, npages: PageCount) => void;

export interface PageHeapStats {
  /** Pages of all grown ranges. */
  readonly pages: number;
  /** Of those, free; the scavenged ones included. */
  readonly freePages: number;
  /** Of the free, scavenged. */
  readonly scavengedPages: number;
}

export interface PageHeap {
  /** After an `alloc` that succeeded: how many of its pages were scavenged. */
  readonly lastScavenged: number;

  /** n ≥ 1 contiguous pages; −1 when there is no such run. */
  alloc(npages: PageCount): PageIndex;

  /** Gives back n allocated pages: all of an allocation, or a part of it. */
  free(page: PageIndex, npages: PageCount): void;

  /** Adds fresh pages that it never had. False, and nothing changed, when there is no memory for its books. */
  grow(page: PageIndex, npages: PageCount): boolean;

  /**
   * Releases about nbytes of free pages that are not scavenged yet: more when that spares a huge
   * page, less when there are not so many. `force` sets the design's own reluctance aside.
   * `shouldStop` is asked after each piece. Returns the bytes released.
   */
  release(nbytes: Bytes, force: boolean, hook: ReleaseHook, shouldStop?: () => boolean): Bytes;

  /** Counts by walking the books; not for hot paths. */
  stats(): PageHeapStats;

  /** Walks its books and is `fatal` on what does not fit: 1 the counts, 2 each page, 3 everything derived. */
  check(level: 1 | 2 | 3): void;
}
