/**
 * The guard around a custom page heap: what its class throws, or answers against the contract, is told
 * as that class's failing (ERR_PAGE_HEAP), with the call it came from, and does not read as one of the heap's.
 *
 * It keeps what it knows of each page beside (known-pages.ts). So pages that are handed out twice,
 * or never were grown, are refused at once, as is giving back the memory of pages that are not free, or of more than
 * are free, and having no room right after growing.
 *
 * The heap may be half changed afterwards, as after any broken invariant. Counts that drift within what can be are the
 * conformance suite's to find, and `check`'s.
 *
 * Not here: what the contract asks (pages/contract.ts).
 */
import { describe, describeThrown, isPromise, saidNameOfClass } from '../base/describe.ts';
import { FatalError, PageHeapError } from '../base/errors.ts';
import type { ForeignCode } from '../base/foreign-code.ts';
import type { Bytes, PageCount, PageIndex, PId } from '../base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapClass, PageHeapHost, PageHeapStats } from './contract.ts';
import { KnownPages } from './known-pages.ts';

const methods = ['alloc', 'free', 'grow', 'release', 'forEachFree', 'stats', 'check'] as const;
/** Members of which a class has both or none. */
const together = ['allocCached', 'flushCached'] as const;

/** Holds what a class made against the interface. @throws ERR_INVALID_OPTION, naming what it lacks */
export function requirePageHeap(pages: PageHeap, name: string): PageHeap {
  const lacking: string[] = methods.filter((method) => typeof pages[method] !== 'function');
  if (typeof pages.freshScavenged !== 'boolean') lacking.push('freshScavenged');
  if (together.some((member) => pages[member] !== undefined))
    lacking.push(...together.filter((member) => typeof pages[member] !== 'function'));
  if (lacking.length > 0) {
    throw new PageHeapError('ERR_INVALID_OPTION', `option pageHeap: ${name} lacks ${lacking.join(', ')}`, {
      value: name,
      option: 'pageHeap',
    });
  }
  return pages;
}

/**
 * Makes a custom page heap, guarded.
 * @param foreign what its code is called through
 * @throws ERR_INVALID_OPTION, ERR_PAGE_HEAP
 */
export function makeCustomPageHeap(
  custom: PageHeapClass,
  host: PageHeapHost,
  foreign: ForeignCode,
): PageHeap {
  const name = saidNameOfClass(custom);
  const known = new KnownPages(name, host.reachPages);
  // Frozen: it is the host's, whatever the class takes it for.
  const guarded = Object.freeze<PageHeapHost>({
    reachPages: host.reachPages,
    physPages: host.physPages,
    now: () => host.now(),
    release: (page, npages, newly) => {
      known.release(page, npages, newly, host.physPages);
      host.release(page, npages, newly);
    },
  });
  let made: PageHeap;
  try {
    made = foreign.call(() => new custom(guarded));
  } catch (cause) {
    throw failure(name, 'its constructor', cause);
  }
  try {
    // Members may be getters.
    return foreign.call(() => new GuardedPageHeap(requirePageHeap(made, name), name, known, foreign));
  } catch (cause) {
    if (cause instanceof PageHeapError) throw cause;
    throw failure(name, 'a getter', cause);
  }
}

function failure(name: string, where: string, cause: unknown): PageHeapError {
  // It is this guard's own, from what the class did within the call, or the heap's, which the class tried to use.
  if (cause instanceof FatalError) throw cause;
  if (cause instanceof PageHeapError && ['ERR_PAGE_HEAP', 'ERR_REENTRANT'].includes(cause.code)) return cause;
  const message = cause instanceof Error && cause.message !== '' ? cause.message : describeThrown(cause);
  return new PageHeapError('ERR_PAGE_HEAP', `the page heap ${name} threw in ${where}: ${message}`, {
    value: name,
    cause,
  });
}

