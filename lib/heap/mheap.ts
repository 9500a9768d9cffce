/**
 * The heap proper: allocating, freeing and growing by spans.
 *
 * Allocating a span takes pages (from the P's page cache, where the page heap has such, when there are
 * fewer than 16; from the page heap otherwise, growing if it has none), asks the scavenger's hook whether
 * memory must be given back in exchange, makes the pages ready, and fills in the span's columns before
 * publishing it in the page table. Which page heap it is, is not known here.
 *
 * Growing takes memory in the growth unit from the current arena space; when that is used up, more is
 * reserved through the arena hints. If the new space does not adjoin, the rest of the old is grown into
 * first, so that nothing is lost. Fresh memory counts as released where the page heap says so: it costs
 * nothing yet. The 2014 and 2019 designs count it as free and backed.
 *
 * Failure: `allocSpan` answers 0 when the system has no memory; the heap is then as it was, except that
 * reserved address space is kept for the next try, and that the rest of the old one may be grown into.
 *
 * Growing leaves the JavaScript engine some memory (engine-room.ts).
 *
 * Hooks: what to release in exchange is policy and lies above; the wiring fills `hooks`.
 *
 * Not here: objects (alloc/), when and what to sweep or scavenge (gc/, scavenge/).
 */

import type { TinyStarts } from '../alloc/tiny-starts.ts';
import { fatal } from '../base/errors.ts';
import {
  type Address,
  address,
  alignUp,
  arenaBytes,
  bytes,
  KiB,
  MiB,
  pageCount,
  pageIndex,
  pageSize,
  type SpanId,
  spanId,
} from '../base/units.ts';
import type { Views } from '../meta/column.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap } from '../pages/contract.ts';
import type { PageCache } from '../pages/radix/page-cache.ts';
import type { RadixPageHeap } from '../pages/radix/page-heap.ts';
import type { Arenas } from '../spans/arenas.ts';
import type { pageTable } from '../spans/page-table.ts';
import { perObjectOf, type SpanTable, type SpanUse, spanState, spanUse } from '../spans/span-table.ts';
import type { counterTable } from './counters.ts';
import { leavesRoom } from './engine-room.ts';
import { bitmapWords, type GcBits } from './gc-bits.ts';
import type { HeapBitmap } from './heap-bitmap.ts';
import type { SpanBooks } from './span-registry.ts';
import type { SweepState } from './sweep-state.ts';

/** Growth units up to this are a least amount, and this is then the step. */
const smallGrowthUnit = 1 * MiB;
const growthStep = 64 * KiB;

/** Spans of fewer pages come from the page cache: a quarter of its 64 pages. */
const cachedSpanPages = 16;

export interface HeapHooks {
  /** Before a heap span of `npages` is allocated: sweep and reclaim at least as much. */
  reclaim(npages: number): void;
  /** Before the heap grows by `size` bytes, which the page heap does not have yet. */
  growing(size: number): void;
  /**
   * After pages were found and before they are made ready: `grown` bytes by which the heap grew for
   * them, `scavenged` bytes by which less counts as released, `size` bytes of the pages themselves.
   */
  scavengeInExchange(grown: number, scavenged: number, size: number): void;
  /** After fresh memory was mapped: what the options ask of the kernel for it. */
  mapped(at: Address, size: number): void;
}

/** The parts a heap is put together from. */
export interface HeapParts {
  readonly sys: Sys;
  readonly arenas: Arenas;
  readonly spans: SpanTable;
  readonly pageColumns: Views<typeof pageTable>;
  readonly pages: PageHeap;
  /** The same, where it is the radix one: with page caches, and pages that can be asked for by number. */
  readonly radix: RadixPageHeap | undefined;
  /** The page cache of each P; none where the page heap has no such thing. */
  readonly pageCaches: readonly PageCache[];
  /** Bytes: see design/design.ts. */
  readonly growthUnit: number;
  /** Ask for huge pages where released memory is used again. */
  readonly hugePageHints: boolean;
  readonly gcBits: GcBits;
  readonly books: SpanBooks;
  /** Where free objects are threaded through themselves: the bitmap of what every word of the heap is. */
  readonly heapBitmap: HeapBitmap | undefined;
  readonly sweepState: SweepState;
  readonly tinyStarts: TinyStarts;
  readonly counters: Views<typeof counterTable>;
}

export class MHeap {
  readonly parts: HeapParts;
  hooks: HeapHooks = {
    reclaim: () => {},
    growing: () => {},
    scavengeInExchange: () => {},
    mapped: () => {},
  };
  /** Whether spans of a few pages go through a page cache, and whether the page heap knows what is zero. */
  readonly #cached: boolean;
  readonly #knowsZero: boolean;

