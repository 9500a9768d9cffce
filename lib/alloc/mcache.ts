/**
 * The mcache: for each P, one span a span class to allocate from, and the current tiny block.
 *
 * Allocation takes from the cached span without asking anyone. A full one is exchanged (`refill`);
 * at the start of a sweep and before statistics are read all go back (`flush`). The live heap is
 * counted in whole spans when they are cached, and put right when they come back unused.
 *
 * Not here: taking an object from the span (malloc.ts), the central lists (mcentral.ts).
 */
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import type { counterTable } from '../heap/counters.ts';
import type { MHeap } from '../heap/mheap.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { MCentral } from './mcentral.ts';
import { numSpanClasses, tinySpanClass } from './size-classes.ts';

/** Rows are Ps. */
export const mcacheTable = table('mcaches', 'mcache', {
  /** The cached span of each span class; 0 is the empty span. */
  spans: i32('p', numSpanClasses),
  /** The tiny block: its span (0 for none), its number in it, and the first unused byte in it. */
  tinySpan: i32('p'),
  tinyIndex: i32('p'),
  tinyOffset: i32('p'),
  /** Objects that were put into a tiny block beside another, not yet counted. */
  tinyAllocs: i32('p'),
  /** Refills so far: a cheap beat for work that looks at the clock. */
  refills: f64('p'),
  /** 1 when a thread holds this P. */
  held: i32('heap'),
});

export class MCache {
  readonly columns: Views<typeof mcacheTable>;
  private readonly heap: MHeap;
  private readonly central: MCentral;
  private readonly counters: Views<typeof counterTable>;

  constructor(meta: MetaMemory, heap: MHeap, central: MCentral) {
    this.columns = meta.views(mcacheTable);
    this.heap = heap;
    this.central = central;
    this.counters = heap.parts.counters;
  }

  /**
   * Exchanges the full span of a span class for one with free objects. False when the system has no
   * memory: the cache is then empty for this class, which is a legal state.
   */
  refill(p: number, spanClass: number): boolean {
    const { columns, counters, heap } = this;
    const { spans, sweepState } = heap.parts;
    const c = spans.columns;
    const slot = p * numSpanClasses + spanClass;
    const old = columns.spans[slot];
    if (c.allocCount[old] !== c.nelems[old]) {
      fatal('refilling a span with free objects', {
        span: old,
        allocCount: c.allocCount[old],
        nelems: c.nelems[old],
      });
    }
    if (old !== 0) {
      if (c.sweepGen[old] !== sweepState.gen + 3) {
        fatal('a cached span has a bad sweep generation', {
          span: old,
          sweepGen: c.sweepGen[old],
          heapSweepGen: sweepState.gen,
        });
      }
      columns.spans[slot] = 0;
      this.countAllocated(old, spanClass);
      if (spanClass === tinySpanClass) this.countTiny(p);
      this.central.uncacheSpan(old);
    }
    const s = this.central.cacheSpan(p, spanClass);
    if (s === 0) return false;
    c.sweepGen[s] = sweepState.gen + 3;
    c.cachedCount[s] = c.allocCount[s];
    counters.heapLive[0] += c.pages[s] * pageSize - c.allocCount[s] * c.elemSize[s];
    columns.spans[slot] = s;
    return true;
  }

  /** Returns every cached span of a P and forgets its tiny block. */
  flush(p: number): void {
    const { columns, counters, heap } = this;
    const { spans, sweepState } = heap.parts;
    const c = spans.columns;
    const gen = sweepState.gen;
    for (let spanClass = 0; spanClass < numSpanClasses; spanClass++) {
      const slot = p * numSpanClasses + spanClass;
      const s = columns.spans[slot];
      if (s === 0) continue;
      columns.spans[slot] = 0;
      this.countAllocated(s, spanClass);
      // A span cached before the sweep began: the live heap was counted anew since.
      if (c.sweepGen[s] !== gen + 1) counters.heapLive[0] -= (c.nelems[s] - c.allocCount[s]) * c.elemSize[s];
      this.central.uncacheSpan(s);
    }
    this.forgetTiny(p);
    this.countTiny(p);
  }

  /** Starts a new tiny block with the next tiny object. */
  forgetTiny(p: number): void {
    this.columns.tinySpan[p] = 0;
    this.columns.tinyOffset[p] = 0;
  }

  private countAllocated(s: number, spanClass: number): void {
    const { allocCount, cachedCount, elemSize } = this.heap.parts.spans.columns;
    const taken = allocCount[s] - cachedCount[s];
    cachedCount[s] = 0;
    this.counters.smallAllocCount[spanClass >>> 1] += taken;
    this.counters.totalAlloc[0] += taken * elemSize[s];
  }

  private countTiny(p: number): void {
    this.counters.tinyAllocCount[0] += this.columns.tinyAllocs[p];
    this.columns.tinyAllocs[p] = 0;
  }
}
