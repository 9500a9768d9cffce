/**
 * What a heap lies in: the system, its metadata, the address space of its pages, and what it was asked for.
 *
 * The same on every thread that works on the heap, but for `sys` and `watch`, which are the thread's own.
 */
import { type Address, address, pageSize } from '../base/units.ts';
import { type KeptOptions, optionTable, readOptions } from '../design/option-table.ts';
import type { Watch } from '../gc/events.ts';
import type { Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { Persistent } from '../meta/persistent.ts';
import type { Sys } from '../os/sys.ts';
import { heapTable, parameterOrigin, parameterPs, parameterReach, persistentTable } from './tables.ts';

export class HeapMemory {
  readonly sys: Sys;
  readonly meta: MetaMemory;
  readonly watch: Watch;
  /** The address of page 0. */
  readonly origin: Address;
  /** Bytes of address space the heap can ever have. */
  readonly reach: number;
  readonly ps: number;
  /** What it was made with, as every thread of the heap knows it. */
  readonly options: KeptOptions;
  readonly #table: Views<typeof heapTable>;

  constructor(sys: Sys, meta: MetaMemory, watch: Watch) {
    this.sys = sys;
    this.meta = meta;
    this.watch = watch;
    this.origin = address(meta.parameters[parameterOrigin]);
    this.reach = meta.parameters[parameterReach];
    this.ps = meta.parameters[parameterPs];
    this.#table = meta.views(heapTable);
    this.options = readOptions(meta.views(optionTable));
  }

  get table(): Views<typeof heapTable> {
    return this.#table;
  }

  /** The heap's design; how it advises the kernel stands in its handle. */
  get design(): KeptOptions['design'] {
    return this.options.design;
  }

  /** Bytes of a physical page, as the heap takes it: what is given back is whole ones. */
  get physPageSize(): number {
    return this.options.physPageSize ?? this.sys.physPageSize;
  }

  /** Pages of the heap in a physical page; 1 where that is no larger. */
  get physPages(): number {
    return Math.max(1, this.physPageSize / pageSize);
  }

  /** Where objects of no bytes are. */
  get zeroBase(): Address {
    return address(this.#table.zeroBase[0]);
  }

  /** A fresh heap's own: who made it, and where objects of no bytes are. False when there is no memory. */
  begin(): boolean {
    const table = this.meta.setupViews(heapTable);
    const persistent = new Persistent(this.meta, persistentTable, {
      used: table.persistentUsed,
      committed: table.persistentCommitted,
    });
    const zero = persistent.alloc(8);
    if (zero < 0) return false;
    table.owner[0] = this.sys.addon.threadId();
    table.zeroBase[0] = this.meta.addressOf(persistentTable, 'bytes') + zero;
    return true;
  }

  /** Whether the heap is shared: operations take the lock. */
  get isShared(): boolean {
    return this.#table.shared.load(0) === 1;
  }

  /** Says from now on that it is, or is not. */
  setShared(shared: boolean): void {
    this.#table.shared.store(0, shared ? 1 : 0);
  }

  /** What the options ask of the kernel for fresh memory. A kernel that refuses is not asked again. */
  adviseMapped(at: Address, size: number): void {
    const { disableHugePages, hugePageAdvice } = this.options;
    if (disableHugePages) this.sys.noHugePage(at, size);
    else if (hugePageAdvice === 'hugepage') this.sys.hugePage(at, size);
    if (this.options.nameMappings) this.sys.name(at, size, 'pageheap: heap');
  }
}