  constructor(parts: HeapParts) {
    this.parts = parts;
    this.#cached = parts.radix !== undefined;
    this.#knowsZero = parts.pages.lastNeedZero !== undefined;
  }

  /**
   * Allocates a span of objects for the collector. `elemSize` 0: one large object.
   * The span, or 0 when the system has no memory.
   */
  allocHeapSpan(p: number, npages: number, spanClass: number, elemSize: number, nelems: number): SpanId {
    if (!this.parts.sweepState.isDone()) this.hooks.reclaim(npages);
    const s = this.#allocSpan(p, npages, spanUse.heap, spanClass, elemSize, nelems);
    if (s !== 0) {
      this.parts.books.allocated(s, elemSize === 0);
      this.parts.heapBitmap?.write(s);
    }
    return s;
  }

  /**
   * Allocates a span that the caller frees with `freeManual`: a stack, a work buffer, pointer bits.
   * Counted apart from the heap in use. The span, or 0.
   */
  allocManual(p: number, npages: number, use: SpanUse): SpanId {
    if (use === spanUse.heap) fatal('a heap span is no manual span', { npages });
    return this.#allocSpan(p, npages, use, 0, 0, 0);
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
    return this.#allocSpan(0, npages, use, spanClass, elemSize, nelems, page);
  }

  freeManual(s: SpanId): void {
    const { columns } = this.parts.spans;
    if (columns.state[s] !== spanState.manual)
      fatal('freeing a span that is not manual', { span: s, state: columns.state[s] });
    this.#releaseSpan(s, columns.use[s] as SpanUse);
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
    this.parts.books.freed(s);
    this.parts.heapBitmap?.clear(s);
    counters.pagesInUse[0] -= columns.pages[s];
    pageColumns.inUse[page >>> 5] &= ~(1 << (page & 31));
    sweepState.markWords -= bitmapWords(columns.nelems[s]);
    if (columns.tinyStarts[s] !== 0) {
      tinyStarts.free(columns.tinyStarts[s]);
      columns.tinyStarts[s] = 0;
    }
    this.#releaseSpan(s, spanUse.heap);
  }

