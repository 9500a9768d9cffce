/**
 * The guard round a page heap of one's own: what its class throws, or answers against the contract, is told
 * as that class's failing (ERR_PAGE_HEAP), with the call it came from, and does not read as one of the heap's.
 *
 * It keeps a bit a page of which were grown, and one of which are allocated. So pages that are handed out twice,
 * or never were grown, are refused at once, as is giving back the memory of pages that are not free, and having no
 * room right after growing.
 *
 * The heap may be half changed afterwards, as after any broken invariant. Counts that drift are the conformance
 * suite's to find, and `check`'s.
 *
 * Not here: what the contract asks (pages/contract.ts).
 */
import { ctz32 } from '../base/bits.ts';
import { PageHeapError } from '../base/errors.ts';
import type { Bytes, PageCount, PageIndex } from '../base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapClass, PageHeapHost, PageHeapStats } from './contract.ts';

const methods = ['alloc', 'free', 'grow', 'release', 'forEachFree', 'stats', 'check'] as const;

/** Holds what a class made against the interface. @throws ERR_INVALID_OPTION, naming what it lacks */
export function requirePageHeap(pages: PageHeap, name: string): PageHeap {
  const lacking: string[] = methods.filter((method) => typeof pages[method] !== 'function');
  if (typeof pages.freshScavenged !== 'boolean') lacking.push('freshScavenged');
  if (lacking.length > 0) {
    throw new PageHeapError('ERR_INVALID_OPTION', `option pageHeap: ${name} lacks ${lacking.join(', ')}`, {
      value: name,
    });
  }
  return pages;
}

/** Makes a page heap of a class of one's own, guarded. @throws ERR_INVALID_OPTION, ERR_PAGE_HEAP */
export function makeOwnPageHeap(own: PageHeapClass, host: PageHeapHost): PageHeap {
  const name = own.name === '' ? 'without a name' : own.name;
  const book = new PageBook(name, host.reachPages);
  const guarded: PageHeapHost = {
    reachPages: host.reachPages,
    physPages: host.physPages,
    now: () => host.now(),
    release: (page, npages, newly) => {
      book.requireFree(page, npages);
      host.release(page, npages, newly);
    },
  };
  let made: PageHeap;
  try {
    made = new own(guarded);
  } catch (cause) {
    throw failure(name, 'its constructor', cause);
  }
  return new OwnPageHeap(requirePageHeap(made, name), name, book);
}

function failure(name: string, where: string, cause: unknown): PageHeapError {
  // It is this guard's own, from what the class did within the call.
  if (cause instanceof PageHeapError && cause.code === 'ERR_PAGE_HEAP') return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PageHeapError('ERR_PAGE_HEAP', `the page heap ${name} threw in ${where}: ${message}`, {
    value: name,
    cause,
  });
}

/** Which pages were grown, and which are allocated: a bit each. */
class PageBook {
  readonly reachPages: number;
  readonly #name: string;
  readonly #grown: Int32Array;
  readonly #held: Int32Array;
  /** Pages that were grown after the last allocation was asked for. */
  #fresh: [page: number, npages: number] = [0, 0];

  constructor(name: string, reachPages: number) {
    this.#name = name;
    this.reachPages = reachPages;
    this.#grown = new Int32Array(Math.ceil(reachPages / 32));
    this.#held = new Int32Array(Math.ceil(reachPages / 32));
  }

