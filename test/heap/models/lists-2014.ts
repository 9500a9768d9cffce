/**
 * The whole heap of December 2014: free lists by pages, best fit among large runs; records that live from use to use;
 * busy lists; sweeping in the order in which records were made.
 */
import { CentralLists, remove } from './central-lists.ts';
import { type ModelSpan, newSpan, WholeHeap } from './whole-heap.ts';

const large = 128;
const leastGrowth = 128;
const growthStep = 8;

export class ListsHeap2014 extends WholeHeap {
  protected override readonly threads = true;
  /** Every record there ever was, as it was made; those that are free to be used again, last one first. */
  private readonly records: ModelSpan[] = [];
  private readonly unused: ModelSpan[] = [];
  /** By page: what a record's first and last page lead to, and all pages of one in use. */
  private readonly at: ModelSpan[] = [];
  private readonly free: ModelSpan[][] = Array.from({ length: large + 1 }, () => []);
  private readonly busy: ModelSpan[][] = Array.from({ length: large + 1 }, () => []);
  private readonly central = new CentralLists(
    (s) => this.acquire(s),
    (s) => void this.sweep(s, true),
  );
  private grown = 0;
  private toSweep: readonly ModelSpan[] = [];
  private swept = 0;

  protected override allocPages(npages: number): ModelSpan {
    const s = this.pick(npages) ?? this.grow(npages);
    remove(this.listOf(this.free, s.npages), s);
    const left = s.npages - npages;
    s.npages = npages;
    s.state = 'dead';
    for (let page = s.start; page < s.start + npages; page++) this.at[page] = s;
    if (left > 0) this.freePages(this.record(s.start + npages, left));
    return s;
  }

  protected override freePages(s: ModelSpan): void {
    s.state = 'free';
    for (const before of [true, false]) {
      const t = this.at[before ? s.start - 1 : s.start + s.npages];
      if (t?.state !== 'free') continue;
      remove(this.listOf(this.free, t.npages), t);
      if (before) s.start = t.start;
      s.npages += t.npages;
      t.state = 'dead';
      this.unused.push(t);
    }
    this.at[s.start] = s;
    this.at[s.start + s.npages - 1] = s;
    this.listOf(this.free, s.npages).unshift(s);
  }

  protected override reclaim(npages: number): void {
    for (let n = npages; n < large; n++) if (this.reclaimList(this.busy[n]!, npages) > 0) return;
    if (this.reclaimList(this.busy[large]!, npages) > 0) return;
    let got = 0;
    for (let n = 0; n < npages && n < large; n++) {
      got += this.reclaimList(this.busy[n]!, npages - got);
      if (got >= npages) return;
    }
    while (got < npages) {
      const freed = this.sweepOne();
      if (freed < 0) return;
      got += freed;
    }
  }

  protected override spanAllocated(s: ModelSpan): void {
    if (s.size === 0) this.listOf(this.busy, s.npages).push(s);
    else this.central.add(s);
  }

  protected override spanFreed(s: ModelSpan): void {
    if (s.size === 0) remove(this.listOf(this.busy, s.npages), s);
    else this.central.remove(s);
  }

  protected override spanSwept(s: ModelSpan, preserve: boolean): void {
    if (s.size !== 0 && !preserve) this.central.place(s);
  }

  protected override spanUncached(s: ModelSpan): void {
    this.central.place(s);
  }

  protected override findSpan(spanClass: number): ModelSpan | undefined {
    return this.central.find(spanClass);
  }

  protected override beginSweep(): void {
    this.toSweep = [...this.records];
    this.swept = 0;
  }

  protected override nextUnswept(): ModelSpan | undefined {
    return this.toSweep[this.swept++];
  }

  /** The records of spans and free runs by first page, with their numbers in the order in which they were made. */
  recordsByPage(): [page: number, record: number][] {
    return this.records
      .map((s, i): [number, number] => [s.state === 'dead' ? -1 : s.start, i + 1])
      .filter(([page]) => page >= 0)
      .sort(([a], [b]) => a - b);
  }

  private record(start: number, npages: number): ModelSpan {
    let s = this.unused.pop();
    if (s === undefined) {
      s = newSpan(0, 0);
      this.records.push(s);
    }
    s.start = start;
    s.npages = npages;
    return s;
  }

  private pick(npages: number): ModelSpan | undefined {
    for (let n = npages; n < large; n++) if (this.free[n]!.length > 0) return this.free[n]![0];
    let best: ModelSpan | undefined;
    for (const s of this.free[large]!) {
      if (s.npages < npages) continue;
      if (!best || s.npages < best.npages || (s.npages === best.npages && s.start < best.start)) best = s;
    }
    return best;
  }

  private grow(npages: number): ModelSpan {
    const size = Math.max(leastGrowth, Math.ceil(npages / growthStep) * growthStep);
    this.freePages(this.record(this.grown, size));
    this.grown += size;
    return this.pick(npages)!;
  }

  private reclaimList(list: ModelSpan[], enough: number): number {
    let freed = 0;
    while (freed < enough && list.length > 0 && this.acquire(list[0]!)) {
      const s = list.shift()!;
      list.push(s);
      if (this.sweep(s, false)) freed++;
    }
    return freed;
  }

  private listOf(lists: ModelSpan[][], npages: number): ModelSpan[] {
    return lists[Math.min(npages, large)]!;
  }
}
