/**
 * The page cache: 64 pages, aligned to 64, that one P allocates from without the heap's lock.
 *
 * The free pages of the block are all marked allocated in the heap and set here as ones; so are their
 * scavenged bits. What a P has not used goes back with a flush.
 *
 *   slot   0          1, 2                    3, 4
 *          base page  free, low and high word scavenged, low and high word
 *
 * Guard: the thread that holds the P, and a cycle that flushes it under the heap's lock. The object is
 * a view; another thread's view of the same row sees the same cache.
 *
 * Not here: filling it, which is `RadixPageAlloc.allocToCache`.
 */
import { longestRun32, popcount32 } from '../../base/bits.ts';
import { type PageCount, type PageIndex, type PId, pageIndex } from '../../base/units.ts';
import { cacheSlots, type RadixMemory } from './columns.ts';
import type { RadixPageAlloc } from './page-alloc.ts';

export const cachePages = 64;

/** The slots of a row, for the allocator that fills and flushes it. */
export const cacheBase = 0;
export const cacheFreeLow = 1;
export const cacheFreeHigh = 2;
export const cacheScavengedLow = 3;
export const cacheScavengedHigh = 4;

// A constant of this module is folded into optimised code; an imported one is loaded each time.
const base = 0;
const freeLow = 1;
const freeHigh = 2;
const scavengedLow = 3;
const scavengedHigh = 4;

export class PageCache {
  /** After an `alloc` that succeeded: how many of its pages were scavenged. */
  lastScavenged = 0;
  readonly slots: Int32Array;

  constructor(memory: RadixMemory, p: PId) {
    this.slots = memory.caches.slots.subarray(p * cacheSlots, (p + 1) * cacheSlots);
  }

  isEmpty(): boolean {
    return (this.slots[freeLow]! | this.slots[freeHigh]!) === 0;
  }

  /** The free pages in it: 0 to 64. */
  freePages(): number {
    return popcount32(this.slots[freeLow]!) + popcount32(this.slots[freeHigh]!);
  }

  /** Those of them that are scavenged. */
  scavengedPages(): number {
    return popcount32(this.slots[scavengedLow]!) + popcount32(this.slots[scavengedHigh]!);
  }

  /** n ≥ 1 contiguous pages, the lowest there are, or −1. Sets `lastScavenged`. */
  alloc(n: PageCount): PageIndex {
    const slots = this.slots;
    if (n === 1) {
      const low = slots[freeLow]!;
      if (low !== 0) {
        const bit = low & -low;
        slots[freeLow] = low ^ bit;
        const scavenged = slots[scavengedLow]!;
        if ((scavenged & bit) !== 0) {
          slots[scavengedLow] = scavenged ^ bit;
          this.lastScavenged = 1;
        } else this.lastScavenged = 0;
        return pageIndex(slots[base]! + 31 - Math.clz32(bit));
      }
      const high = slots[freeHigh]!;
      if (high === 0) return pageIndex(-1);
      const bit = high & -high;
      slots[freeHigh] = high ^ bit;
      const scavenged = slots[scavengedHigh]!;
      if ((scavenged & bit) !== 0) {
        slots[scavengedHigh] = scavenged ^ bit;
        this.lastScavenged = 1;
      } else this.lastScavenged = 0;
      return pageIndex(slots[base]! + 63 - Math.clz32(bit));
    }
    return this.#allocSome(n);
  }

  #allocSome(n: number): PageIndex {
    const { slots } = this;
    const low = slots[freeLow]!;
    const high = slots[freeHigh]!;
    const at = findRun64(low, high, n);
    if (at < 0) return pageIndex(-1);
    const [maskLow, maskHigh] = [maskOf(at, n), maskOf(at - 32, n)];
    this.lastScavenged =
      popcount32(slots[scavengedLow]! & maskLow) + popcount32(slots[scavengedHigh]! & maskHigh);
    slots[freeLow] = low & ~maskLow;
    slots[freeHigh] = high & ~maskHigh;
    slots[scavengedLow]! &= ~maskLow;
    slots[scavengedHigh]! &= ~maskHigh;
    return pageIndex(slots[base]! + at);
  }

  /** Tells of each page left, lowest first, and whether it is scavenged. */
  forEachFree(visit: (page: number, scavenged: boolean) => void): void {
    const { slots } = this;
    for (let bit = 0; bit < cachePages; bit++) {
      const high = bit >= 32;
      if (((slots[high ? freeHigh : freeLow]! >>> (bit & 31)) & 1) === 0) continue;
      visit(slots[base]! + bit, ((slots[high ? scavengedHigh : scavengedLow]! >>> (bit & 31)) & 1) === 1);
    }
  }

  /** Gives everything left back to the heap, with its scavenged bits. The heap's lock is held. */
  flush(pages: RadixPageAlloc): void {
    if (!this.isEmpty()) pages.giveBack(this);
    this.slots.fill(0);
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
