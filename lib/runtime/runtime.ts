/**
 * The wiring: one heap, put together from below.
 *
 *     memory      the system, the tables, what was asked for
 *     state       spans, page table, arenas, bitmaps, counters
 *     pages       the page heap, over a releaser
 *     spans       who knows where each span stands, and which of its objects are free
 *     special     what is known of single objects: finalizers, weak handles, pins
 *     alloc       the heap by spans, central lists, caches, liveness, stacks
 *     gc          trigger, cycles, sweeper, limiter
 *     scavenger   when memory goes back
 *     due         what of all this is due now
 *
 * Layers below declare hooks where they need what lies above them: growing must scavenge, allocating must sweep and
 * may have to collect. Here those hooks are filled. The same wiring serves the thread that made the heap and each
 * that attaches: everything shared lies in the tables, and what is made here are views and configuration.
 *
 * Guard: one thread at a time. The public face (api/heap.ts) takes the lock where a heap is shared.
 *
 * Not here: anything that decides; making and attaching (create.ts); argument checks.
 */
import { BumpMalloc } from '../alloc/bump-malloc.ts';
import { ExplicitLiveness } from '../alloc/explicit-liveness.ts';
import { FencedFreeListMalloc, FencedMalloc } from '../alloc/fenced-malloc.ts';
import { FreeListMalloc } from '../alloc/freelist-malloc.ts';
import { FreeListMCache } from '../alloc/freelist-mcache.ts';
import { Malloc } from '../alloc/malloc.ts';
import { MCache, mcacheTable } from '../alloc/mcache.ts';
import { MCentral } from '../alloc/mcentral.ts';
import { ProfilingMalloc } from '../alloc/profiling-malloc.ts';
import { type Allocator, PlainAllocator, ScanningMalloc } from '../alloc/scanning-malloc.ts';
import { type SizeClasses, sizeClassesFor } from '../alloc/size-classes.ts';
import { StackPools } from '../alloc/stack-pools.ts';
import { Stacks } from '../alloc/stacks.ts';
import { TracingLiveness } from '../alloc/tracing-liveness.ts';
import { UserArenas } from '../alloc/user-arenas.ts';
import { ForeignCode } from '../base/foreign-code.ts';
import { PartFaults } from '../base/part.ts';
import { type Address, pageCount, pageSize } from '../base/units.ts';
import {
  flushesBefore,
  gcTraceOf,
  hasOldScavengeTrace,
  hasUserArenas,
  samplingOf,
} from '../design/consequences.ts';
import { Collector, type ConcurrentSide } from '../gc/collector.ts';
import { ConcurrentCycles } from '../gc/concurrent-cycle.ts';
import type { CpuLimiter } from '../gc/cpu-limiter.ts';
import { type CycleDeps, Cycles } from '../gc/cycle.ts';
import type { CycleLog } from '../gc/cycle-log.ts';
import { CycleTrace } from '../gc/cycle-trace.ts';
import { DueWork } from '../gc/due.ts';
import type { GcSettings } from '../gc/gc-settings.ts';
import type { HeapSizes } from '../gc/heap-sizes.ts';
import { Marking } from '../gc/marking.ts';
import { runningCycleTable } from '../gc/running-cycle.ts';
import { OrderedSweep } from '../gc/sweep-order.ts';
import { SweepPace, sweepPaceTable } from '../gc/sweep-pace.ts';
import { Sweeper } from '../gc/sweeper.ts';
import type { ConcurrentTrigger, Trigger } from '../gc/trigger.ts';
import { BumpMemory } from '../heap/bump-memory.ts';
import { ObjectFinder } from '../heap/find-object.ts';
import { Growth } from '../heap/growth.ts';
import { HeapBitmap } from '../heap/heap-bitmap.ts';
import { HeapState } from '../heap/heap-state.ts';
import { MHeap } from '../heap/mheap.ts';
import { PageTracedHeap } from '../heap/page-traced-heap.ts';
import { SpanObjects } from '../heap/span-objects.ts';
import { SpanSweeper } from '../heap/sweep-span.ts';
import { UserChunks } from '../heap/user-chunks.ts';
import { Advising } from '../os/advising.ts';
import type { PageHeap } from '../pages/contract.ts';
import { Releaser } from '../scavenge/releaser.ts';
import { ScavengeTrace } from '../scavenge/scavenge-trace.ts';
import type { Scavenger } from '../scavenge/scavenger.ts';
import { ObjectMemory } from '../spans/object-memory.ts';
import { UserSpace } from '../spans/user-space.ts';
import type { HeapMemory } from './heap-memory.ts';
import { hugeChunksOf } from './huge-chunks.ts';
import { type TracingSide, wireMarking } from './marking.ts';
import { type Pacing, wirePacing } from './pacing.ts';
import { makePageHeap, releasesOnce } from './page-heaps.ts';
import { type BroughtClasses, CustomParts } from './parts.ts';
import { releaseHooks } from './release-hooks.ts';
import { makeScavenger } from './scavengers.ts';
import { idOrder, makeSpanStructures, type SpanStructures } from './span-structures.ts';
import { makeSpecials, type SpecialSide } from './special-side.ts';

