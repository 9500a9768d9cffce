/**
 * The page heap of 2014 (Go 1.4): free lists by size.
 *
 * Runs of 1 to 127 free pages stand in a list each size, larger ones in one list together. An allocation
 * takes the run freed last of the smallest size that has any; among large runs the best fit, by size and
 * then by address, found by looking at all of them. What is left of a run goes back. A run that is freed
 * takes in its free neighbours at once.
 *
 * How released pages are counted, kept as the original does it, because people ask why its HeapReleased is
 * too small:
 * - an allocation from a run that is released, wholly or in part, forgets the release of the *whole* run,
 *   also of what is left of it; so `lastScavenged` may exceed the pages allocated
 * - a freed run that takes in the one before it takes over that one's count; of the one after it the count
 *   is added
 * - the rest keeps the age of the run it was cut from, a merged run is as young as its youngest part
 * - a run that is released in part is released again whole
 * - physical pages larger than 8 KiB are none of its concern: a run is advised whole
 *
 * Cost: an allocation below 128 pages looks at up to 127 list heads; a large one at every large run, which
 * is what ended this design.
 *
 * Invariants: no two free runs border; a run stands in the list of its size; the counts of scavenged pages
 * add up to what the host was told less what `lastScavenged` took back.
 *
 * Mechanism after mheap.c and mheap.go of December 2014. Not here: growth (1 MiB at a time, heap/growth.ts),
 * when to release (scavenge/age.ts).
 */
import { fatal } from '../../base/errors.ts';
import { type Bytes, pageCount, pageIndex } from '../../base/units.ts';
import type { Views } from '../../meta/column.ts';
import type { PageHeapHost } from '../contract.ts';
import { FreeRuns } from '../free-runs.ts';
import { RunPageHeap } from '../run-page-heap.ts';
import { type ListsMemory, largeRun, listHeadTable, listLinkTable } from './columns.ts';

export class ListsPageHeap extends RunPageHeap {
  readonly #runs: FreeRuns;
  readonly #host: PageHeapHost;
  readonly #links: Views<typeof listLinkTable>;
  readonly #first: Int32Array;

  constructor(memory: ListsMemory, host: PageHeapHost) {
    const { meta } = memory;
    const runs = new FreeRuns(memory, listLinkTable);
    super(runs, host);
    this.#runs = runs;
    this.#host = host;
    this.#links = meta.views(listLinkTable);
    this.#first = meta.views(listHeadTable).first;
  }

  override find(npages: number): number {
    const first = this.#first;
    for (let list = npages; list < largeRun; list++) if (first[list] !== 0) return first[list];
    return this.#bestFit(npages);
  }

  override take(s: number, npages: number): void {
    const runs = this.#runs;
    this.#remove(s);
    this.lastScavenged = runs.scavenged[s];
    this.lastNeedZero = runs.needZero[s] !== 0;
    const rest = runs.cut(s, npages);
    if (rest === 0) return;
    // What is left is no neighbour of a free run, or it would have been merged with it before.
    runs.map(rest);
    this.#insert(rest);
  }

  /**
   * The original releases by age alone. Asked for an amount it releases whole runs, the large ones first, in
   * the order of their lists.
   */
  override release(nbytes: Bytes, _force: boolean, shouldStop?: () => boolean): Bytes {
    const runs = this.#runs;
    const first = this.#first;
    const links = this.#links;
    let released = 0;
    for (let list = largeRun; list > 0; list--) {
      for (let s = first[list]; s !== 0; s = links.next[s]) {
        if (FreeRuns.bytes(released) >= nbytes) return this.bytesOf(released);
        if (runs.scavenged[s] === runs.pages[s]) continue;
        released += this.#releaseRun(s);
        if (shouldStop?.() === true) return this.bytesOf(released);
      }
    }
    return this.bytesOf(released);
  }

