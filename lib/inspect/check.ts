/**
 * The whole-heap check: everything that must hold between two operations, held against the state.
 *
 *   1  counters: the identities of the statistics
 *   2  spans: states, bounds, the page table, objects against bitmaps, pointer bits, the registry, the caches, pools
 *     of stacks, specials, what marking left, blocks of bump memory
 *   3  everything derived: every page against spans, free runs and counters; the page heap's own derived state
 *
 * Read only, except that level 1 flushes the caches' counts as statistics do. What does not hold is
 * a FatalError with the numbers that show it.
 */
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { tinySpanClass } from '../alloc/size-classes.ts';
import { popcount32 } from '../base/bits.ts';
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { bitmapWords } from '../heap/gc-bits.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { objectSize, spanState, spanUse } from '../spans/span-table.ts';
import { checkSpecials, pinnerWordsOf } from './check-specials.ts';
import { checkTracing } from './check-tracing.ts';
import { checkUserArenas } from './check-user-arenas.ts';
import { heapMemory, objectTotals } from './stats.ts';

export type CheckLevel = 1 | 2 | 3;

export function checkHeap(runtime: Runtime, level: CheckLevel): void {
  objectTotals(runtime);
  heapMemory(runtime);
  const { heapLive } = runtime.state.counters;
  if (heapLive[0] < 0) fatal('less than nothing is live', { heapLive: heapLive[0] });
  if (level >= 2) checkSpans(runtime);
  if (level >= 2) checkRegistry(runtime);
  if (level >= 2) runtime.alloc.stackPools.check();
  if (level >= 2) checkSpecials(runtime);
  if (level >= 2) checkTracing(runtime);
  if (level >= 2) checkUserArenas(runtime);
  if (level >= 2) runtime.alloc.bump?.check();
  if (level >= 3) checkPages(runtime);
  runtime.pages.check(level);
}

/** Each span against the page table, the bitmaps and the counters. */
function checkSpans(runtime: Runtime): void {
  const { spans, counters, pageColumns, sweepState } = runtime.state;
  const { objects, pointerBits } = runtime.spans;
  const { liveness } = runtime.alloc;
  const c = spans.columns;
  let inUse = 0;
  let pagesInUse = 0;
  let manual = 0;
  let objectBytes = 0;
  let markWords = 0;
  let live = 0;
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] === spanState.dead) continue;
    live++;
    if (c.state[s] === spanState.free || c.state[s] === spanState.faulted) continue;
    const page = c.startPage[s];
    const npages = c.pages[s];
    for (let i = page; i < page + npages; i++) {
      if (pageColumns.spanOf[i] !== s)
        fatal('the page table does not lead to the span', { span: s, page: i, found: pageColumns.spanOf[i] });
    }
    const bit = (pageColumns.inUse[page >>> 5] >>> (page & 31)) & 1;
    if (c.state[s] === spanState.manual) {
      manual += npages * pageSize;
      if (liveness instanceof ExplicitLiveness && liveness.countStarts(page, npages) !== 0)
        fatal('an object lives in a manual span', { span: s, page });
      if (bit !== 0) fatal('a manual span is marked in use', { span: s, page });
      continue;
    }
    pagesInUse += npages;
    const isGone = c.use[s] === spanUse.freedArena;
    if (!isGone) inUse += npages * pageSize;
    if (bit !== 1) fatal('a span in use is not marked so', { span: s, page });
    markWords += bitmapWords(c.nelems[s]) + pinnerWordsOf(runtime, s);
    const size = objectSize(c, s);
    if (size * c.nelems[s] > npages * pageSize)
      fatal('objects do not fit their span', { span: s, size, nelems: c.nelems[s] });
    // A page heap that rounds up adds whole pages to what was asked for.
    if (c.unasked[s] < 0 || c.unasked[s] >= (c.elemSize[s] === 0 ? npages * pageSize : 1))
      fatal('a span ends where no object can', { span: s, unasked: c.unasked[s], elemSize: c.elemSize[s] });
    let allocated = 0;
    let living = 0;
    for (let window = 0; window < c.nelems[s]; window += 32) {
      const word = objects.allocatedWord(s, window);
      allocated += popcount32(word);
      if (!(liveness instanceof ExplicitLiveness)) continue;
      const lives = liveness.livingWord(s, window);
      living += popcount32(lives);
      const stray = lives & ~word;
      if (stray !== 0) fatal('a free object is live', { span: s, window, stray });
    }
    pointerBits?.check(s);
    if (
      liveness instanceof ExplicitLiveness &&
      c.spanClass[s] !== tinySpanClass &&
      c.use[s] !== spanUse.userArena
    ) {
      // Two tiny objects of a block may start at multiples of 8, or none.
      if (liveness.countStarts(page, npages) !== living)
        fatal('a live bit is set where no object starts', { span: s, page, living });
    }
    if (allocated !== c.allocCount[s])
      fatal('a span miscounts its objects', { span: s, allocated, allocCount: c.allocCount[s] });
    if (!isGone) objectBytes += allocated * size;
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
  const counted = runtime.state.heapAlloc;
  if (live !== spans.live) fatal('the span pool miscounts', { live, counted: spans.live });
  if (inUse !== counters.heapInUse[0] || pagesInUse !== counters.pagesInUse[0]) {
    fatal('spans and heap in use disagree', {
      inUse,
      heapInUse: counters.heapInUse[0],
      pagesInUse: counters.pagesInUse[0],
    });
  }
  const manualCounted = runtime.state.manualBytes;
  if (manual !== manualCounted) fatal('manual spans and their counters disagree', { manual, manualCounted });
  if (objectBytes !== counted) fatal('objects and their counters disagree', { objectBytes, counted });
  if (markWords !== sweepState.markWords)
    fatal('mark bits are miscounted', { markWords, counted: sweepState.markWords });
}

