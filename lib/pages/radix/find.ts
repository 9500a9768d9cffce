/**
 * The search for the lowest free run of n pages, in the summary tree.
 *
 * At each level the entries of one block are walked from the left. A run is found where it straddles
 * entries (the end of one, whole ones, the start of another) or lies at an entry's start; where an
 * entry's max is enough the search goes down into it; else the next entry is tried. The leftmost run
 * is met first, so that what is found is what a scan of every bitmap would find.
 *
 * Below the search page nothing is free. So the search does not begin at the root but climbs from the
 * search page's leaf: a block whose parent's max is too small holds no run, and the first ancestor whose
 * max is enough holds the lowest one. Every entry left of the climb is empty, so a walk down from the
 * root would have come to the same place; the nearer the run, the shorter the way. Only when no
 * ancestor has enough is the root walked, to where the heap ends.
 *
 * Where short holes are left low in the heap, the search page stays with them. For a longer run the climb begins
 * at a second page then, below which no such run starts (page-alloc.ts keeps it).
 *
 * On the way down the search learns where the heap's first free page is at least: the first entry with
 * any free page, refined at each level for as long as the search goes down through just that entry. One
 * boolean holds it. This becomes the next search page, so that full chunks are not walked again.
 *
 * Not here: the search within one chunk (bitmap.ts).
 */
import { fatal } from '../../base/errors.ts';
import { chunkPagesShift as leafShift } from '../../base/units.ts';
import { findHole, firstZero } from './bitmap.ts';
import { endWord, type RadixMemory, searchWord } from './columns.ts';
import { chunkWordsShift, rootChunksShift, rootShift } from './levels.ts';
import type { Summaries } from './summaries.ts';

export class Search {
  /** After a find from the search page that succeeded: no grown page below it is free. May be a page never grown. */
  firstFree = 0;
  readonly #sums: Summaries;
  readonly #allocated: Int32Array;
  readonly #state: Int32Array;

  constructor(memory: RadixMemory, sums: Summaries) {
    this.#sums = sums;
    this.#allocated = memory.chunks.allocated;
    this.#state = memory.state;
  }

  /**
   * The first page of the lowest run of n free pages, or −1.
   * @param from where the search begins: a grown page below which no run of n pages starts. From any other page than
   *   the search page, `firstFree` is left as it was
   */
  find(n: number, from = this.#state[searchWord]): number {
    const { start, max, end, roots, leaves } = this.#sums;
    let shift = leafShift;
    let node = leaves + (from >> leafShift);
    while (shift < rootShift) {
      const parent = (node - roots) >> 3;
      if (max[parent]! >= n) break;
      node = parent;
      shift += 3;
    }
    let base = 0; // the block's first page
    let first = 0; // and its first node
    let count = ((this.#state[endWord] - 1) >> rootChunksShift) + 1;
    if (shift < rootShift) {
      base = from & -(8 << shift);
      first = node - ((from - base) >> shift);
      count = 8;
    }
    // Every level above went down through its first entry with free pages.
    let onPath = from === this.#state[searchWord];
    for (;;) {
      const size = 1 << shift;
      const last = first + count;
      let run = 0;
      let down = -1;
      for (; node < last; node++) {
        const m = max[node]!;
        if (m === 0) {
          run = 0;
          continue;
        }
        if (onPath && down < 0) {
          down = node;
          this.firstFree = base + ((node - first) << shift);
        }
        const s = start[node]!;
        if (run + s >= n) return base + ((node - first) << shift) - run;
        if (m >= n) break;
        run = s === size ? run + size : end[node]!;
      }
      if (node === last) {
        if (shift === rootShift) return -1;
        fatal('a summary promises a run that its entries do not have', { shift, base, n, from });
      }
      onPath = onPath && down === node;
      base += (node - first) << shift;
      if (shift === leafShift) break;
      first = 8 * node + roots;
      shift -= 3;
      count = 8;
      node = first;
      // The page to begin at may lie in this block too.
      if (from > base && from - base < size) node += (from - base) >> shift;
    }
    const word = (base >> leafShift) << chunkWordsShift;
    const free = firstZero(this.#allocated, word, 0);
    const at = free < 0 ? -1 : n === 1 ? free : findHole(this.#allocated, word, n, free >> 5);
    if (at < 0)
      fatal('a chunk does not have the run that its summary promises', { chunk: base >> leafShift, n });
    if (onPath) this.firstFree = base + free;
    return base + at;
  }
}
