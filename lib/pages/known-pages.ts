/**
 * Known pages: what a custom page heap was given and what it handed out, a bit a page of each, by which a page that
 * is handed out twice, was never grown, or is released while it is allocated shows at once. And how many of the free ones count as
 * scavenged by what the class says of them: never fewer than none, never more than are free.
 *
 * Not here: the calls themselves (guard.ts).
 */
import { ctz32 } from '../base/bits.ts';
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';

/** Which pages were grown, and which are allocated: a bit each. */
export class KnownPages {
  readonly reachPages: number;
  readonly #name: string;
  readonly #grown: Int32Array;
  readonly #held: Int32Array;
  /** Pages that were grown after the last allocation was asked for. */
  #fresh: [page: number, npages: number] = [0, 0];
  #free = 0;
  #scavenged = 0;
  /** Pages were handed out, and it is not known yet how many of them were scavenged. */
  #isAsked = false;

  constructor(name: string, reachPages: number) {
    this.#name = name;
    this.reachPages = reachPages;
    this.#grown = new Int32Array(Math.ceil(reachPages / 32));
    this.#held = new Int32Array(Math.ceil(reachPages / 32));
  }

  grow(page: number, npages: number): void {
    mark(this.#grown, page, npages, true);
    this.#free += npages;
    this.#fresh = [page, npages];
  }

  ungrow(page: number, npages: number): void {
    mark(this.#grown, page, npages, false);
    this.#free -= npages;
    this.#fresh = [0, 0];
  }

  /** @throws ERR_PAGE_HEAP where a page was never grown, or is allocated */
  take(page: number, npages: number, call = `alloc(${npages})`): void {
    this.#fresh = [0, 0];
    const unknown = firstUnlike(this.#grown, page, npages, true);
    if (unknown >= 0) this.#refuse(`answered ${page} for ${call}: page ${unknown} was never grown`);
    const held = firstUnlike(this.#held, page, npages, false);
    if (held >= 0) this.#refuse(`answered ${page} for ${call}: page ${held} is allocated already`);
    mark(this.#held, page, npages, true);
    this.#free -= npages;
    this.#isAsked = true;
  }

  /** How many pages count as scavenged, those included that were handed out last. */
  get scavengedAtMost(): number {
    return this.#scavenged;
  }

  /** So many of the pages that were handed out last were scavenged, or are forgotten as that. */
  takeScavenged(npages: number): void {
    if (this.#isAsked) this.#scavenged -= npages;
    this.#isAsked = false;
  }

  /** So many free pages more count as scavenged. */
  gaveBack(npages: number): void {
    this.#scavenged += npages;
  }

  /** @throws ERR_PAGE_HEAP where there must be room: in what was grown just before */
  requireNoRoom(npages: number, call = `alloc(${npages})`): void {
    const [page, fresh] = this.#fresh;
    this.#fresh = [0, 0];
    if (fresh >= npages)
      this.#refuse(`answered -1 for ${call} right after grow(${page}, ${fresh}): those pages are free`);
  }

  give(page: number, npages: number): void {
    mark(this.#held, page, npages, false);
    this.#free += npages;
  }

  /**
   * Memory is given back. @param newly of how many pages that counts
   * @throws ERR_PAGE_HEAP where it is in use, or nobody's, or is more than there can be, or parts of physical pages
   */
  release(page: number, npages: number, newly: number, physPages: number): void {
    const call = (): string => `called host.release(${[page, npages, newly].map(describe).join(', ')})`;
    if (!(Number.isSafeInteger(page) && Number.isSafeInteger(npages) && npages >= 1))
      this.#refuse(`${call()}: the first page and how many are whole numbers, one at least`);
    if (!this.has(page, npages)) this.#refuse(`${call()}: there are ${this.reachPages} pages`);
    if (!(Number.isSafeInteger(newly) && newly >= 0 && newly <= npages))
      this.#refuse(`${call()}: the third says how many of the ${npages} were not given back before`);
    const unknown = firstUnlike(this.#grown, page, npages, true);
    if (unknown >= 0) this.#refuse(`${call()}: page ${unknown} was never grown`);
    const held = firstUnlike(this.#held, page, npages, false);
    if (held >= 0) this.#refuse(`${call()}: page ${held} is allocated`);
    if (page % physPages !== 0 || npages % physPages !== 0)
      this.#refuse(`${call()}: physical pages are of ${physPages} pages`);
    if (this.#scavenged + newly > this.#free)
      this.#refuse(
        `${call()}: by its own count ${this.#scavenged} of its ${this.#free} free pages are given back already`,
      );
    this.#scavenged += newly;
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
