// Exercise 7: a scavenging policy. README.md tells what it is asked and what its answers cost.
//
//   npx pageheap lab check
//   npx pageheap lab step examples/breath.txt
//   npx pageheap grade mine.mjs

/** @typedef {{ second: number, inUse: number, free: number, released: number, faulted: number }} Now  pages */

export class Scavenger {
  /**
   * @param {Now} now
   * @returns {number} pages to give back now: a whole number, 0 to now.free, and at most {{most}}
   */
  onSecond(now) {
    throw new Error('onSecond is to be written');
  }
}
