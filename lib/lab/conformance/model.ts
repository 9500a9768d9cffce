/**
 * A session with a page heap: every call made to it and to the naive model (page-model.ts) at once.
 *
 * It says so, with the steps that led there, when the page heap does what the contract forbids: an answer,
 * something the host is told, or, after every call, the books. What it holds the books against
 *
 * - *scavenged.* Each free run tells of as many scavenged pages as the model counts there. A design may forget,
 *   with an allocation, that others of the stretch it takes from were released; it says so by a `lastScavenged`
 *   beyond what it handed out, and the model forgets the same pages. Where it cannot be seen which they are,
 *   what is told may from then on be less than what is so, never more.
 * - *ages.* A run is as young as its youngest page, or younger, if it was once part of a run that was; one that is
 *   released whole may have the age of any of its parts. A design that ages nothing may tell of 0 everywhere.
 * - *releases.* Only when asked; each piece only while less than asked was released; beyond that only a whole
 *   run, or down to the start of a huge page; whole physical pages.
 */
import { type Bytes, bytes, pageCount, pageIndex } from '../../base/units.ts';
import type { PageHeap, PageHeapHost } from '../../pages/contract.ts';
import { countOf, isFree, isHeld, notGrown, PageModel } from './page-model.ts';

/** Makes the page heap under test for a host. */
export type MakePageHeap = (host: PageHeapHost) => PageHeap;

/** A page heap does what the contract forbids. */
export class ConformanceError extends Error {
  /** The calls that led there, oldest first. */
  readonly steps: readonly string[];

  constructor(message: string, steps: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConformanceError';
    this.steps = steps;
  }
}

/** Pages are grown by whole chunks of 512, at multiples of it: every design can do that. */
export const growthPages = 512;
/** Where a session's pages are, unless it is told otherwise. */
export const reachPages = 64 * growthPages;

const shownSteps = 30;
const pageBytes = 8192;
/** Pages of a huge page: by fewer than that a release may exceed what was asked, to spare one. */
const hugePages = 256;

interface FreeRun {
  readonly page: number;
  readonly n: number;
  readonly scavenged: number;
  readonly since: number;
}

/** The machine that a session plays. */
export interface SessionOptions {
  readonly reachPages?: number;
  readonly physPages?: number;
}

/** A call that may release, while it goes on. */
interface Releasing {
  /** Pages asked for; for a release by age everything. */
  readonly asked: number;
  /** By age: what is unused for no longer than this stays. */
  readonly limit: number;
  /** How often `shouldStop` is answered false; undefined: it is not handed over. */
  readonly stopAfter: number | undefined;
  readonly runs: ReadonlySet<string>;
  asks: number;
  askedSincePiece: boolean;
}

export class Session {
  readonly heap: PageHeap;
  /** Allocations held: first page → pages. */
  readonly held = new Map<number, number>();
  clock = 1;
  private readonly model: PageModel;
  private readonly physPages: number;
  private readonly reachPages: number;
  private readonly steps: string[] = [];
  private scavenged = 0;
  /** Whether the model knows of each page if it counts as scavenged. */
  private exact = true;
  /** Whether the design ages its runs: it releases by age, or has told of a time. */
  private ages: boolean;
  /** Whether a release was left to the design's reluctance, after which one by force may miss pages. */
  private reluctant = false;
  /** What the host was told in the call that is going on: runs, and pages newly released. */
  private pieces = 0;
  private newly = 0;
  private releasing: Releasing | undefined;

  constructor(make: MakePageHeap, options: SessionOptions = {}) {
    this.reachPages = options.reachPages ?? reachPages;
    this.physPages = options.physPages ?? 1;
    this.model = new PageModel(this.reachPages);
    if (this.physPages > 1) this.steps.push(`new, with physical pages of ${this.physPages} pages`);
    this.heap = make({
      reachPages: pageCount(this.reachPages),
      physPages: this.physPages,
      now: () => this.clock,
      release: (page, n, newly) => this.released(page, n, newly),
    });
    this.ages = this.heap.releaseUnused !== undefined;
  }

  /** Ends the check with what is wrong. */
  fail(message: string): never {
    throw new ConformanceError(message, this.steps.slice(-shownSteps));
  }

  require(holds: boolean, message: string): void {
    if (!holds) this.fail(message);
  }

  get freePages(): number {
    return this.model.free;
  }

  /** Whether a page was ever grown. */
  isGrown(page: number): boolean {
    return this.model.state[page] !== notGrown;
  }

