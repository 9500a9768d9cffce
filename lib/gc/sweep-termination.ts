/**
 * Sweep termination, with which each cycle begins: whatever is unswept is swept, and the memory that the sweep to come
 * could need is made sure of.
 *
 * Not here: what comes next (cycle.ts, concurrent-cycle.ts).
 */
import type { HeapState } from '../heap/heap-state.ts';
import type { CycleLog } from './cycle-log.ts';
import type { Sweeper } from './sweeper.ts';

/** When it began, and spans of the sweep that it ends: those that background steps took, and those swept in pauses. */
export interface SweepTermination {
  readonly start: number;
  readonly sweptInBackground: number;
  readonly sweptInPause: number;
}

/** Undefined where there is no memory for a cycle: then the heap is as it was, but for being swept. */
export function terminateSweep(
  { gcBits, sweepState }: HeapState,
  sweeper: Sweeper,
  log: CycleLog,
): SweepTermination | undefined {
  const start = log.now();
  const { sweptInBackground } = sweeper;
  const sweptInPause = sweeper.sweptInPause + sweeper.sweepAll();
  if (!gcBits.reserveForSweep(sweepState.markWords)) {
    gcBits.endSweep();
    return undefined;
  }
  sweeper.terminated();
  return { start, sweptInBackground, sweptInPause };
}
