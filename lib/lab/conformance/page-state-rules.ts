/**
 * The page state that a page heap may tell of, after every call: its counts, and each free run.
 *
 * - *scavenged.* Each free run tells of as many scavenged pages as the model counts there. A design may forget,
 *   with an allocation, that others of the stretch it takes from were released; it says so by a `lastScavenged`
 *   beyond what it handed out, and the model forgets the same pages. Where it cannot be seen which they are,
 *   what is told may from then on be less than what is so, never more.
 * - *ages.* A run is as young as its youngest page, or younger, if it was once part of a run that was; one that is
 *   released whole may have the age of any of its parts. A design that ages nothing may tell of 0 everywhere.
 *
 * Not here: what may be released (release-rules.ts).
 */
import type { PageHeap } from '../../pages/contract.ts';
import { countOf, isFree, type PageModel } from './page-model.ts';
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

  /** The free runs as the page heap tells of them. */
  runs(): FreeRun[] {
    const runs: FreeRun[] = [];
    this.#heap().forEachFree((page, n, scavenged, since) => runs.push({ page, n, scavenged, since }));
    return runs;
  }

  /** After every call: the counts, and what is told of each page. */
  settle(): void {
    const model = this.#model;
    const steps = this.#steps;
    const heap = this.#heap();
    heap.check(3);
    const stats = heap.stats();
    steps.require(
      stats.pages === model.grown,
      `stats: ${inPages(stats.pages)}, and ${model.grown} were grown`,
    );
    steps.require(
      stats.freePages === model.free,
      `stats: ${stats.freePages} pages are free, and ${model.free} should be`,
    );
    steps.require(
      stats.scavengedPages === this.scavenged,
      `stats: ${stats.scavengedPages} pages are scavenged; fresh + released − lastScavenged makes ${this.scavenged}`,
    );
    let told = 0;
    let toldScavenged = 0;
    let end = 0;
    for (const run of this.runs()) {
      const { page, n, scavenged } = run;
      steps.require(page >= end, `forEachFree: the run at ${page} comes after ${end}`);
      steps.require(
        n >= 1 && scavenged >= 0 && scavenged <= n,
        `forEachFree: ${scavenged} of ${inPages(n)} scavenged`,
      );
      end = page + n;
      for (let p = page; p < end; p++)
        if (model.state[p] !== isFree) steps.fail(`forEachFree: page ${p} is not free`);
      this.#holdScavenged(run);
      if (this.#physPages === 1) this.#holdAge(run);
      told += n;
      toldScavenged += scavenged;
    }
    steps.require(told === model.free, `forEachFree told of ${inPages(told)}, and ${model.free} are free`);
    steps.require(
      toldScavenged === stats.scavengedPages,
      `forEachFree told of ${toldScavenged} scavenged pages, stats of ${stats.scavengedPages}`,
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

  #holdScavenged({ page, n, scavenged }: FreeRun): void {
    const hollow = countOf(this.#model.hollow, page, page + n);
    const counted = this.exact ? countOf(this.#model.counted, page, page + n) : scavenged;
    if (scavenged > hollow || scavenged !== counted)
      this.#steps.fail(
        `forEachFree: of the run at ${page}, ${inPages(n)}, ${scavenged} count as scavenged, and ${this.exact ? counted : `at most ${hollow}`} should`,
      );
  }

  #holdAge({ page, n, scavenged, since }: FreeRun): void {
    if (since !== 0 || this.#heap().releaseUnused !== undefined) this.#ages = true;
    else if (!this.#ages) return;
    const [least, most] = this.#model.ages(page, n, scavenged === n);
    if (!(since >= least && since <= most))
      this.#steps.fail(
        `forEachFree: the run at ${page}, ${inPages(n)}, is unused since ${since}; its pages were freed ${least === most ? `at ${least}` : `or put together with others from ${least} to ${most}`}`,
      );
  }
}
