/**
 * Page heaps whose free runs are spans: those of 2014 and 2019.
 *
 * A free run and an allocation are one record that changes its state. So there are two ways to ask for pages. By
 * pages, as every page heap (contract.ts): the run's record goes when its pages are handed out. And by span, as the
 * heap does: `find` names the run that comes next, whoever asks prepares what it keeps of a span with that id, and
 * `take` hands it over; `give` takes a span back with its pages. Between `find` and `take` nothing may be allocated
 * or freed.
 *
 * Not here: which run it is, and where runs stand (lists/, treap/); the runs' rows (free-runs.ts).
 */
import { type Bytes, bytes, type PageCount, type PageIndex, pageIndex } from '../base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapHost, PageHeapStats } from './contract.ts';
import { FreeRuns } from './free-runs.ts';

export abstract class RunPageHeap implements PageHeap {
  readonly freshScavenged = false;
  lastScavenged = 0;
  lastNeedZero = false;
  readonly #runs: FreeRuns;
  readonly #host: PageHeapHost;

  constructor(runs: FreeRuns, host: PageHeapHost) {
    this.#runs = runs;
    this.#host = host;
  }

  /** The run that an allocation of npages takes from; 0: there is none. Changes nothing. */
  abstract find(npages: number): number;

  /**
   * Hands out the first npages of the run that `find` has just named: it is a dead span of these pages, and the
   * caller's. The caller has made sure of an id for what is left (`ensure`). Sets what `alloc` sets.
   */
  abstract take(s: number, npages: number): void;

  /** A run in no list takes in the free runs it borders on, and goes where it belongs. */
  protected abstract settle(s: number): void;

  abstract release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes;
  abstract releaseUnused(limit: number): Bytes;
  abstract check(level: 1 | 2 | 3): void;

  /** Makes sure of an id for one more run. False when there is no memory. */
  ensure(): boolean {
    return this.#runs.ensure();
  }

  /** A dead span of allocated pages becomes a free run. It needs no memory. */
  give(s: number): void {
    this.#runs.enter(s, 1, this.#host.now());
    this.settle(s);
  }

  alloc(npages: PageCount): PageIndex {
    const s = this.find(npages);
    if (s === 0 || !this.ensure()) return pageIndex(-1);
    this.take(s, npages);
    this.#runs.forget(s);
    return pageIndex(this.#runs.start[s]);
  }

  free(page: PageIndex, npages: PageCount): void {
    this.settle(this.#runs.make(page, npages, 1, this.#host.now()));
  }

  prepareGrow(): boolean {
    return this.ensure();
  }

  grow(page: PageIndex, npages: PageCount): boolean {
    const runs = this.#runs;
    if (!this.ensure()) return false;
    runs.grown[0] += npages;
    this.settle(runs.make(page, npages, 0, this.#host.now()));
    return true;
  }

  forEachFree(visit: FreeRunVisit): void {
    this.#runs.forEach(visit);
  }

  stats(): PageHeapStats {
    return this.#runs.stats();
  }

  /** Bytes of so many pages. */
  protected bytesOf(npages: number): Bytes {
    return bytes(FreeRuns.bytes(npages));
  }
}
