/**
 * The mcache: for each P, one span a span class to allocate from, and the current tiny block.
 *
 * Of the cached span one window of 32 objects is *open*: a word says which of them are free, and
 * malloc takes them from there without touching the span. When none is left the next window with a
 * free object is opened; when there is none, the span is exchanged (`refill`). At the start of a sweep
 * and before statistics are read all spans go back (`flush`). The live heap is counted in whole spans
 * when they are cached, and put right when they come back unused.
 *
 * Opening a window is also the moment to zero it, if the span may hold old contents and zero memory is what is asked for:
 * one fill of 2 KiB costs less than 32 times four stores, and where memory is cold, as a span is that waited for its turn, one
 * of 8 KiB costs a seventh less than eight of 1 KiB. Only in spans of one page: what may hold old contents there was touched
 * before, so RSS stays as it is; of several pages some may be released still.
 *
 * Not here: taking an object (malloc.ts), the central lists (mcentral.ts).
 */
import { popcount32 } from '../base/bits.ts';
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import { f64, i32, table, u8, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { ObjectMemory } from '../spans/object-memory.ts';
import type { MCentral } from './mcentral.ts';
import { numSpanClasses, type SizeClasses, tinySpanClass } from './size-classes.ts';

/** Rows are Ps; a slot is P × numSpanClasses + span class. */
export const mcacheTable = table('mcaches', 'mcache', {
  /** The cached span of each span class; 0 is the empty span. */
  spans: i32('p', numSpanClasses),
  /** The objects of its open window that are still free, as ones. */
  open: i32('p', numSpanClasses),
  /** The address of the open window's first object. */
  windowBase: f64('p', numSpanClasses),
  /** 1: the free objects of the open window may hold old contents. */
  stale: u8('p', numSpanClasses),
  /** The tiny block: its address (0 for none), and the bytes left at its end. */
  tinyBase: f64('p'),
  tinyLeft: i32('p'),
  /** Objects that were put into a tiny block beside another, not yet counted. */
  tinyAllocs: i32('p'),
  /** Refills so far: a cheap beat for work that looks at the clock. */
  refills: f64('p'),
  /** The id of the thread that holds this P; 0 when none does. */
  held: i32('heap'),
});

/** What an mcache works with. */
export interface MCacheDeps {
  readonly meta: MetaMemory;
  readonly state: HeapState;
  readonly central: MCentral;
  readonly objects: SpanObjects;
  readonly memory: ObjectMemory;
  readonly classes: SizeClasses;
  /** Caches of stacks are emptied with the P's other caches. */
  readonly stacks: { flush(p: number): void };
}

export class MCache {
  readonly #columns: Views<typeof mcacheTable>;
  readonly #state: HeapState;
  readonly #central: MCentral;
  readonly #objects: SpanObjects;
  readonly #memory: ObjectMemory;
  readonly #sizes: Int32Array;
  /** The bit of a span class that says that its objects hold no pointers; 0: none says so. */
  readonly #plainBit: number;
  readonly #stacks: MCacheDeps['stacks'];
  /** Ps. */
  readonly ps: number;
  /** Whether a tiny block outlives a flush; a cycle forgets it in any case. */
  protected readonly keepsTiny: boolean = false;

  constructor({ meta, state, central, objects, memory, classes, stacks }: MCacheDeps) {
    this.#columns = meta.views(mcacheTable);
    this.#state = state;
    this.#central = central;
    this.#objects = objects;
    this.#memory = memory;
    this.#sizes = classes.sizes;
    this.#plainBit = classes.shared ? 0 : 1;
    this.#stacks = stacks;
    this.ps = meta.rows(mcacheTable);
  }

  get columns(): Views<typeof mcacheTable> {
    return this.#columns;
  }

  /**
   * Opens the next window of the cached span that has a free object, for a request that wants zero
   * memory or does not. False when the span is full.
   */
  openNext(slot: number, zero: boolean): boolean {
    const columns = this.#columns;
    const objects = this.#objects;
    const { freeIndex } = this.#state.spans.columns;
    const s = columns.spans[slot];
    const window = objects.findWindow(s, freeIndex[s] + 32);
    if (window < 0) return false;
    this.#open(slot, s, window, zero);
    return true;
  }

  /**
   * Exchanges the full span of a slot for one with free objects, and opens a window of it. False when
   * the system has no memory: the slot is then empty, which is a legal state.
   */
  refill(p: number, spanClass: number, zero: boolean): boolean {
    const columns = this.#columns;
    const { spans, sweepState, counters } = this.#state;
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
      this.close(slot, old);
      this.#countAllocated(old, spanClass);
      if (spanClass === tinySpanClass) this.#countTiny(p);
      this.#central.uncacheSpan(old);
    }
    const s = this.#central.cacheSpan(p, spanClass);
    if (s === 0) return false;
    c.sweepGen[s] = sweepState.gen + 3;
    c.cachedCount[s] = c.allocCount[s];
    counters.heapLive[0] += c.pages[s] * pageSize - c.allocCount[s] * c.elemSize[s];
    this.attach(slot, s, spanClass, zero);
    return true;
  }

  /** Puts a span with free objects into an empty slot and opens its first window with any. */
  attach(slot: number, s: number, spanClass: number, zero: boolean): void {
    const c = this.#state.spans.columns;
    const window = this.#objects.findWindow(s, c.freeIndex[s]);
    if (window < 0)
      fatal('a span for caching has no free object', { span: s, spanClass, allocCount: c.allocCount[s] });
    this.#columns.spans[slot] = s;
    c.cachedAt[s] = slot + 1;
    this.#open(slot, s, window, zero);
  }

  /** Returns every cached span of a P and its cached stacks, and forgets its tiny block where a flush does. */
  flush(p: number): void {
    const columns = this.#columns;
    const { spans, sweepState, counters } = this.#state;
    const c = spans.columns;
    const gen = sweepState.gen;
    for (let spanClass = 0; spanClass < numSpanClasses; spanClass++) {
      const slot = p * numSpanClasses + spanClass;
      const s = columns.spans[slot];
      if (s === 0) continue;
      this.close(slot, s);
      this.#countAllocated(s, spanClass);
      // A span cached before the sweep began: the live heap was counted anew since.
      if (c.sweepGen[s] !== gen + 1) counters.heapLive[0] -= (c.nelems[s] - c.allocCount[s]) * c.elemSize[s];
      this.#central.uncacheSpan(s);
    }
    if (!this.keepsTiny) this.forgetTiny(p);
    this.#countTiny(p);
    this.#stacks.flush(p);
  }

  /** The same of every P. */
  flushAll(): void {
    for (let p = 0; p < this.ps; p++) this.flush(p);
  }

  /** Counts what the caches of a P have handed out since it was last counted; they stay as they are. */
  count(p: number): void {
    const { spans, open } = this.#columns;
    const { allocCount, cachedCount } = this.#state.spans.columns;
    const first = p * numSpanClasses;
    for (let slot = first; slot < first + numSpanClasses; slot++) {
      const s = spans[slot];
      if (s === 0) continue;
      const taken = allocCount[s] - popcount32(open[slot]);
      if (taken === cachedCount[s]) continue;
      this.#addAllocated(taken - cachedCount[s], slot - first);
      cachedCount[s] = taken;
    }
  }

  /** The same of every P that a thread holds. */
  countHeld(): void {
    const { held } = this.#columns;
    for (let p = 0; p < this.ps; p++) if (held[p] !== 0) this.count(p);
  }

  /** Starts a new tiny block with the next tiny object, on every P. */
  forgetAllTiny(): void {
    for (let p = 0; p < this.ps; p++) this.forgetTiny(p);
  }

  /** Starts a new tiny block with the next tiny object. */
  forgetTiny(p: number): void {
    this.#columns.tinyBase[p] = 0;
    this.#columns.tinyLeft[p] = 0;
  }

  /** Opens a window of the cached span. */
  #open(slot: number, s: number, window: number, zero: boolean): void {
    const columns = this.#columns;
    const c = this.#state.spans.columns;
    const free = this.#objects.foundFree;
    const size = c.elemSize[s];
    const page = c.startPage[s];
    c.freeIndex[s] = window;
    c.allocCount[s] += popcount32(free);
    columns.open[slot] = free;
    columns.windowBase[slot] = this.#state.arenas.addressOf(page) + window * size;
    let stale = c.needZero[s];
    if (stale !== 0 && zero && c.pages[s] === 1) {
      this.#zeroRuns(page, window * size, size, free);
      stale = 0;
    }
    columns.stale[slot] = stale;
  }

  /** Zeroes the free objects of a window, each run of neighbours at once. */
  #zeroRuns(page: number, offset: number, size: number, free: number): void {
    let left = free;
    while (left !== 0) {
      const from = 31 - Math.clz32(left & -left);
      const rest = ~(left >>> from);
      const n = rest === 0 ? 32 : 31 - Math.clz32(rest & -rest);
      this.#memory.zero(page, offset + from * size, n * size);
      left = from + n >= 32 ? 0 : left & (-1 << (from + n));
    }
  }

  /** Takes a span out of its slot; what was open is free again. */
  protected close(slot: number, s: number): void {
    const columns = this.#columns;
    const c = this.#state.spans.columns;
    const left = columns.open[slot];
    const window = c.freeIndex[s];
    if (left === 0) {
      c.freeIndex[s] = Math.min(window + 32, c.nelems[s]);
    } else {
      c.allocCount[s] -= popcount32(left);
      c.freeIndex[s] = window + 31 - Math.clz32(left & -left);
    }
    c.cachedAt[s] = 0;
    columns.spans[slot] = 0;
    columns.open[slot] = 0;
  }

  #countAllocated(s: number, spanClass: number): void {
    const { allocCount, cachedCount } = this.#state.spans.columns;
    this.#addAllocated(allocCount[s] - cachedCount[s], spanClass);
    cachedCount[s] = 0;
  }

  #addAllocated(objects: number, spanClass: number): void {
    const { counters } = this.#state;
    const bytes = objects * this.#sizes[spanClass >>> 1];
    counters.smallAllocCount[spanClass >>> 1] += objects;
    counters.totalAlloc[0] += bytes;
    if ((spanClass & this.#plainBit) === 0) counters.heapScan[0] += bytes;
  }

  #countTiny(p: number): void {
    this.#state.counters.tinyAllocCount[0] += this.#columns.tinyAllocs[p];
    this.#columns.tinyAllocs[p] = 0;
  }
}