/** Objects in spans: where their bytes are, and which of them are allocated. */
export interface SpanSide extends SpanStructures {
  readonly memory: ObjectMemory;
  readonly objects: SpanObjects;
}

export interface AllocSide {
  /** The size classes of this heap. */
  readonly classes: SizeClasses;
  readonly heap: MHeap;
  readonly spanSweeper: SpanSweeper;
  readonly central: MCentral;
  readonly mcache: MCache;
  readonly liveness: ExplicitLiveness | TracingLiveness;
  readonly finder: ObjectFinder;
  readonly stacks: Stacks;
  readonly stackPools: StackPools;
  /** User arenas, where the design has them. */
  readonly userArenas: UserArenas | undefined;
  /** Where objects come from instead, if nothing is to be freed. */
  readonly bump: BumpMemory | undefined;
}

export interface GcSide {
  readonly settings: GcSettings;
  readonly trigger: Trigger;
  readonly sizes: HeapSizes;
  readonly limiter: CpuLimiter;
  readonly log: CycleLog;
  readonly pace: SweepPace;
  readonly sweeper: Sweeper;
  readonly collector: Collector;
  /** What the heap marks with, where it traces: roots and write barrier among it. */
  readonly tracing: TracingSide | undefined;
}

export class Runtime {
  readonly memory: HeapMemory;
  readonly state: HeapState;
  readonly pages: PageHeap;
  readonly spans: SpanSide;
  readonly special: SpecialSide;
  readonly alloc: AllocSide;
  readonly gc: GcSide;
  readonly scavenger: Scavenger;
  readonly due: DueWork;
  /** What of the user's own code takes the place of the heap's. */
  readonly parts: CustomParts;

