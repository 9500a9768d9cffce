/**
 * Objects in a quiet runtime, garbage or alive, and a sweep that has begun and done nothing yet. Which spans
 * are swept, in which order, is written down: by the numbers of the objects, as they were asked for.
 */
import { expect, vi } from 'vitest';
import type { ExplicitLiveness } from '../../lib/alloc/explicit-liveness.ts';
import type { Malloc } from '../../lib/alloc/malloc.ts';
import { pageSize } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { quietRuntime } from '../heap/quiet-runtime.ts';

export interface LargeObject {
  readonly addr: number;
  readonly span: number;
  /** Its first page, counted from the first arena's. */
  readonly page: number;
}

export class Garbage {
  readonly runtime: Runtime;
  readonly malloc: Malloc;
  readonly objects: LargeObject[] = [];
  /** Spans swept, by the number of their object; −1 for one that holds none of `objects`. */
  readonly swept: number[] = [];
  private readonly liveness: ExplicitLiveness;

  constructor(options: HeapOptions) {
    const runtime = quietRuntime(options);
    this.runtime = runtime;
    this.malloc = runtime.mallocOf(0);
    this.liveness = runtime.alloc.liveness as ExplicitLiveness;
    const { spanSweeper } = runtime.alloc;
    const sweep = spanSweeper.sweep.bind(spanSweeper);
    vi.spyOn(spanSweeper, 'sweep').mockImplementation((s, preserve) => {
      this.swept.push(this.objects.findIndex(({ span }) => span === s));
      return sweep(s, preserve);
    });
  }

  /** Allocates an object of so many pages, which are never touched. */
  large(pages: number): LargeObject {
    const { arenas, pageColumns } = this.runtime.state;
    const addr = this.malloc.malloc(pages * pageSize, true, false);
    expect(addr).toBeGreaterThan(0);
    const page = arenas.pageOf(addr);
    return {
      addr,
      span: pageColumns.spanOf[page],
      page: page - arenas.pageOf(arenas.ranges()[0].base),
    };
  }

  drop(addr: number): void {
    expect(this.liveness.drop(addr)).toBe(true);
  }

  /**
   * Allocates an object of each of these numbers of pages, drops those that are negative, and lets a sweep
   * begin, which by itself does nothing.
   */
  begin(pages: readonly number[]): void {
    for (const n of pages) this.objects.push(this.large(Math.abs(n)));
    for (const [i, n] of pages.entries()) if (n < 0) this.drop(this.objects[i].addr);
    this.collect();
  }

  /** A cycle up to the beginning of its sweep. Nothing is owed, so that only what the test calls sweeps. */
  collect(): void {
    expect(this.runtime.gc.collector.collect(true)).toBe(true);
    this.runtime.gc.pace.stop();
    this.swept.length = 0;
  }

  /** What an operation sweeps. */
  sweptBy(operation: () => unknown): number[] {
    this.swept.length = 0;
    operation();
    return [...this.swept];
  }
}