  grow(page: number, npages: number): void {
    mark(this.#grown, page, npages, true);
    this.#fresh = [page, npages];
  }

  ungrow(page: number, npages: number): void {
    mark(this.#grown, page, npages, false);
    this.#fresh = [0, 0];
  }

  /** @throws ERR_PAGE_HEAP where a page was never grown, or is allocated */
  take(page: number, npages: number): void {
    this.#fresh = [0, 0];
    const unknown = firstUnlike(this.#grown, page, npages, true);
    if (unknown >= 0) this.#refuse(`answered ${page} for alloc(${npages}): page ${unknown} was never grown`);
    const held = firstUnlike(this.#held, page, npages, false);
    if (held >= 0) this.#refuse(`answered ${page} for alloc(${npages}): page ${held} is allocated already`);
    mark(this.#held, page, npages, true);
  }

  /** @throws ERR_PAGE_HEAP where there must be room: in what was grown just before */
  requireNoRoom(npages: number): void {
    const [page, fresh] = this.#fresh;
    this.#fresh = [0, 0];
    if (fresh >= npages)
      this.#refuse(
        `answered -1 for alloc(${npages}) right after grow(${page}, ${fresh}): those pages are free`,
      );
  }

  give(page: number, npages: number): void {
    mark(this.#held, page, npages, false);
  }

  /** @throws ERR_PAGE_HEAP where memory is given back that is in use, or nobody's */
  requireFree(page: number, npages: number): void {
    const call = `host.release(${page}, ${npages})`;
    if (
      !(Number.isSafeInteger(page) && Number.isSafeInteger(npages) && npages >= 1) ||
      !this.has(page, npages)
    )
      this.#refuse(`called ${call}: there are ${this.reachPages} pages`);
    const unknown = firstUnlike(this.#grown, page, npages, true);
    if (unknown >= 0) this.#refuse(`called ${call}: page ${unknown} was never grown`);
    const held = firstUnlike(this.#held, page, npages, false);
    if (held >= 0) this.#refuse(`called ${call}: page ${held} is allocated`);
  }

  has(page: number, npages: number): boolean {
    return Number.isSafeInteger(page) && page >= 0 && page + npages <= this.reachPages;
  }

  #refuse(what: string): never {
    throw new PageHeapError('ERR_PAGE_HEAP', `the page heap ${this.#name} ${what}`, { value: this.#name });
  }
}

/** Sets or clears n bits from `from` on. */
function mark(words: Int32Array, from: number, n: number, value: boolean): void {
  for (let page = from; page < from + n; ) {
    const end = Math.min(from + n, (page | 31) + 1);
    const mask = maskOf(page, end);
    const word = words[page >>> 5] ?? 0;
    words[page >>> 5] = value ? word | mask : word & ~mask;
    page = end;
  }
}

/** The first of n bits from `from` on that is not as it should be; −1 if there is none. */
function firstUnlike(words: Int32Array, from: number, n: number, value: boolean): number {
  for (let page = from; page < from + n; ) {
    const end = Math.min(from + n, (page | 31) + 1);
    const word = words[page >>> 5] ?? 0;
    const unlike = (value ? ~word : word) & maskOf(page, end);
    if (unlike !== 0) return (page & ~31) + ctz32(unlike);
    page = end;
  }
  return -1;
}

/** The bits from `from` to below `end` of the one word they lie in. */
function maskOf(from: number, end: number): number {
  return (-1 << (from & 31)) & (-1 >>> (31 - ((end - 1) & 31)));
}

class OwnPageHeap implements PageHeap {
  readonly freshScavenged: boolean;
  readonly prepareGrow?: (page: PageIndex, npages: PageCount) => boolean;
  readonly releaseUnused?: (limit: number) => Bytes;
  readonly nextGeneration?: () => void;
  readonly #pages: PageHeap;
  readonly #name: string;
  readonly #book: PageBook;

  constructor(pages: PageHeap, name: string, book: PageBook) {
    this.#pages = pages;
    this.#name = name;
    this.#book = book;
    this.freshScavenged = pages.freshScavenged;
    // What the class may leave out is left out here too: the heap looks whether it is there.
    if (pages.prepareGrow !== undefined)
      this.prepareGrow = (page, npages) =>
        this.#answered('prepareGrow', 'boolean', () => pages.prepareGrow?.(page, npages)) ?? true;
    if (pages.releaseUnused !== undefined)
      this.releaseUnused = (limit) => this.#bytes('releaseUnused', () => pages.releaseUnused?.(limit));
    if (pages.nextGeneration !== undefined)
      this.nextGeneration = () => this.#call('nextGeneration', () => pages.nextGeneration?.());
    if (pages.lastNeedZero !== undefined)
      Object.defineProperty(this, 'lastNeedZero', { get: () => pages.lastNeedZero });
  }

  get lastScavenged(): number {
    const { lastScavenged } = this.#pages;
    if (!Number.isSafeInteger(lastScavenged)) this.#refuse('lastScavenged', 'a whole number', lastScavenged);
    return lastScavenged;
  }

  alloc(npages: PageCount): PageIndex {
    const book = this.#book;
    const page = this.#call('alloc', () => this.#pages.alloc(npages));
    if (page === -1) {
      book.requireNoRoom(npages);
      return page;
    }
    if (!book.has(page, npages))
      this.#refuse(
        `alloc(${npages})`,
        `-1, or the first of ${npages} pages below ${book.reachPages}`,
        page as unknown,
      );
    book.take(page, npages);
    return page;
  }

  free(page: PageIndex, npages: PageCount): void {
    // Before the call: with large physical pages it may complete one that can be given back.
    this.#book.give(page, npages);
    this.#call('free', () => this.#pages.free(page, npages));
  }

  grow(page: PageIndex, npages: PageCount): boolean {
    this.#book.grow(page, npages);
    const took = this.#answered('grow', 'boolean', () => this.#pages.grow(page, npages));
    if (!took) this.#book.ungrow(page, npages);
    return took;
  }

  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes {
    return this.#bytes('release', () => this.#pages.release(nbytes, force, shouldStop));
  }

  forEachFree(visit: FreeRunVisit): void {
    this.#call('forEachFree', () => this.#pages.forEachFree(visit));
  }

  stats(): PageHeapStats {
    return this.#answered('stats', 'object', () => this.#pages.stats());
  }

  check(level: 1 | 2 | 3): void {
    this.#call('check', () => this.#pages.check(level));
  }

  #call<T>(where: string, operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      throw failure(this.#name, where, cause);
    }
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
      `the page heap ${this.#name} must answer ${expected} for ${where}, not ${String(answer)}`,
      { value: answer },
    );
  }
}
