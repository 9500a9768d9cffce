/**
 * Rebuilds a heap from the record at the start of a malloc trace.
 *
 * As far as it goes by the heap's own operations, so that all its counts agree: growing, spans on given
 * pages, spans freed again where pages were used before, refilling a cache. What no operation brings
 * about is written into the columns: objects' bitmaps, the page cache, the search page.
 *
 * Where a collection had gone before, and the heap traces, it is run again (past-collection.ts): spans are then as it leaves
 * them. Those without any object came afterwards.
 *
 * What a trace does not tell, and what is taken for it
 * - Which free pages are scavenged. Those below the highest span count as used before, those above as
 *   fresh. Nothing of placement depends on it.
 * - Swept spans with free objects that stand in no list. They count as cached by other Ps.
 * - Allocated pages that belong to no span and not to the page cache (such as another P's page cache):
 *   they count as manual spans.
 *
 * Not here: replaying (malloc.ts).
 */
import {
  classToObjects,
  classToSize,
  maxTinySize,
  numSpanClasses,
  tinySpanClass,
} from '../../alloc/size-classes.ts';
import { popcount32 } from '../../base/bits.ts';
import { fatal, PageHeapError } from '../../base/errors.ts';
import { alignUp, arenaBytes, bytes, pageCount, pageIndex, pageSize } from '../../base/units.ts';
import type { LivenessKind } from '../../design/design.ts';
import { resolveOptions } from '../../design/options.ts';
import { manualShapes } from '../../heap/span-shape.ts';
import { systemClock } from '../../os/clock.ts';
import type { Sys } from '../../os/sys.ts';
import { noSearch, stateWord } from '../../pages/radix/columns.ts';
import { cachePages } from '../../pages/radix/page-cache.ts';
import { RadixPageHeap } from '../../pages/radix/page-heap.ts';
import { createRuntime } from '../../runtime/create.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { spanState, spanUse } from '../../spans/span-table.ts';
import { goldenError } from './golden.ts';
import type { MallocSnapshot, SpanRecord } from './malloc-trace.ts';
import { PastCollection } from './past-collection.ts';
import {
  bitOf,
  contentsOf,
  findKeepers,
  foundSpans,
  isRecordedAllocated,
  isUnswept,
  isYounger,
  type Keeper,
  replayP,
} from './recorded-spans.ts';

/** The page heap of a heap that was rebuilt. */
export function radixPagesOf({ pages }: Runtime): RadixPageHeap {
  return pages instanceof RadixPageHeap ? pages : fatal('a heap was rebuilt on another page heap');
}

/** The span that holds a page of a heap, or 0. */
export function spanAt({ state: { arenas, pageColumns, spans } }: Runtime, page: number): number {
  if (page < 0 || page >= arenas.reachPages || !arenas.isKnown(page)) return 0;
  const { state, startPage, pages } = spans.columns;
  const s = pageColumns.spanOf[page]!;
  const holds = state[s] !== spanState.dead && page >= startPage[s]! && page < startPage[s]! + pages[s]!;
  return holds ? s : 0;
}

class Rebuilder {
  readonly #file: string;
  readonly #snapshot: MallocSnapshot;
  readonly #runtime: Runtime;
  readonly #past: PastCollection | undefined;
  readonly #idOf = new Map<number, number>();
  /** The collection has only marked. */
  readonly #isUnswept: boolean;

  /** @param past what runs the collection that was before; undefined: what it left is written */
  constructor(file: string, snapshot: MallocSnapshot, runtime: Runtime, past: PastCollection | undefined) {
    this.#file = file;
    this.#snapshot = snapshot;
    this.#runtime = runtime;
    this.#past = past;
    this.#isUnswept = isUnswept(snapshot);
  }

  /** @returns how what was rebuilt differs from the record, where a collection has left it; undefined: it does not */
  rebuild(keepers: ReadonlyMap<SpanRecord, Keeper>): string | undefined {
    const snapshot = this.#snapshot;
    const runtime = this.#runtime;
    this.#grow();
    this.#placeSpans();
    const fault = this.#past === undefined ? undefined : this.#collect(this.#past, keepers);
    if (fault !== undefined) return fault;
    this.#fillPageCache();
    const { searchPage } = snapshot.heap;
    radixPagesOf(runtime).memory.state[stateWord.search] = searchPage < 0 ? noSearch : searchPage;
    if (this.#past === undefined) {
      for (const record of snapshot.spans) if (!record.manual) this.#fillSpan(record);
      this.#putOnLists(keepers);
    }
    for (const [record, keeper] of keepers)
      if (typeof keeper === 'number') this.#cache(keeper, record, this.#idOf.get(record.page)!);
    this.#setTiny();
    return undefined;
  }

