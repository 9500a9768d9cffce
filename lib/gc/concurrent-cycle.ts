/**
 * The cycle that marks beside the program:
 *
 *     begin      sweep termination, a pause: every span is swept; tiny blocks are forgotten; stores go through the write
 *                barrier from here, and what is allocated is black (mark/barrier.ts)
 *     mark       slices, while the program runs: roots, then what they lead to
 *     finish     mark termination, a pause: what has a view is scanned again; goals for the next cycle; the sweep generation
 *                rises; mcaches are flushed; the page heap's generation ages
 *
 * Nothing is swept while a cycle marks. All that is known from one slice to the next lies in columns, so any thread can
 * go on with the cycle, and the barrier's flag is seen by all, since whoever looks at it holds the heap.
 *
 * A cycle makes sure of the memory that its sweep could need when it begins, and again when it ends, for the spans that
 * came meanwhile. If it cannot have it, or an object holds a pointer that cannot be, the cycle is given up: marks are taken
 * back, and the heap is as it was. The next one begins anew.
 *
 * Bitmap arenas move on an epoch when the cycle is sure to end, not when it begins.
 *
 * Not here: when a cycle begins, who marks and how much (marking.ts); how (mark/tracing.ts); cycles with the world
 * stopped (cycle.ts).
 */
import type { CpuLimiter } from './cpu-limiter.ts';
import type { CycleDeps, CycleOutcome } from './cycle.ts';
import type { ConcurrentMarker, Marked } from './mark/marker.ts';
import type { RunningCycle } from './running-cycle.ts';
import { terminateSweep } from './sweep-termination.ts';
import type { ConcurrentTrigger } from './trigger.ts';

/** Bytes of roots. */
export interface RootBytes {
  /** Of stacks, as far as they are in use. */
  readonly frameBytes: number;
  /** Of everything else. */
  readonly handleBytes: number;
}

export interface ConcurrentCycleDeps {
  readonly cycle: CycleDeps;
  readonly marker: ConcurrentMarker;
  readonly trigger: ConcurrentTrigger;
  readonly limiter: CpuLimiter;
  readonly running: RunningCycle;
  readonly roots: RootBytes;
  /** Looks for what marking has missed, where that was asked for. */
  readonly verify: (() => void) | undefined;
}

export class ConcurrentCycles {
  readonly #deps: CycleDeps & ConcurrentCycleDeps;
  readonly #flushBefore: boolean;

  /** @param flushBefore mcaches are flushed before the sweep generation rises, not after */
  constructor(deps: ConcurrentCycleDeps, flushBefore: boolean) {
    this.#deps = { ...deps.cycle, ...deps };
    this.#flushBefore = flushBefore;
  }

  /** Whether a cycle is under way. */
  get isMarking(): boolean {
    return this.#deps.marker.isMarking;
  }

  /** Begins a cycle. False when there is no memory for one. */
  begin(forced: boolean): boolean {
    const { state, mcache, marker, sweeper, trigger, sizes, log, limiter, running } = this.#deps;
    const swept = terminateSweep(state, sweeper, log);
    if (swept === undefined) return false;
    const { start, sweptInBackground, sweptInPause } = swept;
    for (const column of Object.values(running)) column[0] = 0;
    running.isRunning[0] = 1;
    running.forced[0] = forced ? 1 : 0;
    running.at[0] = start;
    running.heapStart[0] = sizes.heapLive;
    running.charged[0] = sizes.heapLive;
    mcache.countHeld();
    running.heapScan[0] = state.counters.heapScan[0];
    running.markedBefore[0] = trigger.heapMarked;
    running.sweptInBackground[0] = sweptInBackground;
    running.sweptInPause[0] = sweptInPause;
    trigger.startCycle(sizes);
    state.counters.chunksFreed[0] = 0;
    mcache.forgetAllTiny();
    marker.begin();
    const now = log.now();
    running.markStart[0] = now;
    running.startPause[0] = now - start;
    limiter.startTransition(true, start);
    limiter.finishTransition(now);
    trigger.startMark(sizes, now, 1);
    return true;
  }

