// Exercise 9: the dense-chunk rule. README.md tells the rules, and what a run costs.
//
//   npx pageheap lab check
//   npx pageheap lab step examples/chunk.txt
//   npx pageheap lab step examples/rule.txt --on DenseRule
//   npx pageheap grade mine.mjs

const HUGE = {{huge}}; // what a chunk without huge pages costs in a second, in resident pages, when all of it is used
const FAULT = {{fault}}; // what a fault costs

/** The account of one chunk of 512 pages, none of them in use at first. */
export class Chunk {
  /** @param {number} dense from how many pages in use on a chunk is dense */
  constructor(dense) {
    throw new Error('Chunk is to be written');
  }

  /** @param {number} n pages of it are in use from now on */
  alloc(n) {
    throw new Error('alloc is to be written');
  }

  /** @param {number} n pages of it are free again */
  free(n) {
    throw new Error('free is to be written');
  }

  /** A collection has ended. */
  collected() {
    throw new Error('collected is to be written');
  }

  /** @returns {boolean} whether the scavenger leaves it alone, by Go's rule */
  keeps() {
    throw new Error('keeps is to be written');
  }

  /** @returns {boolean} the same by your rule of README.md */
  ownKeeps() {
    throw new Error('ownKeeps is to be written');
  }
}

/** Your own. `npx pageheap compare` takes it, too. */
export class DenseRule {
  /** @param {{ chunkPages: number }} host  512 */
  constructor(host) {}

  /**
   * @param {{ chunk: number, inUse: number, lastInUse: number, changed: boolean, age: number, broken: boolean }} chunk
   * @returns {boolean} whether it is left alone for now
   */
  keeps(chunk) {
    throw new Error('keeps is to be written');
  }
}
