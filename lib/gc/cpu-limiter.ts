/**
 * The CPU limiter: what keeps a memory limit from costing all the CPU.
 *
 * A bucket that leaks. Time spent for the collector fills it, time left to the program drains it, one
 * for one, so that a bucket that stays full means the collector takes half (or another share that was asked for: then a
 * nanosecond of the program drains share / (1 − share) of one). It holds one second for
 * each P: a short burst is free, and a long idle stretch earns no more than an empty bucket. While it
 * is full the limiter is *limiting*: scavenging for the limit stops, and so do collections for the
 * limit's sake (pacer.ts). What overflows is counted and otherwise forgotten.
 *
 * What counts as the collector's time here: pauses (all Ps' time), and the time an allocation spends
 * marking, sweeping or scavenging before it gets its memory. Background work does not count, except
 * that between `startTransition(true)` and `startTransition(false)` a quarter of all time does, as Go
 * reckons its concurrent mark workers. Idle time counts for neither side.
 *
 * The runtime does not count sweeping: another of its threads does most of it, beside the program. Here allocations do, and
 * after a cycle that marks little, as where death is told, sweeping is more than the pause. Were it not counted, pauses would
 * take half of the CPU and sweeping the other half: the program stood still (docs/how-it-works.md, 13). What it costs is
 * two looks at the clock for each debt that is paid, one in a hundred mallocs of 1 KiB: a nanosecond of 290 a malloc.
 *
 * A pause here is long beside a pause of Go's, and one that overflows the bucket would be forgotten in
 * part. So who wants to collect for the limit asks `affords(ns)` with the last pause's cost first:
 * then a full bucket has to drain by a whole pause, and the share is one half again.
 *
 *     const limiter = new CpuLimiter(meta.views(cpuLimiterTable));
 *     limiter.resetCapacity(clock.now(), 1);
 *     limiter.addScavengeTime(ns);  limiter.addSweepTime(ns);  limiter.addMarkTime(ns);
 *     limiter.pause(start, end);                          // the world stood still
 *     if (limiter.needUpdate(now)) limiter.update(now);   // at least every 10 ms where it matters
 *     if (!limiter.limiting()) …
 *
 * Invariants: 0 ≤ fill ≤ capacity. Times are nanoseconds in doubles, exact to 2^53 (104 days).
 * Source: the runtime of Go 1.21, mgclimit.go; test/gc/cpu-limiter.test.ts replays what it answered.
 *
 * Not here: events still in flight. An update counts only what was added, so add before updating.
 */
import { fatal } from '../base/errors.ts';
import { f64, table, type Views } from '../meta/column.ts';

/** The bucket's capacity for each P: one second of CPU, in nanoseconds. */
export const capacityPerProc = 1e9;
/** An update is due after this long, in nanoseconds. */
export const cpuLimiterUpdatePeriod = 10e6;
/** The share of all CPU time that concurrent marking counts for. */
export const backgroundUtilization = 0.25;

export const cpuLimiterTable = table('cpuLimiter', 'other', {
  /** 1 while limiting. */
  enabled: f64('heap'),
  /** Nanoseconds in the bucket. */
  fill: f64('heap'),
  /** Nanoseconds it can hold. */
  capacity: f64('heap'),
  /** Nanoseconds that did not fit, in all. */
  overflow: f64('heap'),
  /** 1 while concurrent marking counts. */
  gcEnabled: f64('heap'),
  /** 1 between the start and the end of a transition. */
  transitioning: f64('heap'),
  /** The collector's time since the last update. */
  assistPool: f64('heap'),
  /** Idle time since the last update. */
  idlePool: f64('heap'),
  /** When the last update was. */
  lastUpdate: f64('heap'),
  /** The cycle in which limiting last began; 0: never. */
  lastEnabledCycle: f64('heap'),
  /** Cycles completed. */
  cycles: f64('heap'),
  procs: f64('heap'),
  /** Nanoseconds of each kind since the beginning. */
  markTotal: f64('heap'),
  sweepTotal: f64('heap'),
  scavengeTotal: f64('heap'),
  idleTotal: f64('heap'),
  pauseTotal: f64('heap'),
});

export class CpuLimiter {
  readonly #columns: Views<typeof cpuLimiterTable>;
  /** Nanoseconds of the bucket that one left to the program drains. */
  readonly #drain: number;

  /**
   * @param columns zeros to begin with; `resetCapacity` comes first.
   * @param percent the share of CPU time that a full bucket allows: above 0 to 100, which is no bound
   */
  constructor(columns: Views<typeof cpuLimiterTable>, percent = 50) {
    this.#drain = percent / (100 - percent);
    this.#columns = columns;
  }

  /** Whether the bucket is full, so that nothing more is to be spent for a memory limit. */
  limiting(): boolean {
    return this.#columns.enabled[0] !== 0;
  }

  /** Whether work of this many nanoseconds fits the bucket. Update first, or mutator time is missing. */
  affords(ns: number): boolean {
    const c = this.#columns;
    // Work longer than the whole bucket is affordable from an empty one, or it would never be.
    return c.enabled[0] === 0 && c.fill[0] + Math.min(ns, c.capacity[0]) <= c.capacity[0];
  }

  /** Nanoseconds in the bucket. */
  get fill(): number {
    return this.#columns.fill[0];
  }

  /** Nanoseconds the bucket can hold. */
  get capacity(): number {
    return this.#columns.capacity[0];
  }

  /** Nanoseconds that did not fit, in all. */
  get overflow(): number {
    return this.#columns.overflow[0];
  }

  /** The cycle in which limiting last began, counted from 1; 0: never. */
  get lastEnabledCycle(): number {
    return this.#columns.lastEnabledCycle[0];
  }

