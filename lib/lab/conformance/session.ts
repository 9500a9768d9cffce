/**
 * A session with a page heap: every call made to it and to the naive model (page-model.ts) at once.
 *
 * It says so, with the steps that led there, when the page heap does what the contract forbids: an answer, something
 * the host is told (release-rules.ts), or, after every call, the page state (page-state-rules.ts).
 */
import { describe } from '../../base/describe.ts';
import { bytes, pageCount, pageIndex, pId } from '../../base/units.ts';
import type { PageHeap, PageHeapHost } from '../../pages/contract.ts';
import { isCount, statsOf, watchCalls } from './calls.ts';
import { isHeld, notGrown, PageModel } from './page-model.ts';
import { type FreeRun, PageStateRules } from './page-state-rules.ts';
import { pageBytes, ReleaseRules } from './release-rules.ts';
import { inPages, refusal, Steps } from './steps.ts';

/** Makes the page heap under test for a host. */
export type MakePageHeap = (host: PageHeapHost) => PageHeap;

/** Pages are grown by whole chunks of 512, at multiples of it: every design can do that. */
export const growthPages = 512;
/** Where a session's pages are, unless it is told otherwise. */
export const reachPages = 64 * growthPages;

/** The machine that a session plays. */
export interface SessionOptions {
  readonly reachPages?: number;
  readonly physPages?: number;
}

/** A session, or why the page heap refuses to be made for that machine. @throws what is no refusal */
export function sessionOn(make: MakePageHeap, options: SessionOptions): Session | string {
  try {
    return new Session(make, options);
  } catch (error) {
    return refusal(error);
  }
}

export class Session {
  readonly heap: PageHeap;
  /** Allocations held: first page → pages. */
  readonly held = new Map<number, number>();
  clock = 1;
  readonly #steps = new Steps();
  readonly #model: PageModel;
  readonly #states: PageStateRules;
  readonly #releases: ReleaseRules;
  readonly #physPages: number;
  readonly #reachPages: number;
  /** Ps whose cache may hold pages: those cannot be had by `alloc`, nor be released. */
  readonly #cached = new Set<number>();
  /** Whether a release was left to the design's reluctance, after which one by force may miss pages. */
  #reluctant = false;

  constructor(make: MakePageHeap, options: SessionOptions = {}) {
    this.#reachPages = options.reachPages ?? reachPages;
    this.#physPages = options.physPages ?? 1;
    this.#model = new PageModel(this.#reachPages);
    this.#states = new PageStateRules(this.#steps, this.#model, () => this.heap, this.#physPages);
    this.#releases = new ReleaseRules(this.#steps, this.#model, this.#states, this.#physPages);
    if (this.#physPages > 1) this.#steps.note(`new, with physical pages of ${this.#physPages} pages`);
    this.heap = watchCalls(
      this.#made(make, {
        reachPages: pageCount(this.#reachPages),
        physPages: this.#physPages,
        now: () => this.clock,
        release: (page, n, newly) => this.#releases.released(page, n, newly),
      }),
      this.#steps,
    );
  }

