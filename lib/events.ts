/**
 * Events: what a heap tells whoever watches it. Bytes and nanoseconds; `line` is the line Go prints
 * under GODEBUG=gctrace=1 or scavtrace=1.
 */
import type { CycleReport } from './gc/cycle.ts';

export interface CycleEvent extends CycleReport {
  readonly kind: 'gc';
}

export interface ScavengeEvent {
  readonly kind: 'scav';
  /** bg: background bursts since the last event; eager: by allocations, for growth or a limit; forced: freeOSMemory. */
  readonly by: 'bg' | 'eager' | 'forced';
  readonly at: number;
  readonly bytes: number;
  /** The scavtrace line, where one is due: when a sweep ends, and when forced. */
  readonly line: string;
}

export type HeapEvent = CycleEvent | ScavengeEvent;
