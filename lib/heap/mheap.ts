/**
 * The heap proper: allocating, freeing and growing by spans.
 *
 * Allocating a span takes pages (from the P's page cache when there are fewer than 16, from the page
 * heap otherwise, growing if it has none), asks the scavenger's hook whether memory must be given
 * back in exchange, makes the pages ready, and fills in the span's columns before publishing it in
 * the page table.
 *
 * Growing takes whole chunks from the current arena space; when that is used up, more is reserved
 * through the arena hints. If the new space does not adjoin, the rest of the old is grown into
 * first, so that nothing is lost. Fresh memory counts as released: it costs nothing yet.
 *
 * Failure: `allocSpan` answers 0 and `grow` false when the system has no memory; the heap is then as
 * it was, except that reserved address space is kept for the next try.
 *
 * The JavaScript engine lives in the same process, and ends it when it is refused memory itself. So
 * growing leaves it some: what would use up the address space or the memory the process may have counts
 * as refused.
 *
 * Hooks: what to release in exchange is policy and lies above; the wiring fills `hooks`.
 *
 * Not here: objects (alloc/), when and what to sweep or scavenge (gc/, scavenge/).
 */
import { fatal } from '../base/errors.ts';
import {
  type Address,
  address,
  alignUp,
  arenaBytes,
  bytes,
  chunkBytes,
  chunkPages,
  MiB,
  pageCount,
  pageIndex,
  pageSize,
  type SpanId,
  spanId,
} from '../base/units.ts';
import type { Views } from '../meta/column.ts';
import type { Sys } from '../os/sys.ts';
import type { RadixPageAlloc } from '../pages/radix/page-alloc.ts';
import type { PageCache } from '../pages/radix/page-cache.ts';
import type { Arenas } from '../spans/arenas.ts';
import type { pageTable } from '../spans/page-table.ts';
import { perObjectOf, type SpanTable, type SpanUse, spanState, spanUse } from '../spans/span-table.ts';
import type { counterTable } from './counters.ts';
import { bitmapWords, type GcBits } from './gc-bits.ts';
import type { SpanSets } from './span-sets.ts';
import type { SweepState } from './sweep-state.ts';
import type { TinyStarts } from './tiny-starts.ts';

/** What growing leaves of any limit on the process: bytes. */
const engineRoom = 32 * MiB;

/** Spans of fewer pages come from the page cache: a quarter of its 64 pages. */
const cachedSpanPages = 16;

export interface HeapHooks {
  /** Before a heap span of `npages` is allocated: sweep and reclaim at least as much. */
  reclaim(npages: number): void;
  /**
   * After pages were found and before they are made ready: `grown` bytes by which the heap grew for
   * them, `scavenged` bytes of them that are released now and will be paged in.
   */
  scavengeInExchange(grown: number, scavenged: number): void;
  /** After fresh memory was mapped: what the options ask of the kernel for it. */
  mapped(at: Address, size: number): void;
}

/** The parts a heap is put together from. */
export interface HeapParts {
  readonly sys: Sys;
  readonly arenas: Arenas;
  readonly spans: SpanTable;
  readonly pageColumns: Views<typeof pageTable>;
  readonly pages: RadixPageAlloc;
  /** The page cache of each P. */
  readonly pageCaches: readonly PageCache[];
  readonly gcBits: GcBits;
  readonly sets: SpanSets;
  readonly sweepState: SweepState;
  readonly tinyStarts: TinyStarts;
  readonly counters: Views<typeof counterTable>;
}

export class MHeap {
  readonly parts: HeapParts;
  hooks: HeapHooks = { reclaim: () => {}, scavengeInExchange: () => {}, mapped: () => {} };

  constructor(parts: HeapParts) {
    this.parts = parts;
  }

  /**
   * Allocates a span of objects for the collector. `elemSize` 0: one large object.
   * The span, or 0 when the system has no memory.
   */
  allocHeapSpan(p: number, npages: number, spanClass: number, elemSize: number, nelems: number): SpanId {
    if (!this.parts.sweepState.isDone()) this.hooks.reclaim(npages);
    return this.allocSpan(p, npages, spanUse.heap, spanClass, elemSize, nelems);
  }

  /**
   * Allocates a span that the caller frees with `freeManual`: a stack, a work buffer, pointer bits.
   * Counted apart from the heap in use. The span, or 0.
   */
  allocManual(p: number, npages: number, use: SpanUse): SpanId {
    if (use === spanUse.heap) fatal('a heap span is no manual span', { npages });
    return this.allocSpan(p, npages, use, 0, 0, 0);
  }

  /**
   * Allocates a span on just these pages, which are free: for rebuilding a heap from a record of it.
   * The span, or 0.
   */
  allocSpanAt(
    page: number,
    npages: number,
    use: SpanUse,
    spanClass: number,
    elemSize: number,
    nelems: number,
  ): SpanId {
    return this.allocSpan(0, npages, use, spanClass, elemSize, nelems, page);
  }