class GuardedPageHeap implements PageHeap {
  readonly freshScavenged: boolean;
  readonly roundUp?: (npages: PageCount) => PageCount;
  readonly releasableAt?: () => number;
  readonly allocCached?: (p: PId, npages: PageCount) => PageIndex;
  readonly flushCached?: (p: PId) => void;
  readonly allocAligned?: (npages: PageCount, align: PageCount) => PageIndex;
  readonly allocAt?: (page: PageIndex, npages: PageCount) => void;
  readonly takeBack?: (page: PageIndex, npages: PageCount) => void;
  readonly prepareGrow?: (page: PageIndex, npages: PageCount) => boolean;
  readonly releaseUnused?: (limit: number) => Bytes;
  readonly nextGeneration?: () => void;
  readonly #pages: PageHeap;
  readonly #name: string;
  readonly #known: KnownPages;
  readonly #foreign: ForeignCode;

  constructor(pages: PageHeap, name: string, known: KnownPages, foreign: ForeignCode) {
    this.#foreign = foreign;
    this.#pages = pages;
    this.#name = name;
    this.#known = known;
    this.freshScavenged = pages.freshScavenged;
    // What the class may leave out is left out here too: the heap looks whether it is there.
    if (pages.roundUp !== undefined) this.roundUp = (npages) => this.#rounded(npages);
    if (pages.releasableAt !== undefined)
      this.releasableAt = () => {
        const at = this.#call('releasableAt', () => pages.releasableAt?.());
        return typeof at === 'number' && !Number.isNaN(at)
          ? at
          : this.#refuse('releasableAt', 'a time by host.now(), or Infinity', at);
      };
    if (pages.allocCached !== undefined)
      this.allocCached = (p, npages) => this.#allocCached(p, npages, () => pages.allocCached?.(p, npages));
    if (pages.flushCached !== undefined)
      this.flushCached = (p) => this.#call('flushCached', () => pages.flushCached?.(p));
    if (pages.allocAligned !== undefined)
      this.allocAligned = (npages, align) =>
        this.#allocAligned(npages, align, () => pages.allocAligned?.(npages, align));
    if (pages.allocAt !== undefined)
      this.allocAt = (page, npages) => {
        known.take(page, npages, `allocAt(${page}, ${npages})`);
        this.#call('allocAt', () => pages.allocAt?.(page, npages));
      };
    if (pages.takeBack !== undefined)
      this.takeBack = (page, npages) => {
        known.give(page, npages);
        known.gaveBack(npages);
        this.#call('takeBack', () => pages.takeBack?.(page, npages));
      };
    if (pages.prepareGrow !== undefined)
      this.prepareGrow = (page, npages) =>
        this.#answered('prepareGrow', 'boolean', () => pages.prepareGrow?.(page, npages)) ?? true;
    if (pages.releaseUnused !== undefined)
      this.releaseUnused = (limit) => this.#bytes('releaseUnused', () => pages.releaseUnused?.(limit));
    if (pages.nextGeneration !== undefined)
      this.nextGeneration = () => this.#call('nextGeneration', () => pages.nextGeneration?.());
    if (pages.lastNeedZero !== undefined)
      Object.defineProperty(this, 'lastNeedZero', {
        get: () => this.#call('lastNeedZero', () => pages.lastNeedZero),
      });
  }

  get lastScavenged(): number {
    const lastScavenged = this.#call('lastScavenged', () => this.#pages.lastScavenged);
    if (!Number.isSafeInteger(lastScavenged)) this.#refuse('lastScavenged', 'a whole number', lastScavenged);
    const most = this.#known.scavengedAtMost;
    if (lastScavenged < 0 || lastScavenged > most)
      this.#refuse('lastScavenged', `0 to ${most}, the pages that were given back`, lastScavenged);
    this.#known.takeScavenged(lastScavenged);
    return lastScavenged;
  }

  alloc(npages: PageCount): PageIndex {
    const page = this.#call('alloc', () => this.#pages.alloc(npages));
    if (page === -1) {
      this.#known.requireNoRoom(npages);
      return page;
    }
    return this.#taken(page, npages, `alloc(${npages})`);
  }

