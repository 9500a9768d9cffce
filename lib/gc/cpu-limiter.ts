/**
 * The CPU limiter: what keeps a memory limit from costing all the CPU.
 *
 * A bucket that leaks. Time spent for the collector fills it, time left to the program drains it, one
 * for one, so that a bucket that stays full means the collector takes half. It holds one second for
 * each P: a short burst is free, and a long idle stretch earns no more than an empty bucket. While it
 * is full the limiter is *limiting*: scavenging for the limit stops, and so do collections for the
 * limit's sake (pacer.ts). What overflows is counted and otherwise forgotten.
 *
 * What counts as the collector's time here: pauses (all Ps' time), and the time an allocation spends
 * marking, sweeping or scavenging before it gets its memory. Background work does not count, except
 * that between `startTransition(true)` and `startTransition(false)` a quarter of all time does, as Go
 * reckons its concurrent mark workers. Idle time counts for neither side.
 *
 * A pause here is long beside a pause of Go's, and one that overflows the bucket would be forgotten in
 * part. So who wants to collect for the limit asks `affords(ns)` with the last pause's cost first:
 * then a full bucket has to drain by a whole pause, and the share is one half again.
 *
 *     const limiter = new CpuLimiter(new Float64Array(cpuLimiterStateLength));
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

/** The bucket's capacity for each P: one second of CPU, in nanoseconds. */
export const capacityPerProc = 1e9;
/** An update is due after this long, in nanoseconds. */
export const cpuLimiterUpdatePeriod = 10e6;
/** The share of all CPU time that concurrent marking counts for. */
export const backgroundUtilization = 0.25;

/** Where each number lies. Written under the heap's lock. */
export const cpuLimiterSlot = {
  /** 1 while limiting. */
  enabled: 0,
  /** Nanoseconds in the bucket. */
  fill: 1,
  /** Nanoseconds it can hold. */
  capacity: 2,
  /** Nanoseconds that did not fit, in all. */
  overflow: 3,
  /** 1 while concurrent marking counts. */
  gcEnabled: 4,
  /** 1 between the start and the end of a transition. */
  transitioning: 5,
  /** The collector's time since the last update. */
  assistPool: 6,
  /** Idle time since the last update. */
  idlePool: 7,
  /** When the last update was. */
  lastUpdate: 8,
  /** The cycle in which limiting last began; 0: never. */
  lastEnabledCycle: 9,
  /** Cycles completed. */
  cycles: 10,
  procs: 11,
  /** Nanoseconds of each kind since the beginning. */
  markTotal: 12,
  sweepTotal: 13,
  scavengeTotal: 14,
  idleTotal: 15,
  pauseTotal: 16,
} as const;

/** Slots the limiter needs. */
export const cpuLimiterStateLength = 17;

const slot = cpuLimiterSlot;

export class CpuLimiter {
  readonly #s: Float64Array;

  /** @param state `cpuLimiterStateLength` slots, zeros to begin with; `resetCapacity` comes first. */
  constructor(state: Float64Array) {
    this.#s = state;
  }

  /** Whether the bucket is full, so that nothing more is to be spent for a memory limit. */
  limiting(): boolean {
    return this.#s[slot.enabled] !== 0;
  }

  /** Whether work of this many nanoseconds fits the bucket. Update first, or mutator time is missing. */
  affords(ns: number): boolean {
    const s = this.#s;
    // Work longer than the whole bucket is affordable from an empty one, or it would never be.
    return s[slot.enabled] === 0 && s[slot.fill] + Math.min(ns, s[slot.capacity]) <= s[slot.capacity];
  }

  /** Nanoseconds in the bucket. */
  get fill(): number {
    return this.#s[slot.fill];
  }

  /** Nanoseconds the bucket can hold. */
  get capacity(): number {
    return this.#s[slot.capacity];
  }

  /** Nanoseconds that did not fit, in all. */
  get overflow(): number {
    return this.#s[slot.overflow];
  }

  /** The cycle in which limiting last began, counted from 1; 0: never. */
  get lastEnabledCycle(): number {
    return this.#s[slot.lastEnabledCycle];
  }

  /** When the last update was, in nanoseconds. */
  get lastUpdate(): number {
    return this.#s[slot.lastUpdate];
  }

  /** Nanoseconds counted of each kind since the beginning. `pause` is wall time × Ps. */
  totals(): { mark: number; sweep: number; scavenge: number; idle: number; pause: number } {
    const s = this.#s;
    return {
      mark: s[slot.markTotal],
      sweep: s[slot.sweepTotal],
      scavenge: s[slot.scavengeTotal],
      idle: s[slot.idleTotal],
      pause: s[slot.pauseTotal],
    };
  }

