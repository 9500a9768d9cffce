/**
 * Known pages: what a custom page heap was given and what it handed out, a bit a page of each, by which a page that
 * is handed out twice, was never grown, or is released while it is allocated shows at once.
 *
 * Not here: the calls themselves (guard.ts).
 */
import { ctz32 } from '../base/bits.ts';
import { PageHeapError } from '../base/errors.ts';

/** Which pages were grown, and which are allocated: a bit each. */
export class KnownPages {
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
  take(page: number, npages: number, call = `alloc(${npages})`): void {
    this.#fresh = [0, 0];
    const unknown = firstUnlike(this.#grown, page, npages, true);
    if (unknown >= 0) this.#refuse(`answered ${page} for ${call}: page ${unknown} was never grown`);
    const held = firstUnlike(this.#held, page, npages, false);
    if (held >= 0) this.#refuse(`answered ${page} for ${call}: page ${held} is allocated already`);
    mark(this.#held, page, npages, true);
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

  /** @throws ERR_PAGE_HEAP where parts of physical pages are given back */
  requireWhole(page: number, npages: number, physPages: number): void {
    if (page % physPages !== 0 || npages % physPages !== 0)
      this.#refuse(`called host.release(${page}, ${npages}): physical pages are of ${physPages} pages`);
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
