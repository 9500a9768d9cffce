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
import { popcount32 } from '../../base/bits.ts';
import { alignUp, pageSize } from '../../base/units.ts';
import type { MHeap } from '../../heap/mheap.ts';
import type { SpanObjects } from '../../heap/span-objects.ts';
import { liveWordsPerPage } from '../../spans/page-table.ts';
import { spanState } from '../../spans/span-table.ts';

export interface Marked {
  readonly bytes: number;
  readonly objects: number;
}

/** Marks every span in use. The caller holds the heap, every span is swept. */
export function markExplicit(heap: MHeap, objects: SpanObjects): Marked {
  const { spans, pageColumns, gcBits, tinyStarts, arenas } = heap.parts;
  const { bits } = gcBits;
  const { live, marks } = pageColumns;
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
    const tinyRow = c.tinyStarts[s];
    let at = page * liveWordsPerPage;
    let marked = 0;
    for (let window = 0; window < n; window += 32, at++) {
      let word = objects.allocatedWord(s, window);
      if (word !== 0) {
        if (tinyRow !== 0) {
          word &= tinyStarts.livingWord(tinyRow, window);
        } else {
          word &= live[at];
        }
        marked += popcount32(word);
      }
      bits[markBits + (window >>> 5)] = word;
    }
    if (marked !== 0) {
      marks[page >>> 5] |= 1 << (page & 31);
      objectsMarked += marked;
      bytesMarked += c.elemSize[s] === 0 ? c.pages[s] * pageSize : marked * c.elemSize[s];
    }
  }
  return { bytes: bytesMarked, objects: objectsMarked };
}
