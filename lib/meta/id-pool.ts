/**
 * Id pool: rows of a table handed out and taken back, as the runtime's fixalloc hands out records.
 *
 * Freed ids form a list threaded through the `next` column of the same table, last in, first out, so
 * that a row still warm in the cache is the next to be used. New ids come from the end, whose rows
 * are committed a batch at a time. Id 0 is none and never handed out. Rows keep their contents when
 * freed and reused: who allocates initializes.
 *
 * Tables may stand beside: rows of the same ids, which get memory together with the pool's own. So whoever
 * was given an id never lacks memory for what is kept of it elsewhere.
 *
 * Not here: locking. The caller holds the heap.
 */
import type { Table } from './column.ts';
import type { MetaMemory } from './meta-memory.ts';

/** Where a pool keeps its numbers: columns of a one-row table, all under the heap's lock. */
export interface PoolState {
  /** [0]: the first free id, 0 for none. */
  readonly free: Int32Array;
  /** [0]: the highest id ever handed out: 0 at the start. */
  readonly used: Int32Array;
  /** [0]: rows committed so far. */
  readonly committed: Int32Array;
  /** [0]: ids in use. */
  readonly live: Int32Array;
}

export class IdPool {
  readonly #meta: MetaMemory;
  readonly #table: Table;
  readonly #next: Int32Array;
  readonly #state: PoolState;
  readonly #batch: number;
  readonly #besides: Table[] = [];

  /** `batch`: rows committed at once. */
  constructor(meta: MetaMemory, table: Table, next: Int32Array, state: PoolState, batch: number) {
    this.#meta = meta;
    this.#table = table;
    this.#next = next;
    this.#state = state;
    this.#batch = batch;
  }

  /** An id, or 0 when the table is full or the system has no memory for more rows. */
  alloc(): number {
    const { free, used, committed, live } = this.#state;
    const reused = free[0];
    if (reused !== 0) {
      free[0] = this.#next[reused];
      this.#next[reused] = 0;
      live[0]++;
      return reused;
    }
    const id = used[0] + 1;
    if (id >= committed[0] && !this.#commitTo(id + 1)) return 0;
    used[0] = id;
    live[0]++;
    return id;
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
    this.#next[id] = this.#state.free[0];
    this.#state.free[0] = id;
    this.#state.live[0]--;
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
