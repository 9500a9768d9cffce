/**
 * Metrics: the names of Go's runtime/metrics package, letter by letter, with Go's meaning (1.21).
 *
 * A value is a number (`uint64` or `float64` in Go) or a histogram: `counts` one shorter than
 * `buckets`, whose first and last bounds may be infinite. `total` of /memory/classes is the sum of
 * the rest; stacks, globals and what only a program with goroutines has are 0.
 */

import { mcacheTable } from '../alloc/mcache.ts';
import { timeHistogramBoundaries } from '../gc/time-histogram.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { spanTable } from '../spans/span-table.ts';
import { heapMemory, objectTotals, rowBytes } from './stats.ts';

export interface MetricHistogram {
  readonly counts: readonly number[];
  readonly buckets: readonly number[];
}

export type HeapMetrics = Readonly<Record<string, number | MetricHistogram>>;

const perSecond = 1e-9;

/** Counts by size class as Go lays them out: one bucket a class, one for the large. */
function bySize(runtime: Runtime, counts: readonly number[], large: number): MetricHistogram {
  const { classes } = runtime.alloc;
  const buckets = [1];
  for (let sizeClass = 1; sizeClass < classes.count; sizeClass++) buckets.push(classes.sizes[sizeClass] + 1);
  buckets.push(Infinity);
  return { counts: [...counts.slice(1), large], buckets };
}

export function readMetrics(runtime: Runtime): HeapMetrics {
  const totals = objectTotals(runtime);
  const memory = heapMemory(runtime);
  const { counters, spans, manualBytes } = runtime.state;
  const { settings, trigger, limiter, log, collector } = runtime.gc;
  const { ps, meta } = runtime.memory;
  const { accounts } = meta;
  const objects = totals.totalAlloc - totals.totalFree;
  const mcacheInUse = ps * rowBytes(mcacheTable);
  const mspanInUse = spans.live * rowBytes(spanTable);
  const otherMetadata = accounts.of('gc') + manualBytes - counters.inStacks[0];
  const stacks = counters.inStacks[0];
  const classes = {
    '/memory/classes/heap/free:bytes': memory.free,
    '/memory/classes/heap/objects:bytes': objects,
    '/memory/classes/heap/released:bytes': memory.released,
    '/memory/classes/heap/stacks:bytes': stacks,
    '/memory/classes/heap/unused:bytes': memory.inUse - objects,
    '/memory/classes/metadata/mcache/free:bytes': accounts.of('mcache') - mcacheInUse,
    '/memory/classes/metadata/mcache/inuse:bytes': mcacheInUse,
    '/memory/classes/metadata/mspan/free:bytes': accounts.of('mspan') - mspanInUse,
    '/memory/classes/metadata/mspan/inuse:bytes': mspanInUse,
    '/memory/classes/metadata/other:bytes': otherMetadata,
    '/memory/classes/os-stacks:bytes': accounts.of('stacks'),
    '/memory/classes/other:bytes': accounts.of('other'),
    '/memory/classes/profiling/buckets:bytes': accounts.of('buckets'),
  };
  const c = log.columns;
  // Without pointers to follow nothing is scanned, whatever objects hold.
  const { tracing } = runtime.gc;
  const scan = {
    '/gc/scan/globals:bytes': tracing?.roots.handleBytes ?? 0,
    '/gc/scan/heap:bytes': tracing === undefined ? 0 : counters.heapScan[0],
    '/gc/scan/stack:bytes': tracing?.roots.framesScanned ?? 0,
  };
  const elapsed = log.now() - c.begun[0];
  const limiterTotals = limiter.totals();
  const marking = c.backgroundTotal[0] + c.waitedTotal[0];
  const background_ = runtime.scavenger.backgroundTime;
  const scavengeTotal = limiterTotals.scavenge + background_;
  const allocs = totals.bySize.map(({ Mallocs }) => Mallocs);
  const frees = totals.bySize.map(({ Frees }) => Frees);
  return {
    '/cpu/classes/gc/mark/assist:cpu-seconds': limiterTotals.mark * perSecond,
    '/cpu/classes/gc/mark/dedicated:cpu-seconds': marking * perSecond,
    '/cpu/classes/gc/mark/idle:cpu-seconds': 0,
    '/cpu/classes/gc/pause:cpu-seconds': c.pauseTotal[0] * perSecond,
    '/cpu/classes/gc/total:cpu-seconds': (c.pauseTotal[0] + marking + limiterTotals.mark) * perSecond,
    '/cpu/classes/idle:cpu-seconds': limiterTotals.idle * perSecond,
    '/cpu/classes/scavenge/assist:cpu-seconds': limiterTotals.scavenge * perSecond,
    '/cpu/classes/scavenge/background:cpu-seconds': background_ * perSecond,
    '/cpu/classes/scavenge/total:cpu-seconds': scavengeTotal * perSecond,
    '/cpu/classes/total:cpu-seconds': elapsed * perSecond,
    '/cpu/classes/user:cpu-seconds':
      Math.max(
        0,
        elapsed - c.pauseTotal[0] - marking - limiterTotals.mark - limiterTotals.idle - scavengeTotal,
      ) * perSecond,
    '/gc/cycles/automatic:gc-cycles': c.count[0] - c.forced[0],
    '/gc/cycles/forced:gc-cycles': c.forced[0],
    '/gc/cycles/total:gc-cycles': c.count[0],
    '/gc/gogc:percent': settings.gcPercent < 0 ? Infinity : settings.gcPercent,
    '/gc/gomemlimit:bytes': settings.memoryLimit,
    '/gc/heap/allocs-by-size:bytes': bySize(runtime, allocs, counters.largeAllocCount[0]),
    '/gc/heap/allocs:bytes': totals.totalAlloc,
    '/gc/heap/allocs:objects': totals.mallocs,
    '/gc/heap/frees-by-size:bytes': bySize(runtime, frees, counters.largeFreeCount[0]),
    '/gc/heap/frees:bytes': totals.totalFree,
    '/gc/heap/frees:objects': totals.frees,
    '/gc/heap/goal:bytes': collector.statedGoal(),
    '/gc/heap/live:bytes': trigger.heapMarked,
    '/gc/heap/objects:objects': totals.mallocs - totals.frees,
    '/gc/heap/tiny/allocs:objects': counters.tinyAllocCount[0],
    '/gc/limiter/last-enabled:gc-cycle': limiter.lastEnabledCycle,
    '/gc/pauses:seconds': {
      counts: Array.from(log.pauses.counts()),
      buckets: Array.from(timeHistogramBoundaries()),
    },
    ...scan,
    '/gc/scan/total:bytes': Object.values(scan).reduce((sum, n) => sum + n, 0),
    ...classes,
    '/memory/classes/total:bytes': Object.values(classes).reduce((sum, n) => sum + n, 0),
  };
}
