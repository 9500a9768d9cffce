/**
 * The page heap of 2019 (between Go 1.12 and 1.13): two treaps of free runs.
 *
 * One treap holds the runs whose memory is there, the other those that were given back (*scavenged*), both
 * by size and then by address. An allocation takes the best fit of both; where both fit equally well, the
 * one whose memory is there. What is left of it keeps its state and its age. A run that is freed, or
 * scavenged, takes in neighbours of the same state at once.
 *
 * The kernel gives memory back in physical pages only, which may be larger than 8 KiB. So a run counts as
 * scavenged by the whole physical pages inside it; one without any cannot be; where runs of both states
 * border, the border moves to a physical page's, towards the scavenged one; and a merged scavenged run is
 * released again whole, for the physical pages that lay across the old border. (That second release is a
 * system call also where it gains nothing.)
 *
 * An amount is released from the largest runs, since the cost is by the call; by age it goes from the smallest
 * up. Runs are released whole, so more may go than was asked.
 *
 * Invariants: no two runs of the same state border; a run stands in the treap of its state; a scavenged
 * run's count is the pages of the whole physical pages in it.
 *
 * The original means to move borders likewise, but returns early just where physical pages are larger: its
 * comment is followed here, not its condition.
 *
 * Mechanism after mheap.go of spring 2019. Not here: growth, credit for what was released too much
 * (scavenge/growth.ts), when to release.
 */
import { fatal } from '../../base/errors.ts';
import { type Bytes, pageCount, pageIndex } from '../../base/units.ts';
import type { PageHeapHost } from '../contract.ts';
import { FreeRuns } from '../free-runs.ts';
import { RunPageHeap } from '../run-page-heap.ts';
import { type TreapMemory, treapNodeTable, treapStateTable } from './columns.ts';
import { Treap } from './treap.ts';

export class TreapPageHeap extends RunPageHeap {
  readonly #runs: FreeRuns;
  readonly #host: PageHeapHost;
  readonly #backed: Treap;
  readonly #released: Treap;
  readonly #physPages: number;

  constructor(memory: TreapMemory, host: PageHeapHost) {
    const { meta } = memory;
    const { backedRoot, releasedRoot, random } = meta.views(treapStateTable);
    const nodes = meta.views(treapNodeTable);
    const runs = new FreeRuns(memory, treapNodeTable);
    super(runs, host);
    this.#runs = runs;
    this.#host = host;
    this.#physPages = host.physPages;
    const { pages, start } = runs;
    this.#backed = new Treap(nodes, pages, start, backedRoot, random);
    this.#released = new Treap(nodes, pages, start, releasedRoot, random);
  }

  override find(npages: number): number {
    const { pages } = this.#runs;
    const there = this.#backed.find(npages);
    const gone = this.#released.find(npages);
    return there !== 0 && (gone === 0 || pages[there] <= pages[gone]) ? there : gone;
  }

  override take(s: number, npages: number): void {
    const runs = this.#runs;
    const scavenged = runs.scavenged[s];
    this.#treapOf(s).remove(s);
    this.lastNeedZero = runs.needZero[s] !== 0;
    this.lastScavenged = scavenged;
    const rest = runs.cut(s, npages);
    if (rest === 0) return;
    if (scavenged !== 0) {
      runs.scavenged[rest] = this.#wholePages(rest);
      this.lastScavenged = scavenged - runs.scavenged[rest];
    }
    this.settle(rest);
  }

  override release(nbytes: Bytes, _force: boolean, shouldStop?: () => boolean): Bytes {
    const runs = this.#runs;
    const backed = this.#backed;
    let total = 0;
    for (let s = backed.last(); s !== 0 && FreeRuns.bytes(total) < nbytes; ) {
      const npages = runs.pages[s];
      const page = runs.start[s];
      const got = this.#releaseRun(s);
      // Those that follow are no larger: hardly one of them will span a physical page.
      if (got === 0) break;
      total += got;
      if (shouldStop?.() === true) break;
      s = backed.below(npages, page);
    }
    return this.bytesOf(total);
  }

  override releaseUnused(limit: number): Bytes {
    const runs = this.#runs;
    const backed = this.#backed;
    const now = this.#host.now();
    let total = 0;
    for (let s = backed.first(); s !== 0; ) {
      const npages = runs.pages[s];
      const page = runs.start[s];
      if (now - runs.unusedSince[s] > limit) total += this.#releaseRun(s);
      s = backed.above(npages, page);
    }
    return this.bytesOf(total);
  }

