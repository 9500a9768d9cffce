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
import { popcount32 } from '../../base/bits.ts';
import { alignUp, pageSize } from '../../base/units.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
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
    const { spans, pageColumns, gcBits, arenas } = this.#state;
    const objects = this.#objects;
    const liveness = this.#liveness;
    const { bits } = gcBits;
    const { marks } = pageColumns;
    const c = spans.columns;
    for (const { base, bytes } of arenas.ranges()) {
      const from = arenas.pageOf(base) >>> 5;
      marks.fill(0, from, from + alignUp(bytes / pageSize, 32) / 32);
    }
    let bytesMarked = 0;
    let objectsMarked = 0;
    for (let s = 1, end = spans.end; s < end; s++) {
      if (c.state[s] !== spanState.inUse) continue;
      const page = c.startPage[s];
      const n = c.nelems[s];
      const markBits = c.markBits[s];
      let marked = 0;
      for (let window = 0; window < n; window += 32) {
        let word = objects.allocatedWord(s, window);
        if (word !== 0) {
          word &= liveness.livingWord(s, window);
          marked += popcount32(word);
        }
        bits[markBits + (window >>> 5)] = word;
      }
      if (marked !== 0) {
        marks[page >>> 5] |= 1 << (page & 31);
        objectsMarked += marked;
        bytesMarked += marked * objectSize(c, s);
      }
    }
    return { bytes: bytesMarked, objects: objectsMarked };
  }
}
