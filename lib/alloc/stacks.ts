/**
 * Stacks: memory that the collector leaves alone, as the runtime keeps it for goroutines.
 *
 * Up to 16 KiB a stack has a power of two of bytes, 2 KiB at least, and comes from a pool (stack-pools.ts). A larger
 * one is a span of its own, in whole pages, and goes back when it is freed. Spans of stacks are manual: never
 * swept, never counted for the collector's goal. They come from the same page heap as everything else, so that a few
 * of them decide where free runs end, which of them grow together, and how far up the scavenger finds something new.
 *
 * Not here: growing a stack by copying it, which is the work of whoever runs goroutines.
 */
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import { spanState, spanUse } from '../spans/span-table.ts';
import { maxPooledStack, type StackPools } from './stack-pools.ts';

export class Stacks {
  readonly #heap: MHeap;
  readonly #state: HeapState;
  readonly #pools: StackPools;

  constructor(heap: MHeap, state: HeapState, pools: StackPools) {
    this.#heap = heap;
    this.#state = state;
    this.#pools = pools;
  }

  /** The address of a new stack of at least `size` bytes, or 0 where there is no memory. Contents are undefined. */
  alloc(p: number, size: number): number {
    if (size <= maxPooledStack) return this.#pools.alloc(p, size);
    const s = this.#heap.allocManual(p, Math.ceil(size / pageSize), spanUse.stack);
    return s === 0 ? 0 : this.#baseOf(s);
  }

  /** Gives back the stack at `addr`, its first byte, to P `p`'s cache if it is pooled. @returns whether there is one */
  free(p: number, addr: number): boolean {
    const s = this.#spanAt(addr);
    if (s === 0) return false;
    if (this.#isPooled(s)) return this.#pools.free(p, s, addr);
    if (this.#baseOf(s) !== addr) return false;
    this.#heap.freeManual(s);
    return true;
  }

  /** The stack that holds the byte at `addr`: its first byte, and its bytes. */
  find(addr: number): { readonly base: number; readonly size: number } | undefined {
    const s = this.#spanAt(addr);
    if (s === 0) return undefined;
    return this.#isPooled(s)
      ? this.#pools.find(s, addr)
      : { base: this.#baseOf(s), size: this.#state.spans.columns.pages[s] * pageSize };
  }

  /** Stacks of a span's own have no size beside its pages. */
  #isPooled(s: SpanId): boolean {
    return this.#state.spans.columns.elemSize[s] !== 0;
  }

  #baseOf(s: SpanId): number {
    const { arenas, spans } = this.#state;
    return arenas.addressOf(spans.columns.startPage[s]);
  }

  #spanAt(addr: number): SpanId {
    const { arenas, pageColumns, spans } = this.#state;
    const page = arenas.pageOf(addr);
    if (!Number.isInteger(page) || !arenas.isKnown(page)) return spanId(0);
    // The entry of a free page names the span that was there last.
    const s = pageColumns.spanOf[page];
    const { state, use, startPage, pages } = spans.columns;
    const isStack = state[s] === spanState.manual && use[s] === spanUse.stack;
    return spanId(isStack && page >= startPage[s] && page < startPage[s] + pages[s] ? s : 0);
  }
}
