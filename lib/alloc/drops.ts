/**
 * Drops and look-ups: from an address to the object there.
 *
 * A drop says that an object's last reference is gone. It costs a look-up from the address to its
 * span and one bit; the object stays where it is until the next cycle finds the bit. The fast path
 * accepts what is certainly right; whatever is not, is looked at again at leisure to say what is
 * wrong with it.
 *
 * From address to object: page = offset / 8 KiB; the page table leads to the span; number = offset in
 * the span × perObject, truncated. The page table is stale for free pages, and a stale entry may lead
 * to any span's row. So the number is held against the span's objects before it is used: a row that
 * is dead or manual has none, and for any other span the offset is then one of its own.
 * The object lives if its live bit is set and it does not wait in an open window.
 *
 * Speed: V8 compiles a drop and a malloc into one caller only while their bytecode stays below 920 bytes
 * in all, at a weight of 1.2. Within it addresses are never boxed, and a heap held in a constant is
 * folded into the code, columns and all. So both fast paths are short, and what is rare is a call away.
 *
 * Not here: what a drop leads to (gc/mark/explicit.ts).
 */
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import {
  type Address,
  address,
  pageShift as pageBits,
  pageSize as pageBytes,
  pagesPerArena,
} from '../base/units.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import type { Views } from '../meta/column.ts';
import { liveWordsPerPage as liveWords } from '../spans/page-table.ts';
import { spanState, type spanTable } from '../spans/span-table.ts';
import { tinyRowBytes } from './tiny-starts.ts';

// A constant of this module is folded into optimised code; an imported one is loaded each time.
const pageSize = pageBytes;
const pageShift = pageBits;
const pageMask = pageBytes - 1;
const pagesPerByte = 1 / pageBytes;
const liveWordsPerPage = liveWords;
const arenaPagesShift = Math.log2(pagesPerArena);
/** A power of two above the pages of any span of small objects, which have ten at most. */
const maxSmallSpanPages = 16;

/** What stands at an address. */
export interface FoundObject {
  readonly span: number;
  readonly index: number;
  readonly base: Address;
  readonly size: number;
  readonly spanClass: number;
}

export class Drops {
  readonly #heap: MHeap;
  readonly #objects: SpanObjects;
  readonly #spans: Views<typeof spanTable>;
  readonly #tinyBits: Uint8Array;
  readonly #zeroBase: Address;
  readonly #origin: number;
  readonly #reachBytes: number;
  // Columns of the fast path, each a field of its own: one load instead of two.
  readonly #known: Uint8Array;
  readonly #spanOf: Int32Array;
  readonly #live: Int32Array;
  readonly #startPage: Int32Array;
  readonly #perObject: Float64Array;
  readonly #elemSize: Int32Array;
  readonly #stride: Int32Array;
  readonly #nelems: Int32Array;
  readonly #freeIndex: Int32Array;
  readonly #tinyStarts: Int32Array;

  constructor(heap: MHeap, objects: SpanObjects, reachBytes: number, zeroBase: Address) {
    const { arenas, spans, pageColumns, tinyStarts } = heap.parts;
    this.#heap = heap;
    this.#objects = objects;
    this.#spans = spans.columns;
    this.#tinyBits = tinyStarts.bits;
    this.#zeroBase = zeroBase;
    this.#origin = arenas.origin;
    this.#reachBytes = reachBytes;
    this.#known = arenas.columns.known;
    this.#spanOf = pageColumns.spanOf;
    this.#live = pageColumns.live;
    this.#startPage = this.#spans.startPage;
    this.#perObject = this.#spans.perObject;
    this.#elemSize = this.#spans.elemSize;
    this.#stride = this.#spans.stride;
    this.#nelems = this.#spans.nelems;
    this.#freeIndex = this.#spans.freeIndex;
    this.#tinyStarts = this.#spans.tinyStarts;
  }

