/**
 * The wiring: one heap's parts, put together.
 *
 * Layers below declare hooks where they need what lies above them: growing must scavenge, allocating
 * must sweep and may have to collect. Here those hooks are filled. The same wiring serves the thread
 * that made the heap and each that attaches: everything shared lies in the tables, and what is made
 * here are views, configuration, and this thread's P.
 *
 * Guard: one thread at a time. The public face (api/heap.ts) takes the lock where a heap is shared.
 *
 * Not here: argument checks, events of the outside (timers, signals).
 */

import { FreeListMalloc } from '../alloc/freelist-malloc.ts';
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { Malloc } from '../alloc/malloc.ts';
import { MCache, mcacheTable } from '../alloc/mcache.ts';
import { MCentral } from '../alloc/mcentral.ts';
import { type SizeClasses, sizeClassTablesByName } from '../alloc/size-classes.ts';
import { TinyStarts } from '../alloc/tiny-starts.ts';
import { fatal, PageHeapError } from '../base/errors.ts';
import { type Address, address, arenaBytes, pageCount, pageSize, pId } from '../base/units.ts';
import { type KeptOptions, optionTable, readOptions, recordOptions } from '../design/option-table.ts';
import { defaultReaches, type ResolvedOptions } from '../design/options.ts';
import { CpuLimiter } from '../gc/cpu-limiter.ts';
import { type CycleReport, Cycles } from '../gc/cycle.ts';
import type { Watch } from '../gc/events.ts';
import { LiveTrigger } from '../gc/live-trigger.ts';
import { Pacer } from '../gc/pacer.ts';
import { SweepPace } from '../gc/sweep-pace.ts';
import { Sweeper } from '../gc/sweeper.ts';
import { TimeHistogram } from '../gc/time-histogram.ts';
import { counterTable } from '../heap/counters.ts';
import type { FreeLists } from '../heap/free-lists.ts';
import { GcBits } from '../heap/gc-bits.ts';
import type { HeapBitmap } from '../heap/heap-bitmap.ts';
import { MHeap } from '../heap/mheap.ts';
import { SpanObjects } from '../heap/span-objects.ts';
import type { SpanBooks } from '../heap/span-registry.ts';
import { SpanSets } from '../heap/span-sets.ts';
import { SpanSweeper } from '../heap/sweep-span.ts';
import { SweepState } from '../heap/sweep-state.ts';
import type { Views } from '../meta/column.ts';
import { MetaMemory } from '../meta/meta-memory.ts';
import { Persistent } from '../meta/persistent.ts';
import type { Sys } from '../os/sys.ts';
import type { PageHeap, PageHeapClass } from '../pages/contract.ts';
import { PageCache } from '../pages/radix/page-cache.ts';
import type { RadixPageHeap } from '../pages/radix/page-heap.ts';
import { Scavenging } from '../scavenge/scavenging.ts';
import { Arenas, reserveFirstArena } from '../spans/arenas.ts';
import { ObjectMemory } from '../spans/object-memory.ts';
import { pageTable } from '../spans/page-table.ts';
import { SpanTable } from '../spans/span-table.ts';
import { commitPageHeapSetup, makePageHeap } from './page-heaps.ts';
import { makeSpanParts, prepareSpanParts } from './span-structures.ts';
import {
  capacities,
  heapTable,
  parameterOrigin,
  parameterPs,
  parameterReach,
  persistentTable,
  policyTable,
  smallTables,
} from './tables.ts';

