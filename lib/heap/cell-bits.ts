/**
 * What the pointer bits of 2019 and 2023 have in common: rows are pages in their order, cells stand for so many words each,
 * and an object's cells are written one after another, since an object may begin and end within one.
 *
 * Not here: what a cell says (pair-bits.ts, single-bits.ts), nor what is done for each small object or word that is read.
 */
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import type { Table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { PointerBits } from './pointer-bits.ts';
import type { PointerMap } from './pointer-map.ts';

export interface CellBitsParts {
  readonly meta: MetaMemory;
  readonly spans: SpanTable;
  /** Rows are pages. */
  readonly table: Table;
  /** Words of a cell, 16 or 32. */
  readonly cellWords: number;
}

const given = partsOf<CellBitsParts>;

export abstract class CellBits extends WrittenOnce implements PointerBits {
  readonly #meta = given(this).meta;
  readonly #table = given(this).table;
  readonly #cellWords = given(this).cellWords;

  constructor(parts: CellBitsParts) {
    super(parts);
  }

  ensure(page: number, npages: number): boolean {
    return this.#meta.commit(this.#table, page, page + npages);
  }

  /** Nobody reads the bits of a span that is none. */
  clear(): void {}

  put(offset: number, slot: number, map: PointerMap): void {
    this.putCells(offset, slot, map.pointers, (word) => map.mask(word));
  }

  putAll(offset: number, slot: number): void {
    this.putCells(offset, slot, slot, () => -1);
  }

  /** @param pointers words up to the last pointer @param maskOf the pointers among 32 words from one */
  protected putCells(offset: number, slot: number, pointers: number, maskOf: (word: number) => number): void {
    const cellWords = this.#cellWords;
    const first = offset / 8;
    let cell = Math.floor(first / cellWords);
    let shift = first % cellWords;
    for (let word = 0; word < slot; cell++) {
      const n = Math.min(cellWords - shift, slot - word);
      const left = pointers - word;
      this.putCell(cell, shift, n, left > 0 ? maskOf(word) : 0, left);
      word += n;
      shift = 0;
    }
  }

  /**
   * Writes some words of an object that stand in one cell.
   * @param shift the first of them there @param n how many @param mask the pointers among them and those that follow
   * @param left words up to the object's last pointer; 0 or less: none is left
   */
  protected abstract putCell(cell: number, shift: number, n: number, mask: number, left: number): void;

  abstract write(s: number): void;
  abstract putSmall(offset: number, slot: number, mask: number): void;
  abstract mask(page: number, word: number, n: number): number;
  abstract endsAfter(page: number, word: number): boolean;
  abstract holdsNone(page: number, word: number): boolean;
  abstract check(s: number): void;
}
