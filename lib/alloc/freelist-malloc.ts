/**
 * Malloc over free lists, as in 2014: an object is taken from the front of its span's list, which means
 * reading the link out of the object itself.
 *
 * If zero memory is asked for, the link is cleared, and the rest only if the second word says that the
 * object was used before. If not, the object still begins with the link.
 *
 * What may hold pointers is written into the heap bitmap, word for word, unless the heap traces: then
 * scanning-malloc.ts does, by types.
 *
 * Tiny and large objects are those of malloc.ts. Tiny blocks come from the spans of 16-byte objects, which
 * in this design they share with all others of that size.
 *
 * Not here: the lists themselves (heap/free-lists.ts).
 */
import { fatal } from '../base/errors.ts';
import { type Address, pageShift, pageSize } from '../base/units.ts';
import type { HeapBitmap } from '../heap/heap-bitmap.ts';
import type { HeapState } from '../heap/heap-state.ts';
import { type ObjectMemory, pageWordsShift, windowPageMask } from '../spans/object-memory.ts';
import type { FreeListMCache } from './freelist-mcache.ts';
import type { Liveness } from './liveness.ts';
import { Malloc, type MallocDeps, type ObjectShape } from './malloc.ts';
import {
  maxSmallSize,
  maxTinySize,
  numSpanClasses,
  type SizeClasses,
  tinySpanClass,
} from './size-classes.ts';

export interface FreeListMallocDeps extends MallocDeps {
  readonly mcache: FreeListMCache;
}

export class FreeListMalloc extends Malloc {
  readonly #state: HeapState;
  readonly #mcache: FreeListMCache;
  readonly #memory: ObjectMemory;
  readonly #classes: SizeClasses;
  readonly #liveness: Liveness;
  readonly #zeroBase: Address;
  readonly #bitmap: HeapBitmap | undefined;
  readonly #firstSlot: number;
  readonly #first: Float64Array;
  readonly #spanBase: Float64Array;
  readonly #cached: Int32Array;

  /** @param bitmap where it writes that every word may hold a pointer; undefined where somebody else knows better */
  constructor(p: number, deps: FreeListMallocDeps, bitmap: HeapBitmap | undefined) {
    super(p, deps);
    const { mcache } = deps;
    this.#state = deps.state;
    this.#mcache = mcache;
    this.#memory = deps.memory;
    this.#classes = deps.classes;
    this.#liveness = deps.liveness;
    this.#zeroBase = deps.zeroBase;
    this.#bitmap = bitmap;
    this.#firstSlot = p * numSpanClasses;
    this.#first = mcache.lists.first;
    this.#spanBase = mcache.columns.windowBase;
    this.#cached = mcache.columns.spans;
  }

  override malloc(size: number, noscan: boolean, zero: boolean): number {
    if (size < maxTinySize && noscan) return this.mallocTiny(size);
    if (size > maxSmallSize) return this.mallocLarge(size, noscan, zero);
    if (size === 0) return this.#zeroBase;
    const spanClass = this.#classes.spanClassBy8[(size + 7) >> 3] | (noscan ? 1 : 0);
    const slot = this.#firstSlot + spanClass;
    const pointers = noscan || this.#bitmap === undefined ? 0 : (size + 7) >>> 3;
    if (this.#first[slot] !== 0) return this.#takeFirst(slot, spanClass, zero, pointers);
    if (!this.#mcache.refill(this.p, spanClass, zero)) return 0;
    const addr = this.#takeFirst(slot, spanClass, zero, pointers);
    this.hooks.slowPath();
    return addr;
  }

  override shaped({ size, noscan }: ObjectShape): number {
    return this.malloc(size, noscan, true);
  }

  protected override mallocTinyBlock(size: number): number {
    const { p } = this;
    const { tinyBase, tinyLeft } = this.#mcache.columns;
    const slot = this.#firstSlot + tinySpanClass;
    const refilled = this.#first[slot] === 0;
    if (refilled && !this.#mcache.refill(p, tinySpanClass, true)) return 0;
    const addr = this.#takeFirst(slot, tinySpanClass, true, 0);
    const left = maxTinySize - size;
    if (left > tinyLeft[p]) {
      tinyBase[p] = addr;
      tinyLeft[p] = left;
    }
    if (refilled) this.hooks.slowPath();
    return addr;
  }

  protected override mallocLarge(size: number, noscan: boolean, zero: boolean): number {
    const addr = super.mallocLarge(size, noscan, zero);
    if (addr !== 0 && !noscan && this.#bitmap !== undefined) {
      const page = this.#state.arenas.pageOf(addr);
      this.#bitmap.writePointers(page, 0, Math.ceil(size / 8), Math.ceil(size / pageSize) * (pageSize / 8));
    }
    return addr;
  }

  /** Takes the first object of a cached span's list, which has one. @param pointers its first words that may hold some */
  #takeFirst(slot: number, spanClass: number, zero: boolean, pointers: number): number {
    const { spans, gcBits } = this.#state;
    const c = spans.columns;
    const addr = this.#first[slot];
    const base = this.#spanBase[slot];
    const size = this.#classes.sizes[spanClass >> 1];
    const s = this.#cached[slot];
    const inSpan = addr - base;
    const page = c.startPage[s] + (inSpan >>> pageShift);
    const words = this.#memory.words(page);
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
    this.#liveness.allocated(addr);
    if (pointers !== 0) this.#bitmap?.writePointers(c.startPage[s], inSpan >>> 3, pointers, size >>> 3);
    if (zero) {
      words[at] = 0;
      words[at + 1] = 0;
      // Where the window ends before them the words read as undefined: then it is zeroed without being asked.
      if (size > 16 && (words[at + 2] !== 0 || words[at + 3] !== 0)) this.zero(addr, size);
    }
    return addr;
  }
}
