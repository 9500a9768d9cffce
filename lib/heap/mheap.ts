/**
 * The heap proper: allocating and freeing by spans.
 *
 * Allocating a span takes pages (through the P's page cache, where the page heap has such; from the page heap
 * otherwise, growing if it has none), asks the scavenger's hook whether memory must be given back in exchange,
 * makes the pages ready, and fills in the span's row before publishing it in the page table. Which page heap it
 * is, makes one difference here: where free runs are spans, an allocation takes over the run's row, and a freed span's
 * row becomes the run (pages/run-page-heap.ts); elsewhere a row comes from the pool and goes back to it. What else only
 * some page heaps have is looked for by its name in the contract. Where physical pages are larger than the heap's, a
 * stack begins with one, if the page heap can do that.
 *
 * Failure: `allocSpan` answers 0 when the system has no memory; the heap is then as it was, except that it may have
 * grown, and that reserved address space is kept for the next try.
 *
 * Hooks: what to sweep first and what to release in exchange is policy and lies above; the wiring fills `hooks`.
 *
 * Not here: growing (growth.ts), objects (alloc/), when and what to sweep or scavenge (gc/, scavenge/).
 */
import { fatal } from '../base/errors.ts';
import {
  type Address,
  bytes,
  pageCount,
  pageIndex,
  pageSize,
  pId,
  type SpanId,
  spanId,
} from '../base/units.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap } from '../pages/contract.ts';
import { RunPageHeap } from '../pages/run-page-heap.ts';
import { type ManualUse, type SpanUse, spanState, spanUse } from '../spans/span-table.ts';
import { bitmapWords } from './gc-bits.ts';
import type { Growth } from './growth.ts';
import type { HeapState } from './heap-state.ts';
import type { PointerBits } from './pointer-bits.ts';
import type { SpanObserver } from './span-observer.ts';
import type { SpanRegistry } from './span-registry.ts';
import { manualShapes, type SpanShape } from './span-shape.ts';

export interface HeapHooks {
  /** Before a heap span of `npages` is allocated: sweep and reclaim at least as much. */
  reclaim(npages: number): void;
  /**
   * After pages were found and before they are made ready: `grown` bytes by which the heap grew for
   * them, `scavenged` bytes by which less counts as released, `size` bytes of the pages themselves.
   */
  scavengeInExchange(grown: number, scavenged: number, size: number): void;
  /** `size` bytes are about to be used, `scavenged` of which were released: what the kernel is to know of it. */
  reused?(at: Address, size: number, scavenged: number): void;
  /**
   * A span of objects was allocated for P `p`, `large` bytes of it one object that nobody has counted yet; or one is
   * about to be freed, on behalf of whatever P: −1.
   */
  tally?(p: number, large: number): void;
}

export interface HeapDeps {
  readonly sys: Sys;
  readonly state: HeapState;
  readonly pages: PageHeap;
  readonly growth: Growth;
  readonly registry: SpanRegistry;
  readonly observer: SpanObserver;
  /** What tells which words of the heap are pointers, where anything does. */
  readonly pointerBits: PointerBits | undefined;
  /** Ask for huge pages where released memory is used again. */
  readonly hugePageHints: boolean;
}

export class MHeap {
  hooks: HeapHooks = { reclaim: () => {}, scavengeInExchange: () => {} };
  readonly #deps: HeapDeps;
  readonly #state: HeapState;
  readonly #pages: PageHeap;
  /** The page heap, where its free runs are spans. */
  readonly #runs: RunPageHeap | undefined;
  /** Bytes by which the heap grew for the span being allocated. */
  #grown = 0;
  /** Whether the page heap knows which pages are zero. */
  readonly #knowsZero: boolean;
  /** Whether the page heap takes more pages than it is asked for. */
  readonly #roundsUp: boolean;

  constructor(deps: HeapDeps) {
    this.#deps = deps;
    this.#state = deps.state;
    this.#pages = deps.pages;
    this.#runs = deps.pages instanceof RunPageHeap ? deps.pages : undefined;
    this.#knowsZero = deps.pages.lastNeedZero !== undefined;
    this.#roundsUp = deps.pages.roundUp !== undefined;
  }

  get growth(): Growth {
    return this.#deps.growth;
  }

