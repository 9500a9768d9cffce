/**
 * The page cache: 64 pages, aligned to 64, that one P allocates from.
 *
 * The free pages of the block are all marked allocated in the heap and set here as ones; so are their
 * scavenged bits. What a P has not used goes back with a flush. A shared heap's one lock is held meanwhile, as for
 * every operation: the cache saves the search, not the lock.
 *
 * Guard: the thread that holds the P, and a cycle that flushes it under the heap's lock. The object is
 * a view; another thread's view of the same row sees the same cache.
 *
 * Not here: filling and flushing it (page-alloc.ts).
 */
import { ctz32, longestRun32, popcount32 } from '../../base/bits.ts';
import { type PageCount, type PageIndex, type PId, pageIndex } from '../../base/units.ts';
import { cacheStride, type RadixMemory } from './columns.ts';

export const cachePages = 64;

export class PageCache {
  /** After an `alloc` that succeeded: how many of its pages were scavenged. */
  lastScavenged = 0;
  readonly #base: Int32Array;
  readonly #freeLow: Int32Array;
  readonly #freeHigh: Int32Array;
  readonly #scavengedLow: Int32Array;
  readonly #scavengedHigh: Int32Array;

  constructor({ caches }: RadixMemory, p: PId) {
    const rowOf = (column: Int32Array): Int32Array => column.subarray(p * cacheStride, (p + 1) * cacheStride);
    this.#base = rowOf(caches.base);
    this.#freeLow = rowOf(caches.freeLow);
    this.#freeHigh = rowOf(caches.freeHigh);
    this.#scavengedLow = rowOf(caches.scavengedLow);
    this.#scavengedHigh = rowOf(caches.scavengedHigh);
  }

  /** The block's first page. */
  get base(): number {
    return this.#base[0];
  }

  /** The free pages of the block, as ones: the lower and the upper 32. */
  get freeLow(): number {
    return this.#freeLow[0];
  }

  get freeHigh(): number {
    return this.#freeHigh[0];
  }

  /** Those of them that are scavenged. */
  get scavengedLow(): number {
    return this.#scavengedLow[0];
  }

  get scavengedHigh(): number {
    return this.#scavengedHigh[0];
  }

  /** Takes over the free pages of a block, by an allocator that has marked them allocated. */
  fill(base: number, freeLow: number, freeHigh: number, scavengedLow: number, scavengedHigh: number): void {
    this.#base[0] = base;
    this.#freeLow[0] = freeLow;
    this.#freeHigh[0] = freeHigh;
    this.#scavengedLow[0] = scavengedLow;
    this.#scavengedHigh[0] = scavengedHigh;
  }

  /** Forgets what is left. */
  clear(): void {
    this.fill(0, 0, 0, 0, 0);
  }

  isEmpty(): boolean {
    return (this.#freeLow[0] | this.#freeHigh[0]) === 0;
  }

  /** The free pages in it: 0 to 64. */
  freePages(): number {
    return popcount32(this.freeLow) + popcount32(this.freeHigh);
  }

  /** Those of them that are scavenged. */
  scavengedPages(): number {
    return popcount32(this.scavengedLow) + popcount32(this.scavengedHigh);
  }

  /** n ≥ 1 contiguous pages, the lowest there are, or −1. Sets `lastScavenged`. */
  alloc(n: PageCount): PageIndex {
    if (n === 1) {
      const low = this.#freeLow[0];
      if (low !== 0) {
        const bit = low & -low;
        this.#freeLow[0] = low ^ bit;
        const scavenged = this.#scavengedLow[0];
        if ((scavenged & bit) !== 0) {
          this.#scavengedLow[0] = scavenged ^ bit;
          this.lastScavenged = 1;
        } else this.lastScavenged = 0;
        return pageIndex(this.#base[0] + 31 - Math.clz32(bit));
      }
      const high = this.#freeHigh[0];
      if (high === 0) return pageIndex(-1);
      const bit = high & -high;
      this.#freeHigh[0] = high ^ bit;
      const scavenged = this.#scavengedHigh[0];
      if ((scavenged & bit) !== 0) {
        this.#scavengedHigh[0] = scavenged ^ bit;
        this.lastScavenged = 1;
      } else this.lastScavenged = 0;
      return pageIndex(this.#base[0] + 63 - Math.clz32(bit));
    }
    return this.#allocSome(n);
  }

  /** Tells of each page left, lowest first, and whether it is scavenged. */
  forEachFree(visit: (page: number, scavenged: boolean) => void): void {
    const { base } = this;
    const words = [
      [this.freeLow, this.scavengedLow],
      [this.freeHigh, this.scavengedHigh],
    ] as const;
    words.forEach(([free, scavenged], word) => {
      for (let left = free; left !== 0; left &= left - 1) {
        const bit = ctz32(left);
        visit(base + word * 32 + bit, ((scavenged >>> bit) & 1) === 1);
      }
    });
  }

  #allocSome(n: number): PageIndex {
    const { freeLow: low, freeHigh: high, scavengedLow, scavengedHigh } = this;
    const at = findRun64(low, high, n);
    if (at < 0) return pageIndex(-1);
    const maskLow = maskOf(at, n);
    const maskHigh = maskOf(at - 32, n);
    this.lastScavenged = popcount32(scavengedLow & maskLow) + popcount32(scavengedHigh & maskHigh);
    this.#freeLow[0] = low & ~maskLow;
    this.#freeHigh[0] = high & ~maskHigh;
    this.#scavengedLow[0] = scavengedLow & ~maskLow;
    this.#scavengedHigh[0] = scavengedHigh & ~maskHigh;
    return pageIndex(this.#base[0] + at);
  }
}

/** The bits of a 32-bit word that [from, from+n) covers; `from` may be negative or beyond the word. */
function maskOf(from: number, n: number): number {
  const low = from < 0 ? 0 : from;
  const end = from + n > 32 ? 32 : from + n;
  return end <= low ? 0 : (-1 >>> (32 - (end - low))) << low;
}

/** Where the lowest run of n ones starts in a 64-bit word, or −1. */
function findRun64(low: number, high: number, n: number): number {
  const inLow = firstRun32(low, n);
  if (inLow >= 0) return inLow;
  const before = low === -1 ? 32 : Math.clz32(~low);
  const after = high === -1 ? 32 : 31 - Math.clz32(~high & -~high);
  if (before > 0 && before + after >= n) return 32 - before;
  const inHigh = firstRun32(high, n);
  return inHigh < 0 ? -1 : 32 + inHigh;
}

function firstRun32(word: number, n: number): number {
  if (n > longestRun32(word)) return -1;
  let x = word;
  for (let width = 1; width < n; ) {
    const shift = n - width < width ? n - width : width;
    x &= x >>> shift;
    width += shift;
  }
  return 31 - Math.clz32(x & -x);
}
