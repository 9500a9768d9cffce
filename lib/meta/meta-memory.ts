/**
 * Meta memory: one reservation that holds all of a heap's own state.
 *
 * The reservation is free of charge, and read it is zeros, so that a debugger, or whoever else walks through private
 * fields, comes to no memory that is not there; writing is SIGSEGV. Memory is put behind a table's rows by
 * mprotect when the heap first needs them, in granules of 4 KiB, and never taken away before the
 * heap is disposed. A bitmap remembers which granules are committed, so rows may be committed in any
 * order and twice. The bytes go to the account of the table's purpose, when they are committed, as
 * the Go runtime counts what it takes from the system.
 *
 * Invariants: a view is touched only in committed rows; the header's magic
 * is written last by `create`, so `attach` never sees half a heap.
 *
 * Not here: what the tables are (each layer declares its own), which thread may touch what (locks).
 */
import { PageHeapError } from '../base/errors.ts';
import { type Address, address, bytes } from '../base/units.ts';
import { PlainAccounts } from '../os/accounts.ts';
import type { Sys } from '../os/sys.ts';
import { accountSlots, ColumnAccounts } from './accounts.ts';
import { bytesPerElement, type SetupViews, type Table, type Views, viewOf } from './column.ts';
import {
  type Capacity,
  granuleBytes,
  headerBytes,
  layOut,
  type MemoryMap,
  maxTableBytes,
  type TablePlace,
} from './memory-map.ts';

const magic = 0x70616765; // "page"
/** Raised whenever a table changes, so that unequal builds refuse each other's heaps. */
export const layoutVersion = 13;

// The header, in doubles.
const slotMagic = 0;
const slotVersion = 1;
const slotBytes = 2;
const slotParameterCount = 3;
const slotParameters = 4;
const maxParameters = 28;
const slotAccounts = 32;

/** Computes the tables' capacities from a heap's parameters; the same on every thread. */
export type Capacities = (parameters: readonly number[]) => readonly Capacity[];

export class MetaMemory {
  readonly base: Address;
  readonly map: MemoryMap;
  /** The numbers the layout was computed from, as given to `create`. */
  readonly parameters: readonly number[];
  /** The heap's accounts, which `sys` keeps from now on. */
  readonly accounts: ColumnAccounts;
  readonly #sys: Sys;
  readonly #header: Float64Array;
  readonly #granules: Int32Array;
  /** An ArrayBuffer over each of the map's windows. */
  readonly #windows: readonly ArrayBuffer[];
  readonly #places = new Map<Table, TablePlace>();

  private constructor(sys: Sys, base: Address, map: MemoryMap, parameters: readonly number[]) {
    this.#sys = sys;
    this.base = base;
    this.map = map;
    this.parameters = parameters;
    this.#windows = map.windows.map(({ offset, bytes: length }) =>
      sys.window(address(base + offset), bytes(length)),
    );
    this.#header = new Float64Array(this.#windows[0], 0, headerBytes / 8);
    this.#granules = new Int32Array(this.#windows[0], map.bitmapOffset, map.bitmapBytes / 4);
    for (const place of map.tables) this.#places.set(place.table, place);
    this.accounts = new ColumnAccounts(this.#header.subarray(slotAccounts, slotAccounts + accountSlots));
    sys.useAccounts(this.accounts);
  }

  /**
   * Reserves and lays out the state of a new heap; undefined when the system refuses the address
   * space or the first pages.
   */
  static create(sys: Sys, capacities: Capacities, parameters: readonly number[]): MetaMemory | undefined {
    if (parameters.length > maxParameters) throw new RangeError('too many layout parameters');
    const map = layOut(capacities(parameters));
    for (const place of map.tables) {
      if (place.bytes > maxTableBytes) {
        throw new PageHeapError(
          'ERR_INVALID_OPTION',
          `the table ${place.table.name} would need ${place.bytes} bytes, more than one view can hold; ask for a smaller reach`,
          {
            value: place.rows,
          },
        );
      }
    }
    const base = sys.reserve(address(0), bytes(map.bytes));
    if (base === 0) return undefined;
    sys.letRead(base, bytes(map.bytes));
    if (!sys.commit(base, bytes(map.bitmapOffset + map.bitmapBytes), 'other')) {
      sys.free(base, bytes(map.bytes), 'other', 'reserved');
      return undefined;
    }
    const meta = new MetaMemory(sys, base, map, parameters);
    meta.#header[slotVersion] = layoutVersion;
    meta.#header[slotBytes] = map.bytes;
    meta.#header[slotParameterCount] = parameters.length;
    meta.#header.set(parameters, slotParameters);
    meta.#header[slotMagic] = magic;
    return meta;
  }