  /** Allocates a span of objects for the collector. The span, or 0 when the system has no memory. */
  allocHeapSpan(p: number, npages: number, shape: SpanShape): SpanId {
    if (!this.#state.sweepState.isDone()) this.hooks.reclaim(npages);
    const s = this.allocSpan(p, npages, shape);
    if (s !== 0) {
      this.#deps.registry.allocated(s, shape.elemSize === 0);
      this.#deps.pointerBits?.write(s);
      this.hooks.tally?.(p, shape.elemSize === 0 ? npages * pageSize : 0);
    }
    return s;
  }

  /**
   * Allocates a span that the caller frees with `freeManual`: a stack, a work buffer, pointer bits.
   * Counted apart from the heap in use. The span, or 0.
   */
  allocManual(p: number, npages: number, use: ManualUse): SpanId {
    if (!Object.hasOwn(manualShapes, use)) return fatal('a span of objects is no manual span', { npages });
    return this.allocSpan(p, npages, manualShapes[use]);
  }

  freeManual(s: SpanId): void {
    const { columns } = this.#state.spans;
    if (columns.state[s] !== spanState.manual)
      fatal('freeing a span that is not manual', { span: s, state: columns.state[s] });
    this.#releaseSpan(s, columns.use[s] as SpanUse);
  }

  /** Frees a swept span without objects. */
  freeSpan(s: SpanId): void {
    const { spans, sweepState } = this.#state;
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
    this.hooks.tally?.(-1, 0);
    this.#forget(s);
    this.#releaseSpan(s, spanUse.heap);
  }

  /**
   * Makes a span of objects of pages that no page heap has, and which are zero. The pages are counted by the caller.
   * @param former a dead row that it gets again; 0: a new one
   * @returns the span, or 0 when there is no memory for what is kept of it
   */
  enter(former: number, page: number, npages: number, shape: SpanShape): SpanId {
    const { spans } = this.#state;
    const s = former === 0 ? spans.alloc() : spanId(former);
    if (s === 0) return s;
    if (!this.#prepareRow(s, shape)) {
      if (former === 0) spans.free(s);
      return spanId(0);
    }
    this.#initSpan(s, page, npages, shape);
    spans.columns.needZero[s] = 0;
    this.#deps.registry.allocated(s, shape.elemSize === 0);
    this.#deps.pointerBits?.write(s);
    return s;
  }

  /**
   * Frees a swept span without objects for good: accesses fault, and neither pages nor row are used again. The page heap
   * still takes them for allocated. False, with nothing done, where the system has too few mappings left.
   */
  fence(s: SpanId): boolean {
    const { spans, counters, arenas } = this.#state;
    const { columns } = spans;
    const size = columns.pages[s] * pageSize;
    const { sys } = this.#deps;
    // Physical pages of several spans cannot be taken from one of them.
    if (sys.physPageSize > pageSize) return false;
    if (!sys.faultIfRoom(arenas.addressOf(columns.startPage[s]), bytes(size), 'heap')) return false;
    this.hooks.tally?.(-1, 0);
    counters.heapInUse[0] -= size;
    columns.use[s] = spanUse.fenced;
    this.leave(s);
    return true;
  }

  /** Takes a swept span without objects from the collector; its row stays, and its pages are nobody's: accesses fault. */
  leave(s: SpanId): void {
    const { spans } = this.#state;
    const { columns } = spans;
    this.#forget(s);
    spans.setState(s, spanState.dead);
    columns.freeIndex[s] = 0;
    columns.allocCount[s] = 0;
    columns.unasked[s] = 0;
    spans.setState(s, spanState.faulted);
  }

  /** A span of objects is none any more: whoever keeps something of it is told. */
  #forget(s: SpanId): void {
    const { spans, counters, pageColumns, sweepState } = this.#state;
    const { columns } = spans;
    const { registry, pointerBits, observer } = this.#deps;
    const page = columns.startPage[s];
    registry.freed(s);
    pointerBits?.clear(s);
    observer.spanFreed(s);
    counters.pagesInUse[0] -= columns.pages[s];
    pageColumns.inUse[page >>> 5] &= ~(1 << (page & 31));
    sweepState.markWords -= bitmapWords(columns.nelems[s]);
  }