  grow(page: number, n = growthPages): void {
    this.prepareGrow(page, n);
    this.begin(`grow ${page} ${n}`);
    this.require(this.heap.grow(pageIndex(page), pageCount(n)) === true, 'grow refused fresh pages');
    this.model.grow(page, n, this.clock, this.heap.freshScavenged);
    if (this.heap.freshScavenged) this.scavenged += n;
    this.settle();
  }

  /** Grows in a way that the design may refuse: whether it took the pages. If it answers false nothing has changed. */
  tryGrow(page: number, n: number): boolean {
    this.begin(`grow ${page} ${n}, if it takes that`);
    let took: boolean;
    try {
      took =
        this.heap.prepareGrow?.(pageIndex(page), pageCount(n)) !== false &&
        this.heap.grow(pageIndex(page), pageCount(n));
    } catch {
      return false;
    }
    if (took) {
      this.model.grow(page, n, this.clock, this.heap.freshScavenged);
      if (this.heap.freshScavenged) this.scavenged += n;
    }
    this.settle();
    return took;
  }

  /** Makes sure of memory for a growth, which may then never come. */
  prepareGrow(page: number, n = growthPages): void {
    if (this.heap.prepareGrow === undefined) return;
    this.begin(`prepareGrow ${page} ${n}`);
    this.require(this.heap.prepareGrow(pageIndex(page), pageCount(n)) === true, 'prepareGrow refused');
    this.settle();
  }

  /** Allocates n pages: the first, or −1. */
  alloc(n: number): number {
    const { model } = this;
    this.begin(`alloc ${n}`);
    const page = this.heap.alloc(pageCount(n));
    if (page === -1) {
      if (model.hasRun(n) && !this.splitByState(n))
        this.fail(`alloc(${n}) answered −1 although ${n} pages in a row are free`);
      this.settle();
      return -1;
    }
    this.steps.push(`  = ${page}`);
    this.require(
      Number.isInteger(page) && page >= 0 && page + n <= this.reachPages,
      `alloc(${n}) answered ${page}`,
    );
    for (let p: number = page; p < page + n; p++) {
      if (model.state[p] === notGrown) this.fail(`page ${p} was handed out and never grown`);
      if (model.state[p] === isHeld) this.fail(`page ${p} was handed out twice`);
    }
    if (this.heap.lastNeedZero === false && model.used.subarray(page, page + n).includes(1))
      this.fail(`lastNeedZero is false after alloc(${n}), and of its pages some were used before`);
    const taken = model.take(page, n);
    this.held.set(page, n);
    const { lastScavenged } = this.heap;
    this.require(
      Number.isInteger(lastScavenged) && lastScavenged >= 0,
      `lastScavenged is ${lastScavenged} after an allocation`,
    );
    this.require(
      !this.exact || lastScavenged >= taken,
      `lastScavenged is ${lastScavenged}, and ${taken} of the pages handed out counted as scavenged`,
    );
    this.scavenged -= lastScavenged;
    if (lastScavenged > taken) this.forget(page, n);
    this.settle();
    return page;
  }

  /** Frees an allocation, or `n` pages of it from its `from`th on; what is left stays held. */
  free(page: number, from = 0, n = (this.held.get(page) ?? 0) - from): void {
    const all = this.held.get(page);
    if (all === undefined || n < 1 || from + n > all) throw new RangeError(`page ${page} is not held so`);
    const first = page + from;
    this.begin(`free ${first} ${n}`);
    // Before the call: with large physical pages it may complete one that can be given back.
    this.model.give(first, n, this.clock);
    this.heap.free(pageIndex(first), pageCount(n));
    this.held.delete(page);
    if (from > 0) this.held.set(page, from);
    if (from + n < all) this.held.set(first + n, all - from - n);
    this.settle();
  }

  /** Releases about n pages: the pages newly released. `shouldStop` is answered true after so many asks. */
  release(n: number, force: boolean, stopAfter?: number): number {
    return this.releaseBytes(n * pageBytes, force, stopAfter);
  }

  releaseBytes(nbytes: number, force: boolean, stopAfter?: number): number {
    this.begin(
      `release ${nbytes} bytes${force ? ', by force' : ''}${stopAfter === undefined ? '' : `, to stop when asked for the ${stopAfter + 1}th time`}`,
    );
    const asked = nbytes / pageBytes;
    const releasing = this.beginRelease(asked, -1, stopAfter);
    const shouldStop = (): boolean => {
      releasing.askedSincePiece = true;
      return releasing.asks++ >= (stopAfter ?? 0);
    };
    const got = this.heap.release(bytes(nbytes), force, stopAfter === undefined ? undefined : shouldStop);
    const pages = this.endRelease('release', got);
    const stopped = stopAfter !== undefined && releasing.asks > stopAfter;
    if (!force) this.reluctant = true;
    else if (pages < asked && !stopped && !this.reluctant && this.physPages === 1) {
      const left = this.freePages - this.heap.stats().scavengedPages;
      this.require(
        left === 0,
        `${asked} pages were asked for by force, ${pages} released, and ${left} are left`,
      );
    }
    return pages;
  }