  /** @param brought classes of the maker's */
  constructor(memory: HeapMemory, brought: BroughtClasses) {
    const { sys, meta, design, watch } = memory;
    this.memory = memory;
    const { foreign = new ForeignCode(), faults = new PartFaults() } = watch;
    const parts = new CustomParts(brought.parts, { foreign, faults });
    this.parts = parts;
    this.state = new HeapState(meta, sys, memory.origin, memory.reach, idOrder(design));
    const { state } = this;
    const policy = parts.advicePolicy(memory.physPageSize, sys);
    const advising = policy && new Advising(sys, policy);
    const releaser = new Releaser(sys, state, {
      hugePageHints: design.hugePageHints && advising === undefined,
      advising,
      releasesOnce: releasesOnce(design.pageHeap),
    });
    const release = releaseHooks(releaser, state, watch);
    this.pages = makePageHeap(memory.options, brought.pageHeap, {
      meta,
      state,
      physical: { physPageSize: memory.physPageSize, physHugePageSize: sys.physHugePageSize },
      host: {
        reachPages: pageCount(memory.reach / pageSize),
        physPages: memory.physPages,
        now: () => watch.clock.now(),
        release: release.atOnce,
      },
      releasing: release.soon,
      foreign,
      denseRule: parts.denseRule(),
      pageCachePolicy: parts.pageCachePolicy(),
      hugeChunks: hugeChunksOf(memory, state),
    });
    this.spans = wireSpans(memory, state);
    const { held } = meta.views(mcacheTable);
    this.special = makeSpecials(meta, state, this.spans.objects, design.sweep === 'sets', (p) =>
      sys.addon.tidAlive(held[p]),
    );
    this.alloc = wireAlloc(memory, state, this.pages, this.spans, this.special, { parts, advising });
    const { allocFree } = watch;
    if (allocFree !== undefined) this.alloc.spanSweeper.freed = (addr, size) => allocFree.freed(addr, size);
    const pacing = wirePacing(memory, state, this.pages, parts);
    this.scavenger = makeScavenger(
      memory,
      parts,
      {
        ...pacing,
        pages: this.pages,
        state,
        trace: new ScavengeTrace(state, watch, hasOldScavengeTrace(design)),
      },
      pacing.view,
    );
    this.gc = { ...pacing, ...this.#wireCollector(pacing) };
    this.due = new DueWork(
      {
        collector: this.gc.collector,
        sweeper: this.gc.sweeper,
        limiter: this.gc.limiter,
        scavenging: this.scavenger,
        mcache: this.alloc.mcache,
        clock: watch.clock,
      },
      // What is never freed needs none.
      {
        collect: memory.options.collect && !memory.options.sbrk,
        forcedPeriod: memory.options.forcedGCPeriod,
      },
    );
    this.#fillHooks(advising);
  }

  /** A malloc that works with a P, which the calling thread holds. */
  mallocOf(p: number): Malloc {
    const { memory, state, spans, alloc } = this;
    const { pointerBits } = spans;
    const deps = { ...alloc, state, memory: spans.memory, zeroBase: memory.zeroBase };
    if (alloc.bump !== undefined) return new BumpMalloc(p, deps, alloc.bump);
    const isWordForWord = pointerBits instanceof HeapBitmap && !this.isTraced;
    const { efence } = memory.options;
    const malloc =
      alloc.mcache instanceof FreeListMCache
        ? new (efence ? FencedFreeListMalloc : FreeListMalloc)(
            p,
            { ...deps, mcache: alloc.mcache },
            isWordForWord ? pointerBits : undefined,
          )
        : new (efence ? FencedMalloc : Malloc)(p, deps);
    malloc.hooks = { slowPath: () => this.due.afterSlowPath(p) };
    return malloc;
  }

  /** The same, sampled for the memory profile; undefined where the heap has none. */
  profiled(allocator: Allocator, p: number): ProfilingMalloc | undefined {
    const { memory, alloc } = this;
    const { memProfileRate: rate } = memory.options;
    if (rate === 0) return undefined;
    const { meta, zeroBase, design } = memory;
    return new ProfilingMalloc({
      ...{ p, allocator, meta, zeroBase, rate, classes: alloc.classes },
      kind: samplingOf[design.generation],
    });
  }

  /** What hands out objects with types, through a malloc of the calling thread's. */
  allocatorOf(malloc: Malloc): Allocator {
    const { state, spans, alloc, memory } = this;
    const { liveness, classes } = alloc;
    const { pointerBits } = spans;
    if (malloc instanceof BumpMalloc) return malloc;
    if (!(liveness instanceof TracingLiveness) || pointerBits === undefined)
      return new PlainAllocator(malloc);
    const { hooks } = malloc;
    return new ScanningMalloc({ malloc, state, meta: memory.meta, pointerBits, liveness, hooks }, classes);
  }

  /** Whether the heap finds out by itself what is alive. */
  get isTraced(): boolean {
    return this.memory.design.liveness === 'tracing';
  }

  /** Returns everything to the system. This thread's views are detached first. */
  dispose(): void {
    this.spans.memory.detach();
    this.alloc.bump?.release();
    this.state.arenas.release();
    this.memory.meta.release();
  }

  /** Detaches this thread's views; the heap lives on. */
  detach(): void {
    this.spans.memory.detach();
    this.memory.meta.detach();
  }

  #wireCollector(pacing: Pacing): Pick<GcSide, 'pace' | 'sweeper' | 'collector' | 'tracing'> {
    const { memory, state, pages, spans, special, alloc, scavenger } = this;
    const { meta, design, watch } = memory;
    const { settings, trigger, sizes, limiter, log } = pacing;
    const pace = new SweepPace(meta.views(sweepPaceTable));
    const order = this.parts.sweepOrder();
    const queue = order === undefined ? spans.registry : new OrderedSweep(spans.registry, state, order);
    const sweeper = new Sweeper(meta, state, queue, alloc.spanSweeper, pace, spans.busy, {
      begins: () => special.profile.nextCycle(),
      endedInPause: () => special.profile.sweepEnded(),
      now: () => log.now(),
      drained: () => scavenger.sweepDrained(),
      terminated: () => scavenger.cycleBegins(),
      assisted: (ns) => limiter.addSweepTime(ns),
    });
    const { marker, tracing } = wireMarking(memory, state, { ...spans, ...alloc, special });
    sweeper.sweepsInPause = memory.options.sweepsInPause;
    const deps = { state, pages, mcache: alloc.mcache, marker, sweeper, trigger, sizes, log };
    const cycles =
      tracing !== undefined && pacing.concurrent !== undefined
        ? wireConcurrent(memory, deps, tracing, { ...pacing, concurrent: pacing.concurrent })
        : new Cycles(deps, flushesBefore(design), tracing?.checkMark);
    const trace = new CycleTrace(state, settings, log, watch, gcTraceOf[design.generation]);
    const collector = new Collector(
      { cycles, sweeper, trigger, settings, sizes, limiter, log, trace },
      watch.collectTwice === true,
    );
    return { pace, sweeper, collector, tracing };
  }

