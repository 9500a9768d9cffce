/**
 * The heap's goals: how large it may grow before a collection has marked it again.
 *
 * Two goals, and the smaller one holds:
 *
 *   GOGC           marked + (marked + roots) × GOGC / 100, at least 4 MiB × GOGC / 100. Roots are the stacks and
 *                  globals that a cycle scans beside the heap.
 *   memory limit   what the limit leaves for objects:
 *                      limit − (mappedReady − heapFree − heapAlloc) − max(0, mappedReady − limit)
 *                  less 3 % of that or 1 MiB, whichever is more, as headroom. Never below what was
 *                  marked: a goal that the live heap already passes cannot be met. When all but objects
 *                  exceeds the limit alone, the goal is what was marked.
 *
 * Under the GOGC goal two minimums apply, which a memory limit overrides: from the heap's size at the
 * last commit, 1 MiB for the sweeper to finish in (only while spans are unswept), and while a cycle
 * runs, 64 KiB beyond the heap's size at its start.
 *
 * Sizes are whole numbers of bytes below 2^52, and what is reckoned from them is exact in doubles while it stays
 * below 2^53. Two things do not. A limit beyond it, 2^63 − 1 when it is off, leaves a goal that no heap reaches; it
 * is only told, and then reckoned in BigInt. And marked × GOGC may pass it, even 2^64, where Go's product wraps and
 * so does this one. A goal beyond 2^53 is told as the nearest double; `restOf` is what that was rounded by.
 *
 * Source: the runtime of Go 1.21, mgcpacer.go; equal to it for the same inputs (test/gc/pacer.test.ts replays it).
 *
 * Not here: at what size a cycle starts so that it meets its goal (pacer.ts, concurrent-pacer.ts).
 */
import { exactBelow } from '../base/int64.ts';
import { KiB, MiB } from '../base/units.ts';
import { f64, type Table, type Views } from '../meta/column.ts';
import { type GcSettings, noMemoryLimit } from './gc-settings.ts';
import type { HeapSizes } from './heap-sizes.ts';

/** The least GOGC goal at GOGC = 100 in Go, in bytes; other percentages scale it. */
export const defaultHeapMinimum = 4 * MiB;
/** Bytes of allocation that the sweeper is given at least, to sweep what is left of a cycle. */
export const sweepMinHeapDistance = 1 * MiB;
/** Bytes that a goal lies beyond the heap's size when its cycle began, at least. */
export const minRunway = 64 * KiB;
/** The memory limit's goal is lowered by this share of it in Go, in percent … */
export const limitHeadroomPercent = 3;
/** … and by this many bytes at least. */
export const limitHeadroomMin = 1 * MiB;

export const heapGoalColumns = {
  /** The GOGC goal of the last commit; Infinity when off. */
  gcPercentGoal: f64('heap'),
  /** What that is short of or beyond the exact one; 0 below 2^53. */
  gcPercentRest: f64('heap'),
  /** The size the sweep needs the heap to reach; 0 when all is swept. */
  sweepMinTrigger: f64('heap'),
  /** The heap's size when the running cycle began; Infinity outside a cycle. */
  triggered: f64('heap'),
  /** Bytes marked by the last cycle. */
  heapMarked: f64('heap'),
  /** The goal in force when the last cycle ended; 0 before the first. */
  lastHeapGoal: f64('heap'),
} as const;

/** The numbers that the goals go by. */
export interface GoalTuning {
  /** The least GOGC goal at GOGC = 100: bytes. */
  readonly heapMinimum: number;
  /** What of the room under the limit is left free: percent. */
  readonly limitHeadroom: number;
}

export const goGoalTuning: GoalTuning = {
  heapMinimum: defaultHeapMinimum,
  limitHeadroom: limitHeadroomPercent,
};

/** The arithmetic over a state that others may share. */
export class HeapGoals {
  readonly #columns: Views<Table<typeof heapGoalColumns>>;
  readonly #settings: GcSettings;
  readonly #minimum: number;
  readonly #headroom: number;

  constructor(
    columns: Views<Table<typeof heapGoalColumns>>,
    settings: GcSettings,
    { heapMinimum, limitHeadroom }: GoalTuning = goGoalTuning,
  ) {
    this.#minimum = heapMinimum;
    this.#headroom = limitHeadroom;
    this.#columns = columns;
    this.#settings = settings;
  }

  /** Starts afresh: nothing marked. `commit` must follow. */
  init(): void {
    const c = this.#columns;
    c.heapMarked[0] = 0;
    c.lastHeapGoal[0] = 0;
    c.triggered[0] = Infinity;
  }

  /** Bytes marked by the last cycle; 0 before the first. */
  get heapMarked(): number {
    return this.#columns.heapMarked[0];
  }

  /** The goal in force when the last cycle ended, in bytes; 0 before the first. */
  get lastHeapGoal(): number {
    return this.#columns.lastHeapGoal[0];
  }

  /** The heap's size when the running cycle began, in bytes; Infinity outside a cycle. */
  get triggered(): number {
    return this.#columns.triggered[0];
  }

  /**
   * The GOGC goal of the last commit in bytes, without the minimums for sweeping and for a running cycle; Infinity
   * when off.
   */
  get committed(): number {
    return this.#columns.gcPercentGoal[0];
  }

