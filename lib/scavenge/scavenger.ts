/**
 * The scavenger: when memory is given back, and how much.
 *
 *   none         only freeOSMemory                                                   (no-scavenger.ts)
 *   age          every half of the time limit, what was unused for that long         (age.ts)
 *   growth       as much as the heap grows, before it grows; by age beside it        (growth.ts)
 *   background   a burst when the clock says so; in exchange for growth and for the  (background.ts)
 *                memory limit, at once
 *
 * One class a design behind this interface. Their arithmetic stands by itself (bursts, goals, credit, rounds); the
 * page heap finds and marks what goes, the releaser gives it back.
 *
 * Guard: one thread at a time, as the whole runtime.
 */

import { bytes } from '../base/units.ts';
import type { BackgroundScavenging } from '../gc/due.ts';
import type { PageHeap } from '../pages/contract.ts';

export interface Scavenger extends BackgroundScavenging {
  /** Nanoseconds spent in background work since the beginning. */
  readonly backgroundTime: number;
  /** A fresh heap's state. */
  init(): void;
  /** The heap has a new goal, bytes: after a cycle, and when GC percent or the limit were changed. */
  goalSet(heapGoal: number): void;
  /** The last span of a sweep was taken: memory is as free as it gets. */
  sweepDrained(): void;
  /** A cycle has begun: until its sweep frees something, no more memory becomes free. */
  cycleBegins(): void;
  /** The heap is about to grow by `size` bytes. */
  growing(size: number): void;
  /**
   * What an allocation of `size` bytes owes, because the heap grew for it by `grown` bytes, or takes `scavenged`
   * released bytes into use.
   */
  inExchange(grown: number, scavenged: number, size: number): void;
  /** Releases everything that is free. @returns bytes released */
  releaseAll(): number;
}

/** The limit for releasing by age that no run is too young for. */
const anyAge = -1;

/**
 * Releases everything that is free. Where runs are released by age, as if all were old: in
 * that order, which with treaps is from the smallest up. Every run that is released there advises its
 * released neighbours again, so largest first would cost by far more: 263 GiB of advice in 7.7 s at the end
 * of rsscurve, where smallest first is 10 GiB in 0.45 s.
 */
export function releaseEverything(pages: PageHeap): number {
  return pages.releaseUnused?.(anyAge) ?? pages.release(bytes(Number.MAX_SAFE_INTEGER), true);
}
