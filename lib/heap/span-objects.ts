/**
 * Objects in a span: telling allocated from free, and finding free ones, 32 at a time.
 *
 * A *window* is 32 objects of a span from a multiple of 32. Free objects are found in address order,
 * window by window. A span that is cached has one window open: the cache holds the objects of that
 * window not yet taken (*open bits*), and hands them out one by one without touching the span.
 *
 * Which objects of a span are allocated, from the span's columns:
 *     below freeIndex                          all
 *     in the open window (cached spans only)   those that are not open; freeIndex is the window's start
 *     elsewhere                                those whose bit in allocBits is set
 * allocCount counts the whole open window as allocated; who closes it puts that right.
 *
 * Not here: opening and closing windows (alloc/mcache.ts).
 */
import { popcount32 } from '../base/bits.ts';
import type { Views } from '../meta/column.ts';
import type { spanTable } from '../spans/span-table.ts';

type SpanColumns = Views<typeof spanTable>;

export class SpanObjects {
  /** After `findWindow`: the free objects of the window found, as ones. */
  foundFree = 0;
  readonly #spans: SpanColumns;
  readonly #bits: Int32Array;
  /** The open bits of every cache slot; `spans.cachedAt` leads there. */
  readonly #openBits: Int32Array;

  constructor(spans: SpanColumns, bits: Int32Array, openBits: Int32Array) {
    this.#spans = spans;
    this.#bits = bits;
    this.#openBits = openBits;
  }

  /** The first window with a free object at or above `from`, or −1. Sets `foundFree`. */
  findWindow(s: number, from: number): number {
    const n = this.#spans.nelems[s];
    const bits = this.#bits;
    let word = this.#spans.allocBits[s] + (from >>> 5);
    let below = (1 << (from & 31)) - 1;
    for (let window = from & ~31; window < n; window += 32, word++) {
      const free = ~(bits[word] | below) & validMask(n - window);
      if (free !== 0) {
        this.foundFree = free;
        return window;
      }
      below = 0;
    }
    return -1;
  }

  /** Whether object `index` of a span in use is allocated: live, or garbage not yet swept. */
  isAllocated(s: number, index: number): boolean {
    return ((this.allocatedWord(s, index & ~31) >>> (index & 31)) & 1) === 1;
  }

  isMarked(s: number, index: number): boolean {
    return ((this.#bits[this.#spans.markBits[s] + (index >>> 5)] >>> (index & 31)) & 1) === 1;
  }

  /** The allocated objects of a window, as ones. */
  allocatedWord(s: number, window: number): number {
    const { freeIndex, allocBits, nelems, cachedAt } = this.#spans;
    const valid = validMask(nelems[s] - window);
    const first = freeIndex[s];
    if (window + 32 <= first) return valid;
    if (cachedAt[s] !== 0 && window === first) return ~this.#openBits[cachedAt[s] - 1] & valid;
    const below = first <= window ? 0 : (1 << (first - window)) - 1;
    return (this.#bits[allocBits[s] + (window >>> 5)] | below) & valid;
  }

  /** The objects marked in a span. */
  countMarked(s: number): number {
    const words = (this.#spans.nelems[s] + 31) >>> 5;
    const from = this.#spans.markBits[s];
    let n = 0;
    for (let w = from; w < from + words; w++) n += popcount32(this.#bits[w]);
    return n;
  }
}

/** Ones for the first n of 32 objects. */
function validMask(n: number): number {
  return n >= 32 ? -1 : n <= 0 ? 0 : (1 << n) - 1;
}
