/**
 * Reclaiming pages before the heap takes them, as in 2014: by the busy lists.
 *
 * In this order, until enough came back: spans of one large object of at least as many pages, list by list;
 * larger ones still; smaller ones, several of them; then whatever the sweeper finds next. A span that is swept
 * here goes to the end of its list, and a list is left at the first one that needs no sweep: what the
 * background sweeper took out of turn stands in front, so unswept ones may be behind it. The last step finds them.
 *
 * What a list gave is counted in spans and compared with pages, as the real one does (golang/go issue
 * 9048): it reclaims more than was asked, never less.
 *
 * Not here: the lists (heap/span-lists.ts), sweeping one span.
 */

import { busyLists, type SpanLists } from '../heap/span-lists.ts';
import type { RegistrySweeper } from '../heap/span-registry.ts';

/**
 * Frees at least npages, if garbage holds as many.
 * @param sweepOne sweeps the next span: pages freed, 0 for none, −1 when nothing is left
 */
export function reclaimBusy(
  npages: number,
  lists: SpanLists,
  sweeper: RegistrySweeper,
  sweepOne: () => number,
): void {
  for (let n = npages; n < busyLists; n++) if (reclaimList(lists.busy(n), npages, lists, sweeper) > 0) return;
  if (reclaimList(lists.busy(busyLists), npages, lists, sweeper) > 0) return;
  let reclaimed = 0;
  for (let n = 0; n < npages && n < busyLists; n++) {
    reclaimed += reclaimList(lists.busy(n), npages - reclaimed, lists, sweeper);
    if (reclaimed >= npages) return;
  }
  while (reclaimed < npages) {
    const freed = sweepOne();
    if (freed < 0) return;
    reclaimed += freed;
  }
}

/** Sweeps a list until enough spans were freed or all are swept. Spans freed. */
function reclaimList(list: number, enough: number, lists: SpanLists, sweeper: RegistrySweeper): number {
  let freed = 0;
  for (let s = lists.first(list); s !== 0 && freed < enough; ) {
    if (sweeper.isBeingSwept(s)) {
      s = lists.next(s);
      continue;
    }
    if (!sweeper.tryAcquire(s)) break;
    lists.remove(s);
    lists.insertBack(list, s);
    if (sweeper.sweep(s, false)) freed++;
    s = lists.first(list);
  }
  return freed;
}
