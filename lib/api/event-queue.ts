/**
 * The event queue: events on their way from where they happen, in the middle of an operation, to the listener, who hears of them
 * when the operation is over: the heap is whole then, and the listener may use it, or dispose of it.
 *
 * What a listener throws cannot be the operation's own failure, which has succeeded: it becomes an uncaught
 * exception, as with Node's EventTarget.
 */
import type { HeapEvent } from '../gc/events.ts';

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
