/**
 * The whole heap of spring 2019: best fit over the runs whose memory is there and those that were given back; two
 * lists a span class, two stacks for sweeping; growth, and reuse where that is asked for, give as much memory back.
 */
import { CentralLists, remove } from './central-lists.ts';
import { PageReclaimingHeap } from './page-reclaimer.ts';
import { type ModelClasses, type ModelSpan, newSpan } from './whole-heap.ts';

const growthPages = 8192;

export class TreapHeap2019 extends PageReclaimingHeap {
  private readonly backed: ModelSpan[] = [];
  private readonly released: ModelSpan[] = [];
  private readonly central = new CentralLists(
    (s) => this.acquire(s),
    (s) => void this.sweep(s, true),
  );
  private swept: ModelSpan[] = [];
  private unswept: ModelSpan[] = [];
  /** Pages given back beyond what was owed. */
  private scavengeCredit = 0;
  private readonly scavengesOnReuse: boolean;

  constructor(classes: ModelClasses, scavengesOnReuse: boolean) {
    super(classes);
    this.scavengesOnReuse = scavengesOnReuse;
  }

  /** Everything free is given back. */
  releaseAll(): void {
    for (const s of [...this.backed].sort(bySize)) this.release(s);
  }

  protected override allocPages(npages: number): ModelSpan {
    const s = this.pick(npages) ?? this.grow(npages);
    const runs = this.backed.includes(s) ? this.backed : this.released;
    remove(runs, s);
    s.state = 'dead';
    if (s.npages > npages) {
      const rest = newSpan(s.start + npages, s.npages - npages);
      s.npages = npages;
      this.settle(rest, runs);
    }
    if (runs === this.released && this.scavengesOnReuse) this.scavengeLargest(npages);
    return s;
  }

  protected override freePages(s: ModelSpan): void {
    this.settle(s, this.backed);
  }

  protected override spanAllocated(s: ModelSpan): void {
    this.swept.push(s);
    if (s.size !== 0) this.central.add(s);
  }

  protected override spanFreed(s: ModelSpan): void {
    if (s.size !== 0) this.central.remove(s);
  }

  protected override spanSwept(s: ModelSpan, preserve: boolean): void {
    this.swept.push(s);
    if (s.size !== 0 && !preserve) this.central.place(s);
  }

  protected override spanUncached(s: ModelSpan): void {
    this.central.place(s);
  }

  protected override findSpan(spanClass: number): ModelSpan | undefined {
    return this.central.find(spanClass);
  }

  protected override beginSweep(): void {
    super.beginSweep();
    this.unswept = this.swept;
    this.swept = [];
  }

  protected override nextUnswept(): ModelSpan | undefined {
    return this.unswept.pop();
  }

  private pick(npages: number): ModelSpan | undefined {
    const best = (runs: ModelSpan[]): ModelSpan | undefined =>
      runs.filter((s) => s.npages >= npages).sort(bySize)[0];
    const there = best(this.backed);
    const gone = best(this.released);
    if (there === undefined || gone === undefined) return there ?? gone;
    return there.npages <= gone.npages ? there : gone;
  }

  private grow(npages: number): ModelSpan {
    const size = Math.ceil(npages / growthPages) * growthPages;
    this.scavengeLargest(size);
    this.settle(newSpan(this.grown, size), this.backed);
    this.grown += size;
    return this.pick(npages)!;
  }

  /** A run goes among those of its state, and takes in its neighbours there. */
  private settle(s: ModelSpan, runs: ModelSpan[]): void {
    s.state = 'free';
    for (const t of [...runs]) {
      if (t.start + t.npages !== s.start && s.start + s.npages !== t.start) continue;
      remove(runs, t);
      s.start = Math.min(s.start, t.start);
      s.npages += t.npages;
      t.state = 'dead';
    }
    runs.push(s);
  }

  private release(s: ModelSpan): void {
    remove(this.backed, s);
    this.settle(s, this.released);
  }

  /** Gives so many pages back, the largest runs first, whole. */
  private scavengeLargest(npages: number): void {
    const owed = npages - this.scavengeCredit;
    this.scavengeCredit = Math.max(0, -owed);
    let got = 0;
    while (got < owed && this.backed.length > 0) {
      const largest = [...this.backed].sort(bySize).at(-1)!;
      got += largest.npages;
      this.release(largest);
    }
    if (owed > 0 && got > owed) this.scavengeCredit += got - owed;
  }
}

const bySize = (a: ModelSpan, b: ModelSpan): number => a.npages - b.npages || a.start - b.start;