  override check(level: 1 | 2 | 3): void {
    const runs = this.#runs;
    runs.check((a, b) => (runs.scavenged[a] === 0) !== (runs.scavenged[b] === 0));
    if (level === 1) return;
    let members = 0;
    for (const treap of [this.#backed, this.#released]) {
      members += treap.check();
      treap.forEach((s) => {
        const wanted = treap === this.#backed ? 0 : this.#wholePages(s);
        if (runs.scavenged[s] !== wanted || (treap === this.#released && wanted === 0))
          fatal('a free run stands in the wrong treap', { span: s, scavenged: runs.scavenged[s], wanted });
      });
    }
    const all = runs.inOrder().length;
    if (members !== all) fatal('free runs are missing in the treaps', { members, all });
  }

  /**
   * Takes over pages as a record of another heap tells of them: for replaying what a real one answered.
   * Free runs do not merge.
   */
  restore(page: number, npages: number, free: boolean, scavenged: number, unusedSince: number): void {
    const runs = this.#runs;
    runs.grown[0] += npages;
    if (!free) return;
    const s = runs.make(page, npages, 1, unusedSince);
    if (scavenged !== 0) runs.scavenged[s] = this.#wholePages(s);
    runs.map(s);
    this.#treapOf(s).insert(s);
  }

  /** The pages of the whole physical pages in a run. */
  #wholePages(s: number): number {
    const { start, pages } = this.#runs;
    const low = this.#roundUp(start[s]);
    const high = this.#roundDown(start[s] + pages[s]);
    return high > low ? high - low : 0;
  }

  #roundUp(page: number): number {
    return Math.ceil(page / this.#physPages) * this.#physPages;
  }

  #roundDown(page: number): number {
    return Math.floor(page / this.#physPages) * this.#physPages;
  }

  #treapOf(s: number): Treap {
    return this.#runs.scavenged[s] === 0 ? this.#backed : this.#released;
  }

  /** Releases a run of the treap whose memory is there. The pages released, 0 if it has no whole physical page. */
  #releaseRun(s: number): number {
    const got = this.#wholePages(s);
    if (got === 0) return 0;
    this.#backed.remove(s);
    this.#giveBack(s, got);
    this.settle(s);
    return got;
  }

  /** Gives the whole physical pages of a run back, `newly` of its pages for the first time. */
  #giveBack(s: number, newly: number): void {
    const whole = this.#wholePages(s);
    this.#runs.scavenged[s] = whole;
    this.#host.release(pageIndex(this.#roundUp(this.#runs.start[s])), pageCount(whole), pageCount(newly));
  }

  /** A run that stands in no treap takes in what borders on it, and goes where it belongs. */
  protected override settle(s: number): void {
    const runs = this.#runs;
    const isReleased = runs.scavenged[s] !== 0;
    let counted = runs.scavenged[s];
    let merged = false;
    const before = runs.before(runs.start[s]);
    if (before !== 0) {
      if ((runs.scavenged[before] !== 0) === isReleased) {
        counted += this.#absorb(s, before);
        merged = true;
      } else {
        this.#realign(before, s, before);
      }
    }
    const after = runs.at(runs.start[s] + runs.pages[s]);
    if (after !== 0) {
      if ((runs.scavenged[after] !== 0) === isReleased) {
        counted += this.#absorb(s, after);
        merged = true;
      } else {
        this.#realign(s, after, after);
      }
    }
    if (merged && isReleased) this.#giveBack(s, this.#wholePages(s) - counted);
    runs.map(s);
    this.#treapOf(s).insert(s);
  }

  /** Merges a neighbour into a run. The pages of it that counted as scavenged. */
  #absorb(s: number, other: number): number {
    const runs = this.#runs;
    this.#treapOf(other).remove(other);
    const counted = runs.scavenged[other];
    runs.pages[s] += runs.pages[other];
    runs.needZero[s] |= runs.needZero[other];
    if (runs.start[other] < runs.start[s]) runs.start[s] = runs.start[other];
    runs.scavenged[other] = 0;
    runs.drop(other);
    return counted;
  }

  /** Moves the border between two runs of different state, a before b, to a physical page, towards the scavenged one. */
  #realign(a: number, b: number, other: number): void {
    if (this.#physPages === 1) return;
    const runs = this.#runs;
    const border = runs.start[b];
    const moved = runs.scavenged[a] !== 0 ? this.#roundDown(border) : this.#roundUp(border);
    if (moved === border) return;
    this.#treapOf(other).remove(other);
    // The pages that change sides bring with them what they may hold.
    if (moved > border) runs.needZero[a] |= runs.needZero[b];
    else runs.needZero[b] |= runs.needZero[a];
    runs.pages[a] = moved - runs.start[a];
    runs.pages[b] -= moved - border;
    runs.start[b] = moved;
    runs.map(a);
    runs.map(b);
    this.#treapOf(other).insert(other);
  }
}
