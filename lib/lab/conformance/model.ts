/**
 * The naive model of a page heap, and the host it is held against: one byte a page.
 *
 * The model knows of each page whether it was grown, who holds it, and whether it was given back. A
 * `Session` drives a page heap and the model together, and says so, with the steps that led there, when
 * the page heap does what the contract forbids. It works for page heaps whose count of scavenged pages is
 * exact, and for those, like the one of 2014, that forget releases: then the accounting equation alone holds.
 */
import { bytes, pageCount, pageIndex } from '../../base/units.ts';
import type { PageHeap, PageHeapHost } from '../../pages/contract.ts';

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
const reachPages = 64 * growthPages;

const notGrown = 0;
const isFree = 1;
const isHeld = 2;
const shownSteps = 30;

export class Session {
  readonly heap: PageHeap;
  /** Allocations held: first page → pages. */
  readonly held = new Map<number, number>();
  clock = 1;
  private readonly state = new Uint8Array(reachPages);
  /** Pages that were ever handed out. */
  private readonly used = new Uint8Array(reachPages);
  private readonly steps: string[] = [];
  private grown = 0;
  private scavenged = 0;
  /** What the host was told in the call that is going on: runs, and pages newly released. */
  private pieces = 0;
  private newly = 0;

  constructor(make: MakePageHeap) {
    this.heap = make({
      reachPages: pageCount(reachPages),
      physPages: 1,
      now: () => this.clock,
      release: (page, n, newly) => this.releasing(page, n, newly),
    });
  }

  /** Ends the check with what is wrong. */
  fail(message: string): never {
    throw new ConformanceError(message, this.steps.slice(-shownSteps));
  }

  require(holds: boolean, message: string): void {
    if (!holds) this.fail(message);
  }

  get freePages(): number {
    let n = 0;
    for (const s of this.state) if (s === isFree) n++;
    return n;
  }

  /** Whether a page was ever grown. */
  isGrown(page: number): boolean {
    return this.state[page] !== notGrown;
  }

  grow(page: number, n = growthPages): void {
    this.begin(`grow ${page} ${n}`);
    if (this.heap.prepareGrow?.(pageIndex(page), pageCount(n)) === false) this.fail('prepareGrow refused');
    this.require(this.heap.grow(pageIndex(page), pageCount(n)) === true, 'grow refused fresh pages');
    this.state.fill(isFree, page, page + n);
    this.grown += n;
    if (this.heap.freshScavenged) this.scavenged += n;
    this.settle();
  }

  /** Allocates n pages: the first, or −1. */
  alloc(n: number): number {
    this.begin(`alloc ${n}`);
    const page = this.heap.alloc(pageCount(n));
    if (page === -1) {
      this.require(!this.hasRun(n), `alloc(${n}) answered −1 although ${n} pages in a row are free`);
      this.settle();
      return -1;
    }
    this.steps.push(`  = ${page}`);
    this.require(
      Number.isInteger(page) && page >= 0 && page + n <= reachPages,
      `alloc(${n}) answered ${page}`,
    );
    for (let p: number = page; p < page + n; p++) {
      if (this.state[p] === notGrown) this.fail(`page ${p} was handed out and never grown`);
      if (this.state[p] === isHeld) this.fail(`page ${p} was handed out twice`);
    }
    this.state.fill(isHeld, page, page + n);
    this.held.set(page, n);
    const { lastScavenged } = this.heap;
    this.require(
      Number.isInteger(lastScavenged) && lastScavenged >= 0,
      `lastScavenged is ${lastScavenged} after an allocation`,
    );
    this.scavenged -= lastScavenged;
    if (this.heap.lastNeedZero === false && this.used.subarray(page, page + n).includes(1))
      this.fail(`lastNeedZero is false after alloc(${n}), and of its pages some were used before`);
    this.used.fill(1, page, page + n);
    this.settle();
    return page;
  }

