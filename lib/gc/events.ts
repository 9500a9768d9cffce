/**
 * Events: what a heap tells whoever watches it, and when. Bytes and nanoseconds; `line` is the line Go
 * prints under GODEBUG=gctrace=1 or scavtrace=1.
 */

import type { Clock } from '../os/clock.ts';
import type { CycleReport } from './cycle.ts';

export interface CycleEvent extends CycleReport {
  readonly kind: 'gc';
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

/**
 * Events on their way from where they happen, in the middle of an operation, to the listener, who hears of them
 * when the operation is over: the heap is whole then, and the listener may use it, or dispose of it.
 *
 * What a listener throws cannot be the operation's own failure, which has succeeded: it becomes an uncaught
 * exception, as with Node's EventTarget.
 */
export class EventQueue {
  /** Events wait to be told. */
  pending = false;
  readonly #waiting: HeapEvent[] = [];
  readonly #listener: ((event: HeapEvent) => void) | undefined;
  #telling = false;

  constructor(listener: ((event: HeapEvent) => void) | undefined) {
    this.#listener = listener;
  }

  /** Takes an event; undefined where nobody listens, so that none need be made. */
  get sink(): ((event: HeapEvent) => void) | undefined {
    if (this.#listener === undefined) return undefined;
    return (event) => {
      this.#waiting.push(event);
      this.pending = true;
    };
  }

  /** Tells what waits, in order, and what the listener's own use of the heap adds. */
  tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        this.#listener?.(event);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
    this.pending = false;
    this.#telling = false;
  }
}

/** Who watches a heap, on one thread of it. */
export interface Watch {
  readonly clock: Clock;
  readonly gctrace: boolean;
  readonly scavtrace: boolean;
  readonly onEvent: ((event: HeapEvent) => void) | undefined;
}
