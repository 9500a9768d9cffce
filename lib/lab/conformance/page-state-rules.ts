/**
 * The page state that a page heap may tell of, after every call: its counts, and each free run.
 *
 * - *scavenged.* Each free run tells of as many scavenged pages as the model counts there. A design may forget,
 *   with an allocation, that others of the stretch it takes from were released; it says so by a `lastScavenged`
 *   beyond what it handed out, and the model forgets the same pages. Where it cannot be seen which they are,
 *   what is told may from then on be less than what is so, never more.
 * - *ages.* A run is as young as its youngest page, or younger, if it was once part of a run that was; one that is
 *   released whole may have the age of any of its parts, and keeps it when it is cut: so also of a part that was handed
 *   out since. A design that ages nothing may tell of 0 everywhere.
 *
 * Not here: what may be released (release-rules.ts).
 */
import { describe } from '../../base/describe.ts';
import type { PageHeap } from '../../pages/contract.ts';
import { isCount, statsOf } from './calls.ts';
import { countOf, isFree, isHeld, type PageModel } from './page-model.ts';
import { inPages, type Steps } from './steps.ts';

export interface FreeRun {
  readonly page: number;
  readonly n: number;
  readonly scavenged: number;
  readonly since: number;
}

export class PageStateRules {
  readonly #steps: Steps;
  readonly #model: PageModel;
  readonly #heap: () => PageHeap;
  readonly #physPages: number;
  /** Pages that must count as scavenged: fresh + released − lastScavenged. */
  scavenged = 0;
  /** Whether the model knows of each page if it counts as scavenged. */
  exact = true;
  /** Whether the design ages its runs: it releases by age, or has told of a time. */
  #ages = false;

  /** @param heap not asked for before it is made: its constructor may tell the host something */
  constructor(steps: Steps, model: PageModel, heap: () => PageHeap, physPages: number) {
    this.#steps = steps;
    this.#model = model;
    this.#heap = heap;
    this.#physPages = physPages;
  }

