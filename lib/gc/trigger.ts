/**
 * The trigger: at what size of the heap the next collection starts.
 *
 * Two of them. That of 2014 goes by what is not freed yet (live-trigger.ts); the pacer, since Go 1.5, by what was
 * marked, with roots, a memory limit and a start before the goal (pacer.ts).
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
  /** The heap's goal in bytes. Cheap: meant for every refill of an mcache. */
  heapGoal(sizes: HeapSizes): number;
  /** The size at which a cycle with this goal starts, bytes: the goal itself, unless cycles are to start earlier. */
  triggerOf(goal: number): number;
  /**
   * Whether a collection is due at this heap size.
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
