// A scavenge policy: half of what is free goes back every half second, and everything half a minute after the last
// collection.
//
//   npx pageheap run perl --scavenge-policy examples/steady.mjs
//   npx pageheap compare perl -c radix -c mine:radix,scavenge-policy=examples/steady.mjs
//   npx pageheap conform --part scavenge-policy examples/steady.mjs

const halfSecond = 0.5e9;
const halfMinute = 30e9;

/** @implements {import('pageheap').ScavengePolicy} */
export default class Steady {
  #lastCycle = 0;

  // A collection's sweep is complete: memory is as free as it gets.
  onCycle(heap) {
    this.#lastCycle = heap.now;
    return { again: halfSecond };
  }

  // The time has come that it asked for.
  onTime(heap) {
    if (heap.heapFree === 0) return;
    if (heap.now - this.#lastCycle > halfMinute) return { release: Infinity, force: true };
    return { release: heap.heapFree / 2, again: halfSecond };
  }
}
