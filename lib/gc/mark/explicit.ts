/**
 * Marking by explicit liveness: what is allocated and was not dropped lives; and of what was dropped, what is pinned or
 * waits for its finalizer.
 *
 * All spans are marked at once, at the start of a cycle: mark bits = allocated ∧ live, 32 objects a
 * step, where a drop has cleared the live bit. A later drop counts for the next cycle. A block of tiny objects
 * lives while any object in it does. A span with anything marked is marked in the page bitmap, so
 * that the page reclaimer finds those without.
 *
 * Nothing is read from the objects themselves.
 */
import type { ExplicitLiveness } from '../../alloc/explicit-liveness.ts';
import type { ObjectFinder } from '../../heap/find-object.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { clearPageMarks, markSpans } from './marked-spans.ts';
import { type Marked, type Marker, type RootSource, visitAll } from './marker.ts';

export class ExplicitMarker implements Marker {
  readonly #state: HeapState;
  readonly #objects: SpanObjects;
  readonly #liveness: ExplicitLiveness;
  readonly #finder: ObjectFinder;
  readonly #kept: RootSource;

  /** @param kept objects that live although they were dropped */
  constructor(
    state: HeapState,
    objects: SpanObjects,
    liveness: ExplicitLiveness,
    finder: ObjectFinder,
    kept: RootSource,
  ) {
    this.#state = state;
    this.#objects = objects;
    this.#liveness = liveness;
    this.#finder = finder;
    this.#kept = kept;
  }

  mark(): Marked {
    clearPageMarks(this.#state);
    // What has a finalizer keeps nothing here: there are no pointers.
    visitAll(this.#kept, { root: (address) => this.#keep(address), rootsIn: () => {} });
    return { ...markSpans(this.#state, (s, window) => this.#mark(s, window)), scanned: 0 };
  }

  /** Marks an object, dropped or not, before the others. */
  #keep(address: number): void {
    const found = this.#finder.owner(address);
    if (found === undefined) return;
    const { spans, gcBits } = this.#state;
    gcBits.bits[spans.columns.markBits[found.span] + (found.index >>> 5)] |= 1 << (found.index & 31);
  }

  /** Marks a window's objects, beside those that are kept. @returns which they are */
  #mark(s: number, window: number): number {
    const { spans, gcBits } = this.#state;
    const at = spans.columns.markBits[s] + (window >>> 5);
    let word = this.#objects.allocatedWord(s, window);
    if (word !== 0) word &= this.#liveness.livingWord(s, window) | gcBits.bits[at];
    gcBits.bits[at] = word;
    return word;
  }
}
