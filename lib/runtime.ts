/**
 * The wiring: one heap's parts, put together.
 *
 * Layers below declare hooks where they need what lies above them: growing must scavenge, allocating
 * must sweep and may have to collect. Here those hooks are filled. The same wiring serves the thread
 * that made the heap and each that attaches: everything shared lies in the tables, and what is made
 * here are views, configuration, and this thread's P.
 *
 * Guard: one thread at a time. The public face (public-heap.ts) takes the lock where a heap is shared.
 *
 * Not here: argument checks, events of the outside (timers, signals).
 */

import { Malloc } from './alloc/malloc.ts';
import { MCache, mcacheTable } from './alloc/mcache.ts';
import { MCentral } from './alloc/mcentral.ts';
import { numSpanClasses } from './alloc/size-classes.ts';
import { PageHeapError } from './base/errors.ts';
import { type Address, address, arenaBytes, pageSize, pId } from './base/units.ts';
import type { HeapEvent } from './events.ts';
import { CpuLimiter, cpuLimiterStateLength } from './gc/cpu-limiter.ts';
import { type CycleReport, Cycles, cycleTable } from './gc/cycle.ts';
import { Pacer, pacerStateLength } from './gc/pacer.ts';
import { SweepPace, sweepPaceStateLength } from './gc/sweep-pace.ts';
import { Sweeper, sweeperTable } from './gc/sweeper.ts';
import { TimeHistogram, timeHistogramStateLength } from './gc/time-histogram.ts';
import { counterTable } from './heap/counters.ts';
import { GcBits, gcBitsArenaRows, gcBitsArenaTable, gcBitsStateTable, gcBitsTable } from './heap/gc-bits.ts';
import { MHeap } from './heap/mheap.ts';
import { SpanObjects } from './heap/span-objects.ts';
import {
  SpanSets,
  setsPerSpanClass,
  spanBlockPoolTable,
  spanBlocksFor,
  spanBlockTable,
  spanSetTable,
} from './heap/span-sets.ts';
import { SpanSweeper } from './heap/sweep-span.ts';
import { SweepState, sweepStateTable } from './heap/sweep-state.ts';
import { TinyStarts, tinyStartsPoolTable, tinyStartsTable } from './heap/tiny-starts.ts';
import { f64, i32, table, u8, type Views } from './meta/column.ts';
import type { Capacity } from './meta/memory-map.ts';
import { MetaMemory } from './meta/meta-memory.ts';
import { Persistent } from './meta/persistent.ts';
import { defaultReaches, type ResolvedOptions } from './options.ts';
import type { Clock } from './os/clock.ts';
import type { Sys } from './os/sys.ts';
import { commitRadixSetup, radixCapacities, radixMemory } from './pages/radix/columns.ts';
import { RadixPageAlloc } from './pages/radix/page-alloc.ts';
import { PageCache } from './pages/radix/page-cache.ts';
import { BackgroundScavenger, backgroundStateLength } from './scavenge/background.ts';
import { limitDebt, ScavengeGoals, scavengeGoalsStateLength } from './scavenge/goals.ts';
import { formatScavTrace } from './scavenge/trace.ts';
import { Arenas, arenaStateTable, arenaTable, reserveFirstArena } from './spans/arenas.ts';
import { ObjectMemory } from './spans/object-memory.ts';
import { pageTable } from './spans/page-table.ts';
import { SpanTable, spanPoolTable, spanTable } from './spans/span-table.ts';

/** The state of the policies, each a stretch of doubles that its class lays out. */
export const policyTable = table('policies', 'other', {
  pacer: f64('heap', pacerStateLength),
  sweepPace: f64('heap', sweepPaceStateLength),
  limiter: f64('heap', cpuLimiterStateLength),
  scavengeGoals: f64('heap', scavengeGoalsStateLength),
  background: f64('heap', backgroundStateLength),
  pauses: f64('heap', timeHistogramStateLength),
});