  freeManual(s: SpanId): void {
    const { columns } = this.parts.spans;
    if (columns.state[s] !== spanState.manual)
      fatal('freeing a span that is not manual', { span: s, state: columns.state[s] });
    this.releaseSpan(s, columns.use[s] as SpanUse);
  }

  /** Frees a swept span without objects. */
  freeSpan(s: SpanId): void {
    const { spans, counters, pageColumns, sweepState, tinyStarts } = this.parts;
    const { columns } = spans;
    if (
      columns.state[s] !== spanState.inUse ||
      columns.allocCount[s] !== 0 ||
      columns.sweepGen[s] !== sweepState.gen
    ) {
      fatal('freeing a span that still holds objects or is not swept', {
        span: s,
        state: columns.state[s],
        allocCount: columns.allocCount[s],
        sweepGen: columns.sweepGen[s],
        heapSweepGen: sweepState.gen,
      });
    }
    const page = columns.startPage[s];
    counters.pagesInUse[0] -= columns.pages[s];
    pageColumns.inUse[page >>> 5] &= ~(1 << (page & 31));
    sweepState.markWords -= bitmapWords(columns.nelems[s]);
    if (columns.tinyStarts[s] !== 0) {
      tinyStarts.free(columns.tinyStarts[s]);
      columns.tinyStarts[s] = 0;
    }
    this.releaseSpan(s, spanUse.heap);
  }

  private releaseSpan(s: SpanId, use: SpanUse): void {
    const { spans, pages } = this.parts;
    const { columns } = spans;
    const npages = columns.pages[s];
    this.count(use, -npages * pageSize);
    this.parts.counters.heapFree[0] += npages * pageSize;
    pages.free(pageIndex(columns.startPage[s]), pageCount(npages));
    spans.setState(s, spanState.dead);
    columns.needZero[s] = 0;
    columns.elemSize[s] = 0;
    columns.stride[s] = 0;
    columns.nelems[s] = 0;
    columns.freeIndex[s] = 0;
    columns.allocCount[s] = 0;
    spans.free(s);
  }

  /** `at`: the first page it must have; −1: wherever there is room. */
  private allocSpan(
    p: number,
    npages: number,
    use: SpanUse,
    spanClass: number,
    elemSize: number,
    nelems: number,
    at = -1,
  ): SpanId {
    const { spans, sets, pages, pageCaches, gcBits, arenas, sys, counters } = this.parts;
    // Everything that can fail for lack of metadata comes before pages change hands.
    const s = spans.alloc();
    if (s === 0) return s;
    let markBits = 0;
    let allocBits = 0;
    if (use === spanUse.heap) {
      markBits = sets.prepareFor(spanClass, spans.end) ? gcBits.allocForSpan(nelems) : -1;
      allocBits = markBits < 0 ? -1 : gcBits.allocForSpan(nelems);
      if (allocBits < 0) {
        spans.free(s);
        return spanId(0);
      }
    }

    let page = at;
    let scavenged = 0;
    let grown = 0;
    if (at >= 0) {
      scavenged = pages.allocRange(pageIndex(at), pageCount(npages));
    } else if (npages < cachedSpanPages) {
      const cache = pageCaches[p];
      if (cache.isEmpty()) pages.allocToCache(cache);
      page = cache.alloc(pageCount(npages));
      scavenged = cache.lastScavenged;
    }
    if (page < 0) {
      page = pages.alloc(pageCount(npages));
      if (page < 0) {
        grown = this.grow(npages);
        if (grown > 0) page = pages.alloc(pageCount(npages));
        if (page < 0) {
          if (grown > 0) fatal('grew the heap and still found no room', { npages, grown });
          spans.free(s);
          return spanId(0);
        }
      }
      scavenged = pages.lastScavenged;
    }

    const size = npages * pageSize;
    const scavengedBytes = scavenged * pageSize;
    this.hooks.scavengeInExchange(grown, scavengedBytes);
    if (scavenged !== 0) {
      if (!sys.used(arenas.addressOf(page), bytes(size), bytes(scavengedBytes))) {
        this.takeBack(page, npages, npages - scavenged);
        spans.free(s);
        return spanId(0);
      }
      counters.heapReleased[0] -= scavengedBytes;
    }
    this.initSpan(s, page, npages, use, spanClass, elemSize, nelems, markBits, allocBits);
    counters.heapFree[0] -= size - scavengedBytes;
    this.count(use, size);
    return s;
  }

  /**
   * The system would not make pages ready again (it can refuse after a hard decommit). They go back free
   * and released, all of them: the refused mapping may have cost the ones that were ready, too.
   */
  private takeBack(page: number, npages: number, ready: number): void {
    const { pages, sys, counters } = this.parts;
    pages.free(pageIndex(page), pageCount(npages));
    const { scavenged } = pages.memory.chunks;
    for (let i = page; i < page + npages; i++) scavenged[i >>> 5] |= 1 << (i & 31);
    counters.heapFree[0] -= ready * pageSize;
    counters.heapReleased[0] += ready * pageSize;
    sys.accounts.mappedReady(-ready * pageSize);
  }

