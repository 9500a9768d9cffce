/**
 * The sweeper: which span is swept next, and when.
 *
 * A span is swept at the latest when someone wants to allocate from it. Four others come before:
 * - *proportionally*: before a span is allocated, as many pages as the pace demands (sweep-pace.ts)
 * - *the page reclaimer*: before the heap takes n pages it frees n, by looking through the page
 *   bitmaps for spans without any marked object, 512 pages at a time; what it frees beyond n is
 *   credit for the next
 * - *in the background*: steps of a few spans
 * - *the start of a cycle*, which first sweeps whatever is left
 *
 * All take spans from the unswept sets, class by class, full ones before partial ones; the class
 * reached is remembered. When no set has any left the sweep is drained.
 *
 * Not here: sweeping one span (heap/sweep-span.ts).
 */
import { ctz32 } from '../base/bits.ts';
import { pagesPerArena } from '../base/units.ts';
import type { MHeap } from '../heap/mheap.ts';
import { type SpanSets, setsPerSpanClass } from '../heap/span-sets.ts';
import type { SpanSweeper } from '../heap/sweep-span.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { spanState } from '../spans/span-table.ts';
import type { SweepPace } from './sweep-pace.ts';

/** Pages the reclaimer looks at in one go. */
const pagesPerReclaimerChunk = 512;
const reclaimDone = -1;

export const sweeperTable = table('sweeper', 'other', {
  /** Where the search for unswept spans stands: span class × 2 + (0 full, 1 partial). */
  setCursor: i32('heap'),
  /** The next page the reclaimer looks at, counted through the arenas in the order they were added; −1: done. */
  reclaimIndex: f64('heap'),
  /** Pages reclaimed beyond what was asked. */
  reclaimCredit: f64('heap'),
  /** Arenas there were when the sweep began. */
  arenas: i32('heap'),
});

export interface SweeperHooks {
  /** The last span of a sweep was taken. */
  drained(): void;
  /** Time was spent sweeping on behalf of an allocation. */
  assisted(ns: number): void;
  now(): number;
}

export class Sweeper {
  private readonly heap: MHeap;
  private readonly sets: SpanSets;
  private readonly spanSweeper: SpanSweeper;
  private readonly pace: SweepPace;
  private readonly state: Views<typeof sweeperTable>;
  private readonly setCount: number;
  private readonly hooks: SweeperHooks;

  constructor(
    meta: MetaMemory,
    heap: MHeap,
    sets: SpanSets,
    spanSweeper: SpanSweeper,
    pace: SweepPace,
    spanClasses: number,
    hooks: SweeperHooks,
  ) {
    this.heap = heap;
    this.sets = sets;
    this.spanSweeper = spanSweeper;
    this.pace = pace;
    this.state = meta.views(sweeperTable);
    this.setCount = (spanClasses * setsPerSpanClass) / 2;
    this.hooks = hooks;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(sweeperTable, 0, 1);
  }

  /** A cycle has marked: every span in use is unswept from now on. */
  begin(): void {
    const { state, heap } = this;
    heap.parts.sweepState.nextGeneration();
    heap.parts.counters.pagesSwept[0] = 0;
    state.setCursor[0] = 0;
    state.reclaimIndex[0] = 0;
    state.reclaimCredit[0] = 0;
    state.arenas[0] = heap.parts.arenas.state.count[0];
  }

  /** Sweeps one span. Its pages if they went back to the page heap, 0 if not, −1 when nothing is left. */
  sweepOne(): number {
    const { heap, spanSweeper, state } = this;
    const { sweepState, spans } = heap.parts;
    if (sweepState.isDone()) return -1;
    for (;;) {
      const s = this.nextSpan();
      if (s === 0) {
        this.finish();
        return -1;
      }
      if (spans.columns.state[s] !== spanState.inUse || !spanSweeper.tryAcquire(s)) continue;
      const npages = spans.columns.pages[s];
      if (!spanSweeper.sweep(s, false)) return 0;
      state.reclaimCredit[0] += npages;
      return npages;
    }
  }

  /** Sweeps everything that is left. */
  sweepAll(): void {
    while (this.sweepOne() >= 0);
  }

  /** Before a span of `bytes` is allocated: sweeps until the pace is met, less what the caller will reclaim. */
  deductCredit(bytes: number, callerPages: number): void {
    const { pace, hooks } = this;
    const { counters } = this.heap.parts;
    if (pace.pagesPerByte === 0) return;
    if (pace.pagesOwed(counters.heapLive[0], counters.pagesSwept[0], bytes, callerPages) <= 0) return;
    const start = hooks.now();
    while (pace.pagesOwed(counters.heapLive[0], counters.pagesSwept[0], bytes, callerPages) > 0) {
      if (this.sweepOne() < 0) {
        pace.stop();
        break;
      }
    }
    hooks.assisted(hooks.now() - start);
  }

  /** Frees at least npages, if unmarked spans hold as many. */
  reclaim(npages: number): void {
    const { state, heap } = this;
    if (state.reclaimIndex[0] === reclaimDone) return;
    const start = this.hooks.now();
    let want = npages;
    while (want > 0) {
      const credit = state.reclaimCredit[0];
      if (credit > 0) {
        const take = Math.min(credit, want);
        state.reclaimCredit[0] -= take;
        want -= take;
        continue;
      }
      const index = state.reclaimIndex[0];
      if (index >= state.arenas[0] * pagesPerArena) {
        state.reclaimIndex[0] = reclaimDone;
        break;
      }
      state.reclaimIndex[0] = index + pagesPerReclaimerChunk;
      const arena = heap.parts.arenas.columns.order[Math.floor(index / pagesPerArena)];
      const freed = this.reclaimChunk(arena * pagesPerArena + (index % pagesPerArena));
      if (freed > want) state.reclaimCredit[0] += freed - want;
      want -= Math.min(want, freed);
    }
    this.hooks.assisted(this.hooks.now() - start);
  }

  /** Sweeps the spans without marks that start in a chunk of pages. The pages freed. */
  private reclaimChunk(page: number): number {
    const { heap, spanSweeper } = this;
    const { inUse, marks, spanOf } = heap.parts.pageColumns;
    const { pages } = heap.parts.spans.columns;
    let freed = 0;
    for (let word = page >>> 5, end = (page + pagesPerReclaimerChunk) >>> 5; word < end; word++) {
      // The in-use bits change while spans here are swept: look again after each.
      for (let left = inUse[word] & ~marks[word]; left !== 0; ) {
        const bit = ctz32(left);
        const s = spanOf[(word << 5) + bit];
        const npages = pages[s];
        if (spanSweeper.tryAcquire(s) && spanSweeper.sweep(s, false)) freed += npages;
        left = inUse[word] & ~marks[word] & (bit === 31 ? 0 : -1 << (bit + 1));
      }
    }
    return freed;
  }

  private nextSpan(): number {
    const { state, sets, heap } = this;
    const gen = heap.parts.sweepState.gen;
    for (let cursor = state.setCursor[0]; cursor < this.setCount; cursor++) {
      const spanClass = cursor >>> 1;
      const s = sets.pop(
        (cursor & 1) === 0 ? sets.fullUnswept(spanClass, gen) : sets.partialUnswept(spanClass, gen),
      );
      if (s !== 0) {
        state.setCursor[0] = cursor;
        return s;
      }
    }
    state.setCursor[0] = this.setCount;
    return 0;
  }

  private finish(): void {
    this.heap.parts.sweepState.markDrained();
    this.heap.parts.gcBits.endSweep();
    this.hooks.drained();
  }
}
