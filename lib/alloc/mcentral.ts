/**
 * The central lists: where mcaches get spans with free objects, and bring them back.
 *
 * For a span class, in this order: a swept span with free objects; an unswept one that had some
 * (swept now, and surely usable); unswept full ones, swept in the hope of free objects; a fresh span
 * from the heap. At most 100 spans are swept in one search, so that a search among full spans costs
 * at most one hundredth of what a fresh span would waste.
 *
 * Not here: the sets themselves (heap/span-sets.ts), sweep pacing (gc/, through `hooks`).
 */
import { fatal } from '../base/errors.ts';
import { pageSize, type SpanId, spanId } from '../base/units.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanSets } from '../heap/span-sets.ts';
import type { SpanSweeper } from '../heap/sweep-span.ts';
import { classToObjects, classToPages, classToSize, tinySpanClass } from './size-classes.ts';

/** Spans swept at most in one search. */
const sweepBudget = 100;

export interface CentralHooks {
  /** Before a span of `bytes` is allocated: sweep what the pace demands, less `callerPages`. */
  deductSweepCredit(bytes: number, callerPages: number): void;
}

export class MCentral {
  private readonly heap: MHeap;
  private readonly sets: SpanSets;
  private readonly sweeper: SpanSweeper;
  hooks: CentralHooks = { deductSweepCredit: () => {} };

  constructor(heap: MHeap, sets: SpanSets, sweeper: SpanSweeper) {
    this.heap = heap;
    this.sets = sets;
    this.sweeper = sweeper;
  }

  /** A span with at least one free object for P `p`'s cache, or 0 when the system has no memory. */
  cacheSpan(p: number, spanClass: number): SpanId {
    const sizeClass = spanClass >>> 1;
    this.hooks.deductSweepCredit(classToPages[sizeClass] * pageSize, 0);
    const s = this.findSpan(spanClass) || this.growSpan(p, spanClass);
    if (s === 0) return spanId(0);
    const { allocCount, nelems } = this.heap.parts.spans.columns;
    if (allocCount[s] === nelems[s]) fatal('a span for caching has no free objects', { span: s, spanClass });
    return spanId(s);
  }

  /**
   * Takes a span back from a cache. One that was cached before the sweep in progress began is swept
   * here and now: it stands in no set, so nobody else would.
   */
  uncacheSpan(s: number): void {
    const { sweepState, spans } = this.heap.parts;
    const { sweepGen } = spans.columns;
    const gen = sweepState.gen;
    if (sweepGen[s] === gen + 1) {
      sweepGen[s] = gen - 1;
      this.sweeper.sweep(s, false);
    } else {
      sweepGen[s] = gen;
      this.sweeper.place(s);
    }
  }

  private findSpan(spanClass: number): number {
    const { sets, sweeper, heap } = this;
    const { sweepState } = heap.parts;
    const gen = sweepState.gen;
    const ready = sets.pop(sets.partialSwept(spanClass, gen));
    if (ready !== 0 || sweepState.isDone()) return ready;

    let budget = sweepBudget;
    const partial = sets.partialUnswept(spanClass, gen);
    for (; budget >= 0; budget--) {
      const s = sets.pop(partial);
      if (s === 0) break;
      if (sweeper.tryAcquire(s)) {
        sweeper.sweep(s, true);
        return s;
      }
    }
    const full = sets.fullUnswept(spanClass, gen);
    for (; budget >= 0; budget--) {
      const s = sets.pop(full);
      if (s === 0) break;
      if (sweeper.tryAcquire(s)) {
        sweeper.sweep(s, true);
        const { allocCount, nelems } = heap.parts.spans.columns;
        if (allocCount[s] !== nelems[s]) return s;
        sweeper.place(s);
      }
    }
    return 0;
  }

  private growSpan(p: number, spanClass: number): SpanId {
    const sizeClass = spanClass >>> 1;
    const { heap } = this;
    const s = heap.allocHeapSpan(
      p,
      classToPages[sizeClass],
      spanClass,
      classToSize[sizeClass],
      classToObjects[sizeClass],
    );
    if (s !== 0 && spanClass === tinySpanClass) {
      const row = heap.parts.tinyStarts.alloc();
      if (row === 0) {
        heap.freeSpan(s);
        return spanId(0);
      }
      heap.parts.spans.columns.tinyStarts[s] = row;
      heap.parts.spans.columns.stride[s] = 0;
    }
    return s;
  }
}