export class Runtime {
  readonly sys: Sys;
  readonly meta: MetaMemory;
  readonly origin: Address;
  readonly reach: number;
  readonly ps: number;
  readonly watch: Watch;
  readonly table: Views<typeof heapTable>;
  readonly counters: Views<typeof counterTable>;
  readonly arenas: Arenas;
  readonly memory: ObjectMemory;
  readonly spans: SpanTable;
  /** What every thread of this heap knows of what it was made with, and of it the design. */
  readonly options: KeptOptions;
  readonly parts: KeptOptions['design'];
  /** The size classes of this heap. */
  readonly classes: SizeClasses;
  readonly pages: PageHeap;
  private readonly radixPages: RadixPageHeap | undefined;
  readonly pageCaches: readonly PageCache[];
  readonly gcBits: GcBits;
  readonly sets: SpanSets;
  readonly books: SpanBooks;
  readonly freeLists: FreeLists | undefined;
  readonly heapBitmap: HeapBitmap | undefined;
  readonly objects: SpanObjects;
  readonly heap: MHeap;
  readonly spanSweeper: SpanSweeper;
  readonly central: MCentral;
  readonly mcache: MCache;
  readonly sweeper: Sweeper;
  readonly pacer: Pacer;
  readonly pace: SweepPace;
  readonly limiter: CpuLimiter;
  readonly scavenging: Scavenging;
  readonly pauses: TimeHistogram;
  readonly cycles: Cycles;
  readonly persistent: Persistent;

  private constructor(sys: Sys, meta: MetaMemory, watch: Watch, own?: PageHeapClass) {
    this.sys = sys;
    this.meta = meta;
    this.watch = watch;
    this.origin = address(meta.parameters[parameterOrigin]);
    this.reach = meta.parameters[parameterReach];
    this.ps = meta.parameters[parameterPs];
    const now = (): number => watch.clock.now();
    this.table = meta.views(heapTable);
    this.counters = meta.views(counterTable);
    this.persistent = new Persistent(meta, persistentTable, {
      used: this.table.persistentUsed,
      committed: this.table.persistentCommitted,
    });

    this.arenas = new Arenas(meta, sys, this.origin, this.reach);
    this.memory = new ObjectMemory(sys, this.origin, this.reach);
    this.spans = new SpanTable(meta);
    const policies = meta.views(policyTable);
    this.options = readOptions(meta.views(optionTable));
    this.parts = this.options.design;
    this.classes = sizeClassTablesByName[this.parts.sizeClasses];
    this.pacer =
      this.parts.trigger === 'live'
        ? new LiveTrigger(policies.pacer, () => this.counters.totalFree[0])
        : new Pacer(policies.pacer);
    this.limiter = new CpuLimiter(policies.limiter);
    this.scavenging = new Scavenging({
      sys,
      meta,
      parts: this.parts,
      options: this.options,
      policies,
      counters: this.counters,
      arenas: this.arenas,
      limiter: this.limiter,
      pacer: this.pacer,
      lastHeapInUse: () => this.cycles.columns.lastHeapInUse[0],
      now,
      gctrace: watch.gctrace,
      scavtrace: watch.scavtrace,
      onEvent: watch.onEvent,
    });
    const made = makePageHeap(this.parts.pageHeap, own, this.parts.scavenger, {
      meta,
      sys,
      spans: this.spans,
      arenas: this.arenas,
      host: {
        reachPages: pageCount(this.reach / pageSize),
        physPages: Math.max(1, sys.physPageSize / pageSize),
        now,
        release: (page, npages, newly) => this.scavenging.releasePages(page, npages, newly),
      },
    });
    this.pages = made.pages;
    this.radixPages = made.radix;
    this.scavenging.attach(made.pages);
    const { radix } = made;
    this.pageCaches =
      radix === undefined
        ? []
        : Array.from({ length: this.ps }, (_, p) => new PageCache(radix.memory, pId(p)));
    this.gcBits = new GcBits(meta);
    this.sets = new SpanSets(meta);
    const sweepState = new SweepState(meta);
    const tinyStarts = new TinyStarts(meta);
    const spanParts = makeSpanParts(this.parts, {
      meta,
      spans: this.spans,
      sets: this.sets,
      sweepState,
      memory: this.memory,
      origin: this.origin,
    });
    this.books = spanParts.books;
    this.freeLists = spanParts.freeLists;
    this.heapBitmap = spanParts.heapBitmap;
    this.heap = new MHeap({
      sys,
      arenas: this.arenas,
      spans: this.spans,
      pageColumns: meta.views(pageTable),
      pages: this.pages,
      radix,
      pageCaches: this.pageCaches,
      growthUnit: this.parts.growthUnit,
      hugePageHints: this.parts.hugePageHints,
      gcBits: this.gcBits,
      books: this.books,
      heapBitmap: this.heapBitmap,
      sweepState,
      tinyStarts,
      counters: this.counters,
    });
    this.objects = new SpanObjects(this.spans.columns, this.gcBits.bits, meta.views(mcacheTable).open);
    this.spanSweeper = new SpanSweeper(this.heap, this.objects, this.books, this.gcBits, this.freeLists);
    this.spanSweeper.clobberFree = this.options.clobberFree;
    this.central = new MCentral(this.heap, this.books, this.spanSweeper, this.classes, this.freeLists);
    const parts = [meta, this.heap, this.central, this.objects, this.memory, this.classes] as const;
    this.mcache =
      this.freeLists === undefined ? new MCache(...parts) : new FreeListMCache(this.freeLists, ...parts);

    this.pace = new SweepPace(policies.sweepPace);
    this.pauses = new TimeHistogram(policies.pauses);
    this.sweeper = new Sweeper(meta, this.heap, this.books, this.spanSweeper, this.pace, spanParts.busy, {
      now,
      drained: () => this.scavenging.sweepDrained(),
      assisted: (ns) => this.limiter.addSweepTime(ns),
    });
    this.cycles = new Cycles(meta, {
      heap: this.heap,
      objects: this.objects,
      mcache: this.mcache,
      ps: this.ps,
      sweeper: this.sweeper,
      pacer: this.pacer,
      limiter: this.limiter,
      pauses: this.pauses,
      now,
      traceStyle: traceStyles[this.parts.generation],
      // The trigger of 2014 goes by what objects come to, for which those of cached spans must be counted.
      flushBefore: this.parts.sweep === 'busy' || this.parts.trigger === 'live',
      mappedReady: () => meta.accounts.ready,
      pace: (goal) => this.setPace(goal),
    });
    this.heap.hooks = {
      reclaim: (npages) => this.sweeper.reclaim(npages),
      growing: (size) => this.scavenging.growing(size),
      scavengeInExchange: (grown, scavenged, size) => this.scavenging.inExchange(grown, scavenged, size),
      mapped: (at, size) => this.adviseMapped(at, size),
    };
    this.central.hooks = { deductSweepCredit: (bytes, pages) => this.sweeper.deductCredit(bytes, pages) };
  }

