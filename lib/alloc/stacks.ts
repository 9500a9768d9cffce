/**
 * Stacks: whole pages that the collector leaves alone, as the runtime keeps goroutines' stacks.
 *
 * A stack is a manual span: never swept, never counted for the collector's goal, given back by whoever
 * asked for it. It comes from the same page heap as everything else, so that a few of them decide where
 * free runs end, which of them grow together, and how far up the scavenger finds something new.
 *
 * Not here: pools of stacks smaller than a span, and growing one by copying it, which is the work of
 * whoever runs goroutines.
 */
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import { spanState, spanUse } from '../spans/span-table.ts';

export class Stacks {
  readonly #heap: MHeap;
  readonly #state: HeapState;

  constructor(heap: MHeap, state: HeapState) {
    this.#heap = heap;
    this.#state = state;
  }

  /** The address of a new stack of at least `size` bytes, or 0 where there is no memory. Contents are undefined. */
  alloc(p: number, size: number): number {
    const s = this.#heap.allocManual(p, Math.ceil(size / pageSize), spanUse.stack);
    return s === 0 ? 0 : this.#baseOf(s);
  }

  /** Gives back the stack at `addr`, its first byte. @returns whether there is one */
  free(addr: number): boolean {
    const s = this.#spanAt(addr);
    if (s === 0 || this.#baseOf(s) !== addr) return false;
    this.#heap.freeManual(s);
    return true;
  }

  /** The stack that holds the byte at `addr`: its first byte, and its bytes. */
  find(addr: number): { readonly base: number; readonly size: number } | undefined {
    const s = this.#spanAt(addr);
    return s === 0
      ? undefined
      : { base: this.#baseOf(s), size: this.#state.spans.columns.pages[s] * pageSize };
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
