/**
 * Weak handles: cells that hold the address of an object and do not keep it alive.
 *
 * An address has one handle, whoever asks for it, and the handle's number stands in a special of the object. When a
 * sweep finds the object dead, the special is removed and the cell set to 0, before the object's memory can be used
 * again; an object that a finalizer keeps once more counts as dead here. A handle lives as long as it is held; its
 * holders are counted, those of all threads.
 *
 * Not here: what holds handles (api/weak.ts).
 */
import { f64, i32, table, type Views } from '../meta/column.ts';
import { IdPool, poolColumns } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { type Specials, specialKind } from './specials.ts';

/** Rows are handles. */
export const weakTable = table('weakHandles', 'other', {
  /** 0: its object is gone. */
  address: f64('heap'),
  next: i32('heap'),
  /** How many hold it. */
  holders: i32('heap'),
});

export const weakPoolTable = table('weakPool', 'other', poolColumns);

const batch = 256;
/** The most handles of a heap. */
export const mostWeakHandles = 2 ** 22;

export class WeakHandles {
  readonly #columns: Views<typeof weakTable>;
  readonly #pool: IdPool;
  readonly #specials: Specials;

  constructor(meta: MetaMemory, specials: Specials) {
    this.#columns = meta.views(weakTable);
    this.#pool = new IdPool(meta, weakTable, this.#columns.next, meta.views(weakPoolTable), batch);
    this.#specials = specials;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(weakPoolTable, 0, 1);
  }

  /** The address that a handle holds, by its number. No view: at first it has no memory. */
  addressOf(id: number): number {
    return this.#columns.address[id];
  }

  /** The handle of an address of a swept span, held once more; 0 when there is no memory for one. */
  hold(s: number, address: number): number {
    const specials = this.#specials;
    const known = specials.find(s, address, specialKind.weak);
    if (known !== 0) {
      const handle = specials.rows().value[known];
      this.#columns.holders[handle]++;
      return handle;
    }
    const handle = this.#pool.alloc();
    if (handle === 0) return 0;
    if (specials.add(s, address, specialKind.weak, handle) === 0) {
      this.#pool.free(handle);
      return 0;
    }
    this.#columns.address[handle] = address;
    this.#columns.holders[handle] = 1;
    return handle;
  }

  /** One holder less. @param swept makes the span of the handle's object swept, and tells it */
  release(handle: number, swept: (address: number) => number): void {
    const { address, holders } = this.#columns;
    if (--holders[handle] > 0) return;
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

  /** The object of a handle is dead. */
  clear(handle: number): void {
    this.#columns.address[handle] = 0;
  }
}
