/**
 * Summaries: the radix tree over the chunks, and the central operation "a hole changed".
 *
 * Each entry says three numbers of the pages it covers: free pages at its start, the longest run of
 * free pages anywhere in it (max), free pages at its end. An entry follows from its eight children,
 * and a leaf from its chunk's bitmap; but neither is recomputed from below when it can be derived.
 * Every change of a bitmap is a change of one hole (a maximal run of free pages), and so is every
 * change that it causes further up, where the hole may be longer since it goes on in a sibling:
 *
 *   a hole [lo, hi) appears or grows           start = hi − lo if lo is the entry's first page, end
 *                                              likewise; max = the larger of max and hi − lo
 *   [at, at+n) is taken out of a hole [lo, hi) start = at − lo if lo is the entry's first page, end
 *                                              likewise; max only if the hole was as long as max, and
 *                                              only then are children (or the bitmap) searched
 *
 * The hole is carried upwards from level to level, and the walk stops where an entry did not change.
 *
 * Invariant: between operations every entry equals the merge of what it covers (check.ts).
 * Reads reach only siblings in the same block of eight, whose memory is committed together.
 *
 * Not here: the bitmaps' own changes (page-alloc.ts), the search (find.ts).
 */
import { chunkPages as leafPages, chunkPagesShift as leafShift } from '../../base/units.ts';
import { longestHole } from './bitmap.ts';
import { endWord, type RadixMemory } from './columns.ts';
import { inUseOf } from './density.ts';
import { chunkWordsShift, levelStart, levels, rootShift, rootsFor } from './levels.ts';

export class Summaries {
  readonly #start: Int32Array;
  readonly #max: Int32Array;
  readonly #end: Int32Array;
  /** Root entries. */
  readonly roots: number;
  /** The node of chunk 0. */
  readonly leaves: number;
  readonly #allocated: Int32Array;
  readonly #density: Int32Array;
  readonly #state: Int32Array;

  constructor(memory: RadixMemory) {
    this.#start = memory.sums.start;
    this.#max = memory.sums.max;
    this.#end = memory.sums.end;
    this.roots = rootsFor(memory.reachPages);
    this.leaves = levelStart(levels - 1, this.roots);
    this.#allocated = memory.chunks.allocated;
    this.#density = memory.chunks.density;
    this.#state = memory.state;
  }

  get start(): Int32Array {
    return this.#start;
  }

  get max(): Int32Array {
    return this.#max;
  }

  get end(): Int32Array {
    return this.#end;
  }

  /**
   * The hole [lo, hi) of one chunk has appeared or grown. Pages; lo and hi are the hole's extent
   * within the chunk that holds `at`.
   */
  gave(at: number, lo: number, hi: number): void {
    const max = this.#max;
    const node = this.leaves + (at >> leafShift);
    const base = at & -leafPages;
    const hole = hi - lo;
    let changed = false;
    if (hole > max[node]!) {
      max[node] = hole;
      changed = true;
    }
    if (lo === base) {
      this.#start[node] = hole;
      changed = true;
    }
    if (hi === base + leafPages) {
      this.#end[node] = hole;
      changed = true;
    }
    if (changed) this.#gaveAbove(node, leafShift, at, lo, hi);
  }

  /**
   * [at, at+n), within one chunk, was taken out of the hole [lo, hi). Pages; lo and hi are the hole's
   * extent within the chunk before. The bitmap and the scavenge index are already changed.
   */
  took(at: number, n: number, lo: number, hi: number): void {
    const max = this.#max;
    const node = this.leaves + (at >> leafShift);
    const base = at & -leafPages;
    const hole = hi - lo;
    let changed = false;
    if (lo === base) {
      this.#start[node] = at - lo;
      changed = true;
    }
    if (hi === base + leafPages) {
      this.#end[node] = hi - at - n;
      changed = true;
    }
    if (max[node] === hole) {
      const longest = this.#longestLeft(node, at - lo, hi - at - n, hole);
      if (longest !== hole) {
        max[node] = longest;
        changed = true;
      }
    }
    if (changed) this.#tookAbove(node, leafShift, at, n, lo, hi);
  }

