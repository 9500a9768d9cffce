/**
 * Persistent allocation: bytes for metadata that is never given back.
 *
 * A bump pointer, as the runtime's persistentalloc has one, through chunks of 256 KiB. Theirs come from the
 * system one by one and lie anywhere; these follow one another in one reserved table, so that a thread that
 * attaches finds them, and a large block needs no mapping of its own. All of it counts in OtherSys.
 * What is asked for is aligned to a power of two, at most a page, and zero, since it is fresh.
 *
 * Not here: reuse. Who wants to reuse keeps a free list of its own (span-set blocks do).
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import type { Table } from './column.ts';
import type { MetaMemory } from './meta-memory.ts';

const chunkBytes = 256 * 1024;

export interface PersistentState {
  /** [0]: bytes handed out. */
  readonly used: Float64Array;
  /** [0]: bytes committed. */
  readonly committed: Float64Array;
}

export class Persistent {
  readonly #meta: MetaMemory;
  readonly #table: Table;
  readonly #state: PersistentState;

  constructor(meta: MetaMemory, table: Table, state: PersistentState) {
    this.#meta = meta;
    this.#table = table;
    this.#state = state;
  }

  /** The offset of `size` zero bytes in the table, or −1 when there is no memory. Offset 0 is never given. */
  alloc(size: number, align = 8): number {
    if (align < 1 || align > pageSize || !Number.isInteger(Math.log2(align)))
      fatal('persistent memory is aligned to a power of two of at most a page', { align });
    const { used, committed } = this.#state;
    const start = Math.ceil(Math.max(used[0], 8) / align) * align;
    const end = start + size;
    if (end > committed[0]) {
      const limit = this.#meta.rows(this.#table);
      if (end > limit) return -1;
      const to = Math.min(limit, Math.ceil(end / chunkBytes) * chunkBytes);
      if (!this.#meta.commit(this.#table, committed[0], to)) return -1;
      committed[0] = to;
    }
    used[0] = end;
    return start;
  }
}
