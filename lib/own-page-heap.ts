/**
 * The guard round a page heap of one's own: what its class throws, or answers against the contract, is told
 * as that class's failing (ERR_PAGE_HEAP), with the call it came from, and does not read as one of the heap's.
 *
 * The heap may be half changed afterwards, as after any broken invariant. What cannot be seen in one answer
 * alone (pages handed out twice, counts that drift) is the conformance suite's to find, and `check`'s.
 *
 * Not here: what the contract asks (pages/contract.ts).
 */
import { PageHeapError } from './base/errors.ts';
import type { Bytes, PageCount, PageIndex } from './base/units.ts';
import type { FreeRunVisit, PageHeap, PageHeapClass, PageHeapHost, PageHeapStats } from './pages/contract.ts';

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
  let made: PageHeap;
  try {
    made = new own(host);
  } catch (cause) {
    throw failure(name, 'its constructor', cause);
  }
  return new OwnPageHeap(requirePageHeap(made, name), name, host.reachPages);
}

function failure(name: string, where: string, cause: unknown): PageHeapError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PageHeapError('ERR_PAGE_HEAP', `the page heap ${name} threw in ${where}: ${message}`, {
    value: name,
    cause,
  });
}

class OwnPageHeap implements PageHeap {
  readonly freshScavenged: boolean;
  readonly prepareGrow?: (page: PageIndex, npages: PageCount) => boolean;
  readonly releaseUnused?: (limit: number) => Bytes;
  readonly nextGeneration?: () => void;
  private readonly pages: PageHeap;
  private readonly name: string;
  private readonly reachPages: number;

  constructor(pages: PageHeap, name: string, reachPages: number) {
    this.pages = pages;
    this.name = name;
    this.reachPages = reachPages;
    this.freshScavenged = pages.freshScavenged;
    // What the class may leave out is left out here too: the heap looks whether it is there.
    if (pages.prepareGrow !== undefined)
      this.prepareGrow = (page, npages) =>
        this.answered('prepareGrow', 'boolean', () => pages.prepareGrow?.(page, npages)) ?? true;
    if (pages.releaseUnused !== undefined)
      this.releaseUnused = (limit) => this.bytes('releaseUnused', () => pages.releaseUnused?.(limit));
    if (pages.nextGeneration !== undefined)
      this.nextGeneration = () => this.call('nextGeneration', () => pages.nextGeneration?.());
    if (pages.lastNeedZero !== undefined)
      Object.defineProperty(this, 'lastNeedZero', { get: () => pages.lastNeedZero });
  }

  get lastScavenged(): number {
    const { lastScavenged } = this.pages;
    if (!Number.isSafeInteger(lastScavenged)) this.refuse('lastScavenged', 'a whole number', lastScavenged);
    return lastScavenged;
  }

  alloc(npages: PageCount): PageIndex {
    const page = this.call('alloc', () => this.pages.alloc(npages));
    if (page !== -1 && !(Number.isSafeInteger(page) && page >= 0 && page + npages <= this.reachPages))
      this.refuse(
        `alloc(${npages})`,
        `-1, or the first of ${npages} pages below ${this.reachPages}`,
        page as unknown,
      );
    return page;
  }

  free(page: PageIndex, npages: PageCount): void {
    this.call('free', () => this.pages.free(page, npages));
  }

  grow(page: PageIndex, npages: PageCount): boolean {
    return this.answered('grow', 'boolean', () => this.pages.grow(page, npages));
  }

  release(nbytes: Bytes, force: boolean, shouldStop?: () => boolean): Bytes {
    return this.bytes('release', () => this.pages.release(nbytes, force, shouldStop));
  }

  forEachFree(visit: FreeRunVisit): void {
    this.call('forEachFree', () => this.pages.forEachFree(visit));
  }

  stats(): PageHeapStats {
    return this.answered('stats', 'object', () => this.pages.stats());
  }

  check(level: 1 | 2 | 3): void {
    this.call('check', () => this.pages.check(level));
  }

  private call<T>(where: string, operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      throw failure(this.name, where, cause);
    }
  }

  private answered<T>(where: string, type: 'boolean' | 'object', operation: () => T): T {
    const answer = this.call(where, operation);
    if (typeof answer !== type || answer === null)
      this.refuse(where, type === 'boolean' ? 'true or false' : 'an object', answer);
    return answer;
  }

  private bytes(where: string, operation: () => Bytes | undefined): Bytes {
    const answer = this.call(where, operation);
    if (answer === undefined || !(Number.isSafeInteger(answer) && answer >= 0))
      this.refuse(where, 'bytes', answer);
    return answer;
  }

  private refuse(where: string, expected: string, answer: unknown): never {
    throw new PageHeapError(
      'ERR_PAGE_HEAP',
      `the page heap ${this.name} must answer ${expected} for ${where}, not ${String(answer)}`,
      { value: answer },
    );
  }
}
