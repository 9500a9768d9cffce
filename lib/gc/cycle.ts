/**
 * The cycle with the world stopped: finish the last sweep, mark, begin the next sweep.
 *
 *     sweep termination   whatever is unswept is swept
 *     mark                every P's tiny block is forgotten; what lives is marked (all at once)
 *     mark termination    bitmap arenas move on an epoch; goals for the next cycle; the sweep generation rises by two;
 *                         mcaches are flushed, so that cached spans are swept too; the page heap's generation ages
 *
 * The design of 2014 flushes the mcaches before it marks: their spans then wait for the sweep as all others do,
 * where the later ones sweep them in the pause.
 *
 * Sweeping is then left to allocations and background steps. The caller's thread does all of this in
 * one go, with the heap in hand: the world is stopped by nobody else moving.
 *
 * A cycle first makes sure of all memory its sweep could need. If it cannot have it, it does not
 * begin, and the heap is as it was but for being swept.
 *
 * Not here: cycles that mark beside the program (concurrent-cycle.ts); when a cycle is due, and what follows from it
 * (collector.ts); how marking finds what lives (mark/).
 */
import type { MCache } from '../alloc/mcache.ts';
import type { HeapState } from '../heap/heap-state.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { CycleLog } from './cycle-log.ts';
import type { HeapSizes } from './heap-sizes.ts';
import type { Marked, Marker } from './mark/marker.ts';
import { terminateSweep } from './sweep-termination.ts';
import type { Sweeper } from './sweeper.ts';
import type { Trigger } from './trigger.ts';

/** What a cycle was, for whoever watches. Bytes and nanoseconds. */
export interface CycleReport {
  readonly cycle: number;
  readonly forced: boolean;
  readonly at: number;
  readonly heapStart: number;
  /** The heap's size when marking had ended; what is allocated meanwhile is in it. */
  readonly heapEnd: number;
  readonly heapMarked: number;
  readonly objectsMarked: number;
  readonly goal: number;
  readonly nextGoal: number;
  /** From its beginning to its end. */
  readonly ns: number;
  /** For how long the world stood in all. Where it stands while the cycle marks: as long as that took. */
  readonly pause: number;
  /** The longest stretch of it that the program was kept waiting: a pause, or a slice of marking. */
  readonly longest: number;
  /** Marking by those who allocate, and in the background; 0 where the world stands for it. */
  readonly assist: number;
  readonly background: number;
}

/** A cycle, with what else its line tells. */
export interface CycleOutcome {
  readonly report: CycleReport;
  readonly end: number;
  /** Nanoseconds until marking, marking, finishing. */
  readonly phases: readonly [start: number, mark: number, end: number];
  /** Bytes that the cycle before had marked. */
  readonly markedBefore: number;
  /** Bytes of stacks and globals that it scanned, where such are counted. */
  readonly stacks?: number;
  readonly globals?: number;
  /** What the sweep of the caches' spans has found wrong, once everything is done. */
  readonly failure?: unknown;
  /** Spans of the last sweep that background steps took, and those swept in pauses. */
  readonly sweptInBackground: number;
  readonly sweptInPause: number;
}

export interface CycleDeps {
  readonly state: HeapState;
  readonly pages: PageHeap;
  readonly mcache: MCache;
  readonly marker: Marker;
  readonly sweeper: Sweeper;
  readonly trigger: Trigger;
  readonly sizes: HeapSizes;
  readonly log: CycleLog;
}

export class Cycles {
  readonly #deps: CycleDeps;
  readonly #flushBefore: boolean;
  readonly #verify: { run(): void } | undefined;

  /**
   * @param flushBefore mcaches are flushed before marking, not after
   * @param verify looks for what marking has missed, where that was asked for
   */
  constructor(deps: CycleDeps, flushBefore: boolean, verify: { run(): void } | undefined) {
    this.#deps = deps;
    this.#flushBefore = flushBefore;
    this.#verify = verify;
  }

  /** @throws FatalError where something is wrong with the heap's pointers, or its marks: then nothing is marked */
  #mark(): Marked {
    const { marker, state } = this.#deps;
    try {
      const marked = marker.mark();
      this.#verify?.run();
      return marked;
    } catch (error) {
      marker.abort?.();
      state.gcBits.endSweep();
      throw error;
    }
  }

  /** Runs a cycle up to the beginning of its sweep. Undefined when there is no memory for one. */
  run(forced: boolean): CycleOutcome | undefined {
    const { state, pages, mcache, sweeper, trigger, sizes, log } = this.#deps;
    const { gcBits, sweepState, counters } = state;
    const swept = terminateSweep(state, sweeper, log);
    if (swept === undefined) return undefined;
    const { start, sweptInBackground, sweptInPause } = swept;
    const markStart = log.now();
    if (this.#flushBefore) mcache.flushAll();
    const heapStart = sizes.heapLive;
    const markedBefore = trigger.heapMarked;
    trigger.startCycle(sizes);
    counters.chunksFreed[0] = 0;
    mcache.forgetAllTiny();
    const marked = this.#mark();

    const markEnd = log.now();
    // Not before it has marked: if that fails, the cycle is given up, and every span keeps its bits.
    gcBits.nextEpoch();
    trigger.endCycle(marked.bytes, sizes);
    const goal = trigger.lastHeapGoal;
    counters.heapLive[0] = marked.bytes;
    log.columns.lastHeapInUse[0] = sizes.heapInUse;
    sweeper.begin();
    if (!this.#flushBefore) mcache.flushAll();
    // After the flush, which counts what the caches have handed out.
    counters.heapScan[0] = marked.scanned;
    const failure = sweeper.sweepAtOnce();
    pages.nextGeneration?.();
    trigger.commit(sizes, sweepState.isDone());
    const nextGoal = trigger.heapGoal(sizes);

    const end = log.now();
    const cycle = log.record(end, forced, [end - start]);
    log.recordMarking(0, 0, 0, end - start);
    return {
      report: {
        cycle,
        forced,
        at: start,
        heapStart,
        heapEnd: heapStart,
        heapMarked: marked.bytes,
        objectsMarked: marked.objects,
        goal,
        nextGoal,
        ns: end - start,
        pause: end - start,
        longest: end - start,
        assist: 0,
        background: 0,
      },
      end,
      failure,
      phases: [markStart - start, markEnd - markStart, end - markEnd],
      markedBefore,
      sweptInBackground,
      sweptInPause,
    };
  }
}
