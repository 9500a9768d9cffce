/**
 * The pointer table: which slot the live object of a pointer has.
 *
 * An open-addressing hash with linear probing, a power of two of rows of 16 bytes, four in a cache line:
 *
 *     | pointer, a double | slot, 32 bits | unused, 32 bits |        pointer 0: the row is empty
 *
 * Invariant: between the home row of a pointer and the row it lies in there is no empty row. A
 * removal keeps it by moving later rows back instead of leaving a tombstone, so the table does not
 * rot however long a trace frees and allocates; searches end at the first empty row. At most 5/8 of
 * the rows are in use; beyond, the table doubles. It never shrinks.
 *
 * A row's number is good until the next `add` or `removeAt`.
 */
import { PageHeapError } from '../../base/errors.ts';

/** log2 of the words of 8 bytes, and of 4 bytes, in a row; and where the slot is among the latter. */
const wordsShift = 1;
const halvesShift = 2;
const slotHalf = 2;
const leastRowsShift = 4;
/** 4 GiB of table, for 168 million live objects. */
const mostRowsShift = 28;

export class PointerTable {
  /** Live pointers. */
  size = 0;
  /** The rows, as pointers and as slots. */
  #words: Float64Array;
  #halves: Int32Array;
  #mask: number;
  #shift: number;
  #limit: number;

  /** @param rowsShift log2 of the rows at the beginning, 4 to 28 */
  constructor(rowsShift = 12) {
    const shift = Math.max(leastRowsShift, rowsShift);
    this.#words = new Float64Array(2 ** (shift + wordsShift));
    this.#halves = new Int32Array(this.#words.buffer);
    this.#mask = 2 ** shift - 1;
    this.#shift = 32 - shift;
    this.#limit = 5 * 2 ** (shift - 3);
  }

  /** Rows, used and empty. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /**
   * Reads the rows in which pointers [from, to) are looked for first. None waits for another, so the processor fetches
   * many at a time; looked up one by one afterwards, they are there.
   * @returns nothing of use: without a result the reading would be left out
   */
  warm(pointers: Float64Array, from: number, to: number): number {
    const words = this.#words;
    const shift = this.#shift;
    let sum = 0;
    for (let i = from; i < to; i++) sum += words[home(pointers[i], shift) << wordsShift];
    return sum;
  }

  /** The row of a pointer, or −1. @param pointer not 0 */
  find(pointer: number): number {
    const words = this.#words;
    const mask = this.#mask;
    let row = home(pointer, this.#shift);
    for (;;) {
      const found = words[row << wordsShift];
      if (found === pointer) return row;
      if (found === 0) return -1;
      row = (row + 1) & mask;
    }
  }

  slotAt(row: number): number {
    return this.#halves[(row << halvesShift) + slotHalf];
  }

  /**
   * Puts a pointer in, unless it is there. @param pointer not 0
   * @returns −1, or the row of the pointer that was there, which is as it was
   * @throws PageHeapError ERR_OUT_OF_MEMORY when there are too many
   */
  add(pointer: number, slot: number): number {
    if (this.size === this.#limit) this.#grow();
    const words = this.#words;
    const mask = this.#mask;
    let row = home(pointer, this.#shift);
    for (;;) {
      const found = words[row << wordsShift];
      if (found === pointer) return row;
      if (found === 0) break;
      row = (row + 1) & mask;
    }
    words[row << wordsShift] = pointer;
    this.#halves[(row << halvesShift) + slotHalf] = slot;
    this.size++;
    return -1;
  }

  /** Takes the pointer of a row out. */
  removeAt(row: number): void {
    const words = this.#words;
    const halves = this.#halves;
    const mask = this.#mask;
    const shift = this.#shift;
    let hole = row;
    let next = row;
    for (;;) {
      next = (next + 1) & mask;
      const pointer = words[next << wordsShift];
      if (pointer === 0) break;
      // It may fill the hole if the hole does not come before its home on the way round.
      if (((next - home(pointer, shift)) & mask) < ((next - hole) & mask)) continue;
      words[hole << wordsShift] = pointer;
      halves[(hole << halvesShift) + slotHalf] = halves[(next << halvesShift) + slotHalf];
      hole = next;
    }
    words[hole << wordsShift] = 0;
    this.size--;
  }

  /** Visits every live pointer, in no order. The table must not be changed meanwhile. */
  forEach(visit: (pointer: number, slot: number) => void): void {
    for (let row = 0; row <= this.#mask; row++) {
      const pointer = this.#words[row << wordsShift];
      if (pointer !== 0) visit(pointer, this.slotAt(row));
    }
  }

  #grow(): void {
    if (this.#shift === 32 - mostRowsShift) {
      throw new PageHeapError(
        'ERR_OUT_OF_MEMORY',
        `more than ${this.#limit} objects of the trace live at once`,
      );
    }
    const words = this.#words;
    const halves = this.#halves;
    this.#words = new Float64Array(2 * words.length);
    this.#halves = new Int32Array(this.#words.buffer);
    this.#mask = 2 * this.#mask + 1;
    this.#shift--;
    this.#limit *= 2;
    this.size = 0;
    for (let at = 0; at < words.length; at += 1 << wordsShift) {
      if (words[at] !== 0) this.add(words[at], halves[2 * at + slotHalf]);
    }
  }
}

/**
 * The row a pointer is looked for first: Fibonacci hashing of its two words, the high bits of the
 * product. Multiples of 16 and consecutive ids both spread evenly.
 */
function home(pointer: number, shift: number): number {
  return Math.imul((pointer >>> 0) ^ Math.imul((pointer * 2 ** -32) >>> 0, 0x85ebca6b), 0x9e3779b1) >>> shift;
}
