/**
 * Finding objects: from an address to the object that holds the byte there.
 *
 * page = offset / 8 KiB; the page table leads to the span; number = offset in the span / size, rounded down. The page
 * table is stale for free pages, and a stale entry may lead to any span's row, so the span's state and bounds are
 * looked at. A large object's memory is whole pages, but an address points to it only up to where what was asked
 * for ends, as in the runtime, whose spans have a limit. Objects that the sweep in progress will free are found no more:
 * they are garbage that nobody has a reference to.
 *
 * A chunk of a user arena is one object, until its arena is freed.
 *
 * Nothing here is on a fast path; dropping an object has a look-up of its own (alloc/explicit-liveness.ts).
 * Not here: who still refers to an object.
 */
import { type Address, address } from '../base/units.ts';
import { objectSize, type SpanUse, spanState, spanUse } from '../spans/span-table.ts';
import type { HeapBitmap } from './heap-bitmap.ts';
import type { HeapState } from './heap-state.ts';
import type { SpanObjects } from './span-objects.ts';

/** What stands at an address. */
export interface FoundObject {
  readonly span: number;
  /** Its number in the span. */
  readonly index: number;
  readonly base: Address;
  /** Bytes it has. */
  readonly size: number;
  readonly spanClass: number;
}

export class ObjectFinder {
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #heapBitmap: HeapBitmap | undefined;

  /** @param heapBitmap where all span classes are without pointers: what tells which objects hold some */
  constructor(state: HeapState, objects: SpanObjects, heapBitmap: HeapBitmap | undefined) {
    this.#state = state;
    this.#objects = objects;
    this.#heapBitmap = heapBitmap;
  }

  /** The object, live or not yet swept, that an address points to; undefined where there is none. */
  find(addr: number): FoundObject | undefined {
    const found = this.owner(addr);
    if (found === undefined) return undefined;
    const { unasked } = this.#state.spans.columns;
    return addr < found.base + found.size - unasked[found.span] ? found : undefined;
  }

  /** The object that the byte at an address is of, also one at its end that nobody asked for. */
  owner(addr: number): FoundObject | undefined {
    const found = this.#at(addr);
    return found === undefined || this.#isSweepable(found.span, found.index) ? undefined : found;
  }

  /** Whether an address starts garbage that the sweep in progress has not reached yet. */
  awaitsSweep(addr: number): boolean {
    const found = this.#at(addr);
    return found !== undefined && found.base === addr && this.#isSweepable(found.span, found.index);
  }

  /** Whether an address lies in a known arena of the heap. */
  isOfHeap(addr: number): boolean {
    return this.#pageOf(addr) >= 0;
  }

  /** Whether an address lies in a user arena that was freed, and where there is none since. */
  isFreedArena(addr: number): boolean {
    return this.#isUsedFor(addr, spanUse.freedArena);
  }

  /** Whether an object that was there was freed behind an electric fence. */
  isFenced(addr: number): boolean {
    return this.#isUsedFor(addr, spanUse.fenced);
  }

  #isUsedFor(addr: number, wanted: SpanUse): boolean {
    const { spans, pageColumns } = this.#state;
    const { use, startPage, pages } = spans.columns;
    const page = this.#pageOf(addr);
    if (page < 0) return false;
    const span = pageColumns.spanOf[page];
    return use[span] === wanted && page >= startPage[span] && page < startPage[span] + pages[span];
  }

  /** Whether a found object holds no pointers. */
  holdsNoPointers({ span, index, size, spanClass }: FoundObject): boolean {
    return this.#heapBitmap === undefined
      ? (spanClass & 1) === 1
      : this.#heapBitmap.at(this.#state.spans.columns.startPage[span], (index * size) / 8).dead;
  }

  /** The allocated object that holds the byte at an address, garbage or not. */
  #at(addr: number): FoundObject | undefined {
    const { spans, pageColumns, arenas } = this.#state;
    const { state, use, startPage, pages, nelems, spanClass } = spans.columns;
    const page = this.#pageOf(addr);
    if (page < 0) return undefined;
    const span = pageColumns.spanOf[page];
    const first = startPage[span];
    if (state[span] !== spanState.inUse || page < first || page >= first + pages[span]) return undefined;
    if (use[span] === spanUse.freedArena) return undefined;
    const size = objectSize(spans.columns, span);
    const start = arenas.addressOf(first);
    const index = Math.floor((addr - start) / size);
    if (index >= nelems[span] || !this.#objects.isAllocated(span, index)) return undefined;
    return { span, index, base: address(start + index * size), size, spanClass: spanClass[span] };
  }

  /** The page of an address in a known arena, or −1. */
  #pageOf(addr: number): number {
    const { arenas } = this.#state;
    const page = arenas.pageOf(addr);
    return page >= 0 && page < arenas.reachPages && arenas.isKnown(page) ? page : -1;
  }

  /** Whether the sweep in progress will free an object: garbage that has not been reached yet. */
  #isSweepable(s: number, index: number): boolean {
    const { spans, sweepState } = this.#state;
    return spans.columns.sweepGen[s] === sweepState.gen - 2 && !this.#objects.isMarked(s, index);
  }
}