  #putOnLists(keepers: ReadonlyMap<SpanRecord, Keeper>): void {
    for (const [spanClass, pages] of this.#snapshot.partialSwept) {
      // What is taken first stands first in the record.
      for (const page of pages) this.#putOn('partialSwept', spanClass, this.#idOf.get(page)!);
    }
    for (const [record, keeper] of keepers)
      if (keeper === 'full') this.#putOn('fullSwept', record.spanClass, this.#idOf.get(record.page)!);
  }

  /** Runs the collection that was before, and compares what it leaves. */
  #collect(past: PastCollection, keepers: ReadonlyMap<SpanRecord, Keeper>): string | undefined {
    const idOf = ({ page }: SpanRecord): number => this.#idOf.get(page)!;
    const found = foundSpans(this.#snapshot, keepers);
    for (const place of ['cached', 'full', 'partial'] as const)
      for (const record of found[place]) past.fillSpan(idOf(record), contentsOf(record, place), place);
    past.run(!this.#isUnswept);
    for (const record of keepers.keys()) {
      // What is not swept has its objects still.
      const fault = isYounger(record) || record.markBits ? undefined : past.faultOf(idOf(record));
      if (fault !== undefined) return `of the span at page ${record.page}, ${fault}`;
    }
    const { sets } = this.#runtime.spans;
    const { gen } = this.#runtime.state.sweepState;
    for (const [record, keeper] of keepers) {
      if (isYounger(record) || typeof keeper !== 'number') continue;
      // What caches have now they took from among those with free objects, the first.
      const isFull = record.allocCount === record.nelems;
      const set = isFull ? sets.fullSwept(record.spanClass, gen) : sets.partialSwept(record.spanClass, gen);
      const there = sets.of(set);
      if (!isFull && there[0] !== idOf(record))
        return `the spans of class ${record.spanClass} were swept in another order`;
      for (const _ of there) sets.shift(set);
      for (const s of there) if (s !== idOf(record)) sets.push(set, s);
    }
    const fault = this.#faultOfLists() ?? this.#faultOfPages();
    if (fault === undefined) this.#placeYounger(keepers);
    return fault;
  }

  #faultOfLists(): string | undefined {
    const { spans, state } = this.#runtime;
    for (let spanClass = 0; spanClass < numSpanClasses; spanClass++) {
      const set = spans.sets.partialSwept(spanClass, state.sweepState.gen);
      const found = spans.sets.of(set).map((s) => state.spans.columns.startPage[s]!);
      const wanted = this.#snapshot.partialSwept.get(spanClass) ?? [];
      if (found.join() !== wanted.join())
        return `spans of class ${spanClass} with free objects are those at pages ${found}, not ${wanted}`;
    }
    return undefined;
  }

  /** Free pages of spans that came later, and those of the page cache, are not taken yet. */
  #faultOfPages(): string | undefined {
    const pages = radixPagesOf(this.#runtime);
    const { heap, spans } = this.#snapshot;
    const { base, free } = heap.cache;
    const later = new Set(
      spans
        .filter(isYounger)
        .flatMap(({ page, npages }) => Array.from({ length: npages }, (_, i) => page + i)),
    );
    for (const [from, to] of heap.inUse) {
      for (let page = from / pageSize; page < to / pageSize; page++) {
        const bit = page - base;
        const isCached = bit >= 0 && bit < cachePages && bitOf(free, bit);
        const isTaken = isRecordedAllocated(heap, page) && !isCached && !later.has(page);
        if (pages.isAllocated(pageIndex(page)) !== isTaken)
          return `page ${page} is ${isTaken ? 'free' : 'not free'}`;
      }
    }
    return undefined;
  }

  /** Spans without an object were made after the collection, which would have freed them. */
  #placeYounger(keepers: ReadonlyMap<SpanRecord, Keeper>): void {
    for (const record of keepers.keys()) {
      if (!isYounger(record)) continue;
      this.#placeSpan(record);
      this.#fillSpan(record);
    }
  }

  #refuse(message: string, line = this.#snapshot.line, value?: unknown): never {
    throw goldenError(this.#file, line, message, value);
  }

  #outOfMemory(): never {
    throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory for the heap of a trace', {
      errno: this.#runtime.memory.sys.lastErrno,
    });
  }

  #grow(): void {
    const { arenas } = this.#runtime.state;
    const { growth } = this.#runtime.alloc.heap;
    const { state, origin } = arenas;
    const { curArena, inUse } = this.#snapshot.heap;
    const top = alignUp(Math.max(curArena[1], ...inUse.map(([, to]) => to), arenaBytes), arenaBytes);
    if (state.curBase[0] !== origin) this.#outOfMemory();
    if (top > arenaBytes && arenas.reserve(bytes(top - arenaBytes)) !== origin + arenaBytes)
      this.#outOfMemory();
    for (const [from, to] of inUse) {
      state.curBase[0] = origin + from;
      state.curEnd[0] = origin + to;
      if (growth.grow((to - from) / pageSize) !== to - from) this.#outOfMemory();
    }
    state.curBase[0] = origin + curArena[0];
    state.curEnd[0] = origin + curArena[1];
  }

  /** All spans; what lies between them is free and was used, allocated to somebody, or fresh. */
  #placeSpans(): void {
    const { spans, heap } = this.#snapshot;
    const last = spans.at(-1);
    const top = last === undefined ? 0 : last.page + last.npages;
    let next = 0;
    let page = 0;
    for (const [from, to] of heap.inUse) {
      page = Math.max(page, from / pageSize);
      const limit = to / pageSize;
      while (page < limit) {
        const record = spans[next];
        if (record !== undefined && record.page <= page) {
          if (record.page < page || page + record.npages > limit || record.npages === 0)
            this.#refuse('a span overlaps another or leaves the heap', record.line, record.page);
          if (this.#past !== undefined && isYounger(record)) this.#past.fillWithGarbage(page, record.npages);
          else this.#placeSpan(record);
          page += record.npages;
          next++;
          continue;
        }
        const end = Math.min(limit, record?.page ?? limit);
        page = this.#placeGap(page, end, top);
      }
    }
    if (next < spans.length) this.#refuse('a span outside the heap', spans[next]!.line, spans[next]!.page);
  }

  #placeSpan(record: SpanRecord): void {
    const { page, npages, spanClass, nelems, manual, line } = record;
    for (let i = page; i < page + npages; i++)
      if (!isRecordedAllocated(this.#snapshot.heap, i))
        this.#refuse('a page of a span is free in the bitmaps', line, i);
    const { heap, classes } = this.#runtime.alloc;
    const sizeClass = spanClass >>> 1;
    const objects = manual ? 0 : sizeClass === 0 ? 1 : (classToObjects[sizeClass] ?? -1);
    if (objects !== nelems) this.#refuse('a span has another number of objects than its class', line, nelems);
    const shape = manual ? manualShapes[spanUse.stack] : classes.shapes[spanClass]!;
    const s = heap.allocSpan(replayP, npages, shape, page);
    if (s === 0) this.#outOfMemory();
    if (!manual) this.#runtime.spans.pointerBits?.write(s);
    this.#idOf.set(page, s);
  }

  /** Pages without a span from `page` on, as far as they are alike and below `end`. Answers where they end. */
  #placeGap(page: number, end: number, top: number): number {
    const { heap } = this.#runtime.alloc;
    const kind = this.#gapKind(page, top);
    let to = page + 1;
    while (to < end && this.#gapKind(to, top) === kind) to++;
    if (kind === 'fresh') return to;
    if (kind === 'used' && this.#past !== undefined && !this.#isUnswept) {
      this.#past.fillWithGarbage(page, to - page);
      return to;
    }
    const s = heap.allocSpan(replayP, to - page, manualShapes[spanUse.stack], page);
    if (s === 0) this.#outOfMemory();
    if (kind === 'used') heap.freeManual(s);
    return to;
  }

  #gapKind(page: number, top: number): 'fresh' | 'used' | 'foreign' {
    const { heap } = this.#snapshot;
    const { base, free, scavenged } = heap.cache;
    const bit = page - base;
    if (bit >= 0 && bit < cachePages && bitOf(free, bit)) return bitOf(scavenged, bit) ? 'fresh' : 'used';
    if (isRecordedAllocated(heap, page)) return 'foreign';
    return page < top ? 'used' : 'fresh';
  }

  #fillPageCache(): void {
    const pages = radixPagesOf(this.#runtime);
    const { heap } = this.#snapshot;
    const { base, free, scavenged } = heap.cache;
    if (base % cachePages !== 0) this.#refuse('the page cache is not aligned', undefined, base);
    for (let bit = 0; bit < cachePages; bit++) {
      if (!bitOf(free, bit)) continue;
      const page = pageIndex(base + bit);
      if (!isRecordedAllocated(heap, page) || pages.isAllocated(page))
        this.#refuse('a page of the page cache is free or in a span', undefined, page);
      pages.allocRange(page, pageCount(1));
    }
    pages.caches[replayP]!.fill(base, ...free, ...scavenged);
  }

  /** A span's objects: which are allocated, and that those live. */
  #fillSpan(record: SpanRecord): void {
    const { state, spans, alloc } = this.#runtime;
    const { counters, gcBits } = state;
    const c = state.spans.columns;
    const s = this.#idOf.get(record.page)!;
    c.needZero[s] = record.needZero ? 1 : 0;
    c.freeIndex[s] = Math.min(record.freeIndex, record.nelems);
    const sizeClass = record.spanClass >>> 1;
    const size = sizeClass === 0 ? record.npages * pageSize : classToSize[sizeClass]!;
    const start = state.arenas.addressOf(c.startPage[s]!);
    let allocated = 0;
    for (let window = 0; window < record.nelems; window += 32) {
      let word = 0;
      for (let i = 0; i < 4; i++) word |= (record.allocBits[(window >>> 3) + i] ?? 0) << (8 * i);
      gcBits.bits[c.allocBits[s]! + (window >>> 5)] = word;
      const taken = spans.objects.allocatedWord(s, window);
      allocated += popcount32(taken);
      for (let i = 0; i < 32; i++)
        if (((taken >>> i) & 1) === 1) alloc.liveness.allocated(start + (window + i) * size);
    }
    if (allocated !== record.allocCount)
      this.#refuse('a span counts other objects than its bits', record.line, record.allocCount);
    c.allocCount[s] = allocated;
    counters.totalAlloc[0]! += allocated * size;
    counters.heapLive[0]! += allocated * size;
    if (sizeClass === 0) {
      counters.largeAlloc[0]! += size;
      counters.largeAllocCount[0]!++;
    } else counters.smallAllocCount[sizeClass]! += allocated;
  }

  #putOn(set: 'partialSwept' | 'fullSwept', spanClass: number, s: number): void {
    const { spans, state } = this.#runtime;
    const { sets } = spans;
    sets.push(sets[set](spanClass, state.sweepState.gen), s);
  }

  /** Puts a span into a P's cache, as a refill does. */
  #cache(p: number, record: SpanRecord, s: number): void {
    const { mcache } = this.#runtime.alloc;
    const { counters, spans, sweepState } = this.#runtime.state;
    const c = spans.columns;
    const slot = p * numSpanClasses + record.spanClass;
    c.sweepGen[s] = sweepState.gen + 3;
    c.cachedCount[s] = record.allocCount;
    counters.heapLive[0]! += record.npages * pageSize - record.allocCount * c.elemSize[s]!;
    if (record.allocCount < record.nelems) {
      mcache.attach(slot, s, record.spanClass, false);
      return;
    }
    // All taken, and not yet exchanged: its last window is open and empty.
    mcache.columns.spans[slot] = s;
    c.cachedAt[s] = slot + 1;
    c.freeIndex[s] = (record.nelems - 1) & ~31;
  }

  #setTiny(): void {
    const { alloc, state } = this.#runtime;
    const { columns } = alloc.mcache;
    const [block, offset] = this.#snapshot.heap.tiny;
    if (block < 0) return;
    const page = Math.floor(block / pageSize);
    const s = this.#idOf.get(page);
    if (s === undefined || state.spans.columns.spanClass[s] !== tinySpanClass)
      this.#refuse('the tiny block lies in no span of its class', undefined, block);
    columns.tinyBase[replayP] = state.arenas.origin + block;
    columns.tinyLeft[replayP] = maxTinySize - offset;
  }
}

