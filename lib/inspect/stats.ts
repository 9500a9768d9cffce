/**
 * Statistics: MemStats with Go's fields and identities, and the cheap sample for a beat.
 *
 * Each field's meaning and formula is in docs/numbers.md. Bytes unless the name says otherwise. The
 * identities are those on which the Go runtime throws:
 *     HeapSys      = HeapInuse + HeapIdle
 *     HeapIdle     = free + HeapReleased
 *     HeapAlloc    = total allocated − total freed, by size classes and by running totals alike
 *     inHeap + free = committed − stacks − work buffers − pointer bits
 * Like Go, tiny objects count in both Mallocs and Frees when they join a block, since only blocks are
 * freed; and reading flushes every P's cache, so that the counts are exact.
 *
 * Not here: runtime/metrics (metrics.ts), checking the state itself (check.ts).
 */

import { mcacheTable } from '../alloc/mcache.ts';
import { fatal } from '../base/errors.ts';
import { pageSize } from '../base/units.ts';
import { noMemoryLimit } from '../gc/gc-settings.ts';
import { bytesPerElement, type Table } from '../meta/column.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanTable } from '../spans/span-table.ts';
import { trappedPages } from './trapped.ts';

export interface SizeClassStats {
  readonly Size: number;
  readonly Mallocs: number;
  readonly Frees: number;
}

/** Go's runtime.MemStats, field by field. */
export interface MemStats {
  readonly Alloc: number;
  readonly TotalAlloc: number;
  readonly Sys: number;
  readonly Lookups: number;
  readonly Mallocs: number;
  readonly Frees: number;
  readonly HeapAlloc: number;
  readonly HeapSys: number;
  readonly HeapIdle: number;
  readonly HeapInuse: number;
  readonly HeapReleased: number;
  readonly HeapObjects: number;
  readonly StackInuse: number;
  readonly StackSys: number;
  readonly MSpanInuse: number;
  readonly MSpanSys: number;
  readonly MCacheInuse: number;
  readonly MCacheSys: number;
  readonly BuckHashSys: number;
  readonly GCSys: number;
  readonly OtherSys: number;
  readonly NextGC: number;
  readonly LastGC: number;
  readonly PauseTotalNs: number;
  readonly PauseNs: readonly number[];
  readonly PauseEnd: readonly number[];
  readonly NumGC: number;
  readonly NumForcedGC: number;
  readonly GCCPUFraction: number;
  readonly EnableGC: boolean;
  readonly DebugGC: boolean;
  readonly BySize: readonly SizeClassStats[];
}

/** Counters for a sampler's beat: nothing here flushes anything, nor walks, but for `heapTrapped`. */
export interface HeapSample {
  readonly heapInuse: number;
  /** Not in spans, and not released. */
  readonly heapFree: number;
  /**
   * Of heapFree what cannot be given back, since its physical pages are not free as a whole. 0 where physical pages
   * are no larger than 8 KiB; where they are, this one number takes a walk over the free runs.
   */
  readonly heapTrapped: number;
  readonly heapReleased: number;
  /** heapFree + heapReleased. */
  readonly heapIdle: number;
  readonly heapSys: number;
  /** Bytes of objects allocated and not swept, as of the last refills. */
  readonly heapAlloc: number;
  /** What the pacer takes the live heap to be. */
  readonly heapLive: number;
  readonly manual: number;
  /** The goal of the next collection; Infinity when off. */
  readonly goal: number;
  /** The memory limit; Infinity when off. */
  readonly limit: number;
  readonly numGC: number;
  readonly numForcedGC: number;
  /** Where cycles mark beside the program: nanoseconds of marking by who allocated, and in the background. */
  readonly gcAssistNs: number;
  readonly gcBackgroundNs: number;
  /** The longest stretch that any cycle kept the program waiting at a time: nanoseconds. */
  readonly gcLongestNs: number;
  /** Mapped and not released, of all purposes: what the limit is held against. */
  readonly mappedReady: number;
  readonly madviseCalls: number;
  readonly madviseBytes: number;
  readonly madviseNs: number;
  readonly releasedBackground: number;
  readonly releasedEager: number;
  readonly releasedForced: number;
  readonly limiting: boolean;
  /** Finalizers and cleanups whose objects were found dead, in all, and those of them that were called. */
  readonly finalizersQueued: number;
  readonly finalizersRun: number;
}

/** Bytes of one row of a table. */
export function rowBytes(table: Table): number {
  return Object.values(table.columns).reduce(
    (sum, { kind, perRow }) => sum + bytesPerElement[kind] * perRow,
    0,
  );
}

/** What objects came to, exactly: caches are flushed first. */
export interface ObjectTotals {
  readonly totalAlloc: number;
  readonly totalFree: number;
  readonly mallocs: number;
  readonly frees: number;
  readonly bySize: readonly SizeClassStats[];
}