  private initSpan(
    s: SpanId,
    page: number,
    npages: number,
    use: SpanUse,
    spanClass: number,
    elemSize: number,
    nelems: number,
    markBits: number,
    allocBits: number,
  ): void {
    const { spans, arenas, pageColumns, sweepState, counters } = this.parts;
    const { columns } = spans;
    columns.use[s] = use;
    columns.spanClass[s] = spanClass;
    columns.startPage[s] = page;
    columns.pages[s] = npages;
    columns.needZero[s] = arenas.takeZeroed(page, npages) ? 1 : 0;
    columns.elemSize[s] = elemSize;
    columns.stride[s] = elemSize;
    columns.perObject[s] = perObjectOf(elemSize);
    columns.nelems[s] = nelems;
    columns.freeIndex[s] = 0;
    columns.allocCount[s] = 0;
    columns.cachedCount[s] = 0;
    columns.markBits[s] = markBits;
    columns.allocBits[s] = allocBits;
    columns.tinyStarts[s] = 0;
    columns.cachedAt[s] = 0;
    if (use === spanUse.heap) {
      columns.sweepGen[s] = sweepState.gen;
      spans.setState(s, spanState.inUse);
    } else {
      spans.setState(s, spanState.manual);
    }
    const { spanOf } = pageColumns;
    if (npages <= 64) for (let i = page; i < page + npages; i++) spanOf[i] = s;
    else spanOf.fill(s, page, page + npages);
    if (use === spanUse.heap) {
      pageColumns.inUse[page >>> 5] |= 1 << (page & 31);
      counters.pagesInUse[0] += npages;
      sweepState.markWords += bitmapWords(nelems);
    }
  }

  /** Books a span's bytes to what it is used for. */
  private count(use: SpanUse, size: number): void {
    const { counters } = this.parts;
    switch (use) {
      case spanUse.heap:
        counters.heapInUse[0] += size;
        break;
      case spanUse.stack:
        counters.inStacks[0] += size;
        break;
      case spanUse.workBuffer:
        counters.inWorkBuffers[0] += size;
        break;
      case spanUse.pointerBits:
        counters.inPointerBits[0] += size;
        break;
    }
  }

  /** Adds room for at least npages to the page heap: the bytes added, 0 when the system has no memory. */
  grow(npages: number): number {
    const { arenas } = this.parts;
    const { state } = arenas;
    const ask = alignUp(npages * pageSize, chunkBytes);
    let total = 0;
    if (state.curBase[0] + ask > state.curEnd[0]) {
      const before = arenas.snapshot();
      const base = arenas.reserve(ask);
      if (base === 0) return 0;
      const size = alignUp(ask, arenaBytes);
      if (!this.leavesRoom()) {
        arenas.giveBack(before, base, size);
        return 0;
      }
      if (base === state.curEnd[0]) {
        state.curEnd[0] = base + size;
      } else {
        const rest = state.curEnd[0] - state.curBase[0];
        if (rest > 0) {
          if (!this.growInto(state.curBase[0], rest)) {
            arenas.giveBack(before, base, size);
            return 0;
          }
          total += rest;
        }
        state.curBase[0] = base;
        state.curEnd[0] = base + size;
      }
    }
    const start = state.curBase[0];
    // The rest of the old space may be ours already: then what could be had is what there is.
    if (!this.growInto(start, ask)) return 0;
    state.curBase[0] = start + ask;
    return total + ask;
  }

  /** Maps reserved space and gives it to the page heap. */
  private growInto(start: number, size: number): boolean {
    const { sys, arenas, pages, counters } = this.parts;
    const at = address(start);
    const page = pageIndex(arenas.pageOf(start));
    const npages = pageCount(size / pageSize);
    // What can fail for lack of memory comes before what cannot be undone.
    if (
      !pages.memory.commit(page / chunkPages, (page + npages) / chunkPages, pages.ranges.count + 1) ||
      !sys.map(at, bytes(size), 'heap')
    )
      return false;
    if (!this.leavesRoom() && this.unmap(at, size)) return false;
    this.hooks.mapped(at, size);
    if (!pages.grow(page, npages)) fatal('the page heap refused pages it was prepared for', { page, npages });
    counters.heapReleased[0] += size;
    return true;
  }

  /** Makes mapped space reserved again, by way of Ready. False if the system refuses: then it is there to be used. */
  private unmap(start: number, size: number): boolean {
    const { sys } = this.parts;
    const at = address(start);
    if (!sys.used(at, bytes(size))) return false;
    if (sys.fault(at, bytes(size), 'heap')) return true;
    sys.accounts.mappedReady(-size);
    return false;
  }

  /** Whether the process could have some more memory. */
  private leavesRoom(): boolean {
    const { sys } = this.parts;
    const at = sys.alloc(bytes(engineRoom), 'other');
    if (at === 0) return false;
    sys.free(at, bytes(engineRoom), 'other', 'ready');
    return true;
  }
}
