/**
 * The heap bitmap of 2014: four bits for each word of the heap, which grow down as the arena grows up.
 *
 *     … page 2 page 1 page 0 │ page 0 page 1 page 2 …
 *        ◄── the bitmap      │ the arena ──►
 *
 *   bit 0   an object begins at this word, or, in a span that its objects do not fill, what is left over
 *   bit 1   that object is marked (not used here: mark bits lie apart, where sweeping turns them round)
 *   bit 2   the word is none, but pointers follow it in the object
 *   bit 3   the word may hold a pointer
 *
 * A word with neither of the last two is *dead*: it ends what there is to scan of an object. What stands behind it means
 * nothing, and may be a former object's.
 *
 * Beginnings are written when a span of objects is allocated: at that time nothing holds pointers. Of an object that
 * may hold some, the words are written when it is allocated: as its type says, or, where it has none, every word (of those
 * that were asked for where nothing is traced, freelist-malloc.ts). Its first one is cleared when it is swept; an object without pointers costs nothing. When the span is
 * freed all of its bits are cleared, written before or not: so a large object that is freed costs a sixteenth of itself
 * in RSS, where one that lives does not.
 * A sixteenth of the heap in GCSys: the largest of what this design keeps beside its objects.
 *
 * Rows are pages, the last row page 0. Memory is put behind them when the heap grows, so that allocating never fails
 * for want of it.
 *
 * Source: the runtime of Go 1.4, mgc0.c. Not here: marking.
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { type PointerBits, wordsPerPage } from './pointer-bits.ts';
import { firstWords, type PointerMap } from './pointer-map.ts';

const wordBytes = 8;
const nibblesPerCell = 8;
/** 32-bit cells of a page's bits: 128. */
const cellsPerPage = pageSize / wordBytes / nibblesPerCell;
/** The most pages whose bits one table can hold: 4 GiB of bits, 64 GiB of heap. */
export const mostBitmapPages = 2 ** 32 / (cellsPerPage * 4);

const boundary = 1;
const scalar = 4;
const pointer = 8;
/** What tells of a word's contents. */
const contents = scalar | pointer;
/** Bit 0 of every word of a cell. */
const each = 0x11111111;
/** Every word of a cell a pointer. */
const allPointers = 0x88888888;

/** Rows are pages, from the last. */
export const heapBitmapTable = table('heapBitmap', 'gc', { bits: i32('heap', cellsPerPage) });

export class HeapBitmap implements PointerBits {
  readonly #meta: MetaMemory;
  readonly #bits: Int32Array;
  readonly #rows: number;
  readonly #columns: SpanTable['columns'];

  constructor(meta: MetaMemory, spans: SpanTable) {
    this.#meta = meta;
    this.#bits = meta.views(heapBitmapTable).bits;
    this.#rows = meta.rows(heapBitmapTable);
    this.#columns = spans.columns;
  }