  /** How many runs the last release told the host of. */
  get lastPieces(): number {
    return this.pieces;
  }

  releaseUnused(limit: number): number {
    if (this.heap.releaseUnused === undefined) return 0;
    this.begin(`releaseUnused ${limit}`);
    this.beginRelease(Number.POSITIVE_INFINITY, limit, undefined);
    const pages = this.endRelease('releaseUnused', this.heap.releaseUnused(limit));
    if (this.physPages > 1) return pages;
    for (const { page, n, scavenged, since } of this.runs())
      this.require(
        scavenged === n || this.clock - since <= limit,
        `the run at ${page} is unused for ${this.clock - since}, longer than ${limit}, and was not released whole`,
      );
    return pages;
  }

  nextGeneration(): void {
    if (this.heap.nextGeneration === undefined) return;
    this.begin('nextGeneration');
    this.heap.nextGeneration();
    this.settle();
  }

  /** The free runs as the page heap tells of them. */
  runs(): FreeRun[] {
    const runs: FreeRun[] = [];
    this.heap.forEachFree((page, n, scavenged, since) => runs.push({ page, n, scavenged, since }));
    return runs;
  }

  private begin(step: string): void {
    this.clock++;
    this.pieces = 0;
    this.newly = 0;
    this.steps.push(step);
  }

  private beginRelease(asked: number, limit: number, stopAfter: number | undefined): Releasing {
    const runs = new Set(this.runs().map(({ page, n }) => this.wholePhysical(page, n).join(' ')));
    this.releasing = { asked, limit, stopAfter, runs, asks: 0, askedSincePiece: true };
    return this.releasing;
  }

  private endRelease(call: string, answer: Bytes): number {
    this.releasing = undefined;
    const pages = answer / pageBytes;
    // Putting released runs together may release a physical page across their border, which nobody asked for.
    const across = this.physPages === 1 ? 0 : this.pieces * this.physPages;
    this.require(
      pages <= this.newly && pages >= this.newly - across,
      `${call} answered ${pages} pages and told the host of ${this.newly}`,
    );
    this.settle();
    return pages;
  }

  /** The whole physical pages in a run: the first page, and how many pages. */
  private wholePhysical(page: number, n: number): [number, number] {
    const phys = this.physPages;
    const first = Math.ceil(page / phys) * phys;
    return [first, Math.max(0, Math.floor((page + n) / phys) * phys - first)];
  }

  private released(page: number, n: number, newly: number): void {
    const { model, releasing, physPages } = this;
    this.steps.push(`  host.release ${page} ${n}, ${newly} newly`);
    const call = `host.release(${page}, ${n}, ${newly})`;
    this.require(
      [page, n, newly].every(Number.isInteger) && n >= 1 && newly >= 0 && newly <= n,
      `${call} makes no sense`,
    );
    for (let p = page; p < page + n; p++)
      if (model.state[p] !== isFree)
        this.fail(`page ${p} was given back and is ${model.state[p] === isHeld ? 'allocated' : 'not grown'}`);
    this.require(
      page % physPages === 0 && n % physPages === 0,
      `${call} gives back parts of physical pages, which are of ${physPages} pages`,
    );
    if (newly > 0 && releasing === undefined && physPages === 1)
      this.fail(`${call}: nobody asked for a release`);
    if (releasing !== undefined) this.holdPiece(releasing, page, n, newly, call);
    this.pieces++;
    this.newly += newly;
    this.scavenged += newly;
    model.release(page, n);
  }

