/**
 * A page heap with page caches, as plain as can be: a map of the pages, and for each processor a map of the block that it holds.
 *
 * A block is 64 pages, and begins at a multiple of 64. A page is in use, free in the heap, or free in one cache. The rule by
 * which an allocation goes to a cache or to the heap has two constants; Go's are 16 and 0.
 */
import { PageMap } from './bitmap.ts';

export const blockPages = 64;

export interface CacheRule {
  /** Allocations of fewer pages go to the cache. */
  readonly limit: number;
  /** Where the cache had no row, and so few pages are left in it, it is flushed. */
  readonly keep: number;
}

export const goRule: CacheRule = { limit: 16, keep: 0 };

/** What a cache holds: its first page, pages 0 to 31 of it and 32 to 63 as bits. */
export type Held = readonly [base: number, lo: number, hi: number];

interface Cache {
  base: number;
  readonly pages: PageMap;
}

export class CachedModel {
  readonly map: PageMap;
  readonly #caches = new Map<number, Cache>();

  constructor(pages: number) {
    this.map = new PageMap(pages);
  }

  #of(p: number): Cache {
    let cache = this.#caches.get(p);
    if (cache === undefined) this.#caches.set(p, (cache = { base: 0, pages: new PageMap(blockPages) }));
    return cache;
  }

  free(page: number, n: number): void {
    this.map.set(page, n, true);
  }

  /** The lowest row that is free in the heap; −1. */
  alloc(n: number): number {
    const page = this.map.find(n);
    if (page >= 0) this.map.set(page, n, false);
    return page;
  }

  /** All free pages of the block of the lowest free page; nothing where none is free. */
  fill(p: number): void {
    const lowest = this.map.find(1);
    if (lowest < 0) return;
    const cache = this.#of(p);
    cache.base = lowest - (lowest % blockPages);
    cache.pages.free.set(this.map.free.subarray(cache.base, cache.base + blockPages));
    this.map.set(cache.base, blockPages, false);
  }

  /** The lowest row in the cache; −1. */
  take(p: number, n: number): number {
    const { base, pages } = this.#of(p);
    const at = n > blockPages ? -1 : pages.find(n);
    if (at < 0) return -1;
    pages.set(at, n, false);
    return base + at;
  }

  flush(p: number): void {
    const { base, pages } = this.#of(p);
    for (const { page, n } of pages.runsIn(0, blockPages)) this.map.set(base + page, n, true);
    pages.free.fill(0);
  }

  allocFor(p: number, n: number, { limit, keep }: CacheRule): number {
    if (n >= limit) return this.alloc(n);
    if (this.left(p) === 0) this.fill(p);
    const page = this.take(p, n);
    if (page >= 0) return page;
    const other = this.alloc(n);
    if (this.left(p) <= keep) this.flush(p);
    return other;
  }

  /** Whether its cache has such a row. */
  has(p: number, n: number): boolean {
    return n <= blockPages && this.#of(p).pages.find(n) >= 0;
  }

  left(p: number): number {
    return this.#of(p).pages.free.reduce((sum, bit) => sum + bit, 0);
  }

  cache(p: number): Held {
    const { base, pages } = this.#of(p);
    const word = (from: number): number => {
      let bits = 0;
      for (let i = 0; i < 32; i++) bits += (pages.free[from + i] as number) * 2 ** i;
      return bits;
    };
    return [base, word(0), word(32)];
  }

  /** Runs of what a cache holds, from the beginning of its block. */
  runsOf(p: number): { page: number; n: number }[] {
    return this.#of(p).pages.runsIn(0, blockPages);
  }
}