  /** Makes a heap. Throws ERR_OUT_OF_MEMORY when the system has no memory or address space for one. */
  static create(sys: Sys, options: ResolvedOptions, watch: Watch): Runtime {
    const reaches = options.reach === undefined ? defaultReaches : [options.reach];
    for (const reach of reaches) {
      const runtime = Runtime.tryCreate(sys, reach, options, watch);
      if (runtime !== undefined) return runtime;
    }
    throw new PageHeapError('ERR_OUT_OF_MEMORY', 'the system has no address space or memory for a heap', {
      errno: sys.lastErrno,
      value: reaches.at(-1),
    });
  }

  /** This thread's view of a heap that another thread of the process made and shared. */
  static attach(sys: Sys, base: Address, watch: Watch): Runtime {
    const meta = MetaMemory.attach(sys, capacities, base);
    try {
      return new Runtime(sys, meta, watch);
    } catch (error) {
      meta.detach();
      throw error;
    }
  }

  /** A malloc that works with a P, which the calling thread holds. */
  mallocOf(p: number): Malloc {
    const kind = this.mcache instanceof FreeListMCache ? FreeListMalloc : Malloc;
    const malloc = new kind(
      p,
      this.heap,
      this.central,
      this.mcache,
      this.memory,
      this.classes,
      this.reach / pageSize,
      address(this.table.zeroBase[0]),
    );
    malloc.hooks = { slowPath: () => this.afterSlowPath(p) };
    return malloc;
  }

