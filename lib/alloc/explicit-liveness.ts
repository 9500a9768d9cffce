/**
 * Explicit liveness: an object lives until the program drops it.
 *
 * A drop says that an object's last reference is gone. It costs a look-up from the address to its
 * span and one bit; the object stays where it is until the next cycle finds the bit. The fast path
 * accepts what is certainly right; whatever is not, is looked at again at leisure to say what is
 * wrong with it.
 *
 *   live bits     one an object, 1024 a page, the most 8-byte objects a page holds: clear once the object was dropped.
 *                 Objects that wait in an open window have theirs set too, as if they were allocated already: that
 *                 saves malloc from setting each one. All other free objects' bits are clear.
 *   tiny starts   spans of tiny blocks have a row of start bits instead (tiny-starts.ts)
 *
 * Both are written here and nowhere else.
 *
 * From address to object: page = offset / 8 KiB; the page table leads to the span; number = offset in
 * the span × perObject, truncated. The page table is stale for free pages, and a stale entry may lead
 * to any span's row. So the number is held against the span's objects before it is used: a row that
 * is dead or manual has none, and for any other span the offset is then one of its own.
 * The object lives if its live bit is set and it does not wait in an open window.
 *
 * Speed: a drop and a malloc must be compiled into one caller (HACKING.md, "What V8 does"). So both fast paths are
 * short, and what is rare is a call away.
 *
 * Not here: what a drop leads to (gc/mark/explicit.ts), look-ups that need not be fast (heap/find-object.ts).
 */
import { type ErrorCode, PageHeapError } from '../base/errors.ts';
import {
  type Address,
  pageShift as pageBits,
  pageSize as pageBytes,
  pagesPerArena,
  type SpanId,
} from '../base/units.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import type { SpanShape } from '../heap/span-shape.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable } from '../spans/span-table.ts';
import type { Liveness } from './liveness.ts';
import { tinySpanClass } from './size-classes.ts';
import { TinyStarts, tinyBlockStartBytes, tinyRowBytes } from './tiny-starts.ts';

const pageShift = pageBits;
const pageMask = pageBytes - 1;
const pagesPerByte = 1 / pageBytes;
const liveWordsPerPage = 32;
const arenaPagesShift = Math.log2(pagesPerArena);
/** A power of two above the pages of any span of small objects, which have ten at most. */
const maxSmallSpanPages = 16;

/** Rows are pages. */
export const liveTable = table('live', 'gc', { bits: i32('heap', liveWordsPerPage) });

/** Rows are spans. */
export const tinyRowTable = table('tinyRows', 'mspan', {
  /** The row of start bits of a span of tiny blocks; 0: none. */
  row: i32('heap'),
});

/** Rows are Ps. */
export const tinyBlockTable = table('tinyBlocks', 'mcache', {
  /** Where the start bits of the open window of tiny blocks begin. */
  window: i32('p'),
  /** Where those of the current tiny block are. */
  current: i32('p'),
});

export class ExplicitLiveness implements Liveness {
  readonly #objects: SpanObjects;
  readonly #finder: ObjectFinder;
  readonly #zeroBase: Address;
  readonly #starts: TinyStarts;
  readonly #window: Int32Array;
  readonly #current: Int32Array;
  // Columns of the fast paths, each a field of its own: one load instead of two.
  readonly #origin: number;
  readonly #reachBytes: number;
  readonly #known: Uint8Array;
  readonly #spanOf: Int32Array;
  readonly #live: Int32Array;
  readonly #startPage: Int32Array;
  readonly #perObject: Float64Array;
  readonly #stride: Int32Array;
  readonly #nelems: Int32Array;
  readonly #freeIndex: Int32Array;
  readonly #tinyRow: Int32Array;
  readonly #tinyBits: Uint8Array;

  /** @param zeroBase where objects of no bytes are */
  constructor(
    meta: MetaMemory,
    state: HeapState,
    objects: SpanObjects,
    finder: ObjectFinder,
    zeroBase: Address,
  ) {
    const { arenas, spans, pageColumns } = state;
    const { columns } = spans;
    const { window, current } = meta.views(tinyBlockTable);
    arenas.beside(liveTable);
    spans.beside(tinyRowTable);
    this.#objects = objects;
    this.#finder = finder;
    this.#zeroBase = zeroBase;
    this.#starts = new TinyStarts(meta);
    this.#window = window;
    this.#current = current;
    this.#origin = arenas.origin;
    this.#reachBytes = arenas.reachPages * pageBytes;
    this.#known = arenas.columns.known;
    this.#spanOf = pageColumns.spanOf;
    this.#live = meta.views(liveTable).bits;
    this.#startPage = columns.startPage;
    this.#perObject = columns.perObject;
    this.#stride = columns.stride;
    this.#nelems = columns.nelems;
    this.#freeIndex = columns.freeIndex;
    this.#tinyRow = meta.views(tinyRowTable).row;
    this.#tinyBits = this.#starts.bits;
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return (
      TinyStarts.prepare(meta) &&
      SpanTable.prepareBeside(meta, tinyRowTable) &&
      meta.commit(tinyBlockTable, 0, meta.rows(tinyBlockTable))
    );
  }

