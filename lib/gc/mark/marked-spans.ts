/**
 * What a mark phase does to the spans as a whole: it begins with no page marked, and ends with the page of each span in
 * which anything is, so that the page reclaimer finds the others.
 */
import { popcount32 } from '../../base/bits.ts';
import { alignUp, pageSize } from '../../base/units.ts';
import type { HeapState } from '../../heap/heap-state.ts';
import { objectSize, spanState } from '../../spans/span-table.ts';
import type { Marked } from './marker.ts';

/** Clears the page marks of all arenas. */
export function clearPageMarks({ arenas, pageColumns }: HeapState): void {
  for (const { base, bytes } of arenas.ranges()) {
    const from = arenas.pageOf(base) >>> 5;
    pageColumns.marks.fill(0, from, from + alignUp(bytes / pageSize, 32) / 32);
  }
}

/** Asks each window of 32 objects of each span in use for its mark bits, counts them, and marks pages. */
export function markSpans(
  { spans, pageColumns }: HeapState,
  markedWord: (s: number, window: number) => number,
): Omit<Marked, 'scanned'> {
  const { marks } = pageColumns;
  const c = spans.columns;
  let bytes = 0;
  let objects = 0;
  for (let s = 1, end = spans.end; s < end; s++) {
    if (c.state[s] !== spanState.inUse) continue;
    let marked = 0;
    for (let window = 0, n = c.nelems[s]; window < n; window += 32)
      marked += popcount32(markedWord(s, window));
    if (marked === 0) continue;
    const page = c.startPage[s];
    marks[page >>> 5] |= 1 << (page & 31);
    objects += marked;
    bytes += marked * objectSize(c, s);
  }
  return { bytes, objects };
}

/** Takes all marks back, and what is gray. @param gray words beside the mark bits @param queued by span: whether it waits */
export function unmarkSpans({ spans, gcBits }: HeapState, gray: Int32Array, queued: Int32Array): void {
  const { state, markBits, nelems } = spans.columns;
  for (let s = 1, end = spans.end; s < end; s++) {
    if (state[s] !== spanState.inUse) continue;
    queued[s] = 0;
    const from = markBits[s];
    const to = from + ((nelems[s] + 31) >>> 5);
    gcBits.bits.fill(0, from, to);
    gray.fill(0, from, to);
  }
}
