/**
 * The pointer bits of 2019: two bits a word, a 32nd of the heap. One says that the word is a pointer, the other that
 * the object is to be *scanned* on: there is a pointer in this word or in a later one. So the first word without it ends
 * what there is to read of an object.
 *
 * 16 words a cell: their pointer bits are its low half, their scan bits its high one. (The runtime alternates every four
 * words.) Rows are pages (cell-bits.ts). Source: the runtime of Go 1.12, mbitmap.go.
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { partsOf } from '../base/written-once.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { CellBits, type CellBitsParts } from './cell-bits.ts';
import { wordsPerPage } from './pointer-bits.ts';
import { firstWords } from './pointer-map.ts';

const cellWords = 16;
const cellsPerPage = wordsPerPage / cellWords;
const perCell = 1 / (cellWords * 8);
const lowHalf = 0xffff;

/** Rows are pages. */
export const pairBitsTable = table('pairBits', 'gc', { bits: i32('heap', cellsPerPage) });

const given = partsOf<CellBitsParts>;

export class PairBits extends CellBits {
  readonly #bits = given(this).meta.views(pairBitsTable).bits;
  readonly #columns = given(this).spans.columns;

  constructor(meta: MetaMemory, spans: SpanTable) {
    super({ meta, spans, table: pairBitsTable, cellWords });
  }

  write(s: number): void {
    const { startPage, pages } = this.#columns;
    this.#bits.fill(0, startPage[s] * cellsPerPage, (startPage[s] + pages[s]) * cellsPerPage);
  }

  putSmall(offset: number, slot: number, mask: number): void {
    const shift = (offset >>> 3) & 15;
    if (shift + slot > 16) {
      this.putCells(offset, slot, 32 - Math.clz32(mask), (word) => mask >>> word);
      return;
    }
    const bits = this.#bits;
    const cell = (offset * perCell) | 0;
    const valid = ((1 << slot) - 1) << shift;
    // All words up to the last pointer are scanned.
    const scan = 0xffffffff >>> Math.clz32(mask);
    const value = mask === 0 ? 0 : (mask << shift) | (scan << (shift + 16));
    bits[cell] = (bits[cell] & ~(valid | (valid << 16))) | value;
  }

  mask(page: number, word: number, n: number): number {
    const bits = this.#bits;
    const cell = (page << 6) + (word >>> 4);
    const shift = word & 15;
    let mask = bits[cell] & lowHalf;
    if (shift + n > 16) mask |= bits[cell + 1] << 16;
    mask >>>= shift;
    if (shift + n > 32) mask |= (bits[cell + 2] & lowHalf) << (32 - shift);
    return n === 32 ? mask | 0 : mask & ((1 << n) - 1);
  }

  endsAfter(page: number, word: number): boolean {
    return this.holdsNone(page, word + 32);
  }

  holdsNone(page: number, word: number): boolean {
    return ((this.#bits[(page << 6) + (word >>> 4)] >>> (16 + (word & 15))) & 1) === 0;
  }

  check(s: number): void {
    const { startPage, pages, elemSize, nelems, spanClass } = this.#columns;
    if ((spanClass[s] & 1) === 1) return;
    const slot = (elemSize[s] === 0 ? pages[s] * pageSize : elemSize[s]) / 8;
    for (let i = 0; i < nelems[s]; i++) {
      let scanned = true;
      for (let word = i * slot, end = word + slot; word < end; word++) {
        const pair = this.#bits[startPage[s] * cellsPerPage + (word >>> 4)] >>> (word & 15);
        const scan = (pair & 0x10000) !== 0;
        if ((scan && !scanned) || ((pair & 1) !== 0 && !scan))
          fatal('an object has pointers beyond the last one', { span: s, index: i, word });
        scanned = scan;
      }
    }
  }

  protected putCell(cell: number, shift: number, n: number, mask: number, left: number): void {
    const bits = this.#bits;
    const valid = firstWords(n) << shift;
    // All words up to the last pointer are scanned.
    const scan = left > 0 ? firstWords(Math.min(n, left)) << shift : 0;
    bits[cell] = (bits[cell] & ~(valid | (valid << 16))) | ((mask << shift) & valid) | (scan << 16);
  }
}
