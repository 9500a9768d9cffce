// Exercise 10: the sweep's order and credit. README.md tells what each part must do.
//
//   pageheap lab check --first
//   pageheap lab step examples/six-spans.pages

const ORDER = '{{order}}'; // {{orderWords}}
const MARGIN = {{margin}};

/**
 * @param {number[]} alloc words of 32 bits: which objects are allocated
 * @param {number[]} marks which of them are marked
 * @param {number} objects how many the span has
 * @returns {number[] | null} [freed, firstFree, ...words]; null where an object is marked that is not allocated
 */
export function sweepSpan(alloc, marks, objects) {
  throw new Error('sweepSpan is to be written');
}

export class Sweep {
  /**
   * A collection has marked: all spans are unswept.
   * @param {number[]} pages of each span
   * @param {number[]} living marked objects in each; 0: the span is empty
   * @param {number} distance pages that the program takes until the next collection
   */
  constructor(pages, living, distance) {
    this.pages = pages;
    this.living = living;
    this.distance = distance;
  }

  /** The program is about to take n pages. @param {number} n @returns {number[]} the spans that are swept before it, in order */
  before(n) {
    throw new Error('before is to be written');
  }

  /** The next collection begins. @returns {number[]} the spans that were left, in order */
  rest() {
    throw new Error('rest is to be written');
  }

  /** @returns {[swept: number, credit: number]} pages */
  state() {
    throw new Error('state is to be written');
  }
}

/** The same without state(), and a way of your own. */
export class OwnSweep {
  /** @param {number[]} pages @param {number[]} living @param {number} distance */
  constructor(pages, living, distance) {
    this.left = [...pages.keys()];
  }

  /** @param {number} n @returns {number[]} */
  before(n) {
    throw new Error('before is to be written');
  }

  /** @returns {number[]} */
  rest() {
    throw new Error('rest is to be written');
  }
}
