/**
 * Events: what a heap tells whoever watches it. Bytes and nanoseconds; `line` is the line Go prints under
 * GODEBUG=gctrace=1 or scavtrace=1.
 *
 * Not here: when a listener hears of them (api/event-queue.ts).
 */

import type { AllocFreeTrace } from '../alloc/alloc-free-trace.ts';
import type { ForeignCode } from '../base/foreign-code.ts';
import type { PartFaults } from '../base/part.ts';
import type { PageObserver } from '../heap/page-trace.ts';
import type { Clock } from '../os/clock.ts';
import type { CycleReport } from './cycle.ts';

export interface CycleEvent extends CycleReport {
  readonly kind: 'gc';
  /** The gctrace line of the heap's generation. */
  readonly line: string;
}

export interface ScavengeEvent {
  readonly kind: 'scav';
  /** bg: a background burst, or a sweep's end; eager: by an allocation, for growth or a limit; forced: freeOSMemory. */
  readonly by: 'bg' | 'eager' | 'forced';
  readonly at: number;
  /** Bytes released just now; 0 where the event only brings a line. */
  readonly bytes: number;
  /**
   * The line for people, where one is due. Of the background scavenger: a scavtrace line when a sweep ends, and
   * when forced. Of those of 2014 and 2019: the scvg lines of a round.
   */
  readonly line: string;
}

export type HeapEvent = CycleEvent | ScavengeEvent;

/** Who watches a heap, on one thread of it. */
export interface Watch {
  readonly clock: Clock;
  /** What a custom page heap is called through; undefined where nobody wants to know. */
  readonly foreign?: ForeignCode;
  /** Where what is wrong with parts of the user's own goes; undefined where nobody wants to know. */
  readonly faults?: PartFaults;
  readonly gctrace: boolean;
  /** Each collection is followed by another one. */
  readonly collectTwice?: boolean;
  readonly scavtrace: boolean;
  readonly onEvent: ((event: HeapEvent) => void) | undefined;
  /** Told of each object that is allocated and freed. */
  readonly allocFree?: AllocFreeTrace | undefined;
  /** Told of the pages that are allocated, freed and given back. */
  readonly pages?: PageObserver | undefined;
}