  free(page: PageIndex, npages: PageCount): void {
    // Before the call: with large physical pages it may complete one that can be given back.
    this.#known.give(page, npages);
    this.#call('free', () => this.#pages.free(page, npages));
  }

  grow(page: PageIndex, npages: PageCount): boolean {
    this.#known.grow(page, npages);
    const took = this.#answered('grow', 'boolean', () => this.#pages.grow(page, npages));
    if (!took) this.#known.ungrow(page, npages);
    else if (this.freshScavenged) this.#known.gaveBack(npages);
    return took;
  }

  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes {
    return this.#bytes('release', () => this.#pages.release(nbytes, force, shouldStop));
  }

  forEachFree(visit: FreeRunVisit): void {
    this.#call('forEachFree', () => this.#pages.forEachFree(visit));
  }

  stats(): PageHeapStats {
    return this.#answered('stats', 'object', () => {
      const answer = this.#pages.stats();
      if (typeof answer !== 'object' || answer === null || isPromise(answer)) return answer;
      const { pages, freePages, scavengedPages } = answer;
      return { pages, freePages, scavengedPages };
    });
  }

  check(level: 1 | 2 | 3): void {
    this.#call('check', () => this.#pages.check(level));
  }

  #allocCached(p: PId, npages: PageCount, operation: () => PageIndex | undefined): PageIndex {
    const page = this.#call('allocCached', operation);
    return page === -1 ? page : this.#taken(page, npages, `allocCached(${p}, ${npages})`);
  }

  #allocAligned(npages: PageCount, align: PageCount, operation: () => PageIndex | undefined): PageIndex {
    const call = `allocAligned(${npages}, ${align})`;
    const page = this.#call('allocAligned', operation);
    // It may want room for more than is asked for, so −1 is never wrong by itself.
    if (page === -1) return page;
    if (page !== undefined && page % align !== 0) this.#refuse(call, `-1, or a multiple of ${align}`, page);
    return this.#taken(page, npages, call);
  }

  /** Passes pages that can have been handed out. */
  #taken(page: PageIndex | undefined, npages: PageCount, call: string): PageIndex {
    const known = this.#known;
    if (page === undefined || !known.has(page, npages))
      return this.#refuse(
        call,
        `−1 or the first of ${npages} page${npages === 1 ? '' : 's'} below ${known.reachPages}`,
        page,
      );
    known.take(page, npages, call);
    return page;
  }

  #rounded(npages: PageCount): PageCount {
    const rounded = this.#call('roundUp', () => this.#pages.roundUp?.(npages));
    if (rounded === undefined || !Number.isSafeInteger(rounded) || rounded < npages)
      return this.#refuse(`roundUp(${npages})`, `${npages} pages or more`, rounded);
    return rounded;
  }

  #call<T>(where: string, operation: () => T): T {
    let answer: T;
    try {
      answer = this.#foreign.call(operation);
    } catch (cause) {
      throw failure(this.#name, where, cause);
    }
    if (isPromise(answer)) this.#refuse(where, 'at once', answer);
    return answer;
  }

  #answered<T>(where: string, type: 'boolean' | 'object', operation: () => T): T {
    const answer = this.#call(where, operation);
    if (typeof answer !== type || answer === null)
      this.#refuse(where, type === 'boolean' ? 'true or false' : 'an object', answer);
    return answer;
  }

  #bytes(where: string, operation: () => Bytes | undefined): Bytes {
    const answer = this.#call(where, operation);
    if (answer === undefined || !(Number.isSafeInteger(answer) && answer >= 0))
      this.#refuse(where, 'bytes', answer);
    return answer;
  }

  #refuse(where: string, expected: string, answer: unknown): never {
    throw new PageHeapError(
      'ERR_PAGE_HEAP',
      isPromise(answer)
        ? `the page heap ${this.#name}: ${where} answered a Promise: no method may be async`
        : `the page heap ${this.#name}: ${where} answered ${describe(answer)}, and must answer ${expected}`,
      { value: answer },
    );
  }
}
