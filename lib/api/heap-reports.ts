/**
 * The public heap, as far as it is looked at: statistics, maps, the check. Looking changes nothing that a program sees.
 *
 * Not here: using a heap (heap.ts); what the numbers are (inspect/).
 */
import { partsOf, WrittenOnce } from '../base/written-once.ts';
import { type CheckLevel, checkHeap } from '../inspect/check.ts';
import { dumpHeap } from '../inspect/heap-dump.ts';
import { type HeapMetrics, readMetrics } from '../inspect/metrics.ts';
import { type PageStates, pageStates } from '../inspect/page-states.ts';
import { type SizeClassRow, sizeClassStats } from '../inspect/size-class-stats.ts';
import { type HeapSample, type MemStats, readMemStats, sampleHeap } from '../inspect/stats.ts';
import { checkLevel } from './arguments.ts';
import type { HeapParts } from './heap-parts.ts';

/** Runs an operation as the heap's mode demands. @throws ERR_DISPOSED · ERR_REENTRANT · ERR_OWNER_DEAD */
export type Guard = <T>(operation: () => T) => T;

/** What keeps the parts of a heap (base/written-once.ts); nobody outside sees what they are. */
const HeapBase: new (parts: object) => object = WrittenOnce;

export class HeapReports extends HeapBase {
  readonly #runtime = partsOf<HeapParts>(this).runtime;
  readonly #guarded: Guard;

  constructor(parts: HeapParts, guarded: Guard) {
    super(parts);
    this.#guarded = guarded;
  }

  /** Go's MemStats, in full. Flushes every P's caches, as Go does. */
  readMemStats(): MemStats {
    return this.#guarded(() => readMemStats(this.#runtime));
  }

  /** Go's runtime/metrics, by name. */
  readMetrics(): HeapMetrics {
    return this.#guarded(() => readMetrics(this.#runtime));
  }

  /** What each size class holds: spans, objects, free slots, tail waste. Walks the spans, flushes nothing. */
  sizeClasses(): SizeClassRow[] {
    return this.#guarded(() => sizeClassStats(this.#runtime));
  }

  /** A few counters, cheap enough for every beat of a sampler. */
  sample(): HeapSample {
    return this.#guarded(() => sampleHeap(this.#runtime));
  }

  /** Walks the heap's state and throws a FatalError at what does not fit. 1: counters; 2: spans; 3: everything. */
  check(level: CheckLevel = 3): void {
    this.#guarded(() => {
      checkLevel(level);
      checkHeap(this.#runtime, level);
    });
  }

  /**
   * What is in the heap, what refers to what, and where marking begins: lines of JSON, without their ends. Looks at every
   * object; collects nothing. Where liveness is explicit there are neither edges nor roots.
   */
  dump(): string[] {
    return this.#guarded(() => dumpHeap(this.#runtime));
  }

  /** The heap's address ranges, whole arenas, ascending: where to look for its residency. */
  ranges(): { base: number; bytes: number }[] {
    return this.#guarded(() => {
      const { state, alloc } = this.#runtime;
      const ranges = [...state.arenas.ranges(), ...(alloc.bump?.ranges() ?? [])];
      return ranges.sort((a, b) => a.base - b.base);
    });
  }

  /** What the heap believes of every page. */
  pageStates(): PageStates {
    return this.#guarded(() => pageStates(this.#runtime));
  }
}