  /** Counts what a P's mcache has handed out (−1: all that are held), for the trigger. @param large bytes not counted yet */
  #tally(p: number, large: number): void {
    const { mcache } = this.alloc;
    if (p < 0) mcache.countHeld();
    else mcache.count(p);
    this.gc.trigger.tally?.(this.state.heapAlloc + large);
  }

  #fillHooks(advising: Advising | undefined): void {
    const { memory, alloc, gc, scavenger, special } = this;
    const { trigger } = gc;
    alloc.heap.hooks = {
      reclaim: (npages) => gc.sweeper.reclaim(npages),
      scavengeInExchange: (grown, scavenged, size) => scavenger.inExchange(grown, scavenged, size),
      ...(trigger.tally === undefined ? {} : { tally: (p, large) => this.#tally(p, large) }),
      ...(advising === undefined ? {} : { reused: (at, size, was) => advising.reused(at, size, was) }),
    };
    alloc.heap.growth.hooks = {
      growing: (size) => scavenger.growing(size),
      mapped: (at, size) => {
        memory.adviseMapped(at, size);
        advising?.fresh(at, size);
      },
    };
    const swept = (addr: number): number => alloc.spanSweeper.sweptAt(addr);
    special.callbacks.hooks = { ...special.callbacks.hooks, ended: (p) => special.weak.giveUp(p, swept) };
    const deductSweepCredit = (bytes: number, pages: number): void => gc.sweeper.deductCredit(bytes, pages);
    const barrier = gc.tracing?.barrier;
    if (barrier !== undefined && alloc.userArenas !== undefined)
      alloc.userArenas.hooks = { largeAllocated: (s) => barrier.largeAllocated(s) };
    alloc.central.hooks =
      barrier === undefined
        ? { deductSweepCredit }
        : {
            deductSweepCredit,
            spanCached: (s) => barrier.spanCached(s),
            spanUncached: (s) => barrier.spanUncached(s),
            largeAllocated: (s) => barrier.largeAllocated(s),
          };
    gc.collector.hooks = {
      goalSet: (heapGoal) => scavenger.goalSet(heapGoal),
      wantCycle: (goal) => alloc.userArenas?.chunks.wantCycle(goal) === true,
    };
  }
}