/** What the threads of a heap must agree on, beside the tables of its parts. */
export const heapTable = table('heap', 'other', {
  /** The heap's lock. */
  lock: i32('atomic', 16),
  /** 1: operations take the lock. */
  shared: i32('atomic'),
  /** Where objects of no bytes are. */
  zeroBase: f64('setup'),
  /** Nanoseconds between forced cycles. */
  forcedPeriod: f64('setup'),
  /** 1: on. */
  collect: i32('setup'),
  scavenge: i32('setup'),
  clobberFree: i32('setup'),
  disableHugePages: i32('setup'),
  nameMappings: i32('setup'),
  historicalGoal: i32('setup'),
  persistentUsed: f64('heap'),
  persistentCommitted: f64('heap'),
});

export const persistentTable = table('persistent', 'other', { bytes: u8('heap') });

const persistentBytes = 16 * 1024 * 1024;
/** The longest a table may be: 4 GiB. */
const maxGcBitsWords = 2 ** 30;
const maxTinyRows = 2 ** 21;

// Parameters of the layout, in the header.
const parameterOrigin = 0;
const parameterReach = 1;
const parameterPs = 2;

/** Every table of a heap, with its rows. */
function capacities(parameters: readonly number[]): readonly Capacity[] {
  const reach = parameters[parameterReach];
  const ps = parameters[parameterPs];
  const pages = reach / pageSize;
  const arenas = reach / arenaBytes;
  // Every span has a page; ids start at one, and rows are committed by the batch.
  const spans = pages + 256;
  // Three bitmaps of 1024 bits are the most a page can have alive: being marked, allocated, about to be freed.
  const gcBitsWords = Math.min(pages * 32 * 3 + 2 ** 16, maxGcBitsWords);
  return [
    [heapTable, 1],
    [policyTable, 1],
    [counterTable, 1],
    [sweepStateTable, 1],
    [sweeperTable, 1],
    [cycleTable, 1],
    [arenaStateTable, 1],
    [spanPoolTable, 1],
    [gcBitsStateTable, 1],
    [spanBlockPoolTable, 1],
    [tinyStartsPoolTable, 1],
    [mcacheTable, ps],
    [spanSetTable, numSpanClasses * setsPerSpanClass],
    [persistentTable, persistentBytes],
    [arenaTable, arenas],
    ...radixCapacities(pages, ps),
    [spanTable, spans],
    [spanBlockTable, spanBlocksFor(numSpanClasses, spans) + 1],
    [gcBitsArenaTable, gcBitsArenaRows(gcBitsWords) + 1],
    [pageTable, pages],
    [tinyStartsTable, Math.min(pages, maxTinyRows)],
    [gcBitsTable, gcBitsWords],
  ];
}

const smallTables = [heapTable, policyTable, counterTable, mcacheTable] as const;