  /** Puts memory behind the bits of fresh pages. False when there is none, or the pages lie beyond the table. */
  ensure(page: number, npages: number): boolean {
    if (page + npages > this.#rows) return false;
    return this.#meta.commit(heapBitmapTable, this.#rows - page - npages, this.#rows - page);
  }

  /** Writes where the objects of a fresh span begin. Its bits are clear. */
  write(s: number): void {
    const page = this.#columns.startPage[s];
    const step = this.#stepOf(s);
    for (let i = 0, n = this.#beginnings(s); i < n; i++)
      this.#bits[this.#cell(page, i * step)] |= boundary << shiftOf(i * step);
  }

  /** An object that may hold pointers was allocated: its first `words` of `of` words, counted from a span's first page. */
  writePointers(page: number, word: number, words: number, of: number): void {
    const bits = this.#bits;
    // Cell by cell: of a large object there are many.
    for (let w = word, end = word + words; w < end; ) {
      const n = Math.min(nibblesPerCell - (w % nibblesPerCell), end - w);
      bits[this.#cell(page, w)] |= (allPointers >>> (32 - 4 * n)) << shiftOf(w);
      w += n;
    }
    if (words < of) bits[this.#cell(page, word + words)] &= ~(contents << shiftOf(word + words));
  }

  /** An object was swept: it holds no pointers. */
  forgetPointers(page: number, word: number): void {
    this.#bits[this.#cell(page, word)] &= ~(contents << shiftOf(word));
  }

  putSmall(offset: number, slot: number, mask: number): void {
    this.#put(offset, slot, 32 - Math.clz32(mask), (word) => mask >>> word);
  }

  put(offset: number, slot: number, map: PointerMap): void {
    this.#put(offset, slot, map.pointers, (word) => map.mask(word));
  }

  putAll(offset: number, slot: number): void {
    this.#put(offset, slot, slot, () => -1);
  }

  mask(page: number, word: number, n: number): number {
    const bits = this.#bits;
    let pointers = 0;
    let alive = 0;
    for (let done = 0; done < n; ) {
      const w = word + done;
      const shift = w & 7;
      const cell = bits[(this.#rows - 1 - page - (w >>> 10)) * cellsPerPage + ((w & 1023) >>> 3)];
      const marked = packed(cell >>> 3);
      pointers |= (marked >>> shift) << done;
      alive |= ((marked | packed(cell >>> 2)) >>> shift) << done;
      done += 8 - shift;
    }
    const dead = ~alive & firstWords(n);
    // The first dead word ends it.
    return pointers & (dead === 0 ? firstWords(n) : (dead & -dead) - 1);
  }

  endsAfter(page: number, word: number): boolean {
    // An object without pointers is dead at its first word alone.
    return this.holdsNone(page, word) || this.holdsNone(page, word + 32);
  }

  holdsNone(page: number, word: number): boolean {
    const cell = (this.#rows - 1 - page - (word >>> 10)) * cellsPerPage + ((word & 1023) >>> 3);
    return ((this.#bits[cell] >>> ((word & 7) * 4)) & contents) === 0;
  }

  /** @param pointers words up to the last pointer @param maskOf the pointers among 32 words from one */
  #put(offset: number, slot: number, pointers: number, maskOf: (word: number) => number): void {
    const bits = this.#bits;
    const page = Math.floor(offset / pageSize);
    let at = (offset % pageSize) / wordBytes;
    for (let word = 0; word < slot; ) {
      const shift = at & 7;
      const n = Math.min(nibblesPerCell - shift, slot - word);
      const valid = (each >>> (32 - 4 * n)) << (4 * shift);
      let value = 0;
      if (word < pointers) {
        const marked = spread(maskOf(word) & firstWords(Math.min(n, pointers - word)));
        const scanned = each >>> (32 - 4 * Math.min(n, pointers - word));
        value = (marked * pointer + (scanned & ~marked) * scalar) << (4 * shift);
      }
      const cell = this.#cell(page, at);
      bits[cell] = (bits[cell] & ~(valid * contents)) | value;
      word += n;
      at += n;
    }
  }

  /** Clears the bits of a span that is freed. */
  clear(s: number): void {
    const { startPage, pages } = this.#columns;
    const last = this.#rows - startPage[s];
    this.#bits.fill(0, (last - pages[s]) * cellsPerPage, last * cellsPerPage);
  }

  /** Whether an object begins at a word of a page, whether the word may hold a pointer, and whether it ends the scan. */
  at(
    page: number,
    word: number,
  ): { readonly begins: boolean; readonly pointer: boolean; readonly dead: boolean } {
    const nibble = (this.#bits[this.#cell(page, word)] >>> shiftOf(word)) & 15;
    return {
      begins: (nibble & boundary) !== 0,
      pointer: (nibble & pointer) !== 0,
      dead: (nibble & contents) === 0,
    };
  }

  /** `fatal` where the bits do not tell of a span's objects. */
  check(s: number): void {
    const { startPage, pages, elemSize } = this.#columns;
    // Of a large object every word would be looked at.
    if (elemSize[s] === 0) return;
    const wanted = this.#beginnings(s);
    const step = this.#stepOf(s);
    let begins = 0;
    let misplaced = 0;
    // Cell by cell: few words of a page begin an object.
    for (let first = 0, words = pages[s] * wordsPerPage; first < words; first += nibblesPerCell)
      for (let set = packed(this.#bits[this.#cell(startPage[s], first)]); set !== 0; set &= set - 1) {
        begins++;
        if ((first + 31 - Math.clz32(set & -set)) % step !== 0) misplaced++;
      }
    if (begins !== wanted || misplaced !== 0)
      fatal('the heap bitmap does not tell of the objects of a span', { span: s, begins, wanted, misplaced });
  }

  /** Words from one object of a span to the next. */
  #stepOf(s: number): number {
    const { pages, elemSize } = this.#columns;
    return elemSize[s] === 0 ? pages[s] * wordsPerPage : elemSize[s] / wordBytes;
  }

  /** The objects of a span, and what is left over behind them. */
  #beginnings(s: number): number {
    const { pages, nelems } = this.#columns;
    return nelems[s] + (nelems[s] * this.#stepOf(s) < pages[s] * wordsPerPage ? 1 : 0);
  }

  /** The cell of a word, counted from a span's first page; pages lie in descending rows. */
  #cell(page: number, word: number): number {
    const at = page + Math.floor(word / wordsPerPage);
    return (this.#rows - 1 - at) * cellsPerPage + Math.floor((word % wordsPerPage) / nibblesPerCell);
  }
}

/** Where a word's four bits lie in its cell. */
function shiftOf(word: number): number {
  return (word % nibblesPerCell) * 4;
}

/** Bit 0 of each of eight nibbles, side by side. */
function packed(cell: number): number {
  let x = cell & each;
  x = (x | (x >>> 3)) & 0x03030303;
  x = (x | (x >>> 6)) & 0x000f000f;
  return (x | (x >>> 12)) & 0xff;
}

/** Eight bits, each in bit 0 of a nibble. */
function spread(bits: number): number {
  let x = bits & 0xff;
  x = (x | (x << 12)) & 0x000f000f;
  x = (x | (x << 6)) & 0x03030303;
  return (x | (x << 3)) & each;
}