/** The registry knows where every span stands, and the free lists hold just the free objects. */
function checkRegistry(runtime: Runtime): void {
  const { mcache } = runtime.alloc;
  const cached = new Map<number, number>();
  mcache.columns.spans.forEach((s, slot) => {
    if (s !== 0) cached.set(s, slot);
  });
  runtime.spans.registry.check((s) => cached.has(s));
  if (mcache instanceof FreeListMCache) checkFreeLists(runtime, mcache, cached);
}

function checkFreeLists(runtime: Runtime, mcache: FreeListMCache, cached: ReadonlyMap<number, number>): void {
  const { spans } = runtime.state;
  const { freeLists, objects } = runtime.spans;
  const c = spans.columns;
  if (freeLists === undefined) return;
  for (let s = 1; s < spans.end; s++) {
    if (c.state[s] !== spanState.inUse || c.elemSize[s] === 0) continue;
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
  const { pages } = runtime;
  const { spans, counters, arenas } = runtime.state;
  const c = spans.columns;
  let end = 0;
  for (const { base, bytes } of arenas.ranges()) end = Math.max(end, arenas.pageOf(base) + bytes / pageSize);
  const owners = new Uint8Array(end);
  const own = (page: number, npages: number, span: number): void => {
    for (let i = page; i < page + npages; i++) {
      if (owners[i] !== 0) fatal('a page has two owners', { page: i, span });
      owners[i] = 1;
    }
  };
  let used = 0;
  for (let s = 1; s < spans.end; s++) {
    // What is fenced the page heap takes for allocated.
    const isFenced = c.state[s] === spanState.faulted && c.use[s] === spanUse.fenced;
    if (c.state[s] !== spanState.inUse && c.state[s] !== spanState.manual && !isFenced) continue;
    own(c.startPage[s], c.pages[s], s);
    // The page heap never had the pages of user arenas.
    if (c.use[s] !== spanUse.userArena && c.use[s] !== spanUse.freedArena) used += c.pages[s];
  }
  let free = 0;
  let released = 0;
  pages.forEachFree((page, npages, scavenged) => {
    own(page, npages, 0);
    free += npages;
    released += scavenged;
  });
  const grown = pages.stats().pages;
  if (used + free !== grown) fatal('pages are neither in a span nor free', { used, free, grown });
  const user = runtime.alloc.userArenas?.chunks.space.state;
  const freeBytes = (free - released) * pageSize + (user?.dirty[0] ?? 0);
  if (freeBytes !== counters.heapFree[0])
    fatal('free pages and their counter disagree', { freeBytes, heapFree: counters.heapFree[0] });
  const releasedBytes = released * pageSize + (user?.released[0] ?? 0);
  if (releasedBytes !== counters.heapReleased[0]) {
    fatal('released pages and their counter disagree', {
      releasedBytes,
      heapReleased: counters.heapReleased[0],
    });
  }
}