  /**
   * Allocates a span; of one for objects neither registry nor pointer bits are told. The span, or 0.
   * @param least its pages; the span has more of them where the page heap rounds up
   * @param at the first page it must have, all of them free, for rebuilding a heap from a record of it; −1: wherever
   *   there is room
   */
  allocSpan(p: number, least: number, shape: SpanShape, at = -1): SpanId {
    const { arenas, counters, spans } = this.#state;
    const { sys } = this.#deps;
    const pages = this.#pages;
    const npages = this.#roundsUp && at < 0 ? (pages.roundUp?.(pageCount(least)) ?? least) : least;
    this.#grown = 0;
    let s: SpanId;
    let page = at;
    if (this.#runs === undefined) {
      // What can fail for lack of metadata comes before pages change hands.
      s = spans.alloc();
      if (s === 0) return s;
      if (shape.use === spanUse.heap && !this.#prepareRow(s, shape)) {
        spans.free(s);
        return spanId(0);
      }
      if (at >= 0) pages.allocAt?.(pageIndex(at), pageCount(npages));
      else page = this.#takePages(p, npages, shape);
      if (page < 0) return this.#unmade(s, shape);
    } else {
      s = this.#takeRun(this.#runs, npages, shape);
      if (s === 0) return s;
      page = spans.columns.startPage[s];
    }
    const size = npages * pageSize;
    const scavenged = pages.lastScavenged;
    const scavengedBytes = scavenged * pageSize;
    this.hooks.scavengeInExchange(this.#grown, scavengedBytes, size);
    if (scavenged !== 0) {
      if (!sys.used(arenas.addressOf(page), bytes(size), bytes(Math.min(size, scavengedBytes)))) {
        this.#takeBack(page, npages, npages - scavenged);
        return this.#unmade(s, shape);
      }
      // The 2014 design takes back more of what it believed to be released than it hands out.
      if (scavengedBytes > size) sys.accounts.mappedReady(scavengedBytes - size);
      counters.heapReleased[0] -= scavengedBytes;
      if (this.#deps.hugePageHints) sys.hugePage(arenas.addressOf(page), size);
      this.hooks.reused?.(arenas.addressOf(page), size, scavengedBytes);
    }
    this.#initSpan(s, page, npages, shape);
    counters.heapFree[0] -= size - scavengedBytes;
    this.#count(shape.use, size);
    return s;
  }

  /** Free pages, after growing if need be; −1 when the system has no memory for them. */
  #takePages(p: number, npages: number, shape: SpanShape): number {
    const pages = this.#pages;
    const align = shape.use === spanUse.stack && pages.allocAligned !== undefined ? this.growth.physPages : 1;
    let page: number = align === 1 ? (pages.allocCached?.(pId(p), pageCount(npages)) ?? -1) : -1;
    if (page < 0) page = this.#find(npages, align);
    if (page >= 0) return page;
    // With what is passed over to get to a physical page's start.
    const need = npages + (align === 1 ? 0 : align);
    if (!this.#grow(need)) return -1;
    page = this.#find(npages, align);
    if (page < 0) this.#requireLittleGrowth(need);
    return page;
  }

  /** Pages of the page heap; −1 when it has none. */
  #find(npages: number, align: number): number {
    const pages = this.#pages;
    return align === 1
      ? pages.alloc(pageCount(npages))
      : (pages.allocAligned?.(pageCount(npages), pageCount(align)) ?? -1);
  }

  /** A free run's row, which becomes the allocation's. The row, or 0. */
  #takeRun(runs: RunPageHeap, npages: number, shape: SpanShape): SpanId {
    let s = runs.find(npages);
    if (s === 0 && this.#grow(npages)) {
      s = runs.find(npages);
      if (s === 0) this.#requireLittleGrowth(npages);
    }
    // What can fail for lack of metadata comes before pages change hands; which row it is, is known only now.
    if (s === 0 || !runs.ensure()) return spanId(0);
    if (shape.use === spanUse.heap && !this.#prepareRow(s, shape)) return spanId(0);
    runs.take(s, npages);
    return spanId(s);
  }

  /** Whether the heap grew. */
  #grow(npages: number): boolean {
    this.#grown = this.#deps.growth.grow(npages);
    return this.#grown > 0;
  }