  /** Runs a cycle. False when there is no memory for one. */
  collect(forced: boolean): boolean {
    const report = this.cycles.run(forced);
    if (report === undefined) return false;
    this.tellCycle(report);
    return true;
  }

  /** A whole cycle and its sweep, as the runtime's GC(). False when there is no memory for one. */
  collectFully(): boolean {
    if (!this.collect(true)) return false;
    this.sweeper.sweepInPause();
    return true;
  }

  /** Releases everything that is free. Bytes released. */
  releaseAll(): number {
    return this.scavenging.releaseAll();
  }

  /** The page heap of a heap that has the radix one. */
  get radix(): RadixPageHeap {
    return this.radixPages ?? fatal('this heap has no radix page heap', {});
  }

  /** Recomputes all pacing: after GC percent or the limit were changed. */
  repace(): void {
    const { counters, pacer, heap } = this;
    pacer.commit(counters.heapLive[0], heap.parts.sweepState.isDone());
    this.setPace(this.heapGoal());
  }

  /** Background work that is due: a few spans swept, a burst of scavenging, a periodic cycle. Nanoseconds until more is. */
  step(): number {
    const now = this.watch.clock.now();
    if (this.limiter.needUpdate(now)) this.limiter.update(now);
    if (!this.heap.parts.sweepState.isDone() && this.sweeper.sweepInBackground(sweepBatch)) return 0;
    if (this.options.collect) {
      const period = this.options.forcedGCPeriod;
      if (this.pacer.periodicDue(now, this.cycles.columns.lastEnd[0], period)) {
        this.collect(false);
        return 0;
      }
    }
    let wait = this.scavenging.step();
    const lastEnd = this.cycles.columns.lastEnd[0];
    if (this.options.collect && lastEnd !== 0 && this.pacer.gcPercent >= 0) {
      wait = Math.min(wait, Math.max(0, lastEnd + this.options.forcedGCPeriod - now + 1));
    }

    return wait;
  }

  /** The goal for those who ask: Infinity where there is none. */
  statedGoal(): number {
    return this.pacer.isOff ? Infinity : this.heapGoal();
  }

  private heapGoal(): number {
    const { counters } = this;
    return this.pacer.heapGoal(
      this.meta.accounts.ready,
      counters.heapFree[0],
      counters.totalAlloc[0] - counters.totalFree[0],
    );
  }

  /** Returns everything to the system. This thread's views are detached first. */
  dispose(): void {
    this.memory.detach();
    this.arenas.release();
    this.meta.release();
  }

  /** Detaches this thread's views; the heap lives on. */
  detach(): void {
    this.memory.detach();
    this.meta.detach();
  }

  private static tryCreate(
    sys: Sys,
    reach: number,
    options: ResolvedOptions,
    watch: Watch,
  ): Runtime | undefined {
    const first = reserveFirstArena(sys, reach);
    if (first === undefined) return undefined;
    const meta = MetaMemory.create(sys, capacities, [
      first.origin,
      reach,
      options.ps,
      options.design.objects === 'freelist' ? 1 : 0,
    ]);
    if (meta === undefined) {
      sys.free(first.base, arenaBytes, 'heap', 'reserved');
      return undefined;
    }
    const giveBack = (): void => {
      sys.free(first.base, arenaBytes, 'heap', 'reserved');
      meta.release();
    };
    try {
      if (prepareTables(meta, options)) {
        const runtime = new Runtime(sys, meta, watch, options.design.pageHeapClass);
        if (runtime.begin(first.base, options)) return runtime;
      }
    } catch (error) {
      // Out of a page heap of the caller's, or the caller's clock.
      giveBack();
      throw error;
    }
    giveBack();
    return undefined;
  }

