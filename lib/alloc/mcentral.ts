/**
 * The central lists: where mcaches get spans with free objects, and bring them back.
 *
 * For a span class: a span with free objects, if the registry knows one or sweeping finds one; else a fresh
 * span from the heap. The designs of 2014 and 2019 zero a fresh span whole, whatever its objects ask for, and so touch
 * all of it; that of 2023 leaves it to malloc.
 *
 * Not here: how the registry looks for one (heap/set-registry.ts, heap/list-registry.ts), sweep pacing (gc/, through
 * `hooks`).
 */
import { fatal } from '../base/errors.ts';
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import type { FreeLists } from '../heap/free-lists.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanRegistry } from '../heap/span-registry.ts';
import type { SpanSweeper } from '../heap/sweep-span.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { SizeClasses } from './size-classes.ts';

/** Told of what allocation takes and gives back, so that it is allocated black while a cycle marks. */
export interface BlackAllocation {
  /** A cache is about to take a span. */
  spanCached(s: number): void;
  /** A cache has given one back. */
  spanUncached(s: number): void;
  /** A large object was allocated, a span of its own. */
  largeAllocated(s: number): void;
}

export interface CentralHooks extends Partial<BlackAllocation> {
  /** Before a span of `bytes` is allocated: sweep what the pace demands, less `callerPages`. */
  deductSweepCredit(bytes: number, callerPages: number): void;
}

/** What the central lists work with. */
export interface MCentralDeps {
  readonly heap: MHeap;
  readonly state: HeapState;
  readonly registry: SpanRegistry;
  readonly sweeper: SpanSweeper;
  readonly classes: SizeClasses;
  /** Where free objects are threaded: what makes the list of a fresh span. It zeroes the span first. */
  readonly freeLists: FreeLists | undefined;
  /** Where fresh spans are zeroed whole; undefined: each object is when it is handed out. */
  readonly zeroed: Pick<ObjectMemory, 'zero'> | undefined;
}

export class MCentral {
  hooks: CentralHooks = { deductSweepCredit: () => {} };
  readonly #deps: MCentralDeps;

  constructor(deps: MCentralDeps) {
    this.#deps = deps;
  }

  /** A span with at least one free object for P `p`'s cache, or 0 when the system has no memory. */
  cacheSpan(p: number, spanClass: number): SpanId {
    const { classes, registry, sweeper, state } = this.#deps;
    this.hooks.deductSweepCredit(classes.pages[spanClass >>> 1] * pageSize, 0);
    const s = registry.take(spanClass, sweeper) || this.#growSpan(p, spanClass);
    if (s === 0) return spanId(0);
    const { allocCount, nelems } = state.spans.columns;
    if (allocCount[s] === nelems[s]) fatal('a span for caching has no free objects', { span: s, spanClass });
    this.hooks.spanCached?.(s);
    return spanId(s);
  }

  /**
   * Takes a span back from a cache. One that was cached before the sweep in progress began is swept
   * here and now: nobody else would.
   */
  uncacheSpan(s: number): void {
    const { sweepState, spans } = this.#deps.state;
    const { sweepGen } = spans.columns;
    const gen = sweepState.gen;
    this.hooks.spanUncached?.(s);
    if (sweepGen[s] === gen + 1) {
      sweepGen[s] = gen - 1;
      this.#deps.sweeper.sweep(s, false);
    } else {
      sweepGen[s] = gen;
      this.#deps.registry.uncached(s);
    }
  }

  #growSpan(p: number, spanClass: number): SpanId {
    const { heap, classes, freeLists, zeroed, state } = this.#deps;
    const npages = classes.pages[spanClass >>> 1];
    const s = heap.allocHeapSpan(p, npages, classes.shapes[spanClass]);
    if (s === 0) return s;
    const { needZero, startPage } = state.spans.columns;
    if (freeLists !== undefined) {
      freeLists.thread(s);
    } else if (zeroed !== undefined && needZero[s] !== 0) {
      zeroed.zero(startPage[s], 0, npages * pageSize);
      needZero[s] = 0;
    }
    return s;
  }
}