  #releaseSpan(s: SpanId, use: SpanUse): void {
    const { spans, pages } = this.parts;
    const { columns } = spans;
    const npages = columns.pages[s];
    const page = columns.startPage[s];
    this.#count(use, -npages * pageSize);
    this.parts.counters.heapFree[0] += npages * pageSize;
    spans.setState(s, spanState.dead);
    columns.needZero[s] = 0;
    columns.elemSize[s] = 0;
    columns.stride[s] = 0;
    columns.nelems[s] = 0;
    columns.freeIndex[s] = 0;
    columns.allocCount[s] = 0;
    // First the id, then the pages: a page heap may need one for the free run.
    spans.free(s);
    pages.free(pageIndex(page), pageCount(npages));
  }

  /** `at`: the first page it must have; −1: wherever there is room. */
  #allocSpan(
    p: number,
    npages: number,
    use: SpanUse,
    spanClass: number,
    elemSize: number,
    nelems: number,
    at = -1,
  ): SpanId {
    const { spans, books, pages, radix, pageCaches, gcBits, arenas, sys, counters } = this.parts;
    // Everything that can fail for lack of metadata comes before pages change hands.
    const s = spans.alloc();
    if (s === 0) return s;
    let markBits = 0;
    let allocBits = 0;
    if (use === spanUse.heap) {
      markBits = books.prepareFor(spanClass, spans.end) ? gcBits.allocForSpan(nelems) : -1;
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
      scavenged = radix!.allocRange(pageIndex(at), pageCount(npages));
    } else if (this.#cached && npages < cachedSpanPages) {
      const cache = pageCaches[p];
      if (cache.isEmpty()) radix!.allocToCache(cache);
      page = cache.alloc(pageCount(npages));
      scavenged = cache.lastScavenged;
    }
    if (page < 0) {
      page = pages.alloc(pageCount(npages));
      if (page < 0) {
        grown = this.grow(npages);
        if (grown > 0) page = pages.alloc(pageCount(npages));
        if (page < 0) {
          // Less may have been added than the span needs: what was left of a space, with what was free before it.
          if (grown >= npages * pageSize) fatal('grew the heap and still found no room', { npages, grown });
          spans.free(s);
          return spanId(0);
        }
      }
      scavenged = pages.lastScavenged;
    }

    const size = npages * pageSize;
    const scavengedBytes = scavenged * pageSize;
    this.hooks.scavengeInExchange(grown, scavengedBytes, size);
    if (scavenged !== 0) {
      if (!sys.used(arenas.addressOf(page), bytes(size), bytes(Math.min(size, scavengedBytes)))) {
        this.#takeBack(page, npages, npages - scavenged);
        spans.free(s);
        return spanId(0);
      }
      // The 2014 design takes back more of what it believed to be released than it hands out.
      if (scavengedBytes > size) sys.accounts.mappedReady(scavengedBytes - size);
      counters.heapReleased[0] -= scavengedBytes;
      if (this.parts.hugePageHints) sys.hugePage(arenas.addressOf(page), size);
    }
    this.#initSpan(s, page, npages, use, spanClass, elemSize, nelems, markBits, allocBits);
    counters.heapFree[0] -= size - scavengedBytes;
    this.#count(use, size);
    return s;
  }

  /**
   * The system would not make pages ready again (it can refuse after a hard decommit). They go back free
   * and released, all of them: the refused mapping may have cost the ones that were ready, too.
   */
  #takeBack(page: number, npages: number, ready: number): void {
    const { radix, sys, counters } = this.parts;
    if (radix === undefined) fatal('used memory was refused without a hard decommit', { page, npages });
    radix.freeScavenged(pageIndex(page), pageCount(npages));
    counters.heapFree[0] -= ready * pageSize;
    counters.heapReleased[0] += ready * pageSize;
    sys.accounts.mappedReady(-ready * pageSize);
  }

  #initSpan(
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
    const { spans, arenas, pages, pageColumns, sweepState, counters } = this.parts;
    const { columns } = spans;
    columns.use[s] = use;
    columns.spanClass[s] = spanClass;
    columns.startPage[s] = page;
    columns.pages[s] = npages;
    columns.needZero[s] = (this.#knowsZero ? pages.lastNeedZero : arenas.takeZeroed(page, npages)) ? 1 : 0;
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
  #count(use: SpanUse, size: number): void {
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

  /**
   * Adds room for at least npages to the page heap. The bytes added: fewer when the system has no more memory,
   * 0 when it has none.
   */
  grow(npages: number): number {
    const { growthUnit } = this.parts;
    const small = growthUnit <= smallGrowthUnit;
    const need = alignUp(npages * pageSize, small ? growthStep : growthUnit);
    const ask = Math.max(need, growthUnit);
    const grown = this.#growBy(ask);
    return grown >= need || need === ask ? grown : grown + this.#growBy(need);
  }

  #growBy(ask: number): number {
    const { arenas, sys } = this.parts;
    const { state } = arenas;
    let total = 0;
    if (state.curBase[0] + ask > state.curEnd[0]) {
      const before = arenas.snapshot();
      const base = arenas.reserve(ask);
      if (base === 0) return 0;
      const size = alignUp(ask, arenaBytes);
      if (!leavesRoom(sys)) {
        arenas.giveBack(before, base, size);
        return 0;
      }
      if (base === state.curEnd[0]) {
        state.curEnd[0] = base + size;
      } else {
        const rest = state.curEnd[0] - state.curBase[0];
        if (rest > 0) {
          if (!this.#growInto(state.curBase[0], rest)) {
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
    // The rest of the old space may be ours already: then that is what could be had.
    if (!this.#growInto(start, ask)) return total;
    state.curBase[0] = start + ask;
    return total + ask;
  }

  /** Maps reserved space and gives it to the page heap. */
  #growInto(start: number, size: number): boolean {
    const { sys, arenas, pages, heapBitmap, counters } = this.parts;
    const at = address(start);
    const page = pageIndex(arenas.pageOf(start));
    const npages = pageCount(size / pageSize);
    // What can fail for lack of memory comes before what cannot be undone.
    if (heapBitmap?.ensure(page, npages) === false) return false;
    if (pages.prepareGrow?.(page, npages) === false || !sys.map(at, bytes(size), 'heap')) return false;
    if (!leavesRoom(sys) && this.#unmap(at, size)) return false;
    this.hooks.mapped(at, size);
    this.hooks.growing(size);
    if (!pages.grow(page, npages)) {
      // It may only do so where it was not asked before.
      if (pages.prepareGrow === undefined && this.#unmap(at, size)) return false;
      fatal('the page heap refused pages it was prepared for', { page, npages });
    }
    if (pages.freshScavenged) {
      counters.heapReleased[0] += size;
    } else {
      sys.used(at, bytes(size));
      counters.heapFree[0] += size;
    }
    return true;
  }

  /** Makes mapped space reserved again, by way of Ready. False if the system refuses: then it is there to be used. */
  #unmap(start: number, size: number): boolean {
    const { sys } = this.parts;
    const at = address(start);
    if (!sys.used(at, bytes(size))) return false;
    if (sys.fault(at, bytes(size), 'heap')) return true;
    sys.accounts.mappedReady(-size);
    return false;
  }
}
