/**
 * Free lists through the objects: how the 2014 design knows the free objects of a span.
 *
 * The first 8 bytes of a free object hold the address of the next one, 0 at the end. So what is free costs
 * no memory of its own, but it must be written to: a fresh span is threaded through from its first object
 * to its last, which touches all of its pages, and the sweep writes into every object it frees. Both show in
 * RSS, and are why this design was left.
 *
 * The second 8 bytes of a free object tell whether the rest is dirty: 0 in a span that was just zeroed,
 * something else once the object was used. Objects of 9 to 16 bytes are made clean there at once.
 *
 * A span may lie in two windows of object memory, and an object may begin eight bytes before a window's end.
 *
 * A freed object goes to the front of its span's list, those of one sweep in address order.
 *
 * Invariants: a free object is in its span's list just once; a list leads only to starts of objects of its
 * span, which is looked at when an object is taken: whoever writes to an object after its last reference was
 * dropped destroys a list.
 *
 * Source: the runtime of Go 1.4, mcentral.c and mgc0.c. Not here: taking an object (alloc/freelist-malloc.ts).
 */
import { popcount32 } from '../base/bits.ts';
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import {
  type ObjectMemory,
  pageWordsShift,
  windowPageMask,
  windowPagesShift,
} from '../spans/object-memory.ts';
import { SpanTable } from '../spans/span-table.ts';
import type { HeapBitmap } from './heap-bitmap.ts';

/** Rows are spans. */
export const freeListTable = table('freeLists', 'mspan', {
  /** Number of the first free object, plus one; 0: none. Not kept while the span is cached. */
  head: i32('heap'),
});

/** What the second word of a used free object holds, twice. */
const dirtyWord = 0xdeaddead | 0;
const windowWords = 2 ** (windowPagesShift + pageWordsShift);

export class FreeLists {
  readonly #head: Int32Array;
  readonly #columns: SpanTable['columns'];
  readonly #memory: ObjectMemory;
  readonly #origin: number;
  readonly #bitmap: HeapBitmap | undefined;
  /** The windows that the first and the last page of the span at hand lie in: mostly the same one. */
  #here: Int32Array = new Int32Array(0);
  #there: Int32Array = new Int32Array(0);

  /** @param bitmap the bitmap of 2014, where there is one: a swept object has no pointers in it */
  constructor(
    meta: MetaMemory,
    spans: SpanTable,
    memory: ObjectMemory,
    origin: number,
    bitmap: HeapBitmap | undefined,
  ) {
    const views: Views<typeof freeListTable> = meta.views(freeListTable);
    this.#head = views.head;
    this.#columns = spans.columns;
    spans.beside(freeListTable);
    this.#memory = memory;
    this.#origin = origin;
    this.#bitmap = bitmap;
  }

  get head(): Int32Array {
    return this.#head;
  }

  static prepare(meta: MetaMemory): boolean {
    return SpanTable.prepareBeside(meta, freeListTable);
  }

  /** Threads the list of a fresh span through all of its objects, after zeroing it if it must be. */
  thread(s: number): void {
    const { startPage, elemSize, nelems, pages, needZero } = this.#columns;
    const page = startPage[s];
    const size = elemSize[s];
    const n = nelems[s];
    if (needZero[s] !== 0) this.#memory.zero(page, 0, pages[s] * pageSize);
    needZero[s] = 0;
    const base = this.#baseOf(s);
    const first = this.#open(s);
    const step = size >>> 2;
    for (let i = 0, at = first; i < n; i++, at += step)
      this.#link(at, i === n - 1 ? 0 : base + (i + 1) * size);
    this.#head[s] = n === 0 ? 0 : 1;
  }

  /** Threads the objects that a sweep frees, told by windows of 32, and puts them before what the list holds. */
  sweep(s: number, freedOf: (window: number) => number): void {
    const { startPage, elemSize, nelems } = this.#columns;
    const size = elemSize[s];
    const base = this.#baseOf(s);
    const firstWord = this.#open(s);
    const step = size >>> 2;
    let last = -1;
    let first = 0;
    for (let window = 0; window < nelems[s]; window += 32) {
      for (let left = freedOf(window); left !== 0; left &= left - 1) {
        const i = window + 31 - Math.clz32(left & -left);
        const at = firstWord + i * step;
        this.#bitmap?.forgetPointers(startPage[s], (i * size) >>> 3);
        if (size > 16) {
          this.#put(at + 2, dirtyWord);
          this.#put(at + 3, dirtyWord);
        } else if (size > 8) {
          this.#put(at + 2, 0);
          this.#put(at + 3, 0);
        }
        if (last < 0) first = i + 1;
        else this.#link(firstWord + last * step, base + i * size);
        last = i;
      }
    }
    if (last < 0) return;
    const old = this.#head[s];
    this.#link(firstWord + last * step, old === 0 ? 0 : base + (old - 1) * size);
    this.#head[s] = first;
  }

  /** The objects in a span's list, as bitmaps of 32; `fatal` when the list is not whole. `from`: its first address, 0 for none. */
  check(s: number, from: number): Int32Array {
    const { elemSize, nelems } = this.#columns;
    const free = new Int32Array((nelems[s] + 31) >>> 5);
    const firstWord = this.#open(s);
    const base = this.#baseOf(s);
    for (let addr = from; addr !== 0; ) {
      const i = (addr - base) / elemSize[s];
      if (!Number.isInteger(i) || i < 0 || i >= nelems[s])
        fatal('a free list was overwritten', { span: s, link: addr });
      if (((free[i >>> 5] >>> (i & 31)) & 1) === 1)
        fatal('a free list leads back to itself', { span: s, link: addr });
      free[i >>> 5] |= 1 << (i & 31);
      const at = firstWord + i * (elemSize[s] >>> 2);
      addr = (this.#get(at + 1) >>> 0) * 2 ** 32 + (this.#get(at) >>> 0);
    }
    return free;
  }

  /** The address of the first free object of a span in no cache; 0 for none. */
  firstOf(s: number): number {
    return this.#head[s] === 0 ? 0 : this.#baseOf(s) + (this.#head[s] - 1) * this.#columns.elemSize[s];
  }

  /** The objects a list holds, in all. */
  static count(free: Int32Array): number {
    let n = 0;
    for (const word of free) n += popcount32(word);
    return n;
  }

  #baseOf(s: number): number {
    return this.#origin + this.#columns.startPage[s] * pageSize;
  }

  /** Makes a span the one that `get`, `put` and `link` work on: its first word, counted in its first window. */
  #open(s: number): number {
    const { startPage, pages } = this.#columns;
    const page = startPage[s];
    this.#here = this.#memory.words(page);
    this.#there = this.#memory.words(page + pages[s] - 1);
    return (page & windowPageMask) << pageWordsShift;
  }

  #get(at: number): number {
    return at < windowWords ? this.#here[at] : this.#there[at - windowWords];
  }

  #put(at: number, word: number): void {
    if (at < windowWords) this.#here[at] = word;
    else this.#there[at - windowWords] = word;
  }

  #link(at: number, next: number): void {
    this.#put(at, next | 0);
    this.#put(at + 1, (next / 2 ** 32) | 0);
  }
}