  /**
   * Drops the last reference to the object that starts at `addr`. False when no live object does: then
   * `explain` says what is wrong. Short, so that V8 compiles it into its callers and the address need not
   * be boxed on the way.
   */
  drop(addr: number): boolean {
    const offset = addr - this.#origin;
    if (!(offset >= 0 && offset < this.#reachBytes) || Math.floor(offset) !== offset) return false;
    const page = (offset * pagesPerByte) | 0;
    if (this.#known[page >> arenaPagesShift] === 0) return false;
    const s = this.#spanOf[page];
    const first = this.#startPage[s];
    const nth = page - first;
    // An offset beyond 32 bits loses only what makes up the page.
    const inPage = offset & pageMask;
    const stride = this.#stride[s];
    if (stride === 0) return this.#dropOther(s, nth, inPage);
    // Further off, a stale entry's offset could come round to the span's own in 32 bits.
    if (nth >>> 0 >= maxSmallSpanPages) return false;
    const inSpan = (nth << pageShift) + inPage;
    const index = (inSpan * this.#perObject[s]) | 0;
    if (Math.imul(index, stride) !== inSpan || index >= this.#nelems[s]) return false;
    const word = first * liveWordsPerPage + (index >> 5);
    const bit = 1 << (index & 31);
    const living = this.#live[word];
    if ((living & bit) === 0) return false;
    if ((index & -32) === this.#freeIndex[s] && this.#objects.isOpen(s, index)) return false;
    this.#live[word] = living ^ bit;
    return true;
  }

  /** Drops a tiny object or a large one, at byte `inPage` of a span's nth page. */
  #dropOther(s: number, nth: number, inPage: number): boolean {
    if (nth !== 0) return false;
    const row = this.#tinyStarts[s];
    if (row !== 0) {
      const at = row * tinyRowBytes + (inPage >> 3);
      const starts = this.#tinyBits[at];
      const bit = 1 << (inPage & 7);
      if ((starts & bit) === 0) return false;
      this.#tinyBits[at] = starts ^ bit;
      return true;
    }
    const word = this.#startPage[s] * liveWordsPerPage;
    // No objects: a span that is manual or dead.
    if (inPage !== 0 || this.#nelems[s] === 0 || (this.#live[word] & 1) === 0) return false;
    this.#live[word] ^= 1;
    return true;
  }

  /** What object, live or not yet swept, holds the byte at an address; undefined where there is none. */
  find(addr: number): FoundObject | undefined {
    const spans = this.#spans;
    const page = this.#pageOf(addr);
    if (page < 0) return undefined;
    const span = this.#spanOf[page];
    const first = this.#startPage[span];
    if (spans.state[span] !== spanState.inUse || page < first || page >= first + spans.pages[span])
      return undefined;
    const size = this.#elemSize[span] === 0 ? spans.pages[span] * pageSize : this.#elemSize[span];
    const index = Math.floor((addr - this.#origin - first * pageSize) / size);
    if (
      index >= this.#nelems[span] ||
      !this.#objects.isAllocated(span, index) ||
      this.#isSweepable(span, index)
    ) {
      return undefined;
    }
    const base = address(this.#origin + first * pageSize + index * size);
    return { span, index, base, size, spanClass: spans.spanClass[span] };
  }

  /** Whether a found object holds no pointers: where all span classes are without, the heap bitmap tells. */
  holdsNoPointers({ span, index, size, spanClass }: FoundObject): boolean {
    const bitmap = this.#heap.parts.heapBitmap;
    return bitmap === undefined
      ? (spanClass & 1) === 1
      : !bitmap.at(this.#startPage[span], (index * size) / 8).pointer;
  }

  /** The object around `addr`, for whoever wants to reach into it. Throws where there is none. */
  require(addr: number): FoundObject {
    const found = this.find(addr);
    if (found !== undefined) return found;
    if (this.#pageOf(addr) < 0) return refuse('ERR_INVALID_ADDRESS', 'not an address of this heap', addr);
    return refuse('ERR_NOT_ALLOCATED', 'no object is there', addr);
  }

  /** The page of an address in a known arena, or −1. */
  #pageOf(addr: number): number {
    const offset = addr - this.#origin;
    if (!(offset >= 0 && offset < this.#reachBytes)) return -1;
    const page = Math.floor(offset / pageSize);
    return this.#known[page >> arenaPagesShift] === 0 ? -1 : page;
  }

  /** Says what is wrong with a drop; returns only for the empty object, which may be dropped any time. */
  explain(addr: number): void {
    if (addr === this.#zeroBase) return;
    const page = Number.isInteger(addr) ? this.#pageOf(addr) : -1;
    if (page < 0) refuse('ERR_INVALID_ADDRESS', 'not an address of this heap', addr);
    const found = this.find(addr);
    if (found === undefined) {
      if (this.#awaitsSweep(page, addr)) refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
      refuse('ERR_NOT_ALLOCATED', 'no object is there', addr);
    }
    if (this.#tinyStarts[found.span] !== 0) {
      refuse('ERR_NOT_ALLOCATED', 'no tiny object starts there, or it was dropped before', addr);
    }
    if (addr !== found.base) refuse('ERR_INTERIOR_ADDRESS', 'inside an object, not at its first byte', addr);
    refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
  }

  /** Whether an address starts garbage that the sweep in progress has not reached yet. */
  #awaitsSweep(page: number, addr: number): boolean {
    const spans = this.#spans;
    const s = this.#spanOf[page];
    const first = this.#startPage[s];
    if (spans.state[s] !== spanState.inUse || page < first || page >= first + spans.pages[s]) return false;
    const inSpan = addr - this.#origin - first * pageSize;
    const size = this.#elemSize[s];
    const index = size === 0 ? 0 : Math.floor(inSpan / size);
    return (
      inSpan === index * size &&
      index < this.#nelems[s] &&
      this.#isSweepable(s, index) &&
      this.#objects.isAllocated(s, index)
    );
  }

  /** Whether the sweep in progress will free an object: garbage that has not been reached yet. */
  #isSweepable(s: number, index: number): boolean {
    return (
      this.#spans.sweepGen[s] === this.#heap.parts.sweepState.gen - 2 && !this.#objects.isMarked(s, index)
    );
  }
}

function refuse(code: ErrorCode, message: string, addr: number): never {
  const shown = Number.isFinite(addr) ? `0x${addr.toString(16)}` : String(addr);
  throw new PageHeapError(code, `${message}: ${shown}`, { value: addr });
}
