/**
 * The running cycle, where it marks beside the program: what is to be known of it from one slice to the next, in
 * columns, so that any thread can go on with it. Bytes, and nanoseconds by the heap's clock.
 *
 * Not here: what marking itself knows (mark/mark-state.ts), what the pacer does (concurrent-pacer.ts).
 */
import { f64, table, type Views } from '../meta/column.ts';

export const runningCycleTable = table('runningCycle', 'other', {
  /** 1: there is one. */
  isRunning: f64('heap'),
  /** 1: nothing was gray at the end of a slice, which left the end of the cycle to the next one. */
  isMarked: f64('heap'),
  /** 1: the program asked for it. */
  forced: f64('heap'),
  /** When it began, and when marking did. */
  at: f64('heap'),
  markStart: f64('heap'),
  /** The pause that began it. */
  startPause: f64('heap'),
  heapStart: f64('heap'),
  /** Scannable bytes of the heap when it began. */
  heapScan: f64('heap'),
  markedBefore: f64('heap'),
  sweptInBackground: f64('heap'),
  sweptInPause: f64('heap'),
  /** Time of marking by who allocates, in the background, and by who waits for the cycle. */
  assist: f64('heap'),
  background: f64('heap'),
  waited: f64('heap'),
  /** The longest stretch that the program was kept waiting at a time. */
  longest: f64('heap'),
  /** Bytes that the background has scanned and nobody was charged for. */
  credit: f64('heap'),
  /** Bytes that who allocates owes to be scanned; below 0: has scanned beforehand. */
  debt: f64('heap'),
  /** The heap's size up to which allocation was charged. */
  charged: f64('heap'),
});

export type RunningCycle = Views<typeof runningCycleTable>;
