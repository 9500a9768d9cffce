/**
 * The pointer bits of 2023: one bit a word, a 64th of the heap, and beside it one bit for 32 words that says *no more
 * pointers*: the object that the last of them is of has none beyond. Only objects of more than 32 words are asked for
 * it; there it spares the rest of a long array of something else.
 *
 * Rows are pages (cell-bits.ts). Source: the runtime of Go 1.21, mbitmap.go.
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { partsOf } from '../base/written-once.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { CellBits, type CellBitsParts } from './cell-bits.ts';
import { wordsPerPage } from './pointer-bits.ts';
import { firstWords, type PointerMap } from './pointer-map.ts';

const cellWords = 32;
const cellsPerPage = wordsPerPage / cellWords;
const perCell = 1 / (cellWords * 8);

/** Rows are pages. */
export const singleBitsTable = table('singleBits', 'gc', {
  bits: i32('heap', cellsPerPage),
  /** A bit for each 32 words. */
  noMore: i32('heap'),
});

const given = partsOf<CellBitsParts>;

export class SingleBits extends CellBits {
  readonly #bits = given(this).meta.views(singleBitsTable).bits;
  readonly #noMore = given(this).meta.views(singleBitsTable).noMore;
  readonly #columns = given(this).spans.columns;

  constructor(meta: MetaMemory, spans: SpanTable) {
    super({ meta, spans, table: singleBitsTable, cellWords });
  }

  write(s: number): void {
    const { startPage, pages } = this.#columns;
    const from = startPage[s];
    const end = from + pages[s];
    this.#bits.fill(0, from * cellsPerPage, end * cellsPerPage);
    this.#noMore.fill(0, from, end);
  }

  putSmall(offset: number, slot: number, mask: number): void {
    const cell = (offset * perCell) | 0;
    const shift = (offset >>> 3) & 31;
    const bits = this.#bits;
    bits[cell] = (bits[cell] & ~((-1 >>> (32 - slot)) << shift)) | (mask << shift);
    const over = shift + slot - 32;
    if (over > 0) bits[cell + 1] = (bits[cell + 1] & (-1 << over)) | (mask >>> (slot - over));
  }

  /** An object of whole cells in one page, as of 1 KiB, needs no cell to be read. */
  override put(offset: number, slot: number, map: PointerMap): void {
    const cell = offset * perCell;
    const inPage = cell & (cellsPerPage - 1);
    const n = slot / cellWords;
    if (cell % 1 !== 0 || n % 1 !== 0 || inPage + n > cellsPerPage) {
      super.put(offset, slot, map);
      return;
    }
    const bits = this.#bits;
    // The cells up to the one with the last pointer, of which there is always one.
    const most = Math.max(1, Math.ceil(map.pointers / cellWords));
    bits[cell] = map.first;
    for (let i = 1; i < most; i++) bits[cell + i] = map.mask(i * cellWords);
    for (let i = most; i < n; i++) bits[cell + i] = 0;
    const noMore = this.#noMore;
    const page = cell >>> 5;
    const from = inPage + most - 1;
    noMore[page] = (noMore[page] & ~(firstWords(n) << inPage)) | ((firstWords(n - most + 1) << from) | 0);
  }

  mask(page: number, word: number, n: number): number {
    const bits = this.#bits;
    const cell = (page << 5) + (word >>> 5);
    const shift = word & 31;
    let mask = bits[cell] >>> shift;
    if (shift + n > 32) mask |= bits[cell + 1] << (32 - shift);
    return n === 32 ? mask | 0 : mask & ((1 << n) - 1);
  }

  endsAfter(page: number, word: number): boolean {
    return ((this.#noMore[page + (word >>> 10)] >>> ((word >>> 5) & 31)) & 1) === 1;
  }

  /** Spans hold objects of one kind here. */
  holdsNone(): boolean {
    return false;
  }

  check(s: number): void {
    const { startPage, pages, elemSize, nelems, spanClass } = this.#columns;
    if ((spanClass[s] & 1) === 1) return;
    const slot = (elemSize[s] === 0 ? pages[s] * pageSize : elemSize[s]) / 8;
    if (slot <= cellWords) return;
    for (let i = 0; i < nelems[s]; i++) {
      let ended = false;
      for (let word = i * slot, end = word + slot; word < end; word += cellWords) {
        const n = Math.min(cellWords, end - word);
        if (ended && this.mask(startPage[s], word, n) !== 0)
          fatal('an object has pointers beyond the last one', { span: s, index: i, word });
        ended ||= n === cellWords && word + cellWords < end && this.endsAfter(startPage[s], word);
      }
    }
  }

  protected putCell(cell: number, shift: number, n: number, mask: number, left: number): void {
    const bits = this.#bits;
    const valid = firstWords(n) << shift;
    bits[cell] = (bits[cell] & ~valid) | ((mask << shift) & valid);
    // The last cell may be another object's as well, which is the one that is meant then.
    if (shift + n < cellWords) return;
    const noMore = this.#noMore;
    if (left <= n) noMore[cell >>> 5] |= 1 << (cell & 31);
    else noMore[cell >>> 5] &= ~(1 << (cell & 31));
  }
}
