/**
 * Counters: the heap's statistics, kept where the events happen, in the heap's own memory.
 *
 * Bytes unless a name says otherwise. The identity the Go runtime insists on holds between any two operations
 * (inspect/stats.ts checks it; manual = inStacks + inWorkBuffers + inPointerBits):
 *     heapInUse + heapFree + heapReleased + manual = heap memory mapped
 * heapLive counts whole spans when they are cached, an overestimate put right when they come back.
 *
 * Not here: what the system was asked for (meta/accounts.ts).
 */
import { f64, table } from '../meta/column.ts';

/** The most size classes any table has; rows of the per-class counters. */
export const classRows = 68;

export const counterTable = table('counters', 'other', {
  // Pages, by what they are.
  heapInUse: f64('heap'),
  heapFree: f64('heap'),
  heapReleased: f64('heap'),
  inStacks: f64('heap'),
  inWorkBuffers: f64('heap'),
  inPointerBits: f64('heap'),
  pagesInUse: f64('heap'),
  // Objects.
  totalAlloc: f64('heap'),
  totalFree: f64('heap'),
  largeAlloc: f64('heap'),
  largeAllocCount: f64('heap'),
  largeFree: f64('heap'),
  largeFreeCount: f64('heap'),
  tinyAllocCount: f64('heap'),
  smallAllocCount: f64('heap', classRows),
  smallFreeCount: f64('heap', classRows),
  // Collection.
  heapLive: f64('heap'),
  /** Of objects that may hold pointers, whole size classes: scanned by the last cycle and allocated since. */
  heapScan: f64('heap'),
  /** Of chunks of user arenas that were freed since the last cycle began to mark: their addresses wait for another one. */
  chunksFreed: f64('heap'),
  pagesSwept: f64('heap'),
  // Scavenging.
  releasedBackground: f64('heap'),
  releasedEager: f64('heap'),
  /** How much of that a scavtrace line has told of. */
  eagerTold: f64('heap'),
  releasedForced: f64('heap'),
});
