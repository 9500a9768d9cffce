/**
 * The pointer bits of 2019: two bits a word, a 32nd of the heap. One says that the word is a pointer, the other that
 * the object is to be *scanned* on: there is a pointer in this word or in a later one. So the first word without it ends
 * what there is to read of an object.
 *
 * 16 words a cell: their pointer bits are its low half, their scan bits its high one. (The runtime alternates every four
 * words.) Rows are pages. Source: the runtime of Go 1.12, mbitmap.go.
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { i32, table } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { type PointerBits, wordsPerPage } from './pointer-bits.ts';
import { firstWords, type PointerMap } from './pointer-map.ts';

const cellWords = 16;
const cellsPerPage = wordsPerPage / cellWords;
const perCell = 1 / (cellWords * 8);
const lowHalf = 0xffff;

/** Rows are pages. */
export const pairBitsTable = table('pairBits', 'gc', { bits: i32('heap', cellsPerPage) });

export class PairBits implements PointerBits {
  readonly #meta: MetaMemory;
  readonly #bits: Int32Array;
  readonly #columns: SpanTable['columns'];

  constructor(meta: MetaMemory, spans: SpanTable) {
    this.#meta = meta;
    this.#bits = meta.views(pairBitsTable).bits;
    this.#columns = spans.columns;
  }

  ensure(page: number, npages: number): boolean {
    return this.#meta.commit(pairBitsTable, page, page + npages);
  }

  write(s: number): void {
    const { startPage, pages } = this.#columns;
    this.#bits.fill(0, startPage[s] * cellsPerPage, (startPage[s] + pages[s]) * cellsPerPage);
  }

  /** Nobody reads the bits of a span that is none. */
  clear(): void {}

  putSmall(offset: number, slot: number, mask: number): void {
    const shift = (offset >>> 3) & 15;
    if (shift + slot > 16) {
      this.#put(offset, slot, 32 - Math.clz32(mask), (word) => mask >>> word);
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

  put(offset: number, slot: number, map: PointerMap): void {
    this.#put(offset, slot, map.pointers, (word) => map.mask(word));
  }

  putAll(offset: number, slot: number, words: number): void {
    this.#put(offset, slot, words, (word) => firstWords(words - word));
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

  /** @param pointers words up to the last pointer @param maskOf the pointers among 32 words from one */
  #put(offset: number, slot: number, pointers: number, maskOf: (word: number) => number): void {
    const bits = this.#bits;
    let cell = Math.floor(offset * perCell);
    let shift = (offset >>> 3) & 15;
    for (let word = 0; word < slot; cell++) {
      const n = Math.min(16 - shift, slot - word);
      const valid = firstWords(n) << shift;
      let value = 0;
      if (word < pointers)
        value =
          ((maskOf(word) << shift) & valid) | ((firstWords(Math.min(n, pointers - word)) << shift) << 16);
      bits[cell] = (bits[cell] & ~(valid | (valid << 16))) | value;
      word += n;
      shift = 0;
    }
  }
}
