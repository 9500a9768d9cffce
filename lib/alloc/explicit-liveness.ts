/**
 * Explicit liveness: an object lives until the program drops it.
 *
 * A drop says that an object's last reference is gone. It costs one bit; the object stays where it is until the
 * next cycle finds the bit. The fast path accepts what is certainly right; whatever is not, is looked at again at
 * leisure to say what is wrong with it.
 *
 *   live bits     one for each 8 bytes of the heap, 1024 a page: set where a live object starts. All others are clear.
 *   tiny starts   spans of tiny blocks have a row of start bits besides (tiny-starts.ts), for those tiny objects that
 *                 start at no multiple of 8
 *
 * Both are written here and nowhere else. Malloc sets an object's bit and a drop clears it, so a bit that is set tells
 * all that a drop must know: neither the page's span nor its objects are looked at. The way from the address by page
 * table, span and object number to a bit by object cost a drop 184 instructions in place of 60, and took three loads
 * that wait for each other, each of them a cache miss where drops come in random order. The price is paid where a
 * cycle collects the bits of a span by object, and in malloc, which sets a bit each time.
 *
 * The chunks of user arenas have no such bits: they live until they are retired, which their span tells.
 *
 * Invariant: where no live object starts there is no bit, in free pages, stacks and open windows either. So a span
 * can be freed only when all its objects were dropped.
 *
 * Speed: a drop and a malloc must be compiled into one caller (HACKING.md, "What V8 does"). So both fast paths are
 * short, and what is rare is a call away.
 *
 * Not here: what a drop leads to (gc/mark/explicit.ts), look-ups by address (heap/find-object.ts).
 */
import { eighthBits, evenBits, fourthBits, popcount32 } from '../base/bits.ts';
import { type ErrorCode, fatal, PageHeapError } from '../base/errors.ts';
import { type Address, pageSize as pageBytes, pagesPerArena, type SpanId } from '../base/units.ts';
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { ObjectFinder } from '../heap/find-object.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { SpanShape } from '../heap/span-shape.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { SpanTable, spanUse } from '../spans/span-table.ts';
import type { Liveness } from './liveness.ts';
import { tinySpanClass } from './size-classes.ts';
import { TinyStarts, tinyRowBytes } from './tiny-starts.ts';

const pageMask = pageBytes - 1;
const pagesPerByte = 1 / pageBytes;
/** Bytes that a live bit stands for: every object but a tiny one starts at a multiple of it. */
const unitBytes = 8;
const unitsPerByte = 1 / unitBytes;
const wordsPerUnit = 1 / 32;
const liveWordsPerPage = pageBytes / unitBytes / 32;
const liveWordsPerPageShift = Math.log2(liveWordsPerPage);
const arenaPagesShift = Math.log2(pagesPerArena);
const arenaWordsShift = arenaPagesShift + liveWordsPerPageShift;

/** Rows are pages. */
export const liveTable = table('live', 'gc', { bits: i32('heap', liveWordsPerPage) });

/** Rows are spans. */
export const tinyRowTable = table('tinyRows', 'mspan', {
  /** The row of start bits of a span of tiny blocks; 0: none. */
  row: i32('heap'),
});

/** The columns and numbers that liveness works with. */
function partsFor(
  meta: MetaMemory,
  { arenas, spans, pageColumns }: HeapState,
  finder: ObjectFinder,
  zeroBase: Address,
) {
  const starts = new TinyStarts(meta);
  return { arenas, spans, pageColumns, finder, zeroBase, starts, meta };
}

const given = partsOf<ReturnType<typeof partsFor>>;

export class ExplicitLiveness extends WrittenOnce implements Liveness {
  readonly #finder = given(this).finder;
  readonly #zeroBase = given(this).zeroBase;
  readonly #starts = given(this).starts;
  // Columns of the fast paths, each a field of its own: one load instead of two.
  readonly #origin = given(this).arenas.origin;
  readonly #reachBytes = given(this).arenas.reachPages * pageBytes;
  readonly #known = given(this).arenas.columns.known;
  readonly #live = given(this).meta.views(liveTable).bits;
  readonly #spanOf = given(this).pageColumns.spanOf;
  readonly #startPage = given(this).spans.columns.startPage;
  readonly #elemSize = given(this).spans.columns.elemSize;
  readonly #nelems = given(this).spans.columns.nelems;
  readonly #use = given(this).spans.columns.use;
  readonly #tinyRow = given(this).meta.views(tinyRowTable).row;
  readonly #tinyBits = given(this).starts.bits;

