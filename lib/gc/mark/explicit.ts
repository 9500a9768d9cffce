/**
 * Marking by explicit liveness: what is allocated and was not dropped lives.
 *
 * All spans are marked at once, at the start of a cycle: mark bits = allocated ∧ live, 32 objects a
 * step, where a drop has cleared the live bit. A later drop counts for the next cycle. A block of tiny objects
 * lives while any object in it does. A span with anything marked is marked in the page bitmap, so
 * that the page reclaimer finds those without.
 *
 * Nothing is read from the objects themselves.
 */
import type { ExplicitLiveness } from '../../alloc/explicit-liveness.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { clearPageMarks, markSpans } from './marked-spans.ts';
import type { Marked, Marker } from './marker.ts';

export class ExplicitMarker implements Marker {
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #liveness: ExplicitLiveness;

  constructor(state: HeapState, objects: SpanObjects, liveness: ExplicitLiveness) {
    this.#state = state;
    this.#objects = objects;
    this.#liveness = liveness;
  }

  mark(): Marked {
    clearPageMarks(this.#state);
    return markSpans(this.#state, (s, window) => this.#mark(s, window));
  }

  /** Marks a window's objects. @returns which they are */
  #mark(s: number, window: number): number {
    const { spans, gcBits } = this.#state;
    let word = this.#objects.allocatedWord(s, window);
    if (word !== 0) word &= this.#liveness.livingWord(s, window);
    gcBits.bits[spans.columns.markBits[s] + (window >>> 5)] = word;
    return word;
  }
}