  /** One step of marking: about so many words. @returns whether nothing is gray @throws FatalError: the cycle is given up */
  step(words: number): boolean {
    try {
      return this.#deps.marker.step(words);
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /**
   * Ends the cycle, up to the beginning of its sweep. Undefined when there is no memory for that.
   * @param since when the slice began that this is the end of @throws FatalError: the cycle is given up
   */
  finish(since: number): CycleOutcome | undefined {
    const { state, pages, mcache, sweeper, trigger, sizes, log, limiter, running, roots } = this.#deps;
    const { gcBits, sweepState, counters } = state;
    const start = log.now();
    if (!gcBits.reserveForSweep(sweepState.markWords)) {
      this.#abandon();
      return undefined;
    }
    if (this.#flushBefore) mcache.flushAll();
    const marked = this.#endMarking();
    const heapEnd = sizes.heapLive;
    const { frameBytes: stacks, handleBytes: globals } = roots;
    trigger.addWork(marked.scanned, stacks, globals);
    trigger.endMark(sizes, { now: start, assist: running.assist[0], idle: 0 });
    running.isRunning[0] = 0;
    gcBits.nextEpoch();
    trigger.endCycle(marked.bytes, sizes);
    const goal = trigger.lastHeapGoal;
    // Chunks whose arenas were freed meanwhile are marked, and gone.
    counters.heapLive[0] = marked.bytes - counters.chunksFreed[0];
    mcache.countHeld();
    counters.heapScan[0] = marked.scanned + (counters.heapScan[0] - running.heapScan[0]);
    log.columns.lastHeapInUse[0] = sizes.heapInUse;
    sweeper.begin();
    const flushed = this.#flushBefore ? undefined : this.#flushAll();
    const failure = sweeper.sweepAtOnce() ?? flushed;
    pages.nextGeneration?.();
    trigger.commit(sizes, sweepState.isDone());
    const nextGoal = trigger.heapGoal(sizes);

    const end = log.now();
    const { at, startPause, markStart, assist, background, waited, heapStart } = running;
    const pauses = [startPause[0], end - start];
    const forced = running.forced[0] !== 0;
    const cycle = log.record(end, forced, pauses);
    const longest = Math.max(running.longest[0], startPause[0], end - since);
    log.recordMarking(assist[0], background[0], waited[0], longest);
    limiter.setCycles(cycle);
    limiter.startTransition(false, start);
    limiter.finishTransition(end);
    return {
      report: {
        cycle,
        forced,
        at: at[0],
        heapStart: heapStart[0],
        heapEnd,
        heapMarked: marked.bytes,
        objectsMarked: marked.objects,
        goal,
        nextGoal,
        ns: end - at[0],
        pause: pauses[0] + pauses[1],
        longest,
        assist: assist[0],
        background: background[0] + waited[0],
      },
      end,
      failure,
      stacks,
      globals,
      phases: [startPause[0], start - markStart[0], end - start],
      markedBefore: running.markedBefore[0],
      sweptInBackground: running.sweptInBackground[0],
      sweptInPause: running.sweptInPause[0],
    };
  }

  /** Flushes all mcaches, whose spans are swept by that, also where one holds what cannot be. @returns the error then */
  #flushAll(): unknown {
    const { mcache } = this.#deps;
    let failure: unknown;
    for (;;) {
      try {
        mcache.flushAll();
        return failure;
      } catch (error) {
        // The span is out of its cache: again, for the others.
        failure ??= error;
      }
    }
  }

  #endMarking(): Marked {
    const { marker, verify } = this.#deps;
    try {
      marker.settle();
      verify?.();
      return marker.end();
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /** The cycle is given up: nothing is marked any more. */
  #abandon(): void {
    const { state, marker, limiter, log, running } = this.#deps;
    marker.abort();
    running.isRunning[0] = 0;
    state.gcBits.endSweep();
    const now = log.now();
    limiter.startTransition(false, now);
    limiter.finishTransition(now);
  }
}
