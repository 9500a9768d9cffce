/**
 * What specials keep alive:
 *
 *   the queue      an object that waits for its finalizer, or whose finalizer runs, is a root
 *   pins           a pinned object is a root
 *   finalizers     what an object with a finalizer refers to is kept, though not the object itself. So of A → B, both
 *                  with finalizers, only A's runs first; and a cycle of objects that leads back to one with a
 *                  finalizer never dies
 *
 * The first two hold in every heap. The last is for heaps that follow pointers; elsewhere there is no order.
 */
import type { HeapState } from '../heap/heap-state.ts';
import type { PinnerBits } from '../heap/pinner-bits.ts';
import { type Specials, specialKind } from '../heap/specials.ts';
import { objectSize } from '../spans/span-table.ts';
import type { CallbackQueue } from './callback-queue.ts';
import type { RootSource, RootVisitor } from './mark/marker.ts';

/** Spans, and objects that wait for their finalizers, that are visited in one go. */
const spansAtATime = 16;
const waitingAtATime = 512;
/** The place of what waits. */
const waiting = -1;

export class SpecialRoots implements RootSource {
  readonly #state: HeapState;
  readonly #specials: Specials;
  readonly #pins: PinnerBits;
  readonly #queue: CallbackQueue;
  readonly #noscan: ArrayLike<number>;

  /** @param noscan by span class: 1 where objects hold no pointers */
  constructor(
    state: HeapState,
    specials: Specials,
    pins: PinnerBits,
    queue: CallbackQueue,
    noscan: ArrayLike<number> = [],
  ) {
    this.#state = state;
    this.#specials = specials;
    this.#pins = pins;
    this.#queue = queue;
    this.#noscan = noscan;
  }

  /** What runs now. */
  firstRoots(visitor: RootVisitor): void {
    this.#queue.eachRunning((address) => visitor.root(address));
  }

  /** The queue; then pins, and what objects with finalizers refer to: places are those of `Specials.noted`. */
  eachRoot(visitor: RootVisitor, from: number): number {
    if (from <= 0 && this.#queue.eachWaiting(waitingAtATime, (address) => visitor.root(address)))
      return waiting;
    return this.#specials.noted(Math.max(0, from), spansAtATime, (s) => {
      const { columns } = this.#state.spans;
      const start = this.#state.arenas.addressOf(columns.startPage[s]);
      const size = objectSize(columns, s);
      this.#pins.eachPinned(s, (index) => visitor.root(start + index * size));
      if (this.#noscan[columns.spanClass[s]] !== 1) this.#eachFinalized(s, start, size, visitor);
    });
  }

  /** Each object of a span that has a finalizer, once. */
  #eachFinalized(s: number, start: number, size: number, visitor: RootVisitor): void {
    const { first } = this.#specials.spans;
    const { next, address, kind } = this.#specials.rows();
    let last = -1;
    for (let id = first[s]; id !== 0; id = next[id]) {
      if (kind[id] !== specialKind.finalizer) continue;
      const index = Math.floor((address[id] - start) / size);
      if (index !== last) visitor.rootsIn(start + index * size);
      last = index;
    }
  }
}