  /** @param zeroBase where objects of no bytes are */
  constructor(meta: MetaMemory, state: HeapState, finder: ObjectFinder, zeroBase: Address) {
    super(partsFor(meta, state, finder, zeroBase));
    state.arenas.beside(liveTable);
    state.spans.beside(tinyRowTable);
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return TinyStarts.prepare(meta) && SpanTable.prepareBeside(meta, tinyRowTable);
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

  allocated(addr: number): void {
    const unit = (addr - this.#origin) * unitsPerByte;
    this.#live[(unit * wordsPerUnit) | 0] |= 1 << (unit & 31);
  }

  allocatedBetween(addr: number): void {
    const offset = addr - this.#origin;
    const page = (offset * pagesPerByte) | 0;
    const inPage = offset & pageMask;
    this.#tinyBits[this.#tinyRow[this.#spanOf[page]] * tinyRowBytes + (inPage >> 3)] |= 1 << (inPage & 7);
  }

  // ---------------------------------------------------------------- told by the program

  /**
   * Drops the last reference to the object that starts at `addr`. False when no live object does: then
   * `explain` says what is wrong. Short, so that V8 compiles it into its callers and the address need not
   * be boxed on the way.
   */
  drop(addr: number): boolean {
    const offset = addr - this.#origin;
    const unit = offset * unitsPerByte;
    if (Math.floor(unit) !== unit) return this.#dropBetween(offset);
    if (!(offset >= 0 && offset < this.#reachBytes)) return false;
    const word = (unit * wordsPerUnit) | 0;
    // Where no arena is known the bits have no memory.
    if (this.#known[word >> arenaWordsShift] === 0) return false;
    // A unit beyond 32 bits loses only what makes up the word.
    const bit = 1 << (unit & 31);
    const live = this.#live;
    const living = live[word];
    if ((living & bit) === 0) return false;
    live[word] = living ^ bit;
    return true;
  }

  /** Drops a tiny object that starts at no multiple of 8. */
  #dropBetween(offset: number): boolean {
    if (!(offset >= 0 && offset < this.#reachBytes) || Math.floor(offset) !== offset) return false;
    const page = (offset * pagesPerByte) | 0;
    if (this.#known[page >> arenaPagesShift] === 0) return false;
    const s = this.#spanOf[page];
    const row = this.#tinyRow[s];
    // The page table is stale for free pages: an entry may lead to a span that is elsewhere by now.
    if (row === 0 || this.#startPage[s] !== page) return false;
    const inPage = offset & pageMask;
    const at = row * tinyRowBytes + (inPage >> 3);
    const starts = this.#tinyBits[at];
    const bit = 1 << (inPage & 7);
    if ((starts & bit) === 0) return false;
    this.#tinyBits[at] = starts ^ bit;
    return true;
  }

  /**
   * Drops all of a batch, or nothing. An address may occur once, that of the empty object as often as it likes.
   * On a heap of one thread that is a convenience: one by one takes 5 to 6 ns a drop of 65,536 objects, this 12, since it looks before it drops
   * and copies the batch. On a shared heap it takes the lock once.
   * @throws as `explain`, for the first that cannot be dropped; the message tells its place
   */
  dropAll(batch: Float64Array): void {
    const n = batch.length;
    for (let i = 0; i < n; i++)
      if (!this.drop(batch[i]) && batch[i] !== this.#zeroBase) this.#refuseBatch(batch, i);
  }

  /** Takes back the drops before the ith and says what is wrong with that one. */
  #refuseBatch(batch: Float64Array, i: number): never {
    try {
      if (batch.subarray(0, i).includes(batch[i]))
        refuse('ERR_ALREADY_DROPPED', 'it is in the batch twice', batch[i]);
      this.explain(batch[i]);
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      throw new PageHeapError(error.code, `address ${i} of the batch: ${error.message}`, { value: batch[i] });
    } finally {
      for (let j = 0; j < i; j++) this.#revive(batch[j]);
    }
    fatal('an address that can be dropped was not', { address: batch[i], index: i });
  }

  #revive(addr: number): void {
    if (addr === this.#zeroBase) return;
    if (addr % unitBytes === 0) this.allocated(addr);
    else this.allocatedBetween(addr);
  }

  /**
   * Says what is wrong with a drop; returns only for the empty object, which may be dropped any time.
   *
   * At the first byte of what is allocated an object began, so that was dropped. In the rest of a block of 16 bytes without
   * pointers nothing tells whether a tiny object began there: a drop clears the only bit that did, and an object of
   * 16 bytes looks like a block of smaller ones.
   */
  explain(addr: number): void {
    if (addr === this.#zeroBase) return;
    const finder = this.#finder;
    if (!Number.isInteger(addr) || !finder.isOfHeap(addr))
      refuse('ERR_INVALID_ADDRESS', 'not an address of this heap', addr);
    const found = finder.find(addr);
    if (found === undefined) {
      if (finder.isFreedArena(addr)) refuse('ERR_ARENA_FREED', 'the user arena there was freed', addr);
      if (finder.awaitsSweep(addr)) refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
      refuse('ERR_NOT_ALLOCATED', 'no object is there', addr);
    }
    if (this.#use[found.span] === spanUse.userArena)
      refuse('ERR_WRONG_LIVENESS', 'what is in a user arena lives until the arena is freed', addr);
    if (addr === found.base) refuse('ERR_ALREADY_DROPPED', 'the object was dropped before', addr);
    if (this.#tinyRow[found.span] !== 0 && finder.holdsNoPointers(found))
      refuse('ERR_NOT_ALLOCATED', 'no tiny object starts there, or it was dropped before', addr);
    refuse('ERR_INTERIOR_ADDRESS', 'inside an object, not at its first byte', addr);
  }

  // ---------------------------------------------------------------- asked by who marks and checks

  /** The span of a live object that starts at an address; 0 where none does. */
  spanStarting(addr: number): number {
    const offset = addr - this.#origin;
    if (!(offset >= 0 && offset < this.#reachBytes)) return 0;
    const page = (offset * pagesPerByte) | 0;
    // Where no arena is known the bits have no memory.
    if (this.#known[page >> arenaPagesShift] === 0) return 0;
    const s = this.#spanOf[page];
    const unit = offset * unitsPerByte;
    if (Math.floor(unit) === unit)
      return ((this.#live[(unit * wordsPerUnit) | 0] >>> (unit & 31)) & 1) === 1 ? s : 0;
    const row = this.#tinyRow[s];
    if (row === 0 || this.#startPage[s] !== page || Math.floor(offset) !== offset) return 0;
    const inPage = offset & pageMask;
    return ((this.#tinyBits[row * tinyRowBytes + (inPage >> 3)] >>> (inPage & 7)) & 1) === 1 ? s : 0;
  }

  /** The objects of a window that live, as ones; of a block of tiny objects it is enough that one lives. */
  livingWord(s: number, window: number): number {
    const row = this.#tinyRow[s];
    const size = this.#elemSize[s];
    const first = this.#startPage[s] << liveWordsPerPageShift;
    if (size === 0) return this.#use[s] === spanUse.userArena ? 1 : this.#live[first] & 1;
    const bits = this.#live;
    const step = size / unitBytes;
    let unit = window * step;
    // A span has ten pages at most: its units are far from 32 bits, those of the heap are not.
    if (row !== 0) {
      const word = first + (unit >> 5);
      const starts =
        evenBits(bits[word] | (bits[word] >>> 1)) | (evenBits(bits[word + 1] | (bits[word + 1] >>> 1)) << 16);
      return starts | this.#starts.livingWord(row, window);
    }
    if (step === 2 || step === 4 || step === 8) return gathered(bits, first + (unit >> 5), step);
    const n = Math.min(32, this.#nelems[s] - window);
    let living = 0;
    for (let i = 0; i < n; i++, unit += step)
      living |= ((bits[first + (unit >> 5)] >>> (unit & 31)) & 1) << i;
    return living;
  }

  /** The live objects that start at a multiple of 8 of a run of pages: the set bits. */
  countStarts(page: number, npages: number): number {
    let n = 0;
    const end = (page + npages) << liveWordsPerPageShift;
    for (let word = page << liveWordsPerPageShift; word < end; word++) n += popcount32(this.#live[word]);
    return n;
  }
}

/**
 * Every `step`th of 32 bits that begin a word: objects of a size that is a power of two are gathered some at a time, in 50 instructions
 * a window in place of 200.
 */
function gathered(bits: Int32Array, word: number, step: number): number {
  switch (step) {
    case 2:
      return evenBits(bits[word]) | (evenBits(bits[word + 1]) << 16);
    case 4:
      return (
        fourthBits(bits[word]) |
        (fourthBits(bits[word + 1]) << 8) |
        (fourthBits(bits[word + 2]) << 16) |
        (fourthBits(bits[word + 3]) << 24)
      );
    default: {
      let living = 0;
      for (let i = 0; i < 32; i += 4, word++) living |= eighthBits(bits[word]) << i;
      return living;
    }
  }
}

function refuse(code: ErrorCode, message: string, addr: number): never {
  const shown = Number.isFinite(addr) ? `0x${addr.toString(16)}` : String(addr);
  throw new PageHeapError(code, `${message}: ${shown}`, { value: addr });
}
