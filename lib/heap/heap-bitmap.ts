/**
 * The heap bitmap of 2014: four bits for each word of the heap, which grow down as the arena grows up.
 *
 *     … page 2 page 1 page 0 │ page 0 page 1 page 2 …
 *        ◄── the bitmap      │ the arena ──►
 *
 *   bit 0   an object begins at this word
 *   bit 1   that object is marked (not used here: mark bits lie apart, where sweeping turns them round)
 *   bit 3   the word holds a pointer, as far as is known
 *
 * It is written when a span of objects is allocated, and cleared when the span is freed. Without types every word
 * of an object that may hold pointers counts as one. A sixteenth of the heap: the largest of what this design keeps
 * beside its objects, and in GCSys.
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
const allPointers = 0x88888888 | 0;

/** Rows are pages, from the last. */
export const heapBitmapTable = table('heapBitmap', 'gc', { bits: i32('heap', cellsPerPage) });

export class HeapBitmap {
  private readonly meta: MetaMemory;
  private readonly bits: Int32Array;
  private readonly rows: number;
  private readonly columns: SpanTable['columns'];

  constructor(meta: MetaMemory, spans: SpanTable) {
    this.meta = meta;
    this.bits = meta.views(heapBitmapTable).bits;
    this.rows = meta.rows(heapBitmapTable);
    this.columns = spans.columns;
  }

  /** Puts memory behind the bits of fresh pages. False when there is none, or the pages lie beyond the table. */
  ensure(page: number, npages: number): boolean {
    if (page + npages > this.rows) return false;
    return this.meta.commit(heapBitmapTable, this.rows - page - npages, this.rows - page);
  }

  /** Writes the bits of a fresh span of objects. */
  write(s: number): void {
    const { startPage, pages, elemSize, nelems, spanClass } = this.columns;
    // The 2014 size classes set the bit for every span: their objects may hold pointers or not.
    const kind = (spanClass[s] & 1) === 1 ? 0 : allPointers;
    for (let i = 0; i < pages[s]; i++) this.fill(startPage[s] + i, kind);
    const size = elemSize[s] === 0 ? pages[s] * pageSize : elemSize[s];
    for (let i = 0; i < nelems[s]; i++) this.or(startPage[s], (i * size) / wordBytes, boundary);
  }

  /** Clears the bits of a span that is freed. */
  clear(s: number): void {
    const { startPage, pages } = this.columns;
    for (let i = 0; i < pages[s]; i++) this.fill(startPage[s] + i, 0);
  }

  /** Whether an object begins at a word of a page, and whether the word may hold a pointer. */
  at(page: number, word: number): { readonly begins: boolean; readonly pointer: boolean } {
    const nibble = (this.bits[this.cell(page, word)] >>> ((word % nibblesPerCell) * 4)) & 15;
    return { begins: (nibble & boundary) !== 0, pointer: (nibble & pointer) !== 0 };
  }

  /** `fatal` where the bits do not tell of a span's objects. */
  check(s: number): void {
    const { startPage, pages, elemSize, nelems } = this.columns;
    const size = elemSize[s] === 0 ? pages[s] * pageSize : elemSize[s];
    let begins = 0;
    const words = (pages[s] * pageSize) / wordBytes;
    for (let word = 0; word < words; word++) if (this.at(startPage[s], word).begins) begins++;
    const first = nelems[s] === 0 || this.at(startPage[s], 0).begins;
    const last = nelems[s] === 0 || this.at(startPage[s], ((nelems[s] - 1) * size) / wordBytes).begins;
    if (begins !== nelems[s] || !first || !last)
      fatal('the heap bitmap does not tell of the objects of a span', { span: s, begins, nelems: nelems[s] });
  }

  /** The cell of a word, counted from a span's first page; pages lie in descending rows. */
  private cell(page: number, word: number): number {
    const inPage = pageSize / wordBytes;
    const at = page + Math.floor(word / inPage);
    return (this.rows - 1 - at) * cellsPerPage + Math.floor((word % inPage) / nibblesPerCell);
  }

  private fill(page: number, cell: number): void {
    const from = (this.rows - 1 - page) * cellsPerPage;
    this.bits.fill(cell, from, from + cellsPerPage);
  }

  private or(page: number, word: number, nibble: number): void {
    this.bits[this.cell(page, word)] |= nibble << ((word % nibblesPerCell) * 4);
  }
}
