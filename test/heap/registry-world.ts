/**
 * Spans without pages, for testing the registry: a cache a span class, a sweeper that knows who survives, and the
 * order of events of a real cycle. What the registry answers is held against a walk over all spans.
 */
import { expect } from 'vitest';
import type { SpanLists } from '../../lib/heap/span-lists.ts';
import type { RegistrySweeper, SpanRegistry } from '../../lib/heap/span-registry.ts';
import type { SweepState } from '../../lib/heap/sweep-state.ts';
import { type SpanTable, spanState } from '../../lib/spans/span-table.ts';

export const objectsPerSpan = 10;

export class RegistryWorld implements RegistrySweeper {
  readonly registry: SpanRegistry;
  readonly spans: SpanTable;
  readonly sweepState: SweepState;
  /** What the registry in lists stands on; null with sets. */
  private readonly lists: SpanLists | null;
  /** The cached span of each span class, 0 for none. */
  readonly cached: number[];
  /** Spans swept so far. */
  sweeps = 0;
  /** Objects of each unswept span that were marked. */
  private readonly survivors = new Map<number, number>();

  constructor(
    registry: SpanRegistry,
    spans: SpanTable,
    sweepState: SweepState,
    classes: number,
    lists: SpanLists | null,
  ) {
    this.registry = registry;
    this.spans = spans;
    this.sweepState = sweepState;
    this.lists = lists;
    this.cached = Array(classes).fill(0);
  }

  get inUse(): number[] {
    const { state } = this.spans.columns;
    const found: number[] = [];
    for (let s = 1; s < this.spans.end; s++) if (state[s] === spanState.inUse) found.push(s);
    return found;
  }

  isCached = (s: number): boolean => this.cached.includes(s);

  /** A fresh span: large and full, or small and empty. */
  allocate(spanClass: number, pages: number, large: boolean): number {
    const { spans } = this;
    expect(this.registry.prepareFor(spanClass, spans.end + 1)).toBe(true);
    const s = spans.alloc();
    const c = spans.columns;
    c.spanClass[s] = spanClass;
    c.pages[s] = pages;
    c.elemSize[s] = large ? 0 : 64;
    c.nelems[s] = large ? 1 : objectsPerSpan;
    c.allocCount[s] = large ? 1 : 0;
    c.sweepGen[s] = this.sweepState.gen;
    spans.setState(s, spanState.inUse);
    this.registry.allocated(s, large);
    return s;
  }

  /** Exchanges the cached span of a class, of which `used` objects were taken since; 0: there was none to be had. */
  refill(spanClass: number, used: number): number {
    this.uncache(spanClass, used);
    let s = this.registry.take(spanClass, this);
    if (s !== 0) {
      this.expectUsable(s, spanClass);
    } else {
      const passedOver = this.passedOver(spanClass);
      for (const other of this.inUse) if (!passedOver.has(other)) this.expectNothingToGive(other, spanClass);
      s = this.allocate(spanClass, 1, false);
    }
    this.spans.columns.sweepGen[s] = this.sweepState.gen + 3;
    this.cached[spanClass] = s;
    return s;
  }

  /** Takes a span out of its cache; one that was cached before the sweep began is swept here. */
  uncache(spanClass: number, used: number): void {
    const s = this.cached[spanClass];
    if (s === 0) return;
    const { sweepGen, allocCount, nelems } = this.spans.columns;
    const { gen } = this.sweepState;
    this.cached[spanClass] = 0;
    allocCount[s] = Math.min(nelems[s], allocCount[s] + used);
    if (sweepGen[s] === gen + 1) {
      sweepGen[s] = gen - 1;
      this.sweep(s, false);
    } else {
      expect(sweepGen[s]).toBe(gen + 3);
      sweepGen[s] = gen;
      this.registry.uncached(s);
    }
  }

  /** Sweeps one span out of the books' order. Whether one was left. */
  sweepNext(): boolean {
    for (;;) {
      const s = this.registry.nextUnswept();
      if (s === 0) {
        this.sweepState.markDrained();
        // None is left, wherever it stands.
        for (const other of this.inUse) expect(this.isUnswept(other)).toBe(false);
        return false;
      }
      if (!this.tryAcquire(s)) continue;
      this.sweep(s, false);
      return true;
    }
  }

  /** A cycle: everything is swept, `survive` is asked how many of a span's objects are marked, the next sweep begins. */
  cycle(survive: (s: number) => number): void {
    while (!this.sweepState.isDone() && this.sweepNext());
    this.survivors.clear();
    const { allocCount } = this.spans.columns;
    for (const s of this.inUse) this.survivors.set(s, Math.min(allocCount[s], survive(s)));
    this.sweepState.nextGeneration();
    this.registry.beginSweep();
    for (let spanClass = 0; spanClass < this.cached.length; spanClass++) this.uncache(spanClass, 0);
  }

  isUnswept(s: number): boolean {
    return this.spans.columns.sweepGen[s] === this.sweepState.gen - 2;
  }

  tryAcquire(s: number): boolean {
    const { sweepGen, state } = this.spans.columns;
    if (state[s] !== spanState.inUse || !this.isUnswept(s)) return false;
    sweepGen[s] = this.sweepState.gen - 1;
    return true;
  }

  isBeingSwept(s: number): boolean {
    return this.spans.columns.sweepGen[s] === this.sweepState.gen - 1;
  }

  sweep(s: number, preserve: boolean): boolean {
    const c = this.spans.columns;
    expect([c.state[s], c.sweepGen[s]]).toEqual([spanState.inUse, this.sweepState.gen - 1]);
    this.sweeps++;
    c.allocCount[s] = this.survivors.get(s)!;
    c.sweepGen[s] = this.sweepState.gen;
    if (c.allocCount[s] === 0 && !preserve) {
      this.registry.freed(s);
      this.spans.setState(this.idOf(s), spanState.dead);
      this.spans.free(this.idOf(s));
      return true;
    }
    this.registry.swept(s, preserve);
    return false;
  }

  private idOf(s: number): ReturnType<SpanTable['alloc']> {
    return s as ReturnType<SpanTable['alloc']>;
  }

  /** Of this class, swept, in no cache, with a free object. */
  private expectUsable(s: number, spanClass: number): void {
    const c = this.spans.columns;
    expect([c.state[s], c.spanClass[s], c.sweepGen[s], this.isCached(s), c.elemSize[s] !== 0]).toEqual([
      spanState.inUse,
      spanClass,
      this.sweepState.gen,
      false,
      true,
    ]);
    expect(c.allocCount[s]).toBeLessThan(c.nelems[s]);
  }

  /**
   * Unswept spans behind a swept one in the list of full spans, where a search in list books ends. Only the
   * sweeper reaches them: sweeping by it leaves a span that stays full where it stands.
   */
  private passedOver(spanClass: number): Set<number> {
    const found = new Set<number>();
    const { lists } = this;
    if (lists === null) return found;
    const empty = lists.empty(spanClass);
    let behindSwept = false;
    for (let s = lists.first(empty); s !== 0; s = lists.next(s)) {
      if (!this.isUnswept(s)) behindSwept = true;
      else if (behindSwept) found.add(s);
    }
    return found;
  }

  /** A span that could not be had: another class, large, cached, or full after its sweep. */
  private expectNothingToGive(s: number, spanClass: number): void {
    const c = this.spans.columns;
    if (c.spanClass[s] !== spanClass || c.elemSize[s] === 0 || this.isCached(s)) return;
    expect([c.sweepGen[s], c.allocCount[s]]).toEqual([this.sweepState.gen, c.nelems[s]]);
  }
}
