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
import type { RootSource } from './mark/marker.ts';

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

  eachRoot(visit: (address: number) => void): void {
    this.#queue.eachFinalizable(visit);
    const { columns } = this.#state.spans;
    this.#specials.eachNoted((s) => {
      const start = this.#state.arenas.addressOf(columns.startPage[s]);
      this.#pins.eachPinned(s, (index) => visit(start + index * objectSize(columns, s)));
    });
  }

  /** Calls for each object that has a finalizer and may hold pointers, once. */
  eachFinalized(visit: (s: number, index: number) => void): void {
    const { columns } = this.#state.spans;
    const { first } = this.#specials.spans;
    const { next, address, kind } = this.#specials.columns;
    this.#specials.eachNoted((s) => {
      if (this.#noscan[columns.spanClass[s]] === 1) return;
      const start = this.#state.arenas.addressOf(columns.startPage[s]);
      const size = objectSize(columns, s);
      let last = -1;
      for (let id = first[s]; id !== 0; id = next[id]) {
        if (kind[id] !== specialKind.finalizer) continue;
        const index = Math.floor((address[id] - start) / size);
        if (index !== last) visit(s, index);
        last = index;
      }
    });
  }
}

/** Several sources of roots as one. */
export class RootSources implements RootSource {
  readonly #roots: readonly (RootSource | undefined)[];
  readonly #specials: SpecialRoots;

  constructor(roots: readonly (RootSource | undefined)[], specials: SpecialRoots) {
    this.#roots = roots;
    this.#specials = specials;
  }

  eachRoot(visit: (address: number) => void): void {
    for (const source of this.#roots) source?.eachRoot(visit);
    this.#specials.eachRoot(visit);
  }

  eachFinalized(visit: (s: number, index: number) => void): void {
    this.#specials.eachFinalized(visit);
  }
}