/** What runs cycles that mark beside the program. */
function wireConcurrent(
  { meta, design }: HeapMemory,
  cycle: CycleDeps,
  { marker, roots, checkMark }: TracingSide,
  { concurrent: trigger, sizes, limiter, log }: Pacing & { readonly concurrent: ConcurrentTrigger },
): ConcurrentSide {
  const running = meta.views(runningCycleTable);
  const verify = checkMark === undefined ? undefined : () => checkMark.run();
  const deps = { cycle, marker, trigger, limiter, running, roots, verify };
  const cycles = new ConcurrentCycles(deps, flushesBefore(design));
  const scanned = (): number => marker.heapScanned;
  return {
    cycles,
    trigger,
    marking: new Marking({ cycles, trigger, sizes, limiter, log, running, scanned }),
  };
}

function wireSpans({ sys, meta, design, origin, reach }: HeapMemory, state: HeapState): SpanSide {
  const memory = new ObjectMemory(sys, origin, reach);
  return {
    ...makeSpanStructures(design, meta, state, memory),
    memory,
    objects: new SpanObjects(state.spans.columns, state.gcBits.bits, meta.views(mcacheTable).open),
  };
}

function wireAlloc(
  heapMemory: HeapMemory,
  state: HeapState,
  pages: PageHeap,
  { memory, objects, registry, freeLists, pointerBits, sharedBitmap }: SpanSide,
  special: SpecialSide,
  { parts, advising }: { readonly parts: CustomParts; readonly advising: Advising | undefined },
): AllocSide {
  const { sys, meta, design, options, physPages, zeroBase, watch } = heapMemory;
  const shared = sharedBitmap !== undefined;
  const classes = parts.sizeClasses(shared) ?? sizeClassesFor(design.sizeClasses, shared);
  const finder = new ObjectFinder(state, objects, sharedBitmap);
  const liveness =
    design.liveness === 'tracing'
      ? new TracingLiveness(meta, state.spans)
      : new ExplicitLiveness(meta, state, finder, zeroBase);
  const { growthUnit } = design;
  // With an advice policy hints are its own.
  const hugePageHints = design.hugePageHints && advising === undefined;
  const growth = new Growth({ sys, state, pages, pointerBits, growthUnit, physPages });
  const deps = { sys, state, pages, growth, registry, observer: liveness, pointerBits, hugePageHints };
  const heap = watch.pages === undefined ? new MHeap(deps) : new PageTracedHeap(deps, watch.pages);
  const chunks = hasUserArenas(design)
    ? new UserChunks({
        ...{ sys, state, heap, memory, pointerBits },
        space: new UserSpace(meta, state.arenas),
      })
    : undefined;
  const userArenas =
    chunks === undefined
      ? undefined
      : new UserArenas(
          meta,
          state,
          chunks,
          pointerBits,
          liveness instanceof TracingLiveness ? liveness.spans.untyped : undefined,
        );
  const sweeper = new SpanSweeper(
    heap,
    state,
    objects,
    registry,
    freeLists,
    memory,
    special.sweeping,
    chunks,
  );
  sweeper.clobberFree = options.clobberFree;
  sweeper.efence = options.efence;
  const central = new MCentral({
    ...{ heap, state, registry, sweeper, classes, freeLists },
    zeroed: design.zeroing === 'span' ? memory : undefined,
  });
  const stackPools = new StackPools({ meta, heap, state, memory });
  const caches = { meta, state, central, objects, memory, classes, stacks: stackPools };
  const mcache = freeLists === undefined ? new MCache(caches) : new FreeListMCache(freeLists, caches);
  const stacks = new Stacks(heap, state, stackPools);
  const mapped = (at: Address, size: number): void => heapMemory.adviseMapped(at, size);
  const bump = options.sbrk ? new BumpMemory({ sys, meta, arenas: state.arenas, mapped }) : undefined;
  return {
    ...{ classes, heap, central, mcache, liveness, finder, stacks, stackPools, userArenas, bump },
    spanSweeper: sweeper,
  };
}