  /**
   * There is no room after growing: less was added than the span needs, what was left of a space, with what was free
   * before it.
   */
  #requireLittleGrowth(npages: number): void {
    if (this.#grown >= npages * pageSize)
      fatal('grew the heap and still found no room', { npages, grown: this.#grown });
  }

  /** Takes what is kept of a span of objects beside its row. False, with nothing to be given back, without memory. */
  #prepareRow(s: number, shape: SpanShape): boolean {
    const { spans, gcBits } = this.#state;
    const { columns } = spans;
    const { registry, observer } = this.#deps;
    if (!registry.prepareFor(shape.spanClass, spans.end)) return false;
    const markBits = gcBits.allocForSpan(shape.nelems);
    const allocBits = markBits < 0 ? -1 : gcBits.allocForSpan(shape.nelems);
    if (allocBits < 0) return false;
    columns.markBits[s] = markBits;
    columns.allocBits[s] = allocBits;
    return observer.spanMade(spanId(s), shape);
  }

  /** Forgets a span that could not be made. */
  #unmade(s: SpanId, shape: SpanShape): SpanId {
    if (shape.use === spanUse.heap) this.#deps.observer.spanFreed(s);
    this.#state.spans.free(s);
    return spanId(0);
  }

  /**
   * The system would not make pages ready again (it can refuse after a hard decommit). They go back free
   * and released, all of them: the refused mapping may have cost the ones that were ready, too.
   */
  #takeBack(page: number, npages: number, ready: number): void {
    const { counters } = this.#state;
    const pages = this.#pages;
    if (pages.takeBack === undefined)
      fatal('used memory was refused without a hard decommit', { page, npages });
    pages.takeBack(pageIndex(page), pageCount(npages));
    counters.heapFree[0] -= ready * pageSize;
    counters.heapReleased[0] += ready * pageSize;
    this.#deps.sys.accounts.mappedReady(-ready * pageSize);
  }

  /** Fills in a dead row, in which `freeIndex`, `allocCount`, `unasked` and what a cache keeps are 0. */
  #initSpan(s: SpanId, page: number, npages: number, shape: SpanShape): void {
    const { spans, arenas, pageColumns, sweepState, counters } = this.#state;
    const { columns } = spans;
    const needZero = this.#knowsZero ? this.#pages.lastNeedZero : arenas.takeZeroed(page, npages);
    columns.use[s] = shape.use;
    columns.spanClass[s] = shape.spanClass;
    columns.startPage[s] = page;
    columns.pages[s] = npages;
    columns.needZero[s] = needZero ? 1 : 0;
    columns.elemSize[s] = shape.elemSize;
    columns.perObject[s] = shape.perObject;
    columns.nelems[s] = shape.nelems;
    const { spanOf } = pageColumns;
    if (npages <= 64) for (let i = page; i < page + npages; i++) spanOf[i] = s;
    else spanOf.fill(s, page, page + npages);
    if (shape.nelems === 0) {
      spans.setState(s, spanState.manual);
      return;
    }
    columns.sweepGen[s] = sweepState.gen;
    spans.setState(s, spanState.inUse);
    pageColumns.inUse[page >>> 5] |= 1 << (page & 31);
    counters.pagesInUse[0] += npages;
    sweepState.markWords += bitmapWords(shape.nelems);
  }

  #releaseSpan(s: SpanId, use: SpanUse): void {
    const { spans, counters } = this.#state;
    const { columns } = spans;
    const npages = columns.pages[s];
    const page = columns.startPage[s];
    this.#count(use, -npages * pageSize);
    counters.heapFree[0] += npages * pageSize;
    spans.setState(s, spanState.dead);
    columns.needZero[s] = 0;
    // A stale entry of the page table leads to no class of small objects.
    columns.spanClass[s] = 0;
    // Only a large object's can be more.
    if (columns.elemSize[s] === 0) columns.unasked[s] = 0;
    columns.elemSize[s] = 0;
    columns.nelems[s] = 0;
    columns.freeIndex[s] = 0;
    columns.allocCount[s] = 0;
    if (this.#runs !== undefined) {
      this.#runs.give(s);
    } else {
      spans.free(s);
      this.#pages.free(pageIndex(page), pageCount(npages));
    }
  }

  /** Accounts a span's bytes to what it is used for. */
  #count(use: SpanUse, size: number): void {
    const { counters } = this.#state;
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
}
