/**
 * The heap's state: what everything above works on, as one object.
 *
 *   spans         rows of spans, and the pool of their ids
 *   pageColumns   from a page to its span; bits by page
 *   arenas        which stretches of address space are the heap's
 *   gcBits        memory of mark and allocation bitmaps
 *   sweepState    the sweep generation, and how far the sweep is
 *   counters      the statistics
 *
 * All of it lies in tables, so that another thread's object over the same tables is as good. What is alive is not
 * told here, nor which pages are free: the one is the liveness' (alloc/), the other the page heap's (pages/).
 */
import type { Address } from '../base/units.ts';
import type { Views } from '../meta/column.ts';
import type { IdOrder } from '../meta/id-pool.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { Sys } from '../os/sys.ts';
import { Arenas } from '../spans/arenas.ts';
import { pageTable } from '../spans/page-table.ts';
import { SpanTable } from '../spans/span-table.ts';
import { counterTable } from './counters.ts';
import { GcBits } from './gc-bits.ts';
import { SweepState } from './sweep-state.ts';

export class HeapState {
  readonly #spans: SpanTable;
  readonly #pageColumns: Views<typeof pageTable>;
  readonly #arenas: Arenas;
  readonly #gcBits: GcBits;
  readonly #sweepState: SweepState;
  readonly #counters: Views<typeof counterTable>;

  /**
   * @param origin the address of page 0
   * @param reach bytes of address space the heap can ever have
   * @param order in which spans that are gone give their rows to new ones
   */
  constructor(meta: MetaMemory, sys: Sys, origin: Address, reach: number, order: IdOrder) {
    this.#spans = new SpanTable(meta, order);
    this.#pageColumns = meta.views(pageTable);
    this.#arenas = new Arenas(meta, sys, origin, reach);
    this.#gcBits = new GcBits(meta);
    this.#sweepState = new SweepState(meta);
    this.#counters = meta.views(counterTable);
  }

  /** Puts memory behind what is needed from the start. False when there is none. Once a heap. */
  static prepare(meta: MetaMemory): boolean {
    return (
      meta.commit(counterTable, 0, 1) &&
      SpanTable.prepare(meta) &&
      GcBits.prepare(meta) &&
      SweepState.prepare(meta)
    );
  }

  get spans(): SpanTable {
    return this.#spans;
  }

  get pageColumns(): Views<typeof pageTable> {
    return this.#pageColumns;
  }

  get arenas(): Arenas {
    return this.#arenas;
  }

  get gcBits(): GcBits {
    return this.#gcBits;
  }

  get sweepState(): SweepState {
    return this.#sweepState;
  }

  get counters(): Views<typeof counterTable> {
    return this.#counters;
  }

  /** Bytes of objects that were allocated and not swept, as of the last refills. */
  get heapAlloc(): number {
    return this.#counters.totalAlloc[0] - this.#counters.totalFree[0];
  }

  /** Bytes in manual spans: stacks, work buffers, pointer bits. */
  get manualBytes(): number {
    const { inStacks, inWorkBuffers, inPointerBits } = this.#counters;
    return inStacks[0] + inWorkBuffers[0] + inPointerBits[0];
  }
}