  private begin(firstArena: Address, options: ResolvedOptions): boolean {
    const zero = this.persistent.alloc(8);
    if (zero < 0 || !this.arenas.prepare(firstArena)) return false;
    this.table.zeroBase[0] = this.meta.addressOf(persistentTable, 'bytes') + zero;
    const now = this.watch.clock.now();
    this.cycles.columns.begun[0] = now;
    this.pacer.init(options.gcPercent, options.memoryLimit, options.rootBytes, options.triggerRatio);
    this.limiter.resetCapacity(now, 1);
    this.scavenging.init();
    return true;
  }

  private setPace(heapGoal: number): void {
    const { counters, pace, heap } = this;
    // The design of 2014 sweeps in the background and when pages are needed, not in proportion.
    if (this.parts.sweep !== 'busy') {
      pace.set(
        this.pacer.triggerOf(heapGoal),
        counters.heapLive[0],
        counters.pagesInUse[0],
        counters.pagesSwept[0],
        heap.parts.sweepState.isDone(),
      );
    }
    this.scavenging.setGoals(heapGoal);
  }

  /** What the options ask of the kernel for fresh memory. A kernel that refuses is not asked again. */
  private adviseMapped(at: Address, size: number): void {
    if (this.options.disableHugePages) this.sys.noHugePage(at, size);
    if (this.options.nameMappings) this.sys.name(at, size, 'pageheap: heap');
  }

  /** After a refill or a large object: the moment to look whether more is due. */
  private afterSlowPath(p: number): void {
    if (this.options.collect && this.collectionIsDue()) this.collect(false);
    if ((++this.mcache.columns.refills[p] & backgroundBeat) === 0) {
      const now = this.watch.clock.now();
      if (this.limiter.needUpdate(now)) this.limiter.update(now);
      if (this.scavenging.isDue(now)) this.scavenging.step();
    }
  }

  private collectionIsDue(): boolean {
    const { counters, pacer, limiter } = this;
    const ready = this.meta.accounts.ready;
    const heapAlloc = counters.totalAlloc[0] - counters.totalFree[0];
    // Asking the limiter costs a clock reading: only when a collection would be due.
    if (!pacer.shouldCollect(counters.heapLive[0], ready, counters.heapFree[0], heapAlloc)) return false;
    const now = this.watch.clock.now();
    if (limiter.needUpdate(now)) limiter.update(now);
    const limited = !limiter.affords(this.cycles.columns.lastPause[0]);
    return pacer.shouldCollect(counters.heapLive[0], ready, counters.heapFree[0], heapAlloc, limited);
  }

  private tellCycle(report: CycleReport): void {
    if (this.watch.gctrace) process.stderr.write(`${report.line}\n`);
    this.watch.onEvent?.({ kind: 'gc', ...report });
  }
}

/** Commits what every heap has from the start, and writes its options down. False when there is no memory. */
function prepareTables(meta: MetaMemory, options: ResolvedOptions): boolean {
  const prepared =
    smallTables.every((small) => meta.commit(small, 0, meta.rows(small))) &&
    SpanTable.prepare(meta) &&
    GcBits.prepare(meta) &&
    SpanSets.prepare(meta) &&
    prepareSpanParts(meta, options.design) &&
    TinyStarts.prepare(meta) &&
    SweepState.prepare(meta) &&
    Sweeper.prepare(meta) &&
    Cycles.prepare(meta) &&
    commitPageHeapSetup(options.design.pageHeap, meta);
  if (prepared) recordOptions(meta.views(optionTable), options);
  return prepared;
}

/** Whose gctrace lines a generation prints. */
const traceStyles = { lists: 'go1.4', treap: 'go1.12', radix: 'go1.21' } as const;
/** Spans swept in one background step: about 10 µs of work, as the runtime's batches. */
const sweepBatch = 10;
/** Refills between looks at the clock, less one: a mask. */
const backgroundBeat = 15;
