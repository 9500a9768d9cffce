// Exercise 11: trigger and memory limit. README.md tells the rule, and what a run costs.
//
//   npx pageheap lab check
//   npx pageheap lab step examples/busy.txt
//   npx pageheap grade mine.mjs

const SPEED = {{speed}} * 2 ** 20; // bytes that a collection marks in a second
const PRICE = {{price}}; // a processor costs as much as so many MiB

/**
 * @param {{ heapMarked: number, roots: number, gcPercent: number, memoryLimit: number, mappedReady: number, heapFree: number, heapAlloc: number }} heap  bytes; memoryLimit is Infinity where there is none
 * @param {{ minimum: number, headroom: number, least: number, spare: number }} numbers  bytes, percent, bytes, percent
 * @returns {number} the goal in bytes; Infinity where there is none
 */
export function goalOf(heap, numbers) {
  throw new Error('goalOf is to be written');
}

/** Your own: when the next collection starts. `npx pageheap compare` takes it, too. */
export class TriggerPolicy {
  /** @param {{ pageSize: number }} host */
  constructor(host) {}

  /**
   * Asked when the program begins, after each collection, when the limit changes, and at the size `again`.
   * @param {object} heap  README.md has its members
   * @returns {number | { goal: number, start?: number, again?: number }} bytes
   */
  pace(heap) {
    throw new Error('pace is to be written');
  }
}