  /** Views the state of a heap that another thread of this process made. Throws ERR_INCOMPATIBLE_HEAP. */
  static attach(sys: Sys, capacities: Capacities, base: Address): MetaMemory {
    const refuse = (why: string): never => {
      throw new PageHeapError('ERR_INCOMPATIBLE_HEAP', `no heap to attach to at this address: ${why}`, {
        value: base,
      });
    };
    const head = sys.peek(base, bytes(headerBytes));
    if (head === undefined) return refuse('nothing is mapped there');
    const header = new Float64Array(head.buffer, head.byteOffset, headerBytes / 8);
    if (header[slotMagic] !== magic) return refuse('it does not start as a heap does');
    if (header[slotVersion] !== layoutVersion)
      return refuse(`its layout is version ${header[slotVersion]}, this build has ${layoutVersion}`);
    const parameters = Array.from(
      header.subarray(slotParameters, slotParameters + header[slotParameterCount]),
    );
    const map = layOut(capacities(parameters));
    if (map.bytes !== header[slotBytes]) return refuse('its tables have another size');
    return new MetaMemory(sys, base, map, parameters);
  }

  /** The views of a table's columns. They reach over all its rows, committed or not. */
  views<T extends Table>(table: T): Views<T> {
    return this.setupViews(table) as Views<T>;
  }

  /** The same, for the one who sets the heap up. */
  setupViews<T extends Table>(table: T): SetupViews<T> {
    const place = this.#place(table);
    const buffer = this.#windows[place.window];
    const start = place.offset - this.map.windows[place.window].offset;
    const views: Record<string, unknown> = {};
    for (const { name, offset, elements } of place.columns) {
      views[name] = viewOf(table.columns[name], buffer, start + offset, elements);
    }
    return views as SetupViews<T>;
  }

  rows(table: Table): number {
    return this.#place(table).rows;
  }

  /**
   * Puts memory behind rows [from, to) of every column of a table. False when the system has none;
   * what was committed until then stays, and the next try goes on from there.
   */
  commit(table: Table, from: number, to: number): boolean {
    const place = this.#place(table);
    if (to > place.rows) return false;
    for (const { offset, bytesPerRow } of place.columns) {
      const start = place.offset + offset + Math.floor(from * bytesPerRow);
      const end = place.offset + offset + Math.ceil(to * bytesPerRow);
      if (end > start && !this.#commitBytes(start, end, table)) return false;
    }
    return true;
  }

  /** The address of a row of a column: for the crash report, which reads columns without JavaScript. */
  addressOf<T extends Table>(table: T, column: keyof T['columns'] & string, row = 0): Address {
    const place = this.#place(table);
    const found = place.columns.find(({ name }) => name === column);
    if (found === undefined) throw new RangeError(`no column ${column}`);
    return address(
      this.base + place.offset + found.offset + row * bytesPerElement[table.columns[column].kind],
    );
  }

  /** Detaches every view this thread made. The memory stays. */
  detach(): void {
    for (const window of this.#windows) this.#sys.detach(window);
  }

  /** Detaches this thread's views and returns the whole reservation. */
  release(): void {
    this.detach();
    this.#sys.useAccounts(new PlainAccounts());
    this.#sys.free(this.base, bytes(this.map.bytes), 'other', 'reserved');
  }

  #place(table: Table): TablePlace {
    const place = this.#places.get(table);
    if (place === undefined) throw new RangeError(`the memory map has no table ${table.name}`);
    return place;
  }

  #commitBytes(start: number, end: number, table: Table): boolean {
    const first = this.map.tables[0].offset;
    const last = Math.ceil((end - first) / granuleBytes);
    let granule = Math.floor((start - first) / granuleBytes);
    while (granule < last) {
      if (this.#isCommitted(granule)) {
        granule++;
        continue;
      }
      let stop = granule + 1;
      while (stop < last && !this.#isCommitted(stop)) stop++;
      const length = (stop - granule) * granuleBytes;
      if (
        !this.#sys.commit(address(this.base + first + granule * granuleBytes), bytes(length), table.purpose)
      )
        return false;
      for (; granule < stop; granule++) this.#granules[granule >>> 5] |= 1 << (granule & 31);
    }
    return true;
  }

  #isCommitted(granule: number): boolean {
    return ((this.#granules[granule >>> 5] >>> (granule & 31)) & 1) !== 0;
  }
}