  override releaseUnused(limit: number): Bytes {
    const runs = this.#runs;
    const first = this.#first;
    const links = this.#links;
    const now = this.#host.now();
    let released = 0;
    for (let list = 1; list <= largeRun; list++) {
      for (let s = first[list]; s !== 0; s = links.next[s]) {
        if (now - runs.unusedSince[s] > limit && runs.scavenged[s] !== runs.pages[s])
          released += this.#releaseRun(s);
      }
    }
    return this.bytesOf(released);
  }

  override check(level: 1 | 2 | 3): void {
    this.#runs.check(() => false);
    if (level === 1) return;
    const runs = this.#runs;
    const first = this.#first;
    const links = this.#links;
    let members = 0;
    for (let list = 0; list <= largeRun; list++) {
      let prev = 0;
      for (let s = first[list]; s !== 0; s = links.next[s]) {
        if (links.prev[s] !== prev) fatal('a free list is broken', { list, span: s, prev: links.prev[s] });
        if (listOf(runs.pages[s]) !== list)
          fatal('a free run stands in the list of another size', { list, span: s, npages: runs.pages[s] });
        prev = s;
        members++;
      }
    }
    const all = runs.inOrder().length;
    if (members !== all) fatal('free runs are missing in the lists', { members, all });
  }

  /**
   * Takes over pages as a record of another heap tells of them: for replaying what a real one answered.
   * Free runs are put first in their lists, and do not merge.
   */
  restore(page: number, npages: number, free: boolean, scavenged: number, unusedSince: number): void {
    const runs = this.#runs;
    runs.grown[0] += npages;
    if (!free) return;
    const s = runs.make(page, npages, 1, unusedSince);
    runs.scavenged[s] = scavenged;
    runs.map(s);
    this.#insert(s);
  }

  /** The smallest large run of at least npages, the lowest of those. */
  #bestFit(npages: number): number {
    const { pages, start } = this.#runs;
    const { next } = this.#links;
    let best = 0;
    let size = 0;
    for (let s = this.#first[largeRun]; s !== 0; s = next[s]) {
      const n = pages[s];
      if (n < npages) continue;
      if (best === 0 || n < size || (n === size && start[s] < start[best])) {
        best = s;
        size = n;
      }
    }
    return best;
  }

  protected override settle(s: number): void {
    const runs = this.#runs;
    const before = runs.before(runs.start[s]);
    if (before !== 0) {
      this.#remove(before);
      runs.start[s] = runs.start[before];
      runs.pages[s] += runs.pages[before];
      runs.scavenged[s] = runs.scavenged[before];
      runs.needZero[s] |= runs.needZero[before];
      runs.drop(before);
    }
    const after = runs.at(runs.start[s] + runs.pages[s]);
    if (after !== 0) {
      this.#remove(after);
      runs.pages[s] += runs.pages[after];
      runs.scavenged[s] += runs.scavenged[after];
      runs.needZero[s] |= runs.needZero[after];
      runs.drop(after);
    }
    runs.map(s);
    this.#insert(s);
  }

  #releaseRun(s: number): number {
    const runs = this.#runs;
    const npages = runs.pages[s];
    const newly = npages - runs.scavenged[s];
    runs.scavenged[s] = npages;
    this.#host.release(pageIndex(runs.start[s]), pageCount(npages), pageCount(newly));
    return newly;
  }

  #insert(s: number): void {
    const links = this.#links;
    const first = this.#first;
    const list = listOf(this.#runs.pages[s]);
    const head = first[list];
    links.prev[s] = 0;
    links.next[s] = head;
    if (head !== 0) links.prev[head] = s;
    first[list] = s;
  }

  #remove(s: number): void {
    const { prev, next } = this.#links;
    if (prev[s] === 0) this.#first[listOf(this.#runs.pages[s])] = next[s];
    else next[prev[s]] = next[s];
    if (next[s] !== 0) prev[next[s]] = prev[s];
  }
}

function listOf(npages: number): number {
  return npages < largeRun ? npages : largeRun;
}