export interface RebuiltHeap {
  readonly runtime: Runtime;
  /** How what a collection has left differs from what was recorded. */
  readonly fault: string | undefined;
}

/**
 * A heap in the state that a trace records, over the memory of `sys`. It neither collects nor scavenges
 * nor has huge pages.
 * @param seed where the heap traces, and a collection is to leave that state: what the objects point to before it
 * @throws ERR_GOLDEN for a record that contradicts itself; ERR_OUT_OF_MEMORY
 */
export function rebuildHeap(
  file: string,
  snapshot: MallocSnapshot,
  sys: Sys,
  liveness: LivenessKind,
  seed?: number,
): RebuiltHeap {
  const { keepers, ps } = findKeepers(file, snapshot);
  const options = resolveOptions({
    environment: false,
    collect: false,
    scavenge: false,
    disableHugePages: true,
    nameMappings: false,
    liveness,
    // No work buffers, which would take pages of the heap.
    ...(liveness === 'tracing' ? { markOrder: 'spans' as const } : {}),
    ps,
  });
  const watch = {
    clock: systemClock,
    gctrace: false,
    collectTwice: false,
    scavtrace: false,
    onEvent: undefined,
  };
  const runtime = createRuntime(sys, options, watch);
  try {
    const past = seed === undefined ? undefined : new PastCollection(runtime, replayP, seed);
    return { runtime, fault: new Rebuilder(file, snapshot, runtime, past).rebuild(keepers) };
  } catch (error) {
    runtime.dispose();
    throw error;
  }
}
