/**
 * Objects in a span: finding the next free one, telling allocated from free, and back from an
 * address to an object.
 *
 * Free objects are found in address order, 32 at a time: `allocCache` is the complement of the
 * allocation bitmap's word at `freeIndex`, less what was handed out since. The fast path in malloc
 * takes bits from the cache; `nextFree` here moves to the next word that has any.
 *
 * Invariant: when freeIndex is not a multiple of 32, allocCache has the free objects of its window
 * at or above freeIndex; when it is a multiple, allocCache is either that window's or 0, not loaded.
 * (A window is exhausted exactly when its cache is 0, and then freeIndex may have moved past it.)
 */
import { popcount32 } from '../base/bits.ts';
import type { Views } from '../meta/column.ts';
import type { spanTable } from '../spans/span-table.ts';

type SpanColumns = Views<typeof spanTable>;

export class SpanObjects {
  private readonly spans: SpanColumns;
  private readonly bits: Int32Array;

  constructor(spans: SpanColumns, bits: Int32Array) {
    this.spans = spans;
    this.bits = bits;
  }

  /**
   * Takes the next free object of a span: its index, or −1 when the span is full. Counts it as
   * allocated. The slow half of malloc's fast path.
   */
  takeNext(s: number): number {
    const { freeIndex, allocCache, nelems, allocCount } = this.spans;
    const n = nelems[s];
    let window = freeIndex[s] & ~31;
    let cache = allocCache[s];
    if (cache === 0) {
      if (freeIndex[s] !== window) window += 32;
      for (; window < n; window += 32) {
        cache = this.freeWord(s, window);
        if (cache !== 0) break;
      }
      if (cache === 0) {
        freeIndex[s] = n;
        return -1;
      }
    }
    const index = window + 31 - Math.clz32(cache & -cache);
    allocCache[s] = cache & (cache - 1);
    freeIndex[s] = index + 1;
    allocCount[s]++;
    return index;
  }

  /** Starts handing out a span's objects from `index` on. */
  resetFreeIndex(s: number, index: number): void {
    const { freeIndex, allocCache, nelems } = this.spans;
    freeIndex[s] = index;
    allocCache[s] = index >= nelems[s] ? 0 : this.freeWord(s, index & ~31) & (-1 << (index & 31));
  }

  /** The index of the first free object at or above freeIndex, or nelems. Takes nothing. */
  peekNext(s: number): number {
    const { freeIndex, allocCache, nelems } = this.spans;
    const n = nelems[s];
    let window = freeIndex[s] & ~31;
    let cache = allocCache[s];
    if (cache === 0 && freeIndex[s] !== window) window += 32;
    for (; cache === 0 && window < n; ) {
      cache = this.freeWord(s, window);
      if (cache === 0) window += 32;
    }
    return cache === 0 ? n : window + 31 - Math.clz32(cache & -cache);
  }

  /** Whether object `index` of a span in use is allocated: live, or garbage not yet swept. */
  isAllocated(s: number, index: number): boolean {
    const { freeIndex, allocBits } = this.spans;
    return index < freeIndex[s] || ((this.bits[allocBits[s] + (index >>> 5)] >>> (index & 31)) & 1) === 1;
  }

  isMarked(s: number, index: number): boolean {
    return ((this.bits[this.spans.markBits[s] + (index >>> 5)] >>> (index & 31)) & 1) === 1;
  }

  /** The allocated objects among 32 from `window`, a multiple of 32, as ones. */
  allocatedWord(s: number, window: number): number {
    const { freeIndex, allocBits, nelems } = this.spans;
    const free = freeIndex[s];
    const below = free <= window ? 0 : free >= window + 32 ? -1 : (1 << (free - window)) - 1;
    return (this.bits[allocBits[s] + (window >>> 5)] | below) & validMask(nelems[s] - window);
  }

  /** The objects marked in a span. */
  countMarked(s: number): number {
    const words = (this.spans.nelems[s] + 31) >>> 5;
    const from = this.spans.markBits[s];
    let n = 0;
    for (let w = from; w < from + words; w++) n += popcount32(this.bits[w]);
    return n;
  }

  private freeWord(s: number, window: number): number {
    return ~this.bits[this.spans.allocBits[s] + (window >>> 5)] & validMask(this.spans.nelems[s] - window);
  }
}

/** Ones for the first n of 32 objects. */
function validMask(n: number): number {
  return n >= 32 ? -1 : n <= 0 ? 0 : (1 << n) - 1;
}