  /**
   * The longest hole of a chunk after one of `atMost`, which was as long as any, shrank to a left and a
   * right rest. What is known bounds it from both sides, and often no word need be read: without a free
   * page it is 0; with one, and where no hole was longer than a page, 1.
   */
  #longestLeft(node: number, left: number, right: number, atMost: number): number {
    const chunk = node - this.leaves;
    const free = leafPages - inUseOf(this.#density[chunk]!);
    if (free === 0) return 0;
    const start = this.#start[node]!;
    const end = this.#end[node]!;
    let atLeast = left > right ? left : right;
    if (start > atLeast) atLeast = start;
    if (end > atLeast) atLeast = end;
    if (atLeast === 0) atLeast = 1;
    // As long as the hole was, or all that is free.
    if (atLeast === atMost || atLeast === free) return atLeast;
    return longestHole(this.#allocated, chunk << chunkWordsShift, atLeast, atMost);
  }

  /** [at, limit), over several chunks, was freed; [lo, hi) is the hole within the first and last chunk. */
  gaveAcross(at: number, limit: number, lo: number, hi: number): void {
    const { roots } = this;
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    let first = this.leaves + (at >> leafShift);
    let last = this.leaves + ((limit - 1) >> leafShift);
    for (let shift = leafShift; ; shift += 3) {
      const size = 1 << shift;
      if (first === last) {
        const base = at & -size;
        if (lo === base) start[first] = hi - lo;
        if (hi === base + size) end[first] = hi - lo;
        if (hi - lo > max[first]!) max[first] = hi - lo;
        this.#gaveAbove(first, shift, at, lo, hi);
        return;
      }
      const border = (at & -size) + size;
      const head = border - lo;
      end[first] = head;
      if (head === size) start[first] = size;
      if (head > max[first]!) max[first] = head;
      if (last - first > 1) this.#setBetween(first, last, size);
      const tail = hi - ((limit - 1) & -size);
      start[last] = tail;
      if (tail === size) end[last] = size;
      if (tail > max[last]!) max[last] = tail;
      if (shift === rootShift) return;
      lo = this.#extendDown(first, size, at, lo);
      hi = this.#extendUp(last, size, limit - 1, hi);
      first = (first - roots) >> 3;
      last = (last - roots) >> 3;
    }
  }

  /** [at, limit), over several chunks, was taken; [lo, hi) was the hole within the first and last chunk. */
  tookAcross(at: number, limit: number, lo: number, hi: number): void {
    const { roots } = this;
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    let first = this.leaves + (at >> leafShift);
    let last = this.leaves + ((limit - 1) >> leafShift);
    for (let shift = leafShift; ; shift += 3) {
      const size = 1 << shift;
      const base = at & -size;
      if (first === last) {
        if (lo === base) start[first] = at - lo;
        if (hi === base + size) end[first] = hi - limit;
        if (max[first] === hi - lo)
          max[first] = this.#longestRest(first, shift, base, at - lo, hi - limit, hi - lo);
        this.#tookAbove(first, shift, at, limit - at, lo, hi);
        return;
      }
      const head = base + size - lo;
      if (lo === base) start[first] = at - lo;
      end[first] = 0;
      if (max[first] === head) max[first] = this.#longestOf(first, shift, base, at - lo, 0, head);
      if (last - first > 1) this.#setBetween(first, last, 0);
      const lastBase = (limit - 1) & -size;
      const tail = hi - lastBase;
      start[last] = 0;
      if (tail === size) end[last] = hi - limit;
      if (max[last] === tail) max[last] = this.#longestOf(last, shift, lastBase, 0, hi - limit, tail);
      if (shift === rootShift) return;
      lo = this.#extendDown(first, size, at, lo);
      hi = this.#extendUp(last, size, limit - 1, hi);
      first = (first - roots) >> 3;
      last = (last - roots) >> 3;
    }
  }

  /** A leaf became (start, max, end) in no simple way: stores it and merges upwards while anything changes. */
  replace(chunk: number, newStart: number, newMax: number, newEnd: number): void {
    const { roots } = this;
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    let node = this.leaves + chunk;
    for (let shift = leafShift; ; shift += 3) {
      const oldMax = max[node]!;
      const edges = start[node] !== newStart || end[node] !== newEnd;
      if (!edges && oldMax === newMax) return;
      start[node] = newStart;
      max[node] = newMax;
      end[node] = newEnd;
      if (shift === rootShift) return;
      const child = node;
      node = (node - roots) >> 3;
      newStart = start[node]!;
      newEnd = end[node]!;
      const size = 1 << shift;
      const first = 8 * node + roots;
      const base = (chunk << leafShift) & -(8 * size);
      if (edges) {
        newStart = this.#startOf(first, size);
        newEnd = this.#endOf(first, size);
        newMax = this.#longestAbove(node, shift + 3, base, 8 * size);
      } else {
        // Only the child's max changed, so only a max that came from it can.
        const have = max[node]!;
        if (max[child]! > have) newMax = max[child]!;
        else newMax = oldMax === have ? this.#longestAbove(node, shift + 3, base, have) : have;
      }
    }
  }

  /** Makes the entries between two wholly free or wholly allocated. */
  #setBetween(first: number, last: number, free: number): void {
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    // A call of `fill` costs more than some forty elements do.
    if (last - first > 40) {
      start.fill(free, first + 1, last);
      max.fill(free, first + 1, last);
      end.fill(free, first + 1, last);
      return;
    }
    for (let node = first + 1; node < last; node++) {
      start[node] = free;
      max[node] = free;
      end[node] = free;
    }
  }

