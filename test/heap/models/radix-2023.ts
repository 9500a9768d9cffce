/**
 * The whole heap of 2023 (Go 1.21): pages by address, first fit, through a cache of 64; four sets of spans a class,
 * from each of which the span is taken that was put there first.
 */
import { PageReclaimingHeap } from './page-reclaimer.ts';
import { isFull, type ModelSpan, newSpan } from './whole-heap.ts';

const chunkPages = 512;
const cachePages = 64;
const budget = 100;
const spanClasses = 136;

type Sets = Map<number, ModelSpan[]>;

export class RadixHeap2023 extends PageReclaimingHeap {
  /** By page: free and not in the page cache. */
  private readonly free: boolean[] = [];
  private pageCache: number[] = [];
  private full: { swept: Sets; unswept: Sets } = { swept: new Map(), unswept: new Map() };
  private partial: { swept: Sets; unswept: Sets } = { swept: new Map(), unswept: new Map() };
  private cursor = 0;

  protected override allocPages(npages: number): ModelSpan {
    let page = npages < cachePages / 4 ? this.allocCached(npages) : -1;
    if (page < 0) page = this.firstFit(npages);
    if (page < 0) {
      this.grow(npages);
      page = this.firstFit(npages);
    }
    return newSpan(page, npages);
  }

  protected override freePages(s: ModelSpan): void {
    this.free.fill(true, s.start, s.start + s.npages);
  }

  protected override spanAllocated(s: ModelSpan): void {
    if (s.size === 0) of(this.full.swept, s.spanClass).push(s);
  }

  protected override spanFreed(): void {
    // It may stand in a set on, and is passed over there.
  }

  protected override spanSwept(s: ModelSpan, preserve: boolean): void {
    if (!preserve) this.spanUncached(s);
  }

  protected override spanUncached(s: ModelSpan): void {
    of((isFull(s) ? this.full : this.partial).swept, s.spanClass).push(s);
  }

  protected override findSpan(spanClass: number): ModelSpan | undefined {
    const ready = of(this.partial.swept, spanClass).shift();
    if (ready !== undefined || this.sweepDone) return ready;
    let left = budget;
    for (const kind of [this.partial, this.full]) {
      for (; left >= 0; left--) {
        const s = of(kind.unswept, spanClass).shift();
        if (s === undefined) break;
        if (!this.acquire(s)) continue;
        this.sweep(s, true);
        if (kind === this.partial || !isFull(s)) return s;
        of(this.full.swept, spanClass).push(s);
      }
    }
    return undefined;
  }

  protected override beginSweep(): void {
    super.beginSweep();
    this.full = { swept: new Map(), unswept: this.full.swept };
    this.partial = { swept: new Map(), unswept: this.partial.swept };
    this.cursor = 0;
  }

  protected override nextUnswept(): ModelSpan | undefined {
    for (; this.cursor < spanClasses * 2; this.cursor++) {
      const kind = this.cursor % 2 === 0 ? this.full : this.partial;
      const s = of(kind.unswept, this.cursor >> 1).shift();
      if (s !== undefined) return s;
    }
    return undefined;
  }

  private allocCached(npages: number): number {
    if (this.pageCache.length === 0) this.fillCache();
    const at = this.pageCache.findIndex((page, i) => this.pageCache[i + npages - 1] === page + npages - 1);
    return at < 0 ? -1 : this.pageCache.splice(at, npages)[0]!;
  }

  /** The free pages of the aligned 64 that hold the lowest one. */
  private fillCache(): void {
    const first = this.free.indexOf(true);
    if (first < 0) return;
    const base = first - (first % cachePages);
    for (let page = base; page < base + cachePages; page++) {
      if (this.free[page] !== true) continue;
      this.free[page] = false;
      this.pageCache.push(page);
    }
  }

  private firstFit(npages: number): number {
    let length = 0;
    for (let page = 0; page < this.free.length; page++) {
      length = this.free[page]! ? length + 1 : 0;
      if (length < npages) continue;
      const start = page - npages + 1;
      this.free.fill(false, start, page + 1);
      return start;
    }
    return -1;
  }

  private grow(npages: number): void {
    const size = Math.ceil(npages / chunkPages) * chunkPages;
    for (let i = 0; i < size; i++) this.free.push(true);
    this.grown += size;
  }
}

function of(sets: Sets, spanClass: number): ModelSpan[] {
  const set = sets.get(spanClass) ?? [];
  sets.set(spanClass, set);
  return set;
}