  /** When the last update was, in nanoseconds. */
  get lastUpdate(): number {
    return this.#columns.lastUpdate[0];
  }

  /** Nanoseconds counted of each kind since the beginning. `pause` is wall time × Ps. */
  totals(): { mark: number; sweep: number; scavenge: number; idle: number; pause: number } {
    const c = this.#columns;
    return {
      mark: c.markTotal[0],
      sweep: c.sweepTotal[0],
      scavenge: c.scavengeTotal[0],
      idle: c.idleTotal[0],
      pause: c.pauseTotal[0],
    };
  }

  /** Tells how many cycles are complete, which `lastEnabledCycle` is reckoned from. */
  setCycles(completed: number): void {
    this.#columns.cycles[0] = completed;
  }

  /** An allocation spent this long marking. */
  addMarkTime(ns: number): void {
    this.#columns.assistPool[0] += ns;
    this.#columns.markTotal[0] += ns;
  }

  /** An allocation spent this long sweeping. */
  addSweepTime(ns: number): void {
    this.#columns.assistPool[0] += ns;
    this.#columns.sweepTotal[0] += ns;
  }

  /** An allocation spent this long scavenging. */
  addScavengeTime(ns: number): void {
    this.#columns.assistPool[0] += ns;
    this.#columns.scavengeTotal[0] += ns;
  }

  /** A P had nothing to do for this long. */
  addIdleTime(ns: number): void {
    this.#columns.idlePool[0] += ns;
    this.#columns.idleTotal[0] += ns;
  }

  /** Whether the last update is more than 10 ms past. */
  needUpdate(now: number): boolean {
    return now - this.#columns.lastUpdate[0] > cpuLimiterUpdatePeriod;
  }

  /** Brings the bucket up to now. A time before the last update is ignored. */
  update(now: number): void {
    if (this.#columns.transitioning[0] !== 0) {
      fatal('CPU limiter updated during a transition', { now });
    }
    this.#update(now);
  }

  /** The world stood still from start to end: all Ps' time in between is the collector's. */
  pause(start: number, end: number): void {
    this.update(start);
    this.#stopped(end);
  }

  /** The world stops, after which concurrent marking counts, or no longer does. `finishTransition` follows. */
  startTransition(gcEnabled: boolean, now: number): void {
    const c = this.#columns;
    if (c.transitioning[0] !== 0) {
      fatal('CPU limiter transition within a transition', { now });
    }
    if ((c.gcEnabled[0] !== 0) === gcEnabled) {
      fatal('CPU limiter transition to the state it is in', { now, gcEnabled: gcEnabled ? 1 : 0 });
    }
    this.#update(now);
    c.gcEnabled[0] = gcEnabled ? 1 : 0;
    c.transitioning[0] = 1;
  }

  /** The world goes on: the time since `startTransition` was the collector's. */
  finishTransition(now: number): void {
    const c = this.#columns;
    if (c.transitioning[0] === 0) {
      fatal('CPU limiter transition finished that was not started', { now });
    }
    this.#stopped(now);
    c.lastUpdate[0] = now;
    c.transitioning[0] = 0;
  }

  /** Sets the number of Ps, and the bucket's capacity with it. */
  resetCapacity(now: number, procs: number): void {
    const c = this.#columns;
    this.update(now);
    c.procs[0] = procs;
    const capacity = procs * capacityPerProc;
    c.capacity[0] = capacity;
    if (c.fill[0] > capacity) {
      c.fill[0] = capacity;
      this.#enable();
    } else if (c.fill[0] < capacity) {
      c.enabled[0] = 0;
    }
  }

  /** Adds to the bucket what both sides took, in nanoseconds, either may be negative. Prefer `update`. */
  accumulate(mutatorNs: number, gcNs: number): void {
    const c = this.#columns;
    const headroom = c.capacity[0] - c.fill[0];
    const wasFull = headroom === 0;
    const change = this.#drain === 1 ? gcNs - mutatorNs : this.#changeOf(mutatorNs, gcNs);
    if (change > 0 && headroom <= change) {
      c.overflow[0] += change - headroom;
      c.fill[0] = c.capacity[0];
      if (!wasFull) {
        this.#enable();
      }
      return;
    }
    c.fill[0] = Math.max(0, c.fill[0] + change);
    if (change !== 0 && wasFull) {
      c.enabled[0] = 0;
    }
  }

  /** By another share than one half: what drains is in proportion; without a bound nothing stays. */
  #changeOf(mutatorNs: number, gcNs: number): number {
    if (this.#drain === Infinity) return -this.#columns.fill[0];
    return gcNs - mutatorNs * this.#drain;
  }

  #update(now: number): void {
    const c = this.#columns;
    if (now < c.lastUpdate[0]) {
      return;
    }
    const window = (now - c.lastUpdate[0]) * c.procs[0];
    c.lastUpdate[0] = now;
    let gc = c.assistPool[0];
    c.assistPool[0] = 0;
    const idle = c.idlePool[0];
    c.idlePool[0] = 0;
    if (c.gcEnabled[0] !== 0) {
      // A share of the real time, not of what idleness leaves of it.
      gc += Math.trunc(window * backgroundUtilization);
    }
    this.accumulate(window - idle - gc, gc);
  }

  #stopped(now: number): void {
    const c = this.#columns;
    if (now >= c.lastUpdate[0]) {
      const ns = (now - c.lastUpdate[0]) * c.procs[0];
      c.pauseTotal[0] += ns;
      this.accumulate(0, ns);
      c.lastUpdate[0] = now;
    }
  }

  #enable(): void {
    this.#columns.enabled[0] = 1;
    this.#columns.lastEnabledCycle[0] = this.#columns.cycles[0] + 1;
  }
}