  #startOf(first: number, size: number): number {
    let free = 0;
    for (let node = first; node < first + 8; node++) {
      const s = this.#start[node]!;
      free += s;
      if (s !== size) break;
    }
    return free;
  }

  #endOf(first: number, size: number): number {
    let free = 0;
    for (let node = first + 7; node >= first; node--) {
      const e = this.#end[node]!;
      free += e;
      if (e !== size) break;
    }
    return free;
  }

  #gaveAbove(node: number, shift: number, at: number, lo: number, hi: number): void {
    const { roots } = this;
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    for (; shift < rootShift; shift += 3) {
      const size = 1 << shift;
      const base = at & -size;
      const parentBase = at & -(size << 3);
      const parentEnd = parentBase + (size << 3);
      if (lo === base) {
        for (let sibling = node; lo > parentBase; ) {
          const e = end[--sibling]!;
          lo -= e;
          if (e !== size) break;
        }
      }
      if (hi === base + size) {
        for (let sibling = node; hi < parentEnd; ) {
          const s = start[++sibling]!;
          hi += s;
          if (s !== size) break;
        }
      }
      const hole = hi - lo;
      node = (node - roots) >> 3;
      let changed = false;
      if (hole > max[node]!) {
        max[node] = hole;
        changed = true;
      }
      if (lo === parentBase) {
        start[node] = hole;
        changed = true;
      }
      if (hi === parentEnd) {
        end[node] = hole;
        changed = true;
      }
      if (!changed) return;
    }
  }

  #tookAbove(node: number, shift: number, at: number, n: number, lo: number, hi: number): void {
    const { roots } = this;
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    for (; shift < rootShift; shift += 3) {
      const size = 1 << shift;
      const parent = (node - roots) >> 3;
      const parentBase = at & -(size << 3);
      const parentEnd = parentBase + (size << 3);
      // The parent still says how long the holes at its ends were: such a hole need not be followed along siblings.
      if (parentEnd - at <= end[parent]!) {
        lo = parentEnd - end[parent]!;
        hi = parentEnd;
      } else if (at - parentBase < start[parent]!) {
        lo = parentBase;
        hi = parentBase + start[parent]!;
      } else {
        lo = this.#extendDown(node, size, at, lo);
        hi = this.#extendUp(node, size, at, hi);
      }
      node = parent;
      let changed = false;
      if (lo === parentBase) {
        start[node] = at - lo;
        changed = true;
      }
      if (hi === parentEnd) {
        end[node] = hi - at - n;
        changed = true;
      }
      if (max[node] === hi - lo) {
        const longest = this.#longestRest(node, shift + 3, parentBase, at - lo, hi - at - n, hi - lo);
        if (longest !== hi - lo) {
          max[node] = longest;
          changed = true;
        }
      }
      if (!changed) return;
    }
  }

  /**
   * The longest hole of an entry after one of `atMost`, as long as any, shrank to a left and a right rest. What lies
   * beside that hole bounds the others: where it is most of the entry, no child need be looked at.
   */
  #longestRest(
    node: number,
    shift: number,
    base: number,
    left: number,
    right: number,
    atMost: number,
  ): number {
    const rest = left > right ? left : right;
    return rest >= (1 << shift) - atMost ? rest : this.#longestAbove(node, shift, base, atMost);
  }

  /** The same, of any level. */
  #longestOf(node: number, shift: number, base: number, left: number, right: number, atMost: number): number {
    return shift === leafShift
      ? this.#longestLeft(node, left, right, atMost)
      : this.#longestRest(node, shift, base, left, right, atMost);
  }

  /**
   * The longest hole of an entry, by its children; at most `atMost`. Nothing is looked at above the heap's end, where
   * most children of the upper levels' entries lie.
   */
  #longestAbove(node: number, shift: number, base: number, atMost: number): number {
    const start = this.#start;
    const max = this.#max;
    const end = this.#end;
    const size = 1 << (shift - 3);
    const chunks = this.#state[endWord] - (base >> leafShift) - 1;
    const first = (node << 3) + this.roots;
    const last = chunks >= 1 << (shift - leafShift) ? first + 7 : first + (chunks >> (shift - 3 - leafShift));
    let longest = 0;
    let hole = 0;
    for (let child = first; child <= last; child++) {
      const m = max[child]!;
      if (m === 0) {
        hole = 0;
        continue;
      }
      if (m > longest) longest = m;
      const joined = hole + start[child]!;
      if (joined > longest) longest = joined;
      if (longest === atMost) return longest;
      hole = m === size ? joined : end[child]!;
    }
    return longest;
  }

  /** Where the hole that starts at `lo` in an entry starts within the entry's parent. */
  #extendDown(node: number, size: number, at: number, lo: number): number {
    if (lo !== (at & -size)) return lo;
    const parentBase = at & -(size << 3);
    while (lo > parentBase) {
      const e = this.#end[--node]!;
      lo -= e;
      if (e !== size) break;
    }
    return lo;
  }

  /** Where the hole that ends at `hi` in the entry that holds page `last` ends within the entry's parent. */
  #extendUp(node: number, size: number, last: number, hi: number): number {
    if (hi !== (last & -size) + size) return hi;
    const parentEnd = (last & -(size << 3)) + (size << 3);
    while (hi < parentEnd) {
      const s = this.#start[++node]!;
      hi += s;
      if (s !== size) break;
    }
    return hi;
  }
}
