/**
 * The whole-heap check: everything that must hold between two operations, held against the state.
 *
 *   1  counters: the identities of the statistics
 *   2  spans: states, bounds, the page table, objects against bitmaps, the sets, the caches
 *   3  everything derived: the page allocator's bitmaps, summaries and index, page by page
 *
 * Read only, except that level 1 flushes the caches' counts as statistics do. What does not hold is
 * a FatalError with the numbers that show it.
 */
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { popcount32 } from '../base/bits.ts';
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { bitmapWords } from '../heap/gc-bits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { liveWordsPerPage } from '../spans/page-table.ts';
import { spanState } from '../spans/span-table.ts';
import { heapMemory, objectTotals } from './stats.ts';

export type CheckLevel = 1 | 2 | 3;

export function checkHeap(runtime: Runtime, level: CheckLevel): void {
  objectTotals(runtime);
  heapMemory(runtime);
  if (level >= 2) checkSpans(runtime);
  if (level >= 2) checkBooks(runtime);
  if (level >= 3) checkPages(runtime);
  runtime.pages.check(level);
}

/** Each span against the page table, the bitmaps and the counters. */
function checkSpans(runtime: Runtime): void {
  const { spans, counters, heap, objects } = runtime;
  const { pageColumns, sweepState, tinyStarts } = heap.parts;
  const c = spans.columns;
  let inUse = 0;
  let manual = 0;
  let objectBytes = 0;
  let markWords = 0;
  let live = 0;
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] === spanState.dead) continue;
    live++;
    if (c.state[s] === spanState.free) continue;
    const page = c.startPage[s];
    const npages = c.pages[s];
    for (let i = page; i < page + npages; i++) {
      if (pageColumns.spanOf[i] !== s)
        fatal('the page table does not lead to the span', { span: s, page: i, found: pageColumns.spanOf[i] });
    }
    const bit = (pageColumns.inUse[page >>> 5] >>> (page & 31)) & 1;
    if (c.state[s] === spanState.manual) {
      manual += npages * pageSize;
      if (bit !== 0) fatal('a manual span is marked in use', { span: s, page });
      continue;
    }
    inUse += npages * pageSize;
    if (bit !== 1) fatal('a span in use is not marked so', { span: s, page });
    markWords += bitmapWords(c.nelems[s]);
    const size = c.elemSize[s] === 0 ? npages * pageSize : c.elemSize[s];
    if (size * c.nelems[s] > npages * pageSize)
      fatal('objects do not fit their span', { span: s, size, nelems: c.nelems[s] });
    let allocated = 0;
    for (let window = 0; window < c.nelems[s]; window += 32) {
      const word = objects.allocatedWord(s, window);
      allocated += popcount32(word);
      const stray = pageColumns.live[page * liveWordsPerPage + (window >>> 5)] & ~word;
      const isOpen = c.cachedAt[s] !== 0 && window === c.freeIndex[s];
      if (stray !== 0 && !isOpen) fatal('a free object is live', { span: s, window, stray });
      if (c.tinyStarts[s] !== 0) {
        const living = tinyStarts.livingWord(c.tinyStarts[s], window) & ~word;
        if (living !== 0) fatal('a free tiny block has live objects', { span: s, window, living });
      }
    }
    if (allocated !== c.allocCount[s])
      fatal('a span miscounts its objects', { span: s, allocated, allocCount: c.allocCount[s] });
    objectBytes += allocated * size;
    const behind = sweepState.gen - c.sweepGen[s];
    if (behind !== 0 && behind !== 2 && behind !== -3 && behind !== -1) {
      fatal('a span has an impossible sweep generation', {
        span: s,
        sweepGen: c.sweepGen[s],
        heapSweepGen: sweepState.gen,
      });
    }
    if (behind === 2 && sweepState.isDone())
      fatal('a span is unswept although the sweep is done', { span: s });
  }
  const counted = counters.totalAlloc[0] - counters.totalFree[0];
  if (live !== spans.live) fatal('the span pool miscounts', { live, counted: spans.live });
  if (inUse !== counters.heapInUse[0] || inUse !== counters.pagesInUse[0] * pageSize) {
    fatal('spans and heap in use disagree', {
      inUse,
      heapInUse: counters.heapInUse[0],
      pagesInUse: counters.pagesInUse[0],
    });
  }
  const manualCounted = counters.inStacks[0] + counters.inWorkBuffers[0] + counters.inPointerBits[0];
  if (manual !== manualCounted) fatal('manual spans and their counters disagree', { manual, manualCounted });
  if (objectBytes !== counted) fatal('objects and their counters disagree', { objectBytes, counted });
  if (markWords !== sweepState.markWords)
    fatal('mark bits are miscounted', { markWords, counted: sweepState.markWords });
}