/** Everything a thread needs to work on a heap. */
export interface Watch {
  readonly clock: Clock;
  readonly gctrace: boolean;
  readonly scavtrace: boolean;
  readonly onEvent: ((event: HeapEvent) => void) | undefined;
}

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
  readonly pages: RadixPageAlloc;
  readonly pageCaches: readonly PageCache[];
  readonly gcBits: GcBits;
  readonly sets: SpanSets;
  readonly objects: SpanObjects;
  readonly heap: MHeap;
  readonly spanSweeper: SpanSweeper;
  readonly central: MCentral;
  readonly mcache: MCache;
  readonly sweeper: Sweeper;
  readonly pacer: Pacer;
  readonly pace: SweepPace;
  readonly limiter: CpuLimiter;
  readonly goals: ScavengeGoals;
  readonly background: BackgroundScavenger;
  readonly pauses: TimeHistogram;
  readonly cycles: Cycles;
  readonly persistent: Persistent;
  private readonly releaseHook: (page: number, npages: number) => void;

  private constructor(sys: Sys, meta: MetaMemory, watch: Watch) {
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
    const radix = radixMemory(meta, this.reach / pageSize);
    this.pages = new RadixPageAlloc(radix, sys);
    this.pageCaches = Array.from({ length: this.ps }, (_, p) => new PageCache(radix, pId(p)));
    this.gcBits = new GcBits(meta);
    this.sets = new SpanSets(meta);
    const sweepState = new SweepState(meta);
    const tinyStarts = new TinyStarts(meta);
    this.heap = new MHeap({
      sys,
      arenas: this.arenas,
      spans: this.spans,
      pageColumns: meta.views(pageTable),
      pages: this.pages,
      pageCaches: this.pageCaches,
      gcBits: this.gcBits,
      sets: this.sets,
      sweepState,
      tinyStarts,
      counters: this.counters,
    });
    this.objects = new SpanObjects(this.spans.columns, this.gcBits.bits, meta.views(mcacheTable).open);
    this.spanSweeper = new SpanSweeper(this.heap, this.objects, this.sets, this.gcBits);
    this.spanSweeper.clobberFree = this.table.clobberFree[0] === 1;
    this.central = new MCentral(this.heap, this.sets, this.spanSweeper);
    this.mcache = new MCache(meta, this.heap, this.central, this.objects, this.memory);

    const policies = meta.views(policyTable);
    this.pacer = new Pacer(policies.pacer);
    this.pace = new SweepPace(policies.sweepPace);
    this.limiter = new CpuLimiter(policies.limiter);
    this.goals = new ScavengeGoals(policies.scavengeGoals, {
      physPageSize: sys.physPageSize,
      historical: this.table.historicalGoal[0] === 1,
    });
    this.pauses = new TimeHistogram(policies.pauses);
    this.sweeper = new Sweeper(meta, this.heap, this.sets, this.spanSweeper, this.pace, numSpanClasses, {
      now,
      drained: () => this.sweepDrained(),
      assisted: (ns) => this.limiter.addSweepTime(ns),
    });
    this.background = new BackgroundScavenger(
      policies.background,
      {
        now,
        scavenge: (n) => this.release(n, false),
        shouldStop: () => this.goals.met(this.heapRetained(), meta.accounts.ready),
        procs: () => 1,
      },
      sys.physPageSize,
    );
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
      mappedReady: () => meta.accounts.ready,
      pace: (goal) => this.setPace(goal),
    });
    this.releaseHook = (page, npages) => this.releasePages(page, npages);
    this.heap.hooks = {
      reclaim: (npages) => this.sweeper.reclaim(npages),
      scavengeInExchange: (grown, scavenged) => this.scavengeInExchange(grown, scavenged),
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
    return new Runtime(sys, MetaMemory.attach(sys, capacities, base), watch);
  }

  /** A malloc that works with a P, which the calling thread holds. */
  mallocOf(p: number): Malloc {
    const malloc = new Malloc(
      p,
      this.heap,
      this.central,
      this.mcache,
      this.sets,
      this.memory,
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
    this.sweeper.sweepAll();
    return true;
  }

  /** Releases everything that is free. Bytes released. */
  releaseAll(): number {
    const released = this.release(Number.MAX_SAFE_INTEGER, true);
    this.counters.releasedForced[0] += released;
    const line = formatScavTrace({
      releasedBackground: 0,
      releasedEager: released,
      heapReleased: this.counters.heapReleased[0],
      heapInUse: this.counters.heapInUse[0],
      heapFree: this.counters.heapFree[0],
      forced: true,
      controllerReset: false,
    });
    this.tellScavenge('forced', released, line);
    return released;
  }

  /** Recomputes all pacing: after GC percent or the limit were changed. */
  repace(): void {
    const { counters, pacer, heap } = this;
    pacer.commit(counters.heapLive[0], heap.parts.sweepState.isDone());
    this.setPace(this.heapGoal());
  }

  /** Background work that is due: a few spans swept, a burst of scavenging, a periodic cycle. Nanoseconds until more is. */
  step(): number {
    const { heap } = this;
    const now = this.watch.clock.now();
    if (this.limiter.needUpdate(now)) this.limiter.update(now);
    for (let n = 0; n < sweepBatch && !heap.parts.sweepState.isDone(); n++) this.sweeper.sweepOne();
    if (!heap.parts.sweepState.isDone()) return 0;
    if (this.table.collect[0] === 1) {
      const period = this.table.forcedPeriod[0];
      if (this.pacer.periodicDue(now, this.cycles.columns.lastEnd[0], period)) {
        this.collect(false);
        return 0;
      }
    }
    let wait = this.table.scavenge[0] === 1 ? this.stepScavenger() : Infinity;
    const lastEnd = this.cycles.columns.lastEnd[0];
    if (this.table.collect[0] === 1 && lastEnd !== 0 && this.pacer.gcPercent >= 0) {
      wait = Math.min(wait, Math.max(0, lastEnd + this.table.forcedPeriod[0] - now + 1));
    }

    return wait;
  }

  heapRetained(): number {
    return this.counters.heapInUse[0] + this.counters.heapFree[0];
  }

  heapGoal(): number {
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
    const meta = MetaMemory.create(sys, capacities, [first.origin, reach, options.ps]);
    if (meta === undefined) {
      sys.free(first.base, arenaBytes, 'heap', 'reserved');
      return undefined;
    }
    const prepared =
      smallTables.every((small) => meta.commit(small, 0, meta.rows(small))) &&
      SpanTable.prepare(meta) &&
      GcBits.prepare(meta) &&
      SpanSets.prepare(meta) &&
      TinyStarts.prepare(meta) &&
      SweepState.prepare(meta) &&
      Sweeper.prepare(meta) &&
      Cycles.prepare(meta) &&
      commitRadixSetup(meta);
    if (prepared) {
      const table = meta.views(heapTable);
      table.forcedPeriod[0] = options.forcedGCPeriod;
      table.collect[0] = options.collect ? 1 : 0;
      table.scavenge[0] = options.scavenge ? 1 : 0;
      table.clobberFree[0] = options.clobberFree ? 1 : 0;
      table.disableHugePages[0] = options.disableHugePages ? 1 : 0;
      table.nameMappings[0] = options.nameMappings ? 1 : 0;
      table.historicalGoal[0] = options.historicalScavengeGoal ? 1 : 0;
      const runtime = new Runtime(sys, meta, watch);
      if (runtime.begin(first.base, options)) return runtime;
    }
    sys.free(first.base, arenaBytes, 'heap', 'reserved');
    meta.release();
    return undefined;
  }

  private begin(firstArena: Address, options: ResolvedOptions): boolean {
    const zero = this.persistent.alloc(8);
    if (zero < 0 || !this.arenas.prepare(firstArena)) return false;
    this.table.zeroBase[0] = this.meta.addressOf(persistentTable, 'bytes') + zero;
    const now = this.watch.clock.now();
    this.cycles.columns.begun[0] = now;
    this.pacer.init(options.gcPercent, options.memoryLimit);
    this.limiter.resetCapacity(now, 1);
    this.goals.clear();
    this.background.init();
    return true;
  }

  private setPace(heapGoal: number): void {
    const { counters, pace, goals, pacer, heap } = this;
    pace.set(
      heapGoal,
      counters.heapLive[0],
      counters.pagesInUse[0],
      counters.pagesSwept[0],
      heap.parts.sweepState.isDone(),
    );
    goals.set({
      heapGoal,
      lastHeapGoal: pacer.lastHeapGoal,
      lastHeapInUse: this.cycles.columns.lastHeapInUse[0],
      memoryLimit: pacer.memoryLimit,
      mappedReady: this.meta.accounts.ready,
      heapInUse: counters.heapInUse[0],
      heapFree: counters.heapFree[0],
    });
  }

  /** The last span of a sweep was taken: memory is as free as it gets, so the scavenger may start. */
  private sweepDrained(): void {
    const { counters, background } = this;
    const bg = background.takeReleased();
    const eager = counters.releasedEager[0];
    const line = formatScavTrace({
      releasedBackground: bg,
      releasedEager: eager - this.eagerTold,
      heapReleased: counters.heapReleased[0],
      heapInUse: counters.heapInUse[0],
      heapFree: counters.heapFree[0],
      forced: false,
      controllerReset: background.takeControllerReset(),
    });
    this.eagerTold = eager;
    this.tellScavenge('bg', 0, line);
    background.ready();
  }

  private eagerTold = 0;

  private stepScavenger(): number {
    const before = this.counters.heapReleased[0];
    const wait = this.background.step();
    const released = this.counters.heapReleased[0] - before;
    if (released > 0) {
      this.counters.releasedBackground[0] += released;
      this.tellScavenge('bg', released, '');
    }
    return wait;
  }

  /** What an allocation owes the scavenger, because the heap grew for it or it would pass the limit. */
  private scavengeInExchange(grown: number, scavenged: number): void {
    if (this.table.scavenge[0] !== 1 || (grown === 0 && scavenged === 0)) return;
    const { limiter, pacer, goals } = this;
    const byLimit = limiter.limiting()
      ? 0
      : limitDebt(scavenged, this.meta.accounts.ready, pacer.memoryLimit);
    const byGrowth = grown === 0 ? 0 : goals.growthDebt(grown, this.heapRetained());
    const debt = Math.max(byLimit, byGrowth);
    if (debt <= 0) return;
    const start = this.watch.clock.now();
    const released = this.release(debt, byLimit > 0, () => limiter.limiting());
    limiter.addScavengeTime(this.watch.clock.now() - start);
    this.counters.releasedEager[0] += released;
    if (released > 0) this.tellScavenge('eager', released, '');
  }

  /** What the options ask of the kernel for fresh memory. A kernel that refuses is not asked again. */
  private adviseMapped(at: Address, size: number): void {
    if (this.table.disableHugePages[0] === 1) this.sys.noHugePage(at, size);
    if (this.table.nameMappings[0] === 1) this.sys.name(at, size, 'pageheap: heap');
  }

  private release(nbytes: number, force: boolean, shouldStop?: () => boolean): number {
    return this.pages.scavenge(nbytes, force, this.releaseHook, shouldStop);
  }

  private releasePages(page: number, npages: number): void {
    const size = npages * pageSize;
    // A refusal with no fallback left: the pages count as released, and cost memory until they are used.
    if (!this.sys.unused(this.arenas.addressOf(page), size)) this.sys.accounts.mappedReady(-size);
    this.counters.heapReleased[0] += size;
    this.counters.heapFree[0] -= size;
  }

  /** After a refill or a large object: the moment to look whether more is due. */
  private afterSlowPath(p: number): void {
    if (this.table.collect[0] === 1 && this.collectionIsDue()) this.collect(false);
    if ((++this.mcache.columns.refills[p] & backgroundBeat) === 0) {
      const now = this.watch.clock.now();
      if (this.limiter.needUpdate(now)) this.limiter.update(now);
      if (this.table.scavenge[0] === 1 && this.background.dueAt <= now) this.stepScavenger();
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

  private tellScavenge(by: 'bg' | 'eager' | 'forced', bytes: number, line: string): void {
    if (this.watch.scavtrace && line !== '') process.stderr.write(`${line}\n`);
    this.watch.onEvent?.({ kind: 'scav', by, at: this.watch.clock.now(), bytes, line });
  }
}

/** Spans swept in one background step: about 10 µs of work, as the runtime's batches. */
const sweepBatch = 10;
/** Refills between looks at the clock, less one: a mask. */
const backgroundBeat = 15;
