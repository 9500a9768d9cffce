/**
 * What is due: background work in small steps, taken by whoever has the heap in hand.
 *
 * There is no background thread. After a slow allocation a collection may be due, or a slice of the one that is under
 * way; every sixteenth such allocation
 * looks at the clock, and takes a step of scavenging if it is time. When the program is idle, `step` does what is due
 * and says when to come again.
 *
 * A collection for which there is no memory is not tried again at once, which would find none either, but a second
 * later; what else is due is done meanwhile.
 *
 * Not here: the work (collector.ts, sweeper.ts; scavenging lies above and is asked through `BackgroundScavenging`).
 */
import type { MCache } from '../alloc/mcache.ts';
import type { Clock } from '../os/clock.ts';
import type { Collector } from './collector.ts';
import type { CpuLimiter } from './cpu-limiter.ts';
import type { Sweeper } from './sweeper.ts';

/** What the scavenger is asked here. */
export interface BackgroundScavenging {
  /** Whether `step` has something to do at a time. */
  isDue(now: number): boolean;
  /** Does what is due. @returns nanoseconds until more is */
  step(): number;
}

export interface DueDeps {
  readonly collector: Collector;
  readonly sweeper: Sweeper;
  readonly limiter: CpuLimiter;
  readonly scavenging: BackgroundScavenging;
  readonly mcache: MCache;
  readonly clock: Clock;
}

export interface DueOptions {
  /** Collect by goal and period. */
  readonly collect: boolean;
  /** Nanoseconds between cycles at the most. */
  readonly forcedPeriod: number;
}

/** Spans swept in one background step: as many as in one of the runtime's batches. */
const sweepBatch = 10;
/** Nanoseconds before a collection that found no memory is tried again. */
const retryAfter = 1e9;
/** Refills between looks at the clock, less one: a mask. */
const backgroundBeat = 15;

export class DueWork {
  readonly #deps: DueDeps;
  readonly #options: DueOptions;
  /** Until when no periodic collection is tried, by the clock: the last one found no memory. */
  #retryAt = -Infinity;

  constructor(deps: DueDeps, options: DueOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** After a refill or a large object: the moment to look whether more is due. */
  afterSlowPath(p: number): void {
    const { collector, limiter, scavenging, mcache, clock } = this.#deps;
    if (this.#options.collect) collector.afterAllocation();
    if ((++mcache.columns.refills[p] & backgroundBeat) !== 0) return;
    const now = clock.now();
    if (limiter.needUpdate(now)) limiter.update(now);
    if (scavenging.isDue(now)) scavenging.step();
  }

  /** Something has run short that a collection may give back. Whether there was one; not where none run by themselves. */
  collectForWant(): boolean {
    return this.#options.collect && this.#deps.collector.collectForWant();
  }

  /**
   * Does background work that is due: a few spans swept, a slice of marking, a burst of scavenging, a periodic cycle.
   * @returns nanoseconds until there is more to do
   */
  step(): number {
    const { collector, sweeper, limiter, scavenging, clock } = this.#deps;
    const { collect } = this.#options;
    const now = clock.now();
    if (limiter.needUpdate(now)) limiter.update(now);
    if (sweeper.sweepInBackground(sweepBatch)) return 0;
    if (collector.isMarking) return Math.min(collector.mark(), scavenging.step());
    if (collect && this.#untilCollection(now) <= 0) {
      if (collector.start()) return 0;
      this.#retryAt = now + retryAfter;
    }
    const wait = scavenging.step();
    return collect ? Math.min(wait, this.#untilCollection(now)) : wait;
  }

  /** Nanoseconds until a periodic collection is to be tried; 0: now. */
  #untilCollection(now: number): number {
    const due = this.#deps.collector.untilPeriodic(now, this.#options.forcedPeriod) + 1;
    return Math.max(0, due, this.#retryAt - now);
  }
}
