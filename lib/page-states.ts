/**
 * Page states: what the heap believes of every page, one byte each, for page maps.
 *
 * The kernel's own view of the same pages is os/residency.ts; the two side by side are the point.
 */
import { pageIndex, pageSize } from './base/units.ts';
import type { Runtime } from './runtime.ts';
import { spanState } from './spans/span-table.ts';

/** The bytes of a page map. */
export const pageState = { unmapped: 0, free: 1, released: 2, inUse: 3, manual: 4 } as const;

export interface PageStates {
  readonly origin: number;
  /** [first page, pages] of each stretch of arenas, ascending; `states` has them one after the other. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly states: Uint8Array;
}

/** The believed state of every page of every arena. The caller holds the heap. */
export function pageStates(runtime: Runtime): PageStates {
  const { arenas, pages, spans, heap } = runtime;
  const { spanOf } = heap.parts.pageColumns;
  const { state, startPage, pages: spanPages } = spans.columns;
  const ranges = arenas.ranges().map(({ base, bytes }) => [arenas.pageOf(base), bytes / pageSize] as const);
  const states = new Uint8Array(ranges.reduce((sum, [, n]) => sum + n, 0));
  let at = 0;
  for (const [first, n] of ranges) {
    for (let page = first; page < first + n; ) {
      if (!pages.ranges.contains(page, page + 1)) {
        // Grown by whole chunks, in address order: what follows in this arena is not grown either.
        page++;
        continue;
      }
      const s = spanOf[page];
      if (state[s] !== spanState.dead && page === startPage[s]) {
        const value = state[s] === spanState.inUse ? pageState.inUse : pageState.manual;
        states.fill(value, at + page - first, at + page - first + spanPages[s]);
        page += spanPages[s];
        continue;
      }
      states[at + page - first] = pages.isScavenged(pageIndex(page)) ? pageState.released : pageState.free;
      page++;
    }
    at += n;
  }
  return { origin: runtime.origin, ranges, states };
}
