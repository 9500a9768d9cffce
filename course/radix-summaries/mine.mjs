// Exercise 4: radix summaries. README.md tells what each part must do.
//
//   npx pageheap lab check --first
//   npx pageheap lab step examples/two-leaves.txt

/** @typedef {[start: number, max: number, end: number]} Summary */

const LEAF = {{leaf}}; // pages of a leaf
const FAN = {{fan}}; // children of a node
const LEVELS = {{levels}}; // the level of the leaves; the root is level 0
const PAGES = 65536;

/**
 * @param {ArrayLike<number>} bits 0 in use, 1 free
 * @returns {Summary}
 */
export function summarize(bits) {
  throw new Error('summarize is to be written');
}

/**
 * @param {Summary[]} children low to high
 * @param {number} pages of each child
 * @returns {Summary}
 */
export function merge(children, pages) {
  throw new Error('merge is to be written');
}

export class PageAlloc {
  /** 1 is free. */
  bits = new Uint8Array(PAGES);

  /** @param {number} page @param {number} n */
  free(page, n) {
    throw new Error('free is to be written');
  }

  /** @param {number} page @param {number} n */
  take(page, n) {
    throw new Error('take is to be written');
  }

  /** @param {number} n @returns {number} the lowest n free pages in a row; −1 */
  alloc(n) {
    throw new Error('alloc is to be written');
  }

  /** @param {number} level @param {number} index @returns {Summary} */
  summary(level, index) {
    throw new Error('summary is to be written');
  }
}
