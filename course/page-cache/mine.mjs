// Exercise 5: a page cache on 64 bits. README.md tells what each part must do.
//
//   npx pageheap lab check --first
//   npx pageheap lab step examples/two-caches.txt

const LIMIT = {{limit}}; // allocations of fewer pages go to the cache
const KEEP = {{keep}}; // a cache that had no row, and has so few pages left, is flushed

/** @typedef {[base: number, lo: number, hi: number]} Held */

/**
 * @param {number} lo bits 0 to 31, a number from 0 to 2 ** 32 - 1
 * @param {number} hi bits 32 to 63
 * @param {number} n 1 to 64
 * @returns {number} where the lowest n set bits in a row begin, 0 to 63; −1
 */
export function lowestRow(lo, hi, n) {
  throw new Error('lowestRow is to be written');
}

export class CachedHeap {
  /** @param {number} pages a multiple of 64; at first none is free */
  constructor(pages) {
    this.pages = pages;
  }

  /** @param {number} page @param {number} n */
  free(page, n) {
    throw new Error('free is to be written');
  }

  /** @param {number} n @returns {number} the lowest n free pages of the heap in a row; −1 */
  alloc(n) {
    throw new Error('alloc is to be written');
  }

  /** @param {number} p whose cache, which is empty */
  fill(p) {
    throw new Error('fill is to be written');
  }

  /** @param {number} p @param {number} n @returns {number} the lowest n pages in a row of the cache of p; −1 */
  take(p, n) {
    throw new Error('take is to be written');
  }

  /** @param {number} p */
  flush(p) {
    throw new Error('flush is to be written');
  }

  /** @param {number} p @returns {Held} */
  cache(p) {
    throw new Error('cache is to be written');
  }

  /** @param {number} p @param {number} n @returns {number} by the rule: from the cache, or from the heap; −1 */
  allocFor(p, n) {
    throw new Error('allocFor is to be written');
  }
}

/** The same, and allocFor by a rule of your own. */
export class OwnHeap extends CachedHeap {}
