/** Reclaiming pages as since Go 1.13: through the pages in order, 512 at a time, spans without a mark are swept. */
import { type ModelSpan, WholeHeap } from './whole-heap.ts';

const chunk = 512;
const arenaPages = 8192;

export abstract class PageReclaimingHeap extends WholeHeap {
  protected override readonly threads = false;
  /** Pages the heap has grown to. */
  protected grown = 0;
  private position = 0;
  private end = 0;

  protected override beginSweep(): void {
    this.position = 0;
    this.end = Math.ceil(this.grown / arenaPages) * arenaPages;
  }

  protected override reclaim(npages: number): void {
    let want = npages;
    while (want > 0) {
      if (this.credit > 0) {
        const use = Math.min(this.credit, want);
        this.credit -= use;
        want -= use;
        continue;
      }
      if (this.position >= this.end) return;
      const freed = this.reclaimChunk(this.position);
      this.position += chunk;
      if (freed > want) this.credit += freed - want;
      want -= Math.min(freed, want);
    }
  }

  private reclaimChunk(from: number): number {
    const starting = [...this.inUse]
      .filter((s) => s.start >= from && s.start < from + chunk)
      .sort((a, b) => a.start - b.start);
    let freed = 0;
    for (const s of starting) {
      const { npages } = s;
      if (hasNoMark(s) && this.acquire(s) && this.sweep(s, false)) freed += npages;
    }
    return freed;
  }
}

const hasNoMark = (s: ModelSpan): boolean => !s.marked.includes(true);