/** The books know where every span stands, and the free lists hold just the free objects. */
function checkBooks(runtime: Runtime): void {
  const { mcache, books } = runtime;
  const cached = new Map<number, number>();
  mcache.columns.spans.forEach((s, slot) => {
    if (s !== 0) cached.set(s, slot);
  });
  books.check((s) => cached.has(s));
  if (mcache instanceof FreeListMCache) checkFreeLists(runtime, mcache, cached);
}

function checkFreeLists(runtime: Runtime, mcache: FreeListMCache, cached: ReadonlyMap<number, number>): void {
  const { spans, freeLists, objects } = runtime;
  const c = spans.columns;
  if (freeLists === undefined) return;
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] !== spanState.inUse || c.elemSize[s] === 0) continue;
    runtime.heapBitmap?.check(s);
    const slot = cached.get(s);
    const free = freeLists.check(s, slot === undefined ? freeLists.firstOf(s) : mcache.lists.first[slot]);
    for (let window = 0; window < c.nelems[s]; window += 32) {
      const n = c.nelems[s] - window;
      const all = n >= 32 ? -1 : (1 << n) - 1;
      const wanted = ~objects.allocatedWord(s, window) & all;
      if (free[window >>> 5] !== wanted)
        fatal('a free list does not hold the free objects', {
          span: s,
          window,
          free: free[window >>> 5],
          wanted,
        });
    }
  }
}

/** Every page against the spans, the caches, the free runs and the counters. */
function checkPages(runtime: Runtime): void {
  const { pages, spans, counters, pageCaches } = runtime;
  const c = spans.columns;
  let end = 0;
  for (const { base, bytes } of runtime.arenas.ranges())
    end = Math.max(end, runtime.arenas.pageOf(base) + bytes / pageSize);
  const owners = new Uint8Array(end);
  const own = (page: number, npages: number, span: number): void => {
    for (let i = page; i < page + npages; i++) {
      if (owners[i] !== 0) fatal('a page has two owners', { page: i, span });
      owners[i] = 1;
    }
  };
  let used = 0;
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] !== spanState.inUse && c.state[s] !== spanState.manual) continue;
    own(c.startPage[s], c.pages[s], s);
    used += c.pages[s];
  }
  let free = 0;
  let released = 0;
  for (const cache of pageCaches) {
    cache.forEachFree((page, scavenged) => {
      own(page, 1, 0);
      free++;
      if (scavenged) released++;
    });
  }
  pages.forEachFree((page, npages, scavenged) => {
    own(page, npages, 0);
    free += npages;
    released += scavenged;
  });
  const grown = pages.stats().pages;
  if (used + free !== grown) fatal('pages are neither in a span nor free', { used, free, grown });
  const freeBytes = (free - released) * pageSize;
  if (freeBytes !== counters.heapFree[0])
    fatal('free pages and their counter disagree', { freeBytes, heapFree: counters.heapFree[0] });
  const releasedBytes = released * pageSize;
  if (releasedBytes !== counters.heapReleased[0]) {
    fatal('released pages and their counter disagree', {
      releasedBytes,
      heapReleased: counters.heapReleased[0],
    });
  }
}