/** Flushes every P's cache and adds up the counters. */
export function objectTotals(runtime: Runtime): ObjectTotals {
  const { counters } = runtime.state;
  const { mcache, classes } = runtime.alloc;
  mcache.flushAll();
  runtime.gc.trigger.tally?.(runtime.state.heapAlloc);
  let totalAlloc = counters.largeAlloc[0];
  let totalFree = counters.largeFree[0];
  let mallocs = counters.largeAllocCount[0] + counters.tinyAllocCount[0];
  let frees = counters.largeFreeCount[0] + counters.tinyAllocCount[0];
  const bySize: SizeClassStats[] = [];
  for (let sizeClass = 0; sizeClass < classes.count; sizeClass++) {
    const size = classes.sizes[sizeClass];
    const allocated = counters.smallAllocCount[sizeClass];
    const freed = counters.smallFreeCount[sizeClass];
    totalAlloc += allocated * size;
    totalFree += freed * size;
    mallocs += allocated;
    frees += freed;
    bySize.push({ Size: size, Mallocs: allocated, Frees: freed });
  }
  if (totalAlloc !== counters.totalAlloc[0] || totalFree !== counters.totalFree[0]) {
    fatal('object counters disagree', {
      totalAlloc,
      runningAlloc: counters.totalAlloc[0],
      totalFree,
      runningFree: counters.totalFree[0],
    });
  }
  return { totalAlloc, totalFree, mallocs, frees, bySize };
}

/** Memory of the heap proper, by state, after checking that it adds up. */
export function heapMemory(runtime: Runtime): {
  inUse: number;
  free: number;
  released: number;
  manual: number;
  mapped: number;
} {
  const { counters, manualBytes: manual } = runtime.state;
  const [inUse, free, released] = [counters.heapInUse[0], counters.heapFree[0], counters.heapReleased[0]];
  const mapped = runtime.memory.meta.accounts.of('heap');
  if (inUse + free + released + manual !== mapped)
    fatal('heap memory does not add up', { inUse, free, released, manual, mapped });
  return { inUse, free, released, manual, mapped };
}

export function readMemStats(runtime: Runtime): MemStats {
  const totals = objectTotals(runtime);
  const { inUse, free, released } = heapMemory(runtime);
  const { counters, spans } = runtime.state;
  const { log, collector } = runtime.gc;
  const { accounts } = runtime.memory.meta;
  const heapAlloc = totals.totalAlloc - totals.totalFree;
  const stacks = counters.inStacks[0];
  // Work buffers and pointer bits come from the heap's pages but are the collector's.
  const gcSys = accounts.of('gc') + counters.inWorkBuffers[0] + counters.inPointerBits[0];
  const heapSys = inUse + free + released;
  const goal = collector.statedGoal();
  const c = log.columns;
  return {
    Alloc: heapAlloc,
    TotalAlloc: totals.totalAlloc,
    Sys:
      heapSys +
      stacks +
      gcSys +
      accounts.of('stacks') +
      accounts.of('mspan') +
      accounts.of('mcache') +
      accounts.of('buckets') +
      accounts.of('other'),
    Lookups: 0,
    Mallocs: totals.mallocs,
    Frees: totals.frees,
    HeapAlloc: heapAlloc,
    HeapSys: heapSys,
    HeapIdle: free + released,
    HeapInuse: inUse,
    HeapReleased: released,
    HeapObjects: totals.mallocs - totals.frees,
    StackInuse: stacks,
    StackSys: stacks + accounts.of('stacks'),
    MSpanInuse: spans.live * rowBytes(spanTable),
    MSpanSys: accounts.of('mspan'),
    MCacheInuse: runtime.memory.ps * rowBytes(mcacheTable),
    MCacheSys: accounts.of('mcache'),
    BuckHashSys: accounts.of('buckets'),
    GCSys: gcSys,
    OtherSys: accounts.of('other'),
    NextGC: goal,
    LastGC: c.lastEndDate[0],
    PauseTotalNs: c.pauseTotal[0],
    PauseNs: Array.from(c.pauseNs),
    PauseEnd: Array.from(c.pauseEnd),
    NumGC: c.count[0],
    NumForcedGC: c.forced[0],
    GCCPUFraction: log.cpuFraction(log.now()),
    EnableGC: true,
    DebugGC: false,
    BySize: totals.bySize,
  };
}

export function sampleHeap(runtime: Runtime): HeapSample {
  const { counters, heapAlloc, manualBytes } = runtime.state;
  const { settings, log, limiter, collector } = runtime.gc;
  const { sys, meta } = runtime.memory;
  const { memoryLimit } = settings;
  const free = counters.heapFree[0];
  const released = counters.heapReleased[0];
  const inuse = counters.heapInUse[0];
  const unused = sys.statsOf('unused');
  const { counts } = runtime.special.callbacks;
  return {
    heapInuse: inuse,
    heapFree: free,
    heapTrapped: trappedPages(runtime.pages, runtime.memory.physPages) * pageSize,
    heapReleased: released,
    heapIdle: free + released,
    heapSys: inuse + free + released,
    heapAlloc,
    heapLive: counters.heapLive[0],
    manual: manualBytes,
    goal: collector.statedGoal(),
    limit: memoryLimit >= noMemoryLimit ? Infinity : memoryLimit,
    numGC: log.columns.count[0],
    numForcedGC: log.columns.forced[0],
    gcAssistNs: log.columns.assistTotal[0],
    gcBackgroundNs: log.columns.backgroundTotal[0] + log.columns.waitedTotal[0],
    gcLongestNs: log.columns.longest[0],
    mappedReady: meta.accounts.ready,
    madviseCalls: unused.calls,
    madviseBytes: unused.bytes,
    madviseNs: unused.ns,
    releasedBackground: counters.releasedBackground[0],
    releasedEager: counters.releasedEager[0],
    releasedForced: counters.releasedForced[0],
    limiting: limiter.limiting(),
    finalizersQueued: counts.finalizersQueued + counts.cleanupsQueued,
    finalizersRun: counts.finalizersRun + counts.cleanupsRun,
  };
}
