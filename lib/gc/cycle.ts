/**
 * The cycle: finish the last sweep, mark, begin the next sweep.
 *
 *     sweep termination   whatever is unswept is swept; bitmap arenas move on an epoch
 *     mark                every P's tiny block is forgotten; what lives is marked (all at once)
 *     mark termination    goals for the next cycle; the sweep generation rises by two; mcaches are
 *                         flushed, so that cached spans are swept too; the scavenger's index ages
 *
 * The design of 2014 flushes the mcaches while it marks: their spans then wait for the sweep as all others do,
 * where the later ones sweep them in the pause.
 *
 * Sweeping is then left to allocations and background steps. The caller's thread does all of this in
 * one go, with the heap in hand: the world is stopped by nobody else moving.
 *
 * A cycle first makes sure of all memory its sweep could need. If it cannot have it, it does not
 * begin, and the heap is as it was but for being swept.
 *
 * Not here: when a cycle is due (pacer.ts, runtime.ts); tracing, which will mark by reading objects.
 */
import type { MCache } from '../alloc/mcache.ts';
import type { MHeap } from '../heap/mheap.ts';
import type { SpanObjects } from '../heap/span-objects.ts';
import { f64, table, type Views } from '../meta/column.ts';
import type { MetaMemory } from '../meta/meta-memory.ts';
import type { CpuLimiter } from './cpu-limiter.ts';
import { markExplicit } from './mark/explicit.ts';
import type { Pacer } from './pacer.ts';
import type { Sweeper } from './sweeper.ts';
import type { TimeHistogram } from './time-histogram.ts';
import { formatGcTrace, type GcTraceStyle } from './trace.ts';

export const cycleTable = table('cycles', 'other', {
  count: f64('heap'),
  forced: f64('heap'),
  /** When the heap began, and when the last cycle ended, by the heap's clock; 0: none. */
  begun: f64('heap'),
  lastEnd: f64('heap'),
  /** The same by the calendar, in nanoseconds since 1970. */
  lastEndDate: f64('heap'),
  /** Heap in use when the last cycle ended. */
  lastHeapInUse: f64('heap'),
  lastPause: f64('heap'),
  pauseTotal: f64('heap'),
  /** Rings of the last 256 pauses: nanoseconds each took, and when it ended. */
  pauseNs: f64('heap', 256),
  pauseEnd: f64('heap', 256),
  /** CPU time of the collector: pauses, in all. */
  gcCpuTotal: f64('heap'),
});

/** What a cycle was, for whoever watches. Bytes and nanoseconds. */
export interface CycleReport {
  readonly cycle: number;
  readonly forced: boolean;
  readonly at: number;
  readonly heapStart: number;
  readonly heapMarked: number;
  readonly objectsMarked: number;
  readonly goal: number;
  readonly nextGoal: number;
  readonly ns: number;
  /** The gctrace line. */
  readonly line: string;
}

/** 2^64 − 1 bytes, as far as MiB show it. */
const largestGoal = 2 ** 64 - 2 ** 20;

export interface CycleParts {
  readonly heap: MHeap;
  readonly objects: SpanObjects;
  readonly mcache: MCache;
  readonly ps: number;
  readonly sweeper: Sweeper;
  readonly pacer: Pacer;
  readonly limiter: CpuLimiter;
  readonly pauses: TimeHistogram;
  readonly now: () => number;
  /** Whose gctrace line it prints. */
  readonly traceStyle: GcTraceStyle;
  /** Bytes that are Ready, of all purposes. */
  readonly mappedReady: () => number;
  /** After a cycle has marked: pace sweeping and scavenging by the new goal. */
  readonly pace: (heapGoal: number) => void;
  /** mcaches are flushed before the sweep begins, not after. */
  readonly flushBefore: boolean;
}

export class Cycles {
  readonly columns: Views<typeof cycleTable>;
  readonly #parts: CycleParts;

  constructor(meta: MetaMemory, parts: CycleParts) {
    this.columns = meta.views(cycleTable);
    this.#parts = parts;
  }

  static prepare(meta: MetaMemory): boolean {
    return meta.commit(cycleTable, 0, 1);
  }

