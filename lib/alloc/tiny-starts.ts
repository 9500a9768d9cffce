/**
 * Tiny starts: which bytes of a tiny block begin a live object.
 *
 * Objects below 16 bytes without pointers share blocks of 16. With explicit liveness a block must
 * know which of its objects still live: a span of tiny blocks has a row here, 16 bits a block, one
 * for each byte where an object starts. A drop clears its bit; a block without bits is garbage at the
 * next cycle.
 *
 * Invariant: a block that is free has no bits, so a row is all zero when it is taken and given back.
 */
import { pageSize } from '../base/units.ts';
import { i32, table, u8 } from '../meta/column.ts';
import { IdPool, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';

const blockBytes = 16;
/** Bytes of start bits that a block has. */
export const tinyBlockStartBytes = blockBytes / 8;
/** Bytes of a row: 16 bits for each of a page's 512 blocks. */
export const tinyRowBytes = (pageSize / blockBytes) * tinyBlockStartBytes;
const rowsPerBatch = 16;

export const tinyStartsTable = table('tinyStarts', 'gc', {
  next: i32('heap'),
  bits: u8('heap', tinyRowBytes),
});

export const tinyStartsPoolTable = table('tinyStartsPool', 'gc', poolColumns);

export class TinyStarts {
  readonly #bits: Uint8Array;
  readonly #pool: IdPool;

  constructor(meta: MetaMemory) {
    const columns = meta.views(tinyStartsTable);
    this.#bits = columns.bits;
    this.#pool = new IdPool(
      meta,
      tinyStartsTable,
      columns.next,
      meta.views(tinyStartsPoolTable),
      rowsPerBatch,
    );
  }

  get bits(): Uint8Array {
    return this.#bits;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(tinyStartsPoolTable, 0, 1);
  }

  /** A row for a span of tiny blocks, or 0 when there is no memory. */
  alloc(): number {
    return this.#pool.alloc();
  }

  free(row: number): void {
    this.#pool.free(row);
  }

  /** Whether any object of a block lives. */
  blockLives(row: number, block: number): boolean {
    const at = row * tinyRowBytes + block * 2;
    return (this.#bits[at] | this.#bits[at + 1]) !== 0;
  }

  /** The live blocks among 32 from `window`, as ones. */
  livingWord(row: number, window: number): number {
    let word = 0;
    let at = row * tinyRowBytes + window * 2;
    for (let bit = 0; bit < 32; bit++, at += 2)
      if ((this.#bits[at] | this.#bits[at + 1]) !== 0) word |= 1 << bit;
    return word;
  }

  /** The number of live objects in a row. */
  countStarts(row: number): number {
    let n = 0;
    const from = row * tinyRowBytes;
    for (let at = from; at < from + tinyRowBytes; at++) for (let b = this.#bits[at]; b !== 0; b &= b - 1) n++;
    return n;
  }
}
