/**
 * Page states: what the heap believes of every page, one byte each, for page maps.
 *
 * A free run that is released in part (the 2014 design knows how many of its pages are, not which) counts
 * as free; where physical pages are larger than the heap's, those that lie in it whole are what was released.
 *
 * Where physical pages are larger than the heap's, free pages that cannot be given back are trapped (trapped.ts).
 *
 * The kernel's own view of the same pages is os/residency.ts; the two side by side are the point.
 */
import { pageSize } from '../base/units.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanState, spanUse } from '../spans/span-table.ts';
import { forEachTrapped, wholeIn } from './trapped.ts';

/** The bytes of a page map. */
export const pageState = { unmapped: 0, free: 1, released: 2, inUse: 3, manual: 4, trapped: 5 } as const;

/** Up to so many pages a loop is faster than a call of `fill`. */
const shortRun = 16;

export interface PageStates {
  readonly origin: number;
  /** [first page, pages] of each stretch of arenas, ascending; `states` has them one after the other. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly states: Uint8Array;
}

/** The believed state of every page of every arena. The caller holds the heap. */
export function pageStates(runtime: Runtime): PageStates {
  const { arenas, spans } = runtime.state;
  const { state, use, startPage, pages: spanPages } = spans.columns;
  const ranges = arenas.ranges().map(({ base, bytes }) => [arenas.pageOf(base), bytes / pageSize] as const);
  const states = new Uint8Array(ranges.reduce((sum, [, n]) => sum + n, 0));
  const starts: number[] = [];
  let total = 0;
  for (const [, n] of ranges) {
    starts.push(total);
    total += n;
  }
  // A run lies in one stretch (neighbouring arenas are one), mostly in that of the run before it.
  let [first, end, at] = [0, 0, 0];
  const fill = (page: number, npages: number, value: number): void => {
    if (page < first || page >= end) {
      const i = ranges.findIndex(([from, n]) => page >= from && page < from + n);
      if (i < 0) return;
      first = ranges[i][0];
      end = first + ranges[i][1];
      at = starts[i] - first;
    }
    // Most spans are short; a call of `fill` costs more than they do.
    if (npages > shortRun) states.fill(value, at + page, at + page + npages);
    else for (let p = at + page; p < at + page + npages; p++) states[p] = value;
  };
  const { physPages } = runtime.memory;
  runtime.pages.forEachFree((page, npages, scavenged) => {
    fill(page, npages, scavenged === npages ? pageState.released : pageState.free);
    const [from, to] = wholeIn(page, npages, physPages);
    if (physPages > 1 && scavenged === to - from) fill(from, scavenged, pageState.released);
  });
  forEachTrapped(runtime.pages, physPages, (page, npages) => fill(page, npages, pageState.trapped));
  for (let s = 1; s < spans.end; s++) {
    // The memory of an arena that was freed is gone.
    if (use[s] === spanUse.freedArena) continue;
    if (state[s] === spanState.inUse) fill(startPage[s], spanPages[s], pageState.inUse);
    else if (state[s] === spanState.manual) fill(startPage[s], spanPages[s], pageState.manual);
  }
  return { origin: arenas.origin, ranges, states };
}
