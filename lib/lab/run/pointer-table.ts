/**
 * The pointer table: where each live object of a trace lies in the heap, and how long it is.
 *
 * An open-addressing hash with linear probing, a power of two of rows of four doubles, so that a row
 * lies in one cache line:
 *
 *     | pointer | address | size | owed |        pointer 0: the row is empty
 *
 * `owed` is the replay's own: a number that a row begins with at 0 and keeps as long as it is there.
 *
 * Invariant: between the home row of a pointer and the row it lies in there is no empty row. A
 * removal keeps it by moving later rows back instead of leaving a tombstone, so the table does not
 * rot however long a trace frees and allocates; searches end at the first empty row. At most 5/8 of
 * the rows are in use; beyond, the table doubles. It never shrinks.
 *
 * A row's number is good until the next `add` or `removeAt`.
 */
import { PageHeapError } from '../../base/errors.ts';

const strideShift = 2;
const addressSlot = 1;
const sizeSlot = 2;
const owedSlot = 3;
const leastRowsShift = 4;
/** 8 GiB of table, for 168 million live objects. */
const mostRowsShift = 28;

export class PointerTable {
  /** Live pointers. */
  size = 0;
  #rows: Float64Array;
  #mask: number;
  #shift: number;
  #limit: number;

  /** @param rowsShift log2 of the rows at the beginning, 4 to 28 */
  constructor(rowsShift = 12) {
    const shift = Math.max(leastRowsShift, rowsShift);
    this.#rows = new Float64Array(4 * 2 ** shift);
    this.#mask = 2 ** shift - 1;
    this.#shift = 32 - shift;
    this.#limit = 5 * 2 ** (shift - 3);
  }

  /** Rows, used and empty. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** The row of a pointer, or −1. @param pointer not 0 */
  find(pointer: number): number {
    const rows = this.#rows;
    const mask = this.#mask;
    let row = home(pointer, this.#shift);
    for (;;) {
      const found = rows[row << strideShift];
      if (found === pointer) return row;
      if (found === 0) return -1;
      row = (row + 1) & mask;
    }
  }

  addressAt(row: number): number {
    return this.#rows[(row << strideShift) + addressSlot];
  }

  sizeAt(row: number): number {
    return this.#rows[(row << strideShift) + sizeSlot];
  }

  owedAt(row: number): number {
    return this.#rows[(row << strideShift) + owedSlot];
  }

  setOwedAt(row: number, owed: number): void {
    this.#rows[(row << strideShift) + owedSlot] = owed;
  }

  /** Changes the row of a pointer that is there. */
  setAt(row: number, address: number, size: number): void {
    this.#rows[(row << strideShift) + addressSlot] = address;
    this.#rows[(row << strideShift) + sizeSlot] = size;
  }

  /**
   * Puts a pointer in, unless it is there. @param pointer not 0
   * @returns −1, or the row of the pointer that was there, which is as it was
   */
  add(pointer: number, address: number, size: number): number {
    if (this.size === this.#limit) this.#grow();
    const rows = this.#rows;
    const mask = this.#mask;
    let row = home(pointer, this.#shift);
    for (;;) {
      const found = rows[row << strideShift];
      if (found === pointer) return row;
      if (found === 0) break;
      row = (row + 1) & mask;
    }
    rows[row << strideShift] = pointer;
    rows[(row << strideShift) + addressSlot] = address;
    rows[(row << strideShift) + sizeSlot] = size;
    rows[(row << strideShift) + owedSlot] = 0;
    this.size++;
    return -1;
  }

  /** Takes the pointer of a row out. */
  removeAt(row: number): void {
    const rows = this.#rows;
    const mask = this.#mask;
    const shift = this.#shift;
    let hole = row;
    let next = row;
    for (;;) {
      next = (next + 1) & mask;
      const pointer = rows[next << strideShift];
      if (pointer === 0) break;
      // It may fill the hole if the hole does not come before its home on the way round.
      if (((next - home(pointer, shift)) & mask) < ((next - hole) & mask)) continue;
      rows[hole << strideShift] = pointer;
      rows[(hole << strideShift) + addressSlot] = rows[(next << strideShift) + addressSlot];
      rows[(hole << strideShift) + sizeSlot] = rows[(next << strideShift) + sizeSlot];
      rows[(hole << strideShift) + owedSlot] = rows[(next << strideShift) + owedSlot];
      hole = next;
    }
    rows[hole << strideShift] = 0;
    this.size--;
  }

  /** Visits every live pointer, in no order. The table must not be changed meanwhile. */
  forEach(visit: (pointer: number, address: number, size: number) => void): void {
    const rows = this.#rows;
    for (let i = 0; i < rows.length; i += 1 << strideShift) {
      if (rows[i] !== 0) visit(rows[i], rows[i + addressSlot], rows[i + sizeSlot]);
    }
  }

  #grow(): void {
    if (this.#shift === 32 - mostRowsShift) {
      throw new PageHeapError(
        'ERR_OUT_OF_MEMORY',
        `more than ${this.#limit} objects of the trace live at once`,
      );
    }
    const old = this.#rows;
    this.#rows = new Float64Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    this.#shift--;
    this.#limit *= 2;
    this.size = 0;
    for (let i = 0; i < old.length; i += 1 << strideShift) {
      if (old[i] === 0) continue;
      this.add(old[i], old[i + addressSlot], old[i + sizeSlot]);
      if (old[i + owedSlot] !== 0) this.setOwedAt(this.find(old[i]), old[i + owedSlot]);
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
