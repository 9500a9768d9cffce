/**
 * The sweeper: which span is swept next, and when.
 *
 * A span is swept at the latest when someone wants to allocate from it. Four others come before:
 * - *proportionally*: before a span is allocated, as many pages as the pace demands (sweep-pace.ts)
 * - *the page reclaimer*: before the heap takes n pages it frees n, by looking through the page
 *   bitmaps for spans without any marked object, 512 pages at a time; what it frees beyond n is
 *   credit for the next. The 2014 design has its busy lists for this (busy-reclaimer.ts)
 * - *in the background*: steps of a few spans
 * - *the start of a cycle*, which first sweeps whatever is left
 *
 * Which span comes next is told by the registry; when it has none left the sweep is drained.
 *
 * Not here: sweeping one span (heap/sweep-span.ts).
 */
import { ctz32 } from '../base/bits.ts';
import { pagesPerArena } from '../base/units.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { SpanLists } from '../heap/span-lists.ts';
import type { SpanSweeper } from '../heap/sweep-span.ts';
import { f64, i32, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import { spanState } from '../spans/span-table.ts';
import { reclaimBusy } from './busy-reclaimer.ts';
import type { SweepQueue } from './sweep-order.ts';
import type { SweepPace } from './sweep-pace.ts';

/** Pages the reclaimer looks at in one go. */
const pagesPerReclaimerChunk = 512;
const reclaimDone = -1;

export const sweeperTable = table('sweeper', 'other', {
  /** The next page the reclaimer looks at, counted through the arenas in the order they were added; −1: done. */
  reclaimIndex: f64('heap'),
  /** Pages reclaimed beyond what was asked. */
  reclaimCredit: f64('heap'),
  /** Spans of this sweep that background steps took, and those that a collection asked for swept in its pause. */
  sweptInBackground: f64('heap'),
  sweptInPause: f64('heap'),
  /** Arenas there were when the sweep began. */
  arenas: i32('heap'),
});

export interface SweeperHooks {
  /** A cycle has marked, and a sweep begins. */
  begins(): void;
  /** The sweep of a collection that was asked for has ended. */
  endedInPause(): void;
  /** The last span of a sweep was taken. */
  drained(): void;
  /** A cycle has begun, for which everything was swept. */
  terminated(): void;
  /** Time was spent sweeping on behalf of an allocation. */
  assisted(ns: number): void;
  now(): number;
}

export class Sweeper {
  readonly #heapState: HeapState;
  readonly #registry: SweepQueue;
  readonly #spanSweeper: SpanSweeper;
  /** The sweep is a part of the pause that a cycle ends with (GODEBUG gcstoptheworld=2). */
  sweepsInPause = false;
  readonly #pace: SweepPace;
  readonly #state: Views<typeof sweeperTable>;
  readonly #busy: SpanLists | undefined;
  readonly #hooks: SweeperHooks;

  constructor(
    meta: MetaMemory,
    heapState: HeapState,
    registry: SweepQueue,
    spanSweeper: SpanSweeper,
    pace: SweepPace,
    /** The busy lists, where pages are reclaimed by them; else by the page bitmaps. */
    busy: SpanLists | undefined,
    hooks: SweeperHooks,
  ) {
    this.#heapState = heapState;
    this.#registry = registry;
    this.#spanSweeper = spanSweeper;
    this.#pace = pace;
    this.#state = meta.views(sweeperTable);
    this.#busy = busy;
    this.#hooks = hooks;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(sweeperTable, 0, 1);
  }

  /** A cycle has marked: every span in use is unswept from now on. */
  begin(): void {
    const state = this.#state;
    this.#heapState.sweepState.nextGeneration();
    this.#heapState.counters.pagesSwept[0] = 0;
    this.#registry.beginSweep();
    this.#hooks.begins();
    state.sweptInBackground[0] = 0;
    state.sweptInPause[0] = 0;
    state.reclaimIndex[0] = 0;
    state.reclaimCredit[0] = 0;
    state.arenas[0] = this.#heapState.arenas.state.count[0];
  }

  /** Sweeps one span. Its pages if they went back to the page heap, 0 if not, −1 when nothing is left. */
  sweepOne(): number {
    const spanSweeper = this.#spanSweeper;
    const state = this.#state;
    const { sweepState, spans } = this.#heapState;
    if (sweepState.isDone()) return -1;
    for (;;) {
      const s = this.#registry.nextUnswept();
      if (s === 0) {
        this.#finish();
        return -1;
      }
      if (spans.columns.state[s] !== spanState.inUse || !spanSweeper.tryAcquire(s)) continue;
      const npages = spans.columns.pages[s];
      if (!spanSweeper.sweep(s, false)) return 0;
      state.reclaimCredit[0] += npages;
      return npages;
    }
  }

  /** A background step: sweeps at most so many spans. Whether more are left. */
  sweepInBackground(most: number): boolean {
    for (let n = 0; n < most && this.sweepOne() >= 0; n++) this.#state.sweptInBackground[0]++;
    return !this.#heapState.sweepState.isDone();
  }

  /** Sweeps everything that is left, in the pause of a collection that was asked for. */
  sweepInPause(): void {
    this.#state.sweptInPause[0] += this.sweepAll();
    this.#hooks.endedInPause();
  }

  /**
   * A cycle has marked: sweeps everything, where that is not left for later.
   * @returns what it has found wrong, once everything is swept
   */
  sweepAtOnce(): unknown {
    let failure: unknown;
    while (this.sweepsInPause && !this.isDone) {
      try {
        this.sweepInPause();
      } catch (error) {
        // The span is swept all the same: on, with the others.
        failure ??= error;
      }
    }
    return failure;
  }

  /** Sweeps everything that is left. The spans it took. */
  sweepAll(): number {
    let swept = 0;
    while (this.sweepOne() >= 0) swept++;
    return swept;
  }

  /** A cycle has begun, for which everything was swept. */
  terminated(): void {
    this.#hooks.terminated();
  }

  /** Whether every span of the last cycle is swept. */
  get isDone(): boolean {
    return this.#heapState.sweepState.isDone();
  }

  /** Spans of the sweep in progress, or of the last one, that background steps took. */
  get sweptInBackground(): number {
    return this.#state.sweptInBackground[0];
  }

  /** Those that were swept in the pause that began it. */
  get sweptInPause(): number {
    return this.#state.sweptInPause[0];
  }

  /**
   * Paces the sweep so that it is done when the heap reaches the next trigger. The design of 2014 sweeps in the
   * background and when pages are needed, not in proportion.
   */
  setPace(trigger: number): void {
    if (this.#busy !== undefined) return;
    const { counters, sweepState } = this.#heapState;
    this.#pace.set(
      trigger,
      counters.heapLive[0],
      counters.pagesInUse[0],
      counters.pagesSwept[0],
      sweepState.isDone(),
    );
  }

  /** Before a span of `bytes` is allocated: sweeps until the pace is met, less what the caller will reclaim. */
  deductCredit(bytes: number, callerPages: number): void {
    const pace = this.#pace;
    const hooks = this.#hooks;
    const { counters } = this.#heapState;
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
    const state = this.#state;
    if (this.#busy !== undefined) {
      reclaimBusy(npages, this.#busy, this.#spanSweeper, () => this.sweepOne());
      return;
    }
    if (state.reclaimIndex[0] === reclaimDone) return;
    // Most are paid by what was swept before: then the clock, two calls of the system, is not asked.
    let want = npages - this.#takeCredit(npages);
    if (want === 0) return;
    const start = this.#hooks.now();
    while (want > 0) {
      const index = state.reclaimIndex[0];
      if (index >= state.arenas[0] * pagesPerArena) {
        state.reclaimIndex[0] = reclaimDone;
        break;
      }
      state.reclaimIndex[0] = index + pagesPerReclaimerChunk;
      const arena = this.#heapState.arenas.columns.order[Math.floor(index / pagesPerArena)];
      state.reclaimCredit[0] += this.#reclaimChunk(arena * pagesPerArena + (index % pagesPerArena));
      want -= this.#takeCredit(want);
    }
    this.#hooks.assisted(this.#hooks.now() - start);
  }

  /** Takes so many of the pages that were freed and paid for nothing yet; as many as there are. */
  #takeCredit(npages: number): number {
    const { reclaimCredit } = this.#state;
    const taken = Math.min(reclaimCredit[0], npages);
    reclaimCredit[0] -= taken;
    return taken;
  }

  /** Sweeps the spans without marks that start in a chunk of pages. The pages freed. */
  #reclaimChunk(page: number): number {
    const spanSweeper = this.#spanSweeper;
    const { inUse, marks, spanOf } = this.#heapState.pageColumns;
    const { pages } = this.#heapState.spans.columns;
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

  #finish(): void {
    this.#heapState.sweepState.markDrained();
    this.#heapState.gcBits.endSweep();
    this.#hooks.drained();
  }
}
