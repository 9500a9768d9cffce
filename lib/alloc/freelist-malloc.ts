/**
 * Malloc over free lists, as in 2014: an object is taken from the front of its span's list, which means
 * reading the link out of the object itself.
 *
 * If zero memory is asked for, the link is cleared, and the rest only if the second word says that the
 * object was used before. If not, the object still begins with the link.
 *
 * What may hold pointers is written into the heap bitmap, word for word.
 *
 * Tiny and large objects are those of malloc.ts. Tiny blocks come from the spans of 16-byte objects, which
 * in this design they share with all others of that size.
 *
 * Not here: the lists themselves (heap/free-lists.ts).
 */
import { fatal } from '../base/errors.ts';
import { pageShift, pageSize } from '../base/units.ts';
import type { HeapBitmap } from '../heap/heap-bitmap.ts';
import { pageWordsShift, windowPageMask } from '../spans/object-memory.ts';
import { liveWordsPerPage } from '../spans/page-table.ts';
import type { FreeListMCache } from './freelist-mcache.ts';
import { Malloc } from './malloc.ts';
import { maxSmallSize, maxTinySize, tinySpanClass } from './size-classes.ts';
import { tinyRowBytes } from './tiny-starts.ts';

type Parts = ConstructorParameters<typeof Malloc>;

export class FreeListMalloc extends Malloc {
  readonly #first: Float64Array;
  readonly #spanBase: Float64Array;
  readonly #cached: Int32Array;
  readonly #live: Int32Array;
  readonly #bitmap: HeapBitmap;

  constructor(...parts: Parts) {
    super(...parts);
    const mcache = this.mcache as FreeListMCache;
    this.#first = mcache.lists.first;
    this.#spanBase = mcache.columns.windowBase;
    this.#cached = mcache.columns.spans;
    this.#live = this.heap.parts.pageColumns.live;
    this.#bitmap = this.heap.parts.heapBitmap ?? fatal('free lists without a heap bitmap', {});
  }

  override malloc(size: number, noscan: boolean, zero: boolean): number {
    if (size < maxTinySize && noscan) return this.mallocTiny(size);
    if (size > maxSmallSize) return this.mallocLarge(size, noscan, zero);
    if (size === 0) return this.zeroBase;
    const spanClass = this.spanClassBy8[(size + 7) >> 3] | (noscan ? 1 : 0);
    const slot = this.firstSlot + spanClass;
    const pointers = noscan ? 0 : (size + 7) >>> 3;
    if (this.#first[slot] !== 0) return this.#takeFirst(slot, spanClass, zero, pointers);
    if (!this.mcache.refill(this.p, spanClass, zero)) return 0;
    const addr = this.#takeFirst(slot, spanClass, zero, pointers);
    this.hooks.slowPath();
    return addr;
  }

  protected override mallocTinyBlock(size: number): number {
    const { p } = this;
    const slot = this.firstSlot + tinySpanClass;
    const refilled = this.#first[slot] === 0;
    if (refilled && !this.mcache.refill(p, tinySpanClass, true)) return 0;
    const addr = this.#takeFirst(slot, tinySpanClass, true, 0);
    const left = maxTinySize - size;
    if (left > this.tinyLeft[p]) {
      const s = this.#cached[slot];
      this.tinyBase[p] = addr;
      this.tinyStarts[p] =
        this.heap.parts.spans.columns.tinyStarts[s] * tinyRowBytes + ((addr - this.#spanBase[slot]) >>> 3);
      this.tinyLeft[p] = left;
    }
    if (refilled) this.hooks.slowPath();
    return addr;
  }

  protected override mallocLarge(size: number, noscan: boolean, zero: boolean): number {
    const addr = super.mallocLarge(size, noscan, zero);
    if (addr !== 0 && !noscan) {
      const page = this.heap.parts.arenas.pageOf(addr);
      this.#bitmap.writePointers(page, 0, Math.ceil(size / 8), Math.ceil(size / pageSize) * (pageSize / 8));
    }
    return addr;
  }

  /** Takes the first object of a cached span's list, which has one. @param pointers its first words that may hold some */
  #takeFirst(slot: number, spanClass: number, zero: boolean, pointers: number): number {
    const { spans, gcBits } = this.heap.parts;
    const c = spans.columns;
    const addr = this.#first[slot];
    const base = this.#spanBase[slot];
    const size = this.classToSize[spanClass >> 1];
    const s = this.#cached[slot];
    const inSpan = addr - base;
    const page = c.startPage[s] + (inSpan >>> pageShift);
    const words = this.memory.words(page);
    const at = ((page & windowPageMask) << pageWordsShift) + ((inSpan & (pageSize - 1)) >>> 2);
    const next = (words[at + 1] >>> 0) * 2 ** 32 + (words[at] >>> 0);
    if (next !== 0 && !(next >= base && next < base + c.pages[s] * pageSize))
      fatal('a free list was overwritten: an object was written to after it was freed', {
        span: s,
        object: addr,
        link: next,
      });
    this.#first[slot] = next;
    const index = (inSpan * c.perObject[s]) | 0;
    c.allocCount[s]++;
    gcBits.bits[c.allocBits[s] + (index >>> 5)] |= 1 << (index & 31);
    if (c.tinyStarts[s] === 0)
      this.#live[c.startPage[s] * liveWordsPerPage + (index >>> 5)] |= 1 << (index & 31);
    else this.tinyBits[c.tinyStarts[s] * tinyRowBytes + (index << 1)] = 1;
    if (pointers !== 0) this.#bitmap.writePointers(c.startPage[s], inSpan >>> 3, pointers, size >>> 3);
    if (zero) {
      words[at] = 0;
      words[at + 1] = 0;
      // Where the window ends before them the words read as undefined: then it is zeroed without being asked.
      if (size > 16 && (words[at + 2] !== 0 || words[at + 3] !== 0)) this.zero(addr, size);
    }
    return addr;
  }
}
