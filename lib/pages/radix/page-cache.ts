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
import {
  baseWord as base,
  freeHighWord as freeHigh,
  freeLowWord as freeLow,
  pageCaches,
  type RadixMemory,
  scavengedHighWord as scavengedHigh,
  scavengedLowWord as scavengedLow,
} from './columns.ts';

export const cachePages = 64;

// Five columns in place of one line cost a quarter of the time for a page (five arrays to load, each with its bounds).
const { perRow } = pageCaches.columns.line;

export class PageCache {
  /** After an `alloc` that succeeded: how many of its pages were scavenged. */
  lastScavenged = 0;
  readonly #line: Int32Array;

  constructor({ caches }: RadixMemory, p: PId) {
    this.#line = caches.line.subarray(p * perRow, (p + 1) * perRow);
  }

  /** The block's first page. */
  get base(): number {
    return this.#line[base];
  }

  /** The free pages of the block, as ones: the lower and the upper 32. */
  get freeLow(): number {
    return this.#line[freeLow];
  }

  get freeHigh(): number {
    return this.#line[freeHigh];
  }

  /** Those of them that are scavenged. */
  get scavengedLow(): number {
    return this.#line[scavengedLow];
  }

  get scavengedHigh(): number {
    return this.#line[scavengedHigh];
  }

  /** Takes over the free pages of a block, by an allocator that has marked them allocated. */
  fill(block: number, low: number, high: number, lowScavenged: number, highScavenged: number): void {
    this.#line[base] = block;
    this.#line[freeLow] = low;
    this.#line[freeHigh] = high;
    this.#line[scavengedLow] = lowScavenged;
    this.#line[scavengedHigh] = highScavenged;
  }

  /** Forgets what is left. */
  clear(): void {
    this.fill(0, 0, 0, 0, 0);
  }

  isEmpty(): boolean {
    return (this.#line[freeLow] | this.#line[freeHigh]) === 0;
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
    if (n !== 1) return this.#allocSome(n);
    const line = this.#line;
    const low = line[freeLow];
    if (low !== 0) {
      const bit = low & -low;
      line[freeLow] = low ^ bit;
      const scavenged = line[scavengedLow];
      if ((scavenged & bit) !== 0) {
        line[scavengedLow] = scavenged ^ bit;
        this.lastScavenged = 1;
      } else this.lastScavenged = 0;
      return pageIndex(line[base] + 31 - Math.clz32(bit));
    }
    const high = line[freeHigh];
    if (high === 0) return pageIndex(-1);
    const bit = high & -high;
    line[freeHigh] = high ^ bit;
    const scavenged = line[scavengedHigh];
    if ((scavenged & bit) !== 0) {
      line[scavengedHigh] = scavenged ^ bit;
      this.lastScavenged = 1;
    } else this.lastScavenged = 0;
    return pageIndex(line[base] + 63 - Math.clz32(bit));
  }

  /** Tells of each page left, lowest first, and whether it is scavenged. */
  forEachFree(visit: (page: number, scavenged: boolean) => void): void {
    const block = this.base;
    const words = [
      [this.freeLow, this.scavengedLow],
      [this.freeHigh, this.scavengedHigh],
    ] as const;
    words.forEach(([free, scavenged], half) => {
      for (let left = free; left !== 0; left &= left - 1) {
        const bit = ctz32(left);
        visit(block + half * 32 + bit, ((scavenged >>> bit) & 1) === 1);
      }
    });
  }

  #allocSome(n: number): PageIndex {
    const {
      base: block,
      freeLow: low,
      freeHigh: high,
      scavengedLow: lowScavenged,
      scavengedHigh: highScavenged,
    } = this;
    const at = findRun64(low, high, n);
    if (at < 0) return pageIndex(-1);
    const lowMask = maskOf(at, n);
    const highMask = maskOf(at - 32, n);
    this.lastScavenged = popcount32(lowScavenged & lowMask) + popcount32(highScavenged & highMask);
    this.fill(block, low & ~lowMask, high & ~highMask, lowScavenged & ~lowMask, highScavenged & ~highMask);
    return pageIndex(block + at);
  }
}

/** The bits of a 32-bit word that [from, from+n) covers; `from` may be negative or beyond the word. */
export function maskOf(from: number, n: number): number {
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