  /** Runs a cycle up to the beginning of its sweep. Undefined when there is no memory for one. */
  run(forced: boolean): CycleReport | undefined {
    const { heap, objects, sweeper, pacer, limiter, mcache, ps, now, traceStyle, flushBefore } = this.#parts;
    const { gcBits, sweepState, counters, pages } = heap.parts;
    const c = this.columns;
    const start = now();
    const { sweptInBackground } = sweeper;
    const sweptInPause = sweeper.sweptInPause + sweeper.sweepAll();
    if (!gcBits.reserveForSweep(sweepState.markWords)) {
      gcBits.endSweep();
      return undefined;
    }
    gcBits.nextEpoch();

    const markStart = now();
    if (flushBefore) for (let p = 0; p < ps; p++) mcache.flush(p);
    const heapStart = counters.heapLive[0];
    const heapFree = (): number => counters.heapFree[0];
    const heapAlloc = (): number => counters.totalAlloc[0] - counters.totalFree[0];
    const ready = this.#parts.mappedReady;
    const lastMarked = pacer.heapMarked;
    const { isOff } = pacer;
    pacer.startCycle(heapStart);
    for (let p = 0; p < ps; p++) mcache.forgetTiny(p);
    const marked = markExplicit(heap, objects);

    const markEnd = now();
    pacer.endCycle(marked.bytes, ready(), heapFree(), heapAlloc());
    const goal = pacer.lastHeapGoal;
    counters.heapLive[0] = marked.bytes;
    c.lastHeapInUse[0] = counters.heapInUse[0];
    sweeper.begin();
    if (!flushBefore) for (let p = 0; p < ps; p++) mcache.flush(p);
    pages.nextGeneration?.();
    pacer.commit(counters.heapLive[0], sweepState.isDone());
    const nextGoal = pacer.heapGoal(ready(), heapFree(), heapAlloc());
    this.#parts.pace(nextGoal);

    const end = now();
    const ns = end - start;
    const cycle = ++c.count[0];
    if (forced) c.forced[0]++;
    // The limiter reckons the cycle in which it last limited from this count: first the count.
    limiter.setCycles(cycle);
    limiter.pause(start, end);
    this.#recordPause(ns, end);
    const line = formatGcTrace(
      {
        cycle,
        at: start - c.begun[0],
        cpuFraction: this.cpuFraction(end),
        clock: [markStart - start, markEnd - markStart, end - markEnd],
        cpu: {
          start: markStart - start,
          assist: 0,
          background: markEnd - markStart,
          idle: 0,
          end: end - markEnd,
        },
        heapStart,
        heapEnd: heapStart,
        heapMarked: marked.bytes,
        // Without any goal the older runtimes print the largest number.
        goal: isOff && traceStyle !== 'go1.21' ? largestGoal : goal,
        procs: 1,
        forced,
        livedBefore: isOff ? lastMarked : (goal * 100) / (100 + Math.max(0, pacer.gcPercent)),
        ...this.#objectCounts(),
        spans: heap.parts.spans.end - 1,
        sweptInBackground,
        sweptInPause,
      },
      traceStyle,
    );
    return {
      cycle,
      forced,
      at: start,
      heapStart,
      heapMarked: marked.bytes,
      objectsMarked: marked.objects,
      goal,
      nextGoal,
      ns,
      line,
    };
  }

  /** The collector's share of the CPU time since the heap began: 0 to 1. */
  cpuFraction(at: number): number {
    const whole = at - this.columns.begun[0];
    return whole <= 0 ? 0 : Math.min(1, this.columns.gcCpuTotal[0] / whole);
  }

  /** Objects ever allocated and freed, as far as the caches were flushed: all of them, right after a cycle. */
  #objectCounts(): { mallocs: number; frees: number } {
    const { counters } = this.#parts.heap.parts;
    const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
    const tiny = counters.tinyAllocCount[0];
    return {
      mallocs: sum(counters.smallAllocCount) + counters.largeAllocCount[0] + tiny,
      frees: sum(counters.smallFreeCount) + counters.largeFreeCount[0] + tiny,
    };
  }

  #recordPause(ns: number, end: number): void {
    const c = this.columns;
    const slot = (c.count[0] + 255) % 256;
    const date = Date.now() * 1e6;
    c.pauseNs[slot] = ns;
    c.pauseEnd[slot] = date;
    c.pauseTotal[0] += ns;
    c.gcCpuTotal[0] += ns;
    c.lastPause[0] = ns;
    c.lastEnd[0] = end;
    c.lastEndDate[0] = date;
    this.#parts.pauses.record(ns);
  }
}