  /** @param roots bytes of stacks and globals that count for the goal as live bytes do */
  commit(heapLive: number, roots: number, sweepDone: boolean): void {
    const c = this.#columns;
    c.sweepMinTrigger[0] = sweepDone ? 0 : heapLive + sweepMinHeapDistance;
    c.gcPercentRest[0] = 0;
    const percent = this.#settings.gcPercent;
    if (percent < 0) {
      c.gcPercentGoal[0] = Infinity;
      return;
    }
    const marked = c.heapMarked[0];
    const product = (marked + roots) * percent;
    const least = heapMinimumOf(percent, this.#minimum);
    if (product <= exactBelow) {
      c.gcPercentGoal[0] = Math.max(marked + Math.floor(product / 100), least);
      return;
    }
    const wrapped = BigInt.asUintN(64, BigInt(marked + roots) * BigInt(percent));
    const exact = BigInt(marked) + wrapped / 100n;
    const goal = Number(exact);
    c.gcPercentGoal[0] = Math.max(goal, least);
    if (goal >= least) c.gcPercentRest[0] = Number(exact - BigInt(goal));
  }

  /** The smaller goal in bytes. */
  heapGoal(sizes: HeapSizes): number {
    const goal = this.goalInReach(sizes);
    if (this.#settings.memoryLimit <= exactBelow || goal <= exactBelow / 2) return goal;
    const limitGoal = this.memoryLimitGoal(sizes);
    return limitGoal < this.committed ? limitGoal : goal;
  }

  /**
   * The same where a heap could reach it; any number beyond 2^52, or Infinity, where none could. Cheap: meant for
   * every refill of an mcache.
   */
  goalInReach(sizes: HeapSizes): number {
    const limit = this.#settings.memoryLimit;
    if (limit > exactBelow) return this.gcPercentGoal();
    const limitGoal = this.#goalOfLimit(limit, sizes);
    return limitGoal < this.#columns.gcPercentGoal[0] ? limitGoal : this.gcPercentGoal();
  }

  /** The GOGC goal in bytes with its minimums for sweeping and for a running cycle; Infinity when off. */
  gcPercentGoal(): number {
    const c = this.#columns;
    const goal = Math.max(c.gcPercentGoal[0], c.sweepMinTrigger[0]);
    const triggered = c.triggered[0];
    return triggered === Infinity ? goal : Math.max(goal, triggered + minRunway);
  }

  /**
   * The memory limit's goal in bytes. Counters that another thread is just
   * changing may seem to have more in the heap than is mapped; that counts as nothing beside the heap.
   */
  memoryLimitGoal(sizes: HeapSizes): number {
    const limit = this.#settings.memoryLimit;
    return limit > exactBelow ? Number(this.#goalOfFarLimit(sizes)) : this.#goalOfLimit(limit, sizes);
  }

  /** The least heap size at which a cycle with this goal may start, for the sweep's sake; a limit's goal has none. */
  sweepMinTrigger(goal: number): number {
    return goal < this.committed ? 0 : this.#columns.sweepMinTrigger[0];
  }

  /** What the exact goal has beyond `goal`, which `heapGoal` answered: 0 unless that is beyond 2^53. */
  restOf(goal: number, sizes: HeapSizes): number {
    if (goal <= exactBelow) return 0;
    if (goal < this.committed) return Number(this.#goalOfFarLimit(sizes) - BigInt(goal));
    return goal === this.committed ? this.#columns.gcPercentRest[0] : 0;
  }

  /** A cycle begins at this heap size. */
  startCycle(heapLive: number): void {
    this.#columns.triggered[0] = heapLive;
  }

  /** A cycle has marked: remembers the goal it ran under, and what it marked. `commit` must follow. */
  endCycle(bytesMarked: number, sizes: HeapSizes): void {
    const c = this.#columns;
    c.lastHeapGoal[0] = this.heapGoal(sizes);
    c.heapMarked[0] = bytesMarked;
    c.triggered[0] = Infinity;
  }

  #goalOfLimit(limit: number, { mappedReady, heapFree, heapAlloc }: HeapSizes): number {
    const marked = this.#columns.heapMarked[0];
    const besides = Math.max(0, mappedReady - heapFree - heapAlloc) + Math.max(0, mappedReady - limit);
    if (besides >= limit) return marked;
    const room = limit - besides;
    const headroom = Math.max(Math.floor(room / 100) * this.#headroom, limitHeadroomMin);
    // With less room than two headrooms the goal is one headroom: small limits must not collect at zero.
    return Math.max(room - headroom < headroom ? headroom : room - headroom, marked);
  }

  /** Beyond 2^53 the share is the larger headroom, and there is nothing over the limit. */
  #goalOfFarLimit({ mappedReady, heapFree, heapAlloc }: HeapSizes): bigint {
    const limit = this.#settings.memoryLimit;
    const beside = BigInt(Math.max(0, mappedReady - heapFree - heapAlloc));
    const room = (limit < noMemoryLimit ? BigInt(limit) : 2n ** 63n - 1n) - beside;
    // In thousandths of a percent, which a whole percentage leaves exact.
    return room - ((room / 100n) * BigInt(Math.round(this.#headroom * 1000))) / 1000n;
  }
}

/** The least GOGC goal in bytes. With GOGC off it is a number that nothing reaches, as a uint64 makes it of −1. */
export function heapMinimumOf(percent: number, minimum = defaultHeapMinimum): number {
  return Math.floor((percent < 0 ? 2 ** 64 - minimum : minimum * percent) / 100);
}