  #made(make: MakePageHeap, host: PageHeapHost): PageHeap {
    try {
      return make(Object.freeze(host));
    } catch (thrown) {
      return this.#steps.threw('its constructor', thrown);
    }
  }

  /** Ends the check with what is wrong. */
  fail(message: string): never {
    return this.#steps.fail(message);
  }

  require(holds: boolean, message: string): void {
    this.#steps.require(holds, message);
  }

  get freePages(): number {
    return this.#model.free;
  }

  /** Its counts, by `stats`. */
  stats(): ReturnType<PageHeap['stats']> {
    return statsOf(this.heap, this.#steps);
  }

  /** How many pages an allocation of n takes: n, unless the design rounds up. */
  sizeOf(n: number): number {
    if (this.heap.roundUp === undefined) return n;
    const rounded: unknown = this.heap.roundUp(pageCount(n));
    if (!isCount(rounded, n))
      this.fail(`roundUp(${n}) answered ${describe(rounded)}, and must answer ${inPages(n)} or more`);
    return rounded as number;
  }

  /** Whether an allocation of n pages must be served: by a design that rounds up only from where it may look. */
  hasRoom(n: number): boolean {
    return this.#roomFor(this.sizeOf(n)) >= 0;
  }

  #roomFor(size: number): number {
    const rounds = this.heap.roundUp !== undefined;
    return this.#model.runOf(size, rounds ? Math.min(size, growthPages) : 1);
  }

  /** Whether a page was ever grown. */
  isGrown(page: number): boolean {
    return this.#model.state[page] !== notGrown;
  }

  grow(page: number, n = growthPages): void {
    this.prepareGrow(page, n);
    const by = this.#change(`grow ${page} ${n}`);
    const took: unknown = this.heap.grow(pageIndex(page), pageCount(n));
    if (took !== true)
      this.fail(
        `grow(${page}, ${n}) answered ${describe(took)}, and must answer true: it never had these pages`,
      );
    this.#grew(page, n, by);
    this.#settle();
  }

  /**
   * Grows in a way that the design may refuse: why it did, if it did. If it answers false nothing has changed.
   * @throws what is no refusal
   */
  tryGrow(page: number, n: number): string | undefined {
    const by = this.#change(`grow ${page} ${n}`);
    let took: boolean;
    try {
      took =
        this.heap.prepareGrow?.(pageIndex(page), pageCount(n)) !== false &&
        this.heap.grow(pageIndex(page), pageCount(n));
    } catch (error) {
      return refusal(error);
    }
    if (typeof took !== 'boolean')
      this.fail(`grow(${page}, ${n}) answered ${describe(took)}, neither true nor false`);
    if (took) this.#grew(page, n, by);
    this.#settle();
    return took ? undefined : `it answers false to growth by ${inPages(n)}`;
  }

  /** Makes sure of memory for a growth, which may then never come. */
  prepareGrow(page: number, n = growthPages): void {
    if (this.heap.prepareGrow === undefined) return;
    this.#begin(`prepareGrow ${page} ${n}`);
    const ready: unknown = this.heap.prepareGrow(pageIndex(page), pageCount(n));
    if (ready !== true)
      this.fail(`prepareGrow(${page}, ${n}) answered ${describe(ready)}, and must answer true`);
    this.#settle();
  }

  /** Allocates n pages, or as many as the design makes of them: the first, or −1. */
  alloc(n: number): number {
    return this.#alloc(this.sizeOf(n));
  }

  #alloc(n: number): number {
    const by = this.#change(`alloc ${n}`);
    const page = this.heap.alloc(pageCount(n));
    if (page !== -1) return this.#handedOut(`alloc(${n})`, page, n, by);
    if (this.#cached.size > 0) {
      this.#settle();
      this.flushCaches();
      return this.#alloc(n);
    }
    const first = this.#roomFor(n);
    if (first >= 0 && !this.#states.splitByState(n)) this.#failOverlooked(n, first);
    this.#settle();
    return -1;
  }

  /** Allocates n pages, which must be there unless a design that rounds up may overlook them. */
  take(n: number, message: string): number {
    const must = this.hasRoom(n);
    const page = this.alloc(n);
    this.require(page >= 0 || !must, `alloc(${this.sizeOf(n)}) answered −1: ${message}`);
    return page;
  }

  #failOverlooked(n: number, first: number): never {
    const pieces = this.runs().filter((run) => run.page < first + n && run.page + run.n > first).length;
    const told =
      pieces < 2
        ? ''
        : `; forEachFree tells of ${pieces} runs there: free neighbours of the same state are to be put together`;
    return this.fail(`alloc(${n}) answered −1, and ${inPages(n)} in a row are free from ${first} on${told}`);
  }

  /** Allocates n pages through P `p`'s cache, or as others where that has none: the first, or −1. */
  allocCached(p: number, n: number): number {
    if (this.heap.allocCached === undefined) return this.alloc(n);
    const size = this.sizeOf(n);
    const by = this.#change(`allocCached ${p} ${size}`);
    this.#cached.add(p);
    const page = this.heap.allocCached(pId(p), pageCount(size));
    if (page !== -1) return this.#handedOut(`allocCached(${p}, ${size})`, page, size, by);
    this.#settle();
    return this.#alloc(size);
  }

  /** Allocates n pages from a multiple of `align`: the first, or −1. It may want room for more than n. */
  allocAligned(n: number, align: number): number {
    const { heap } = this;
    if (heap.allocAligned === undefined) throw new RangeError('it has no allocAligned');
    const by = this.#change(`allocAligned ${n} ${align}`);
    const page = heap.allocAligned(pageCount(n), pageCount(align));
    if (page !== -1) {
      const call = `allocAligned(${n}, ${align})`;
      this.require(page % align === 0, `${call} answered ${page}, which is no multiple`);
      return this.#handedOut(call, page, n, by);
    }
    this.require(
      this.#cached.size > 0 || this.#roomFor(n + align) < 0 || this.#states.splitByState(n + align),
      `allocAligned(${n}, ${align}) answered −1 although ${n + align} pages in a row are free`,
    );
    this.#settle();
    return -1;
  }

  /** Takes back what P `p`'s cache has left. */
  flushCached(p: number): void {
    if (this.heap.flushCached === undefined) return;
    this.#begin(`flushCached ${p}`);
    this.heap.flushCached(pId(p));
    this.#cached.delete(p);
    this.#settle();
  }

  /** The same of all caches. */
  flushCaches(): void {
    for (const p of [...this.#cached]) this.flushCached(p);
  }

  /** Holds what was handed out against the model. */
  #handedOut(call: string, page: number, n: number, by: number): number {
    const model = this.#model;
    this.#steps.note(`  = ${describe(page)}`);
    if (!isCount(page) || page + n > this.#reachPages)
      this.fail(
        `${call} answered ${describe(page)}, and must answer −1 or the first of ${inPages(n)} below ${this.#reachPages}`,
      );
    for (let p: number = page; p < page + n; p++) {
      if (model.state[p] === notGrown) this.fail(`${call} answered ${page}: page ${p} was never grown`);
      if (model.state[p] === isHeld)
        this.fail(
          `${call} answered ${page}: page ${p} is in use, ${this.#steps.change(model.changedBy[p] ?? 0)} handed it out`,
        );
    }
    if (this.heap.lastNeedZero === false && model.used.subarray(page, page + n).includes(1))
      this.fail(`lastNeedZero is false after ${call}, and of its pages some were used before`);
    const taken = model.take(page, n, by);
    this.held.set(page, n);
    const { lastScavenged } = this.heap;
    if (!isCount(lastScavenged))
      this.fail(
        `lastScavenged is ${describe(lastScavenged)} after ${call}, and must be a whole number of pages`,
      );
    this.require(
      !this.#states.exact || lastScavenged >= taken,
      `lastScavenged is ${lastScavenged} after ${call}, and ${taken} of the pages handed out counted as scavenged`,
    );
    this.#states.scavenged -= lastScavenged;
    if (lastScavenged > taken) this.#states.forget(page, n);
    this.#settle();
    return page;
  }

  /** Frees an allocation, or `n` pages of it from its `from`th on; what is left stays held. Of −1 nothing. */
  free(page: number, from = 0, n = (this.held.get(page) ?? 0) - from): void {
    if (page === -1) return;
    const all = this.held.get(page);
    if (all === undefined || n < 1 || from + n > all) throw new RangeError(`page ${page} is not held so`);
    const first = page + from;
    const by = this.#change(`free ${first} ${n}`);
    // Before the call: with large physical pages it may complete one that can be given back.
    this.#model.give(first, n, by, this.clock);
    this.heap.free(pageIndex(first), pageCount(n));
    this.held.delete(page);
    if (from > 0) this.held.set(page, from);
    if (from + n < all) this.held.set(first + n, all - from - n);
    this.#settle();
  }

  /** Releases about n pages: the pages newly released. `shouldStop` is answered true after so many asks. */
  release(n: number, force: boolean, stopAfter?: number): number {
    return this.releaseBytes(n * pageBytes, force, stopAfter);
  }

  releaseBytes(nbytes: number, force: boolean, stopAfter?: number): number {
    this.#begin(
      `release ${nbytes} bytes${force ? ', by force' : ''}${stopAfter === undefined ? '' : `, to stop when asked for the ${stopAfter + 1}th time`}`,
    );
    const asked = nbytes / pageBytes;
    const { shouldStop, stopped } = this.#releases.begin({ pages: asked, limit: -1, stopAfter }, this.clock);
    const got = this.heap.release(bytes(nbytes), force, stopAfter === undefined ? undefined : shouldStop);
    const pages = this.#releases.end(`release(${nbytes}, ${force})`, got);
    this.#settle();
    if (!force) this.#reluctant = true;
    else if (
      pages < asked &&
      !stopped() &&
      !this.#reluctant &&
      this.#physPages === 1 &&
      this.#cached.size === 0
    ) {
      const left = this.freePages - this.stats().scavengedPages;
      this.require(
        left === 0,
        `${inPages(asked)} asked for by force, ${pages} released, and ${left} are left`,
      );
    }
    return pages;
  }

  /** How many runs the last release told the host of. */
  get lastPieces(): number {
    return this.#releases.pieces;
  }

  releaseUnused(limit: number): number {
    if (this.heap.releaseUnused === undefined) return 0;
    this.#begin(`releaseUnused ${limit}`);
    const asked = { pages: Number.POSITIVE_INFINITY, limit, stopAfter: undefined };
    this.#releases.begin(asked, this.clock);
    const pages = this.#releases.end(`releaseUnused(${limit})`, this.heap.releaseUnused(limit));
    this.#settle();
    if (this.#physPages > 1 || this.#cached.size > 0) return pages;
    for (const { page, n, scavenged, since } of this.runs())
      this.require(
        scavenged === n || this.clock - since <= limit,
        `the run at ${page} is unused for ${this.clock - since}, longer than ${limit}, and was not released whole`,
      );
    return pages;
  }

  /** When the design says that it has more to release without force; Infinity where it does not say. */
  releasableAt(): number {
    if (this.heap.releasableAt === undefined) return Number.POSITIVE_INFINITY;
    this.#begin('releasableAt');
    const at: unknown = this.heap.releasableAt();
    if (typeof at !== 'number' || Number.isNaN(at))
      this.fail(`releasableAt() answered ${describe(at)}, and must answer a time by host.now(), or Infinity`);
    this.#steps.note(`  = ${at}`);
    this.#settle();
    return at as number;
  }

  nextGeneration(): void {
    if (this.heap.nextGeneration === undefined) return;
    this.#begin('nextGeneration');
    this.heap.nextGeneration();
    this.#settle();
  }

  /** The free runs as the page heap tells of them. */
  runs(): FreeRun[] {
    return this.#states.runs();
  }

  #begin(step: string): void {
    this.clock++;
    this.#releases.beginCall();
    this.#steps.note(step);
  }

  /** A call begins that may change the state of pages: its number. */
  #change(step: string): number {
    this.clock++;
    this.#releases.beginCall();
    return this.#steps.noteChange(step);
  }

  #settle(): void {
    this.#states.settle();
  }

  #grew(page: number, n: number, by: number): void {
    this.#model.grow(page, n, by, this.clock, this.heap.freshScavenged);
    if (this.heap.freshScavenged) this.#states.scavenged += n;
  }
}
