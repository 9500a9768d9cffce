/**
 * Id pool: rows of a table handed out and taken back, as the runtime's fixalloc hands out records.
 *
 * Freed ids are handed out again in one of two orders:
 *
 *   recent      last in, first out, as fixalloc does, so that a row still warm in the cache is the next to be used. The
 *               ids form a list
 *   neighbours  ids lie in blocks of 16, whose rows share the cache lines of a column. A block with freed ids has a bit
 *               for each of them; such blocks form a list, last in, first out, and all freed ids of its first are handed
 *               out before those of the next. Spans of one page, where one page in three is a hole, are allocated in 0.58
 *               of the time of the other order, in which each of a row's twenty columns is another cache line each time
 *
 * Both stand in one column of the same table, which nobody else uses. A list's link is in the row of the id. Block k has
 * the ids 16k + 1 to 16k + 16; its bits and its link are in the rows 16k and 16k + 1.
 *
 * New ids come from the end, whose rows are committed a batch at a time. Id 0 is none and never handed out. Rows keep
 * their contents when freed and reused: who allocates initializes.
 *
 * Tables may stand beside: rows of the same ids, which get memory together with the pool's own. So whoever
 * was given an id never lacks memory for what is kept of it elsewhere.
 *
 * Not here: locking. The caller holds the heap.
 */
import { i32, type Table } from './column.ts';
import type { MetaMemory } from './meta-memory.ts';

/** Where a pool keeps its numbers: columns of a one-row table, all under the heap's lock. */
export interface PoolState {
  /** [0]: the first freed id, or the first block with any, plus one; 0 for none. */
  readonly free: Int32Array;
  /** [0]: the highest id ever handed out: 0 at the start. */
  readonly used: Int32Array;
  /** [0]: rows committed so far. */
  readonly committed: Int32Array;
  /** [0]: ids in use. */
  readonly live: Int32Array;
}

/** How many ids there can be. */
export interface PoolRoom {
  readonly most: number;
  /** Whether all of them are in use. */
  readonly isFull: boolean;
}

/** The columns of such a table. */
export const poolColumns = {
  free: i32('heap'),
  used: i32('heap'),
  committed: i32('heap'),
  live: i32('heap'),
} as const;

/** In which order freed ids are handed out again. */
export type IdOrder = 'recent' | 'neighbours';

export class IdPool implements PoolRoom {
  readonly #meta: MetaMemory;
  readonly #table: Table;
  readonly #links: Int32Array;
  readonly #state: PoolState;
  readonly #batch: number;
  readonly #inBlocks: boolean;
  readonly #besides: Table[] = [];

  /** @param links the pool's own column of the table @param batch rows committed at once */
  constructor(
    meta: MetaMemory,
    table: Table,
    links: Int32Array,
    state: PoolState,
    batch: number,
    order: IdOrder = 'recent',
  ) {
    this.#meta = meta;
    this.#table = table;
    this.#links = links;
    this.#state = state;
    this.#batch = batch;
    this.#inBlocks = order === 'neighbours';
  }

  /** An id, or 0 when the table is full or the system has no memory for more rows. */
  alloc(): number {
    const { free, used, committed, live } = this.#state;
    const first = free[0];
    if (first !== 0) {
      live[0]++;
      const links = this.#links;
      if (!this.#inBlocks) {
        free[0] = links[first];
        return first;
      }
      const at = (first - 1) << 4;
      const bits = links[at];
      const left = bits & (bits - 1);
      links[at] = left;
      if (left === 0) free[0] = links[at + 1];
      return at + 32 - Math.clz32(bits ^ left);
    }
    const id = used[0] + 1;
    if (id >= committed[0] && !this.#commitTo(id + 1)) return 0;
    used[0] = id;
    live[0]++;
    return id;
  }

  get most(): number {
    return this.#meta.rows(this.#table) - 1;
  }

  get isFull(): boolean {
    return this.#state.live[0] >= this.most;
  }

  /** Makes sure that n ids can be in use at a time. False when there is no memory. */
  ensure(n: number): boolean {
    return n < this.#state.committed[0] || this.#commitTo(n + 1);
  }

  /**
   * Names a table of rows beside; every thread that may commit names the same ones. Who prepares the pool's
   * first rows prepares theirs.
   */
  beside(table: Table): void {
    this.#besides.push(table);
  }

  free(id: number): void {
    const links = this.#links;
    const { free, live } = this.#state;
    live[0]--;
    if (!this.#inBlocks) {
      links[id] = free[0];
      free[0] = id;
      return;
    }
    const at = (id - 1) & -16;
    const bits = links[at];
    links[at] = bits | (1 << ((id - 1) & 15));
    if (bits !== 0) return;
    links[at + 1] = free[0];
    free[0] = (at >> 4) + 1;
  }

  #commitTo(rows: number): boolean {
    const { committed } = this.#state;
    const limit = this.#meta.rows(this.#table);
    if (rows > limit) return false;
    const end = Math.min(limit, committed[0] + Math.ceil((rows - committed[0]) / this.#batch) * this.#batch);
    for (const table of [...this.#besides, this.#table])
      if (!this.#meta.commit(table, committed[0], end)) return false;
    committed[0] = end;
    return true;
  }
}
