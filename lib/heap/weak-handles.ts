/**
 * Weak handles: cells that hold the address of an object and do not keep it alive.
 *
 * An address has one handle, whoever asks for it, and the handle's number stands in a special of the object. When a
 * sweep finds the object dead, the special is removed and the handle is free, before the object's memory can be used
 * again; an object that a finalizer keeps once more counts as dead here. Numbers are used again: a *serial* of the row,
 * which goes up as a handle ends, tells a handle from those that had its number before.
 *
 * So a handle lives as long as its object does, also where nobody in JavaScript has it any more, as in the runtime, whose
 * special keeps its cell; no engine has to say when an object of its own was forgotten, which costs a microsecond for
 * each. It ends before its object where nobody *holds* it: it is held by Ps, each a bit of its row, until each has given it
 * up. What a thread held ends with its holding of the P, also where the thread was terminated and says nothing more
 * (gc/callback-queue.ts tells when).
 *
 * Invariant: there are as many handles as specials of this kind, one for one.
 *
 * Not here: what holds handles in JavaScript, once a thread (api/weak-table.ts).
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
  address: f64('heap'),
  next: i32('heap'),
  /** How many handles of this number have ended. */
  serial: i32('heap'),
  /** The Ps that hold it: a bit each. None: the handle is free. */
  holders: i32('heap', words),
});

export const weakPoolTable = table('weakPool', 'other', poolColumns);

const batch = 256;
/** The most handles of a heap. */
export const mostWeakHandles = 2 ** 22;

export class WeakHandles {
  /** Told of each handle that this thread's sweep has ended. */
  ended: (handle: number) => void = () => {};
  readonly #columns: Views<typeof weakTable>;
  readonly #pool: IdPool;
  readonly #poolState: PoolState;
  readonly #specials: Specials;

  constructor(meta: MetaMemory, specials: Specials) {
    this.#columns = meta.views(weakTable);
    this.#poolState = meta.views(weakPoolTable);
    this.#pool = new IdPool(meta, weakTable, this.#columns.next, this.#poolState, batch, 'neighbours');
    this.#specials = specials;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(weakPoolTable, 0, 1);
  }

  /** What tells a handle from others of its number, before and after. */
  serialOf(id: number): number {
    return this.#columns.serial[id];
  }

  /** The address that a handle which there is holds, by its number. No view: at first it has no memory. */
  addressOf(id: number): number {
    return this.#columns.address[id];
  }

  /** Handles there are. */
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
    const special = specials.add(s, address, specialKind.weak, 0);
    if (special === 0) return 0;
    const { value } = specials.rows();
    const { holders } = this.#columns;
    if (special < 0) {
      const known = value[specials.find(s, address, specialKind.weak)];
      holders[wordOf(known, p)] |= bitOf(p);
      return known;
    }
    const handle = this.#pool.alloc();
    if (handle === 0) {
      specials.unlink(s, special);
      specials.free(special);
      return 0;
    }
    value[special] = handle;
    this.#columns.address[handle] = address;
    holders[wordOf(handle, p)] = bitOf(p);
    return handle;
  }

  /**
   * A P holds a handle no more. Nothing where that has ended before.
   * @param swept makes the span of the handle's object swept, and tells it
   */
  release(handle: number, serial: number, p: number, swept: (address: number) => number): void {
    const columns = this.#columns;
    if (columns.serial[handle] !== serial) return;
    columns.holders[wordOf(handle, p)] &= ~bitOf(p);
    if (this.#isHeld(handle)) return;
    const at = columns.address[handle];
    const s = swept(at);
    // The sweep may have found the object dead.
    if (columns.serial[handle] !== serial) return;
    const special = this.#specials.find(s, at, specialKind.weak);
    this.#specials.unlink(s, special);
    this.#specials.free(special);
    this.#free(handle);
  }

  /** All that a P holds. @param swept as of `release` */
  giveUp(p: number, swept: (address: number) => number): void {
    const { holders, serial } = this.#columns;
    // Before the first handle the columns have no memory.
    for (let handle = this.#poolState.used[0]; handle > 0; handle--)
      if ((holders[wordOf(handle, p)] & bitOf(p)) !== 0) this.release(handle, serial[handle], p, swept);
  }

  #isHeld(handle: number): boolean {
    const { holders } = this.#columns;
    for (let word = handle * words; word < (handle + 1) * words; word++) if (holders[word] !== 0) return true;
    return false;
  }

  /** The object of a handle is dead, and its special is gone. */
  clear(handle: number): void {
    this.#columns.holders.fill(0, handle * words, (handle + 1) * words);
    this.#free(handle);
    this.ended(handle);
  }

  #free(handle: number): void {
    this.#columns.serial[handle]++;
    this.#pool.free(handle);
  }
}

/** Where the bit of a P is in the row of a handle. */
const wordOf = (handle: number, p: number): number => handle * words + (p >>> 5);
const bitOf = (p: number): number => 1 << (p & 31);
