/**
 * Background work while the thread is idle: a timer that takes one step when the last one said more would be
 * due, and keeps no process alive.
 *
 * Not here: the steps (gc/due.ts); those that allocations take while the thread is busy.
 */
import { PageHeapError } from '../base/errors.ts';

/** How often an idle timer looks for work, milliseconds: allocations may have given reason to. */
const idleLookMs = 100;

export class BackgroundTimer {
  readonly #step: () => number;
  #timer: NodeJS.Timeout;

  /** @param step does what is due and answers the nanoseconds until more is */
  constructor(step: () => number) {
    this.#step = step;
    this.#timer = this.#after(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#fire(), ms).unref();
  }

  #fire(): void {
    let ns: number;
    try {
      ns = this.#step();
    } catch (error) {
      // Whoever uses the heap next is told; from a timer it would only end the process.
      if (!(error instanceof PageHeapError)) throw error;
      // A clock that failed once may answer the next time.
      if (error.code !== 'ERR_CLOCK') return;
      ns = Number.POSITIVE_INFINITY;
    }
    this.#timer = this.#after(Math.min(idleLookMs, Math.max(1, ns / 1e6)));
  }
}