  /** Tells how many cycles are complete, which `lastEnabledCycle` is reckoned from. */
  setCycles(completed: number): void {
    this.#s[slot.cycles] = completed;
  }

  /** An allocation spent this long marking. */
  addMarkTime(ns: number): void {
    this.#s[slot.assistPool] += ns;
    this.#s[slot.markTotal] += ns;
  }

  /** An allocation spent this long sweeping. */
  addSweepTime(ns: number): void {
    this.#s[slot.assistPool] += ns;
    this.#s[slot.sweepTotal] += ns;
  }

  /** An allocation spent this long scavenging. */
  addScavengeTime(ns: number): void {
    this.#s[slot.assistPool] += ns;
    this.#s[slot.scavengeTotal] += ns;
  }

  /** A P had nothing to do for this long. */
  addIdleTime(ns: number): void {
    this.#s[slot.idlePool] += ns;
    this.#s[slot.idleTotal] += ns;
  }

  /** Whether the last update is more than 10 ms past. */
  needUpdate(now: number): boolean {
    return now - this.#s[slot.lastUpdate] > cpuLimiterUpdatePeriod;
  }

  /** Brings the bucket up to now. A time before the last update is ignored. */
  update(now: number): void {
    if (this.#s[slot.transitioning] !== 0) {
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
    const s = this.#s;
    if (s[slot.transitioning] !== 0) {
      fatal('CPU limiter transition within a transition', { now });
    }
    if ((s[slot.gcEnabled] !== 0) === gcEnabled) {
      fatal('CPU limiter transition to the state it is in', { now, gcEnabled: gcEnabled ? 1 : 0 });
    }
    this.#update(now);
    s[slot.gcEnabled] = gcEnabled ? 1 : 0;
    s[slot.transitioning] = 1;
  }

  /** The world goes on: the time since `startTransition` was the collector's. */
  finishTransition(now: number): void {
    const s = this.#s;
    if (s[slot.transitioning] === 0) {
      fatal('CPU limiter transition finished that was not started', { now });
    }
    this.#stopped(now);
    s[slot.lastUpdate] = now;
    s[slot.transitioning] = 0;
  }

  /** Sets the number of Ps, and the bucket's capacity with it. */
  resetCapacity(now: number, procs: number): void {
    const s = this.#s;
    this.update(now);
    s[slot.procs] = procs;
    const capacity = procs * capacityPerProc;
    s[slot.capacity] = capacity;
    if (s[slot.fill] > capacity) {
      s[slot.fill] = capacity;
      this.#enable();
    } else if (s[slot.fill] < capacity) {
      s[slot.enabled] = 0;
    }
  }

  /** Adds to the bucket what both sides took, in nanoseconds, either may be negative. Prefer `update`. */
  accumulate(mutatorNs: number, gcNs: number): void {
    const s = this.#s;
    const headroom = s[slot.capacity] - s[slot.fill];
    const wasFull = headroom === 0;
    const change = gcNs - mutatorNs;
    if (change > 0 && headroom <= change) {
      s[slot.overflow] += change - headroom;
      s[slot.fill] = s[slot.capacity];
      if (!wasFull) {
        this.#enable();
      }
      return;
    }
    s[slot.fill] = Math.max(0, s[slot.fill] + change);
    if (change !== 0 && wasFull) {
      s[slot.enabled] = 0;
    }
  }

  #update(now: number): void {
    const s = this.#s;
    if (now < s[slot.lastUpdate]) {
      return;
    }
    const window = (now - s[slot.lastUpdate]) * s[slot.procs];
    s[slot.lastUpdate] = now;
    let gc = s[slot.assistPool];
    s[slot.assistPool] = 0;
    const idle = s[slot.idlePool];
    s[slot.idlePool] = 0;
    if (s[slot.gcEnabled] !== 0) {
      // A share of the real time, not of what idleness leaves of it.
      gc += Math.trunc(window * backgroundUtilization);
    }
    this.accumulate(window - idle - gc, gc);
  }

  #stopped(now: number): void {
    const s = this.#s;
    if (now >= s[slot.lastUpdate]) {
      const ns = (now - s[slot.lastUpdate]) * s[slot.procs];
      s[slot.pauseTotal] += ns;
      this.accumulate(0, ns);
      s[slot.lastUpdate] = now;
    }
  }

  #enable(): void {
    this.#s[slot.enabled] = 1;
    this.#s[slot.lastEnabledCycle] = this.#s[slot.cycles] + 1;
  }
}