  // ---------------------------------------------------------------- told by the allocator

  spanMade(s: SpanId, { spanClass }: SpanShape): boolean {
    const row = spanClass === tinySpanClass ? this.#starts.alloc() : 0;
    this.#tinyRow[s] = row;
    return row !== 0 || spanClass !== tinySpanClass;
  }

  spanFreed(s: SpanId): void {
    const row = this.#tinyRow[s];
    if (row !== 0) this.#starts.free(row);
    this.#tinyRow[s] = 0;
  }

  windowOpened(p: number, s: number, window: number, free: number): boolean {
    const row = this.#tinyRow[s];
    if (row === 0) {
      this.#live[this.#startPage[s] * liveWordsPerPage + (window >>> 5)] |= free;
      return false;
    }
    this.#window[p] = row * tinyRowBytes + window * tinyBlockStartBytes;
    return true;
  }

  windowClosed(s: number, window: number, left: number): void {
    if (this.#tinyRow[s] === 0) this.#live[this.#startPage[s] * liveWordsPerPage + (window >>> 5)] &= ~left;
  }

  allocated(s: number, index: number): void {
    const row = this.#tinyRow[s];
    if (row === 0) this.#live[this.#startPage[s] * liveWordsPerPage + (index >>> 5)] |= 1 << (index & 31);
    else this.#tinyBits[row * tinyRowBytes + index * tinyBlockStartBytes] = 1;
  }

  blockTaken(p: number, nth: number): void {
    this.#tinyBits[this.#window[p] + (nth << 1)] = 1;
  }

  blockBegun(p: number, nth: number): void {
    this.#current[p] = this.#window[p] + (nth << 1);
  }

  blockBegunAt(p: number, s: number, index: number): void {
    this.#current[p] = this.#tinyRow[s] * tinyRowBytes + index * tinyBlockStartBytes;
  }

  startInBlock(p: number, offset: number): void {
    this.#tinyBits[this.#current[p] + (offset >> 3)] |= 1 << (offset & 7);
  }

  // ---------------------------------------------------------------- told by the program

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
    const row = this.#tinyRow[s];
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

  /** Says what is wrong with a drop; returns only for the empty object, which may be dropped any time. */
  explain(addr: number): void {
    if (addr === this.#zeroBase) return;
    const finder = this.#finder;
    if (!Number.isInteger(addr) || !finder.isOfHeap(addr))
      refuse('ERR_INVALID_ADDRESS', 'not an address of this heap', addr);
    const found = finder.find(addr);
    if (found === undefined) {
      if (finder.awaitsSweep(addr)) refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
      refuse('ERR_NOT_ALLOCATED', 'no object is there', addr);
    }
    if (this.#tinyRow[found.span] !== 0)
      refuse('ERR_NOT_ALLOCATED', 'no tiny object starts there, or it was dropped before', addr);
    if (addr !== found.base) refuse('ERR_INTERIOR_ADDRESS', 'inside an object, not at its first byte', addr);
    refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
  }

  // ---------------------------------------------------------------- asked by who marks and checks

  /**
   * The objects of a window that live, as ones. In an open window those that nobody took yet are among them; of a
   * block of tiny objects it is enough that one lives.
   */
  livingWord(s: number, window: number): number {
    const row = this.#tinyRow[s];
    return row === 0
      ? this.#live[this.#startPage[s] * liveWordsPerPage + (window >>> 5)]
      : this.#starts.livingWord(row, window);
  }

  /** Whether the objects of a span share blocks. */
  hasBlocks(s: number): boolean {
    return this.#tinyRow[s] !== 0;
  }
}

function refuse(code: ErrorCode, message: string, addr: number): never {
  const shown = Number.isFinite(addr) ? `0x${addr.toString(16)}` : String(addr);
  throw new PageHeapError(code, `${message}: ${shown}`, { value: addr });
}