  /** The free runs as the page heap tells of them, each as it may be, lowest first. */
  runs(): FreeRun[] {
    const runs: FreeRun[] = [];
    // Looked at one by one: a list that leads back to itself never ends.
    this.#heap().forEachFree((page, n, scavenged, since) => {
      this.#holdRun(page, n, scavenged, since, runs.at(-1));
      runs.push({ page, n, scavenged, since });
    });
    return runs;
  }

  /** After every call: the counts, and what is told of each page. */
  settle(): void {
    const model = this.#model;
    const steps = this.#steps;
    const heap = this.#heap();
    steps.rethrow();
    heap.check(3);
    const after = `after ${steps.lastCall}`;
    const stats = statsOf(heap, steps);
    steps.require(
      stats.pages === model.grown,
      `${after} stats() counts ${inPages(stats.pages)}, and ${model.grown} were grown`,
    );
    const runs = this.runs();
    const told = runs.reduce((sum, { n }) => sum + n, 0);
    for (const run of runs) this.#holdFree(run, after);
    if (told !== model.free) this.#failMissing(runs, told, after);
    steps.require(
      stats.freePages === model.free,
      `${after} stats() counts ${stats.freePages} free pages, and ${model.free} are: ` +
        `${model.grown} were grown, and ${model.grown - model.free} are handed out`,
    );
    steps.require(
      stats.scavengedPages === this.scavenged,
      `${after} stats() counts ${stats.scavengedPages} scavenged pages; fresh + released − lastScavenged makes ${this.scavenged}`,
    );
    for (const run of runs) {
      this.#holdScavenged(run);
      if (this.#physPages === 1) this.#holdAge(run);
    }
    const toldScavenged = runs.reduce((sum, { scavenged }) => sum + scavenged, 0);
    steps.require(
      toldScavenged === stats.scavengedPages,
      `${after} forEachFree tells of ${toldScavenged} scavenged pages, and stats() of ${stats.scavengedPages}`,
    );
  }

  /**
   * An allocation took back more than it handed out: which of the pages beside it count as scavenged no longer.
   * @param page of the allocation, `n` pages
   */
  forget(page: number, n: number): void {
    const model = this.#model;
    const [low, high] = model.stretch(page, n);
    for (const run of this.runs()) {
      const end = run.page + run.n;
      if (end <= low || run.page >= high || countOf(model.counted, run.page, end) <= run.scavenged) continue;
      if (run.scavenged === 0) model.counted.fill(0, run.page, end);
      else {
        model.forgetBroken(run.page, end, this.#physPages);
        if (countOf(model.counted, run.page, end) !== run.scavenged) this.exact = false;
      }
    }
  }

  /** A design may keep runs of different state apart, and then has no such run although the pages are there. */
  splitByState(n: number): boolean {
    let longest = 0;
    let last = -1;
    let length = 0;
    let kind = -1;
    for (const { page, n: count, scavenged } of this.runs()) {
      const state = scavenged === 0 ? 0 : scavenged === count ? 1 : 2;
      length = page === last && state === kind ? length + count : count;
      kind = state;
      last = page + count;
      longest = Math.max(longest, length);
    }
    return longest < n;
  }

  /** A run by itself, and after the one before it. */
  #holdRun(page: unknown, n: unknown, scavenged: unknown, since: unknown, last: FreeRun | undefined): void {
    const steps = this.#steps;
    if (
      !isCount(page) ||
      !isCount(n, 1) ||
      !isCount(scavenged) ||
      typeof since !== 'number' ||
      Number.isNaN(since)
    ) {
      const told = [page, n, scavenged, since].map(describe).join(', ');
      steps.fail(
        `forEachFree called visit(${told}): a page, pages from 1 on, those of them that are scavenged, and a time are numbers`,
      );
      return;
    }
    steps.require(
      scavenged <= n,
      `forEachFree: of the run at ${page}, ${inPages(n)}, ${scavenged} are scavenged`,
    );
    if (last === undefined || page >= last.page + last.n) return;
    steps.fail(
      `forEachFree tells of the run at ${page}, ${inPages(n)}, after that at ${last.page}, ${inPages(last.n)}: ` +
        'the lowest comes first, and none lies in another',
    );
  }

  /** What is told to be free is free. */
  #holdFree({ page, n }: FreeRun, after: string): void {
    const { state, changedBy } = this.#model;
    for (let p = page; p < page + n; p++) {
      if (state[p] === isFree) continue;
      const truth =
        state[p] === isHeld ? `${this.#steps.change(changedBy[p] ?? 0)} handed it out` : 'it was never grown';
      this.#steps.fail(`${after} forEachFree calls page ${p} free, and ${truth}`);
    }
  }

  /** Some free pages are not told of: the first of them, and whose it was. */
  #failMissing(runs: readonly FreeRun[], told: number, after: string): never {
    const { state, changedBy, free } = this.#model;
    const known = new Uint8Array(state.length);
    for (const { page, n } of runs) known.fill(1, page, page + n);
    const missing = state.findIndex((is, page) => is === isFree && known[page] === 0);
    return this.#steps.fail(
      `${after} forEachFree tells of ${inPages(told)}, and ${free} are free: ` +
        `page ${missing} is missing, free since ${this.#steps.change(changedBy[missing] ?? 0)}`,
    );
  }

  #holdScavenged({ page, n, scavenged }: FreeRun): void {
    // What counts as scavenged is hollow, so where each page is known the one count says both.
    const { counted, hollow } = this.#model;
    const should = countOf(this.exact ? counted : hollow, page, page + n);
    if (this.exact ? scavenged !== should : scavenged > should)
      this.#steps.fail(
        `after ${this.#steps.lastCall} forEachFree: of the run at ${page}, ${inPages(n)}, ${scavenged} count as scavenged, and ${this.exact ? '' : 'at most '}${should} should`,
      );
  }

  #holdAge({ page, n, scavenged, since }: FreeRun): void {
    if (since !== 0 || this.#heap().releaseUnused !== undefined) this.#ages = true;
    else if (!this.#ages) return;
    const [least, most] = this.#model.ages(page, n, scavenged === n);
    if (!(since >= least && since <= most))
      this.#steps.fail(
        `after ${this.#steps.lastCall} forEachFree: the run at ${page}, ${inPages(n)}, is unused since ${since}; its pages were freed ${least === most ? `at ${least}` : `or put together with others from ${least} to ${most}`}`,
      );
  }
}
