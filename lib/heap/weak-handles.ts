/**
 * Weak handles: cells that hold the address of an object and do not keep it alive.
 *
 * An address has one handle, whoever asks for it, and the handle's number stands in a special of the object. When a
 * sweep finds the object dead, the special is removed and the cell set to 0, before the object's memory can be used
 * again; an object that a finalizer keeps once more counts as dead here.
 *
 * A handle is held by Ps, each a bit of its row, and lives as long as one holds it. So what a thread held ends with its
 * holding of the P, also where the thread was terminated and says nothing more (gc/callback-queue.ts tells when).
 *
 * Not here: what holds handles in JavaScript, once a thread (api/special-calls.ts).
 */
import { maxPs } from '../base/units.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import { IdPool, type PoolRoom, type PoolState, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type Specials, specialKind } from './specials.ts';

/** Words of a bit for each P. */
const words = maxPs / 32;

/** Rows are handles. */
export const weakTable = table('weakHandles', 'other', {
  /** 0: its object is gone. */
  address: f64('heap'),
  next: i32('heap'),
  /** The Ps that hold it: a bit each. None: the handle is free. */
  holders: i32('heap', words),
});

export const weakPoolTable = table('weakPool', 'other', poolColumns);

const batch = 256;
/** The most handles of a heap. */
export const mostWeakHandles = 2 ** 22;

export class WeakHandles {
  readonly #columns: Views<typeof weakTable>;
  readonly #pool: IdPool;
  readonly #poolState: PoolState;
  readonly #specials: Specials;

  constructor(meta: MetaMemory, specials: Specials) {
    this.#columns = meta.views(weakTable);
    this.#poolState = meta.views(weakPoolTable);
    this.#pool = new IdPool(meta, weakTable, this.#columns.next, this.#poolState, batch);
    this.#specials = specials;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(weakPoolTable, 0, 1);
  }

  /** The address that a handle holds, by its number. No view: at first it has no memory. */
  addressOf(id: number): number {
    return this.#columns.address[id];
  }

  /** Handles that are held. */
  get live(): number {
    return this.#poolState.live[0];
  }

  /** How many handles there can be. */
  get room(): PoolRoom {
    return this.#pool;
  }

  /** The handle of an address of a swept span, held by a P from now on; 0 when there is no memory for one. */
  hold(s: number, address: number, p: number): number {
    const specials = this.#specials;
    const known = specials.find(s, address, specialKind.weak);
    if (known !== 0) {
      const handle = specials.rows().value[known];
      this.#columns.holders[wordOf(handle, p)] |= bitOf(p);
      return handle;
    }
    const handle = this.#pool.alloc();
    if (handle === 0) return 0;
    if (specials.add(s, address, specialKind.weak, handle) === 0) {
      this.#pool.free(handle);
      return 0;
    }
    this.#columns.address[handle] = address;
    this.#columns.holders[wordOf(handle, p)] = bitOf(p);
    return handle;
  }

  /** A P holds it no more. @param swept makes the span of the handle's object swept, and tells it */
  release(handle: number, p: number, swept: (address: number) => number): void {
    const { address, holders } = this.#columns;
    holders[wordOf(handle, p)] &= ~bitOf(p);
    if (this.#isHeld(handle)) return;
    if (address[handle] !== 0) {
      const s = swept(address[handle]);
      // The sweep may have found the object dead.
      const special = address[handle] === 0 ? 0 : this.#specials.find(s, address[handle], specialKind.weak);
      if (special !== 0) {
        this.#specials.unlink(s, special);
        this.#specials.free(special);
      }
      address[handle] = 0;
    }
    this.#pool.free(handle);
  }

  /** All that a P holds. @param swept as of `release` */
  giveUp(p: number, swept: (address: number) => number): void {
    const { holders } = this.#columns;
    // Before the first handle the columns have no memory.
    for (let handle = this.#poolState.used[0]; handle > 0; handle--)
      if ((holders[wordOf(handle, p)] & bitOf(p)) !== 0) this.release(handle, p, swept);
  }

  #isHeld(handle: number): boolean {
    const { holders } = this.#columns;
    for (let word = handle * words; word < (handle + 1) * words; word++) if (holders[word] !== 0) return true;
    return false;
  }

  /** The object of a handle is dead. */
  clear(handle: number): void {
    this.#columns.address[handle] = 0;
  }
}

/** Where the bit of a P is in the row of a handle. */
const wordOf = (handle: number, p: number): number => handle * words + (p >>> 5);
const bitOf = (p: number): number => 1 << (p & 31);
