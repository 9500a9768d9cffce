/**
 * The span queue: the spans that hold gray objects, first in, first out.
 *
 * It is threaded through a column of the spans, and takes no memory of its own. A span stands in it at most once.
 */
import type { MarkColumns } from './mark-state.ts';

export class SpanQueue {
  readonly #next: Int32Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;

  /** @param next by span: the one after it; −1: none is; 0: it is not in the queue */
  constructor(next: Int32Array, { queueHead, queueTail }: MarkColumns) {
    this.#next = next;
    this.#head = queueHead;
    this.#tail = queueTail;
  }

  /** Puts a span at the end, unless it stands in the queue. */
  add(s: number): void {
    if (this.#next[s] !== 0) return;
    this.#next[s] = -1;
    if (this.#head[0] === 0) this.#head[0] = s;
    else this.#next[this.#tail[0]] = s;
    this.#tail[0] = s;
  }

  /** Takes the span at the front; 0 when there is none. */
  take(): number {
    const s = this.#head[0];
    if (s === 0) return 0;
    const after = this.#next[s];
    this.#next[s] = 0;
    this.#head[0] = after < 0 ? 0 : after;
    return s;
  }
}