  /** Holds a piece of a release against what was asked for. */
  private holdPiece(releasing: Releasing, page: number, n: number, newly: number, call: string): void {
    const { model } = this;
    const { asked, limit, stopAfter, runs } = releasing;
    const end = page + n;
    const there = n - countOf(this.exact ? model.counted : model.hollow, page, end);
    this.require(
      this.exact ? newly === there : newly >= there,
      `${call}: ${there} of these pages were not given back before`,
    );
    // Released runs that were put together are released again whole, which is no piece of its own.
    if (newly === 0 || (this.physPages > 1 && newly < n)) return;
    if (stopAfter !== undefined) {
      this.require(releasing.asks <= stopAfter, `${call}: shouldStop had said true`);
      this.require(releasing.askedSincePiece, `${call}: shouldStop was not asked after the piece before`);
      releasing.askedSincePiece = false;
    }
    const left = asked - this.newly;
    this.require(left > 0, `${call}: ${asked} pages were asked for, and ${this.newly} released already`);
    const wanted = Math.ceil(left / this.physPages) * this.physPages;
    if (
      newly > wanted &&
      !runs.has(`${page} ${n}`) &&
      !(page % hugePages === 0 && newly - wanted < hugePages)
    )
      this.fail(
        `${call}: ${left} pages were wanted, and this is neither a whole run nor down to a huge page`,
      );
    if (limit < 0 || this.physPages > 1) return;
    for (let p = page; p < end; p++)
      if (model.counted[p] === 0 && this.clock - (model.freedAt[p] ?? 0) <= limit)
        this.fail(
          `${call}: page ${p} is unused for ${this.clock - (model.freedAt[p] ?? 0)}, no longer than ${limit}`,
        );
  }

  /**
   * An allocation took back more than it handed out: which of the pages beside it count as scavenged no longer.
   * @param page of the allocation, `n` pages
   */
  private forget(page: number, n: number): void {
    const { model } = this;
    const [low, high] = model.stretch(page, n);
    for (const run of this.runs()) {
      const end = run.page + run.n;
      if (end <= low || run.page >= high || countOf(model.counted, run.page, end) <= run.scavenged) continue;
      if (run.scavenged === 0) model.counted.fill(0, run.page, end);
      else {
        model.forgetBroken(run.page, end, this.physPages);
        if (countOf(model.counted, run.page, end) !== run.scavenged) this.exact = false;
      }
    }
  }

  /** After every call: the books, and what they say of each page. */
  private settle(): void {
    const { heap, model } = this;
    heap.check(3);
    const stats = heap.stats();
    this.require(stats.pages === model.grown, `stats: ${stats.pages} pages, grown were ${model.grown}`);
    this.require(
      stats.freePages === model.free,
      `stats: ${stats.freePages} pages are free, and ${model.free} should be`,
    );
    this.require(
      stats.scavengedPages === this.scavenged,
      `stats: ${stats.scavengedPages} pages are scavenged; fresh + released − lastScavenged makes ${this.scavenged}`,
    );
    let told = 0;
    let toldScavenged = 0;
    let end = 0;
    for (const run of this.runs()) {
      const { page, n, scavenged } = run;
      this.require(page >= end, `forEachFree: the run at ${page} comes after ${end}`);
      this.require(
        n >= 1 && scavenged >= 0 && scavenged <= n,
        `forEachFree: ${scavenged} of ${n} pages scavenged`,
      );
      end = page + n;
      for (let p = page; p < end; p++)
        if (model.state[p] !== isFree) this.fail(`forEachFree: page ${p} is not free`);
      this.holdScavenged(run);
      if (this.physPages === 1) this.holdAge(run);
      told += n;
      toldScavenged += scavenged;
    }
    this.require(told === model.free, `forEachFree told of ${told} pages, ${model.free} are free`);
    this.require(
      toldScavenged === stats.scavengedPages,
      `forEachFree told of ${toldScavenged} scavenged pages, stats of ${stats.scavengedPages}`,
    );
  }

  private holdScavenged({ page, n, scavenged }: FreeRun): void {
    const hollow = countOf(this.model.hollow, page, page + n);
    const counted = this.exact ? countOf(this.model.counted, page, page + n) : scavenged;
    if (scavenged > hollow || scavenged !== counted)
      this.fail(
        `forEachFree: of the run at ${page}, ${n} pages, ${scavenged} count as scavenged, and ${this.exact ? counted : `at most ${hollow}`} should`,
      );
  }

  private holdAge({ page, n, scavenged, since }: FreeRun): void {
    if (since !== 0) this.ages = true;
    else if (!this.ages) return;
    const [least, most] = this.model.ages(page, n, scavenged === n);
    if (!(since >= least && since <= most))
      this.fail(
        `forEachFree: the run at ${page}, ${n} pages, is unused since ${since}; its pages were freed ${least === most ? `at ${least}` : `or put together with others from ${least} to ${most}`}`,
      );
  }

  /** A design may keep runs of different state apart, and then has no such run although the pages are there. */
  private splitByState(n: number): boolean {
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
}
