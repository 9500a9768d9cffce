/**
 * The heap bitmap of 2014: four bits for each word of the heap, which grow down as the arena grows up.
 *
 *     … page 2 page 1 page 0 │ page 0 page 1 page 2 …
 *        ◄── the bitmap      │ the arena ──►
 *
 *   bit 0   an object begins at this word, or, in a span that its objects do not fill, what is left over
 *   bit 1   that object is marked (not used here: mark bits lie apart, where sweeping turns them round)
 *   bit 3   the word may hold a pointer; a word without ends what there is to scan of an object
 *
 * Beginnings are written when a span of objects is allocated: at that time nothing holds pointers. Of an object that
 * may hold some, every word that was asked for is written when it is allocated (there are no types), and its first one
 * cleared when it is swept; an object without costs nothing. When the span is freed all of its bits are cleared, written
 * before or not: so a large object that is freed costs a sixteenth of itself in RSS, where one that lives does not.
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

const wordBytes = 8;
const nibblesPerCell = 8;
/** 32-bit cells of a page's bits: 128. */
const cellsPerPage = pageSize / wordBytes / nibblesPerCell;
/** The most pages whose bits one table can hold: 4 GiB of bits, 64 GiB of heap. */
export const mostBitmapPages = 2 ** 32 / (cellsPerPage * 4);

const boundary = 1;
const pointer = 8;
/** Every word of a cell a pointer. */
const allPointers = 0x88888888;
const wordsPerPage = pageSize / wordBytes;

/** Rows are pages, from the last. */
export const heapBitmapTable = table('heapBitmap', 'gc', { bits: i32('heap', cellsPerPage) });

export class HeapBitmap {
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
    if (words < of) bits[this.#cell(page, word + words)] &= ~(pointer << shiftOf(word + words));
  }

  /** An object was swept: it holds no pointers. */
  forgetPointers(page: number, word: number): void {
    this.#bits[this.#cell(page, word)] &= ~(pointer << shiftOf(word));
  }

  /** Clears the bits of a span that is freed. */
  clear(s: number): void {
    const { startPage, pages } = this.#columns;
    const last = this.#rows - startPage[s];
    this.#bits.fill(0, (last - pages[s]) * cellsPerPage, last * cellsPerPage);
  }

  /** Whether an object begins at a word of a page, and whether the word may hold a pointer. */
  at(page: number, word: number): { readonly begins: boolean; readonly pointer: boolean } {
    const nibble = (this.#bits[this.#cell(page, word)] >>> shiftOf(word)) & 15;
    return { begins: (nibble & boundary) !== 0, pointer: (nibble & pointer) !== 0 };
  }

  /** `fatal` where the bits do not tell of a span's objects. */
  check(s: number): void {
    const { startPage, pages } = this.#columns;
    const wanted = this.#beginnings(s);
    const step = this.#stepOf(s);
    let begins = 0;
    let misplaced = 0;
    for (let word = 0, words = pages[s] * wordsPerPage; word < words; word++) {
      if (!this.at(startPage[s], word).begins) continue;
      begins++;
      if (word % step !== 0) misplaced++;
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