  /** Frees an allocation, or `n` pages of it from its `from`th on; what is left stays held. */
  free(page: number, from = 0, n = (this.held.get(page) ?? 0) - from): void {
    const all = this.held.get(page);
    if (all === undefined || n < 1 || from + n > all) throw new RangeError(`page ${page} is not held so`);
    const first = page + from;
    this.begin(`free ${first} ${n}`);
    this.heap.free(pageIndex(first), pageCount(n));
    this.state.fill(isFree, first, first + n);
    this.held.delete(page);
    if (from > 0) this.held.set(page, from);
    if (from + n < all) this.held.set(first + n, all - from - n);
    this.settle();
  }

  /** Releases about n pages: the pages newly released. */
  release(n: number, force: boolean, shouldStop?: () => boolean): number {
    this.begin(`release ${n} pages${force ? ', by force' : ''}`);
    const got = this.heap.release(bytes(n * 8192), force, shouldStop) / 8192;
    this.require(got === this.newly, `release answered ${got} pages and told the host of ${this.newly}`);
    this.settle();
    return got;
  }

  /** How many runs the last release told the host of. */
  get lastPieces(): number {
    return this.pieces;
  }

  releaseUnused(limit: number): number {
    this.begin(`releaseUnused ${limit}`);
    const got = (this.heap.releaseUnused?.(limit) ?? 0) / 8192;
    this.require(
      got === this.newly,
      `releaseUnused answered ${got} pages and told the host of ${this.newly}`,
    );
    this.settle();
    return got;
  }

  private begin(step: string): void {
    this.clock++;
    this.pieces = 0;
    this.newly = 0;
    this.steps.push(step);
  }

  private releasing(page: number, n: number, newly: number): void {
    this.pieces++;
    this.newly += newly;
    this.scavenged += newly;
    this.steps.push(`  host.release ${page} ${n}, ${newly} newly`);
    this.require(n >= 1 && newly >= 0 && newly <= n, `host.release(${page}, ${n}, ${newly}) makes no sense`);
    for (let p = page; p < page + n; p++)
      if (this.state[p] !== isFree)
        this.fail(`page ${p} was given back and is ${this.state[p] === isHeld ? 'allocated' : 'not grown'}`);
  }

  /** After every call: the books, and what they say of each page. */
  private settle(): void {
    const { heap } = this;
    heap.check(3);
    const free = this.freePages;
    const stats = heap.stats();
    this.require(stats.pages === this.grown, `stats: ${stats.pages} pages, grown were ${this.grown}`);
    this.require(stats.freePages === free, `stats: ${stats.freePages} pages are free, and ${free} should be`);
    this.require(
      stats.scavengedPages === this.scavenged,
      `stats: ${stats.scavengedPages} pages are scavenged; fresh + released − lastScavenged makes ${this.scavenged}`,
    );
    let told = 0;
    let toldScavenged = 0;
    let end = 0;
    heap.forEachFree((page, n, scavenged) => {
      this.require(page >= end, `forEachFree: the run at ${page} comes after ${end}`);
      this.require(
        n >= 1 && scavenged >= 0 && scavenged <= n,
        `forEachFree: ${scavenged} of ${n} pages scavenged`,
      );
      for (let p = page; p < page + n; p++)
        if (this.state[p] !== isFree) this.fail(`forEachFree: page ${p} is not free`);
      end = page + n;
      told += n;
      toldScavenged += scavenged;
    });
    this.require(told === free, `forEachFree told of ${told} pages, ${free} are free`);
    this.require(
      toldScavenged === stats.scavengedPages,
      `forEachFree told of ${toldScavenged} scavenged pages, stats of ${stats.scavengedPages}`,
    );
  }

  /** Whether n pages in a row are free, within one grown range or in two that touch. */
  private hasRun(n: number): boolean {
    let run = 0;
    for (const s of this.state) {
      run = s === isFree ? run + 1 : 0;
      if (run >= n) return !this.splitByState(n);
    }
    return false;
  }

  /** A design may keep runs of different state apart, and then has no such run although the pages are there. */
  private splitByState(n: number): boolean {
    let longest = 0;
    let last = -1;
    let length = 0;
    let kind = -1;
    this.heap.forEachFree((page, count, scavenged) => {
      const state = scavenged === 0 ? 0 : scavenged === count ? 1 : 2;
      length = page === last && state === kind ? length + count : count;
      kind = state;
      last = page + count;
      longest = Math.max(longest, length);
    });
    return longest < n;
  }
}
