/**
 * Real memory of this process, page by page of the kernel's: written, read, advised; and what the kernel says is resident.
 *
 * Huge pages are kept away. When the kernel would need memory it takes what was lazily freed and is written nowhere: it is asked
 * to (MADV_PAGEOUT) for those pages alone, so that it does not matter whether there is swap. It marks such pages in batches, and
 * one of another processor's batch may be left: that one is dropped here, as it would be a moment later.
 */
import { PageHeapError } from '../../../base/errors.ts';
import { type AdviceName, adviceNumber } from '../../../os/advice-policy.ts';
import { errnoName } from '../../../os/errno.ts';
import { Residency } from '../../../os/residency.ts';
import { Sys } from '../../../os/sys.ts';

/** What may be advised in the exercise. */
export const advices = ['dontneed', 'free', 'cold', 'none'] as const;
export type ExerciseAdvice = (typeof advices)[number];

/** A run of the kernel's pages. */
export interface Pages {
  readonly page: number;
  readonly n: number;
}

export class RealMemory {
  readonly pages: number;
  readonly #sys = new Sys();
  readonly #residency = new Residency();
  readonly #base: number;
  readonly #page: number;
  readonly #byte = new Uint8Array(1);
  /** 1 where a page is lazily freed, by what was done. */
  readonly #lazy: Uint8Array;

  /** @throws PageHeapError ERR_OUT_OF_MEMORY */
  constructor(pages: number) {
    this.pages = pages;
    this.#page = this.#sys.physPageSize;
    this.#lazy = new Uint8Array(pages);
    this.#base = this.#sys.alloc(pages * this.#page, 'other');
    if (this.#base === 0)
      throw new PageHeapError('ERR_OUT_OF_MEMORY', `no memory for ${pages} pages of the exercise`);
    this.#sys.noHugePage(this.#base, pages * this.#page);
  }

  /** Writes a byte into each of the pages. @returns how many became resident by it */
  write({ page, n }: Pages, byte: number): number {
    const before = this.#residentIn(page, n);
    this.#byte[0] = byte;
    for (let i = page; i < page + n; i++) this.#sys.poke(this.#base + i * this.#page, this.#byte);
    this.#lazy.fill(0, page, page + n);
    return n - before;
  }

  read(page: number): number {
    return this.#sys.peek(this.#base + page * this.#page, 1)?.[0] ?? -1;
  }

  /** @throws PageHeapError ERR_SYSTEM where the kernel has no such advice */
  advise(name: ExerciseAdvice, { page, n }: Pages): void {
    if (name === 'none') return;
    if (name === 'dontneed') this.#lazy.fill(0, page, page + n);
    // What is not there cannot be freed.
    else if (name === 'free') {
      const resident = this.resident({ page, n });
      for (let i = 0; i < n; i++) if (resident[i] === 1) this.#lazy[page + i] = 1;
    }
    this.#give(name, page, n);
  }

  /** The kernel needs memory. */
  pressure(): void {
    this.#eachLazy((page, n) => this.#give('pageout', page, n));
    this.#eachLazy((page, n) => {
      if (this.#residentIn(page, n) > 0) this.#give('dontneed', page, n);
    });
    this.#lazy.fill(0);
  }

  /** By the kernel: 1 for each page that is resident. */
  resident({ page, n }: Pages): Uint8Array {
    return this.#residency.residentPages(this.#base + page * this.#page, n * this.#page);
  }

  /** What smaps tells of it: resident and lazily freed pages. */
  mapped(): { readonly resident: number; readonly lazy: number } {
    const { rss, lazyFree } = this.#residency.mappedUse([
      { base: this.#base, bytes: this.pages * this.#page },
    ]);
    return { resident: rss / this.#page, lazy: lazyFree / this.#page };
  }

  /** As if nothing had happened. */
  clear(): void {
    this.#give('dontneed', 0, this.pages);
    this.#lazy.fill(0);
  }

  dispose(): void {
    this.#sys.free(this.#base, this.pages * this.#page, 'other', 'ready');
  }

  #residentIn(page: number, n: number): number {
    return this.resident({ page, n }).reduce((sum, x) => sum + x, 0);
  }

  #eachLazy(visit: (page: number, n: number) => void): void {
    for (let page = 0; page < this.pages; page++) {
      if (this.#lazy[page] === 0) continue;
      const from = page;
      while (page < this.pages && this.#lazy[page] === 1) page++;
      visit(from, page - from);
    }
  }

  #give(name: AdviceName, page: number, n: number): void {
    const errno = this.#sys.adviseAs(
      'unused',
      this.#base + page * this.#page,
      n * this.#page,
      adviceNumber[name],
    );
    if (errno !== 0)
      throw new PageHeapError('ERR_SYSTEM', `the kernel refuses the advice ${name} (${errnoName(errno)})`, {
        errno,
        syscall: 'madvise',
      });
  }
}
