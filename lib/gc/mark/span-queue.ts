/**
 * The span queue: the spans that hold gray objects, first in, first out.
 *
 * It is threaded through a column of the spans, and takes no memory of its own. A span stands in it at most once.
 */
export class SpanQueue {
  readonly #next: Int32Array;
  #head = 0;
  #tail = 0;

  /** @param next by span: the one after it; −1: none is; 0: it is not in the queue */
  constructor(next: Int32Array) {
    this.#next = next;
  }

  /** Puts a span at the end, unless it stands in the queue. */
  add(s: number): void {
    if (this.#next[s] !== 0) return;
    this.#next[s] = -1;
    if (this.#head === 0) this.#head = s;
    else this.#next[this.#tail] = s;
    this.#tail = s;
  }

  /** Takes the span at the front; 0 when there is none. */
  take(): number {
    const s = this.#head;
    if (s === 0) return 0;
    const after = this.#next[s];
    this.#next[s] = 0;
    this.#head = after < 0 ? 0 : after;
    return s;
  }
}
