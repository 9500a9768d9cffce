/**
 * The trigger: at what size of the heap the next collection starts.
 *
 * Three of them. That of 2014 goes by what is not freed yet (live-trigger.ts); those since Go 1.5 by what was marked,
 * with roots and a memory limit, for cycles that mark within a pause (pacer.ts) and for cycles that mark beside the
 * program, which start before the goal and have more to say while they mark (concurrent-pacer.ts).
 *
 *     const trigger: Trigger = …;
 *     if (trigger.shouldCollect(sizes, limited)) {
 *       trigger.startCycle(sizes);
 *       …mark…
 *       trigger.endCycle(bytesMarked, sizes);  // from here heapLive = bytesMarked
 *       trigger.commit(sizes, false);          // false: the sweep is still to come
 *     }
 *
 * Not here: GC percent and limit (gc-settings.ts); what a collection may cost (cpu-limiter.ts); who asks (due.ts).
 */
import type { HeapSizes } from './heap-sizes.ts';

export interface Trigger {
  /** Bytes marked by the last cycle; 0 before the first. */
  readonly heapMarked: number;
  /** The goal in force when the last cycle ended, in bytes; 0 before the first. */
  readonly lastHeapGoal: number;
  /**
   * Starts afresh: nothing marked, all swept. The settings are made.
   * @param roots bytes of globals and stacks that a collection scans: they count for the goal as live bytes do
   * @param triggerRatio the share of the way to the goal at which a cycle starts; 1: at the goal
   */
  init(roots?: number, triggerRatio?: number): void;
  /**
   * Recomputes what follows from the settings, the bytes marked and the heap's size. To be called after a setting
   * was changed and after `endCycle`, and followed by the sweeper's and the scavenger's own pacing.
   *
   * @param sweepDone whether every span of the last cycle is swept.
   */
  commit(sizes: Pick<HeapSizes, 'heapLive'>, sweepDone: boolean): void;
  /** The heap's goal in bytes. */
  heapGoal(sizes: HeapSizes): number;
  /** The size at which the next cycle starts, bytes: the goal itself, unless cycles are to start earlier. */
  heapTrigger(sizes: HeapSizes): number;
  /**
   * Whether a collection is due at this heap size. Cheap: meant for every refill of an mcache.
   *
   * @param limited the CPU limiter forbids to collect for the limit's sake: then only GOGC counts, and
   *   the heap may pass its limit, which is soft. Go lets allocation outrun the goal in the same case.
   */
  shouldCollect(sizes: HeapSizes, limited?: boolean): boolean;
  /** Told of the bytes of all objects whenever they are counted, where the trigger goes by such counts. */
  tally?(heapAlloc: number): void;
  /** A cycle begins at this heap size. */
  startCycle(sizes: Pick<HeapSizes, 'heapLive'>): void;
  /**
   * A cycle has marked: remembers the goal it ran under, and what it marked. The caller's heapLive is
   * `bytesMarked` from here. `commit` must follow, once the sweep of this cycle has begun.
   */
  endCycle(bytesMarked: number, sizes: HeapSizes): void;
}

/** Nanoseconds of a cycle's marking. */
export interface MarkTimes {
  /** When it ended, by the clock by which it started. */
  readonly now: number;
  /** CPU that those who allocate spent on marking. */
  readonly assist: number;
  /** CPU that Ps without anything else to do spent on marking. */
  readonly idle: number;
}

/** A trigger that also paces marking beside the program. All of marking lies between `startCycle` and `endCycle`. */
export interface ConcurrentTrigger extends Trigger {
  /** Workers that mark until the cycle ends, each on a P of its own. */
  readonly dedicatedWorkers: number;
  /** The share of its time, 0 to 1, that each other P gives to marking in the background. */
  readonly fractionalGoal: number;
  /** Bytes to scan for each byte allocated, for who allocates more than the background has earned. */
  readonly assistWorkPerByte: number;
  /** Its reciprocal: bytes that may be allocated for each byte scanned. */
  readonly assistBytesPerWork: number;
  /** Bytes of the heap that the running cycle, or the last one, has scanned. */
  readonly heapScanWork: number;
  /**
   * Marking begins: nothing is scanned, workers and the charge for allocation are set.
   * @param now nanoseconds @param procs Ps that run the program, 1 or more; they stay as many until the cycle ends
   */
  startMark(sizes: HeapSizes, now: number, procs: number): void;
  /** So many bytes more were scanned in heap, stacks and globals. `revise` need not follow at once. */
  addWork(heap: number, stacks: number, globals: number): void;
  /** Sets the charge for allocation anew: after the heap has grown, and after `commit`. */
  revise(sizes: HeapSizes): void;
  /** All is marked: measures the rates of allocation and marking. `endCycle` must follow. */
  endMark(sizes: Pick<HeapSizes, 'heapLive'>, times: MarkTimes): void;
}
