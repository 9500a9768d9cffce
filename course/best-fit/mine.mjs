// Exercise 2: first, best and next fit. README.md tells what each must do.
//
//   npx pageheap lab check            what is wrong, with the shortest example that was found
//   npx pageheap lab step examples/two-holes.pages --on FirstFit
//
// All four classes have the same methods. Pages are numbers. A *run* is a row of free pages with no free page
// before or after it.

/** @typedef {{ page: number, n: number }} Run  its first page, and how many it has */

class Runs {
  /** The free runs, lowest first. @type {Run[]} */
  runs = [];

  /**
   * n fresh pages, from `page` on. They begin where the last ones ended.
   * @param {number} page
   * @param {number} n
   */
  grow(page, n) {
    this.free(page, n);
  }

  /**
   * Pages page to page + n − 1 are free again: a whole allocation. Neighbours become one run.
   * @param {number} page
   * @param {number} n
   */
  free(page, n) {
    throw new Error('free is to be written');
  }

  /**
   * Visits each free run, lowest first.
   * @param {(page: number, n: number) => void} visit
   */
  forEachFree(visit) {
    for (const { page, n } of this.runs) visit(page, n);
  }
}

export class FirstFit extends Runs {
  /**
   * n pages in a row.
   * @param {number} n
   * @returns {number} the first of them; −1 if there is no such run
   */
  alloc(n) {
    throw new Error('alloc is to be written');
  }
}

export class BestFit extends Runs {
  /** @param {number} n @returns {number} */
  alloc(n) {
    throw new Error('alloc is to be written');
  }
}

export class NextFit extends Runs {
  /** @param {number} n @returns {number} */
  alloc(n) {
    throw new Error('alloc is to be written');
  }
}

/** Your own rule. Any free pages will do; what counts is how few pages it holds from going back, and its work. */
export class OwnFit extends Runs {
  /**
   * @param {number} n
   * @param {number} lives how many allocs and frees later these pages are freed, or the program ends
   * @returns {number}
   */
  alloc(n, lives) {
    throw new Error('alloc is to be written');
  }
}
