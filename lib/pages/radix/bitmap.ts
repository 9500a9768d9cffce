/**
 * Bitmaps of a chunk: 512 pages in sixteen 32-bit words.
 *
 * Each function takes the whole column and the index of the chunk's first word. A *hole* is a run of
 * zeros. Words are signed; shifts keep them so. Where a hole must be found or measured, whole words
 * are skipped first, and inside a word the shrinking trick of Hacker's Delight (6-2) is used: after
 * x &= x >> k a bit is set only where k+1 ones were in a row.
 *
 * Callers guarantee 0 ≤ from, 1 ≤ n, from + n ≤ 512. Each function has a naive twin in the tests.
 *
 * Not here: 64-page blocks (page-cache.ts handles its two words itself).
 */
import { popcount32 } from '../../base/bits.ts';
import { chunkPages, chunkPagesShift } from '../../base/units.ts';
import { chunkWords as chunkWordsOf } from './levels.ts';

// A constant of this module is folded into optimised code; an imported one is loaded each time.
const chunkWords = chunkWordsOf;
const pages = chunkPages;

/** Sets n bits from `from`. */
export function setRange(words: Int32Array, base: number, from: number, n: number): void {
  const last = from + n - 1;
  const head = -1 << (from & 31);
  const tail = -1 >>> (31 - (last & 31));
  let w = base + (from >> 5);
  const end = base + (last >> 5);
  if (w === end) {
    words[w]! |= head & tail;
    return;
  }
  words[w]! |= head;
  while (++w < end) words[w] = -1;
  words[end]! |= tail;
}

/** Clears n bits from `from`. */
export function clearRange(words: Int32Array, base: number, from: number, n: number): void {
  const last = from + n - 1;
  const head = -1 << (from & 31);
  const tail = -1 >>> (31 - (last & 31));
  let w = base + (from >> 5);
  const end = base + (last >> 5);
  if (w === end) {
    words[w]! &= ~(head & tail);
    return;
  }
  words[w]! &= ~head;
  while (++w < end) words[w] = 0;
  words[end]! &= ~tail;
}

/** The number of bits set among n from `from`. */
export function countRange(words: Int32Array, base: number, from: number, n: number): number {
  const last = from + n - 1;
  const head = -1 << (from & 31);
  const tail = -1 >>> (31 - (last & 31));
  let w = base + (from >> 5);
  const end = base + (last >> 5);
  if (w === end) return popcount32(words[w]! & head & tail);
  let count = popcount32(words[w]! & head);
  while (++w < end) count += popcount32(words[w]!);
  return count + popcount32(words[end]! & tail);
}

/** Clears n bits from `from` and returns how many were set. Writes only where some were. */
export function takeRange(words: Int32Array, base: number, from: number, n: number): number {
  const last = from + n - 1;
  const head = -1 << (from & 31);
  const tail = -1 >>> (31 - (last & 31));
  let w = base + (from >> 5);
  const end = base + (last >> 5);
  let mask = w === end ? head & tail : head;
  let count = 0;
  for (;;) {
    const x = words[w]! & mask;
    if (x !== 0) {
      count += popcount32(x);
      words[w]! ^= x;
    }
    if (w === end) return count;
    mask = ++w === end ? tail : -1;
  }
}

/** The zeros directly below bit `at` (0 to 512), to the chunk's start at most. */
export function zerosBelow(words: Int32Array, base: number, at: number): number {
  let w = base + (at >> 5);
  let zeros = at & 31;
  if (zeros !== 0) {
    const x = words[w]! << (32 - zeros);
    if (x !== 0) return Math.clz32(x);
  }
  while (w > base) {
    const x = words[--w]!;
    if (x !== 0) return zeros + Math.clz32(x);
    zeros += 32;
  }
  return zeros;
}

/** The zeros from bit `at` (0 to 512) on, to the chunk's end at most. */
export function zerosFrom(words: Int32Array, base: number, at: number): number {
  if (at === pages) return 0;
  let w = base + (at >> 5);
  const x = words[w]! >> (at & 31);
  if (x !== 0) return 31 - Math.clz32(x & -x);
  let zeros = 32 - (at & 31);
  const end = base + chunkWords;
  while (++w < end) {
    const y = words[w]!;
    if (y !== 0) return zeros + 31 - Math.clz32(y & -y);
    zeros += 32;
  }
  return zeros;
}

/** The first zero in the words from `word` (0 to 15) on, or −1. */
export function firstZero(words: Int32Array, base: number, word: number): number {
  for (let w = word; w < chunkWords; w++) {
    const x = ~words[base + w]!;
    if (x !== 0) return (w << 5) + 31 - Math.clz32(x & -x);
  }
  return -1;
}

/** Where the first hole of at least n zeros starts, in the words from `word` on, or −1. */
export function findHole(words: Int32Array, base: number, n: number, word: number): number {
  return n <= 32 ? findSmallHole(words, base, n, word) : findLargeHole(words, base, n, word);
}

/** n ≤ 32: the hole lies inside a word or crosses one boundary. */
function findSmallHole(words: Int32Array, base: number, n: number, word: number): number {
  let before = 0;
  for (let w = word; w < chunkWords; w++) {
    const x = words[base + w]!;
    if (x === -1) {
      before = 0;
      continue;
    }
    const low = x === 0 ? 32 : 31 - Math.clz32(x & -x);
    if (before + low >= n) return (w << 5) - before;
    let free = ~x;
    let width = 1;
    while (width < n && free !== 0) {
      const shift = n - width < width ? n - width : width;
      free &= free >>> shift;
      width += shift;
    }
    if (free !== 0) return (w << 5) + 31 - Math.clz32(free & -free);
    before = Math.clz32(x);
  }
  return -1;
}

/** n > 32: the hole reaches a word's end, so only the ends of words matter. */
function findLargeHole(words: Int32Array, base: number, n: number, word: number): number {
  let hole = 0;
  for (let w = word; w < chunkWords; w++) {
    const x = words[base + w]!;
    if (x === 0) {
      hole += 32;
      if (hole >= n) return (w << 5) + 32 - hole;
      continue;
    }
    const low = 31 - Math.clz32(x & -x);
    if (hole + low >= n) return (w << 5) - hole;
    hole = Math.clz32(x);
  }
  return -1;
}

/**
 * The longest hole of a chunk, which is known to be from `atLeast` to `atMost` long. Looks only for
 * longer ones than it knows, and stops when there can be none.
 */
export function longestHole(words: Int32Array, base: number, atLeast: number, atMost: number): number {
  let longest = atLeast;
  let hole = 0;
  for (let w = base; w < base + chunkWords; w++) {
    const x = words[w]!;
    if (x === 0) {
      hole += 32;
      continue;
    }
    hole += 31 - Math.clz32(x & -x);
    if (hole > longest) longest = hole;
    hole = Math.clz32(x);
    if (longest < 31) {
      let free = ~x;
      let width = 1;
      while (width <= longest && free !== 0) {
        const rest = longest + 1 - width;
        const shift = rest < width ? rest : width;
        free &= free >>> shift;
        width += shift;
      }
      while (free !== 0) {
        longest++;
        free &= free >>> 1;
      }
    }
    if (longest >= atMost) return longest;
  }
  return hole > longest ? hole : longest;
}

/** The set bits of a chunk as ranges [from,n]: for messages. */
export function rangesText(words: Int32Array, chunk: number): string {
  const base = chunk << (chunkPagesShift - 5);
  const ranges: string[] = [];
  for (let at = 0; at < pages; ) {
    const isSet = ((words[base + (at >> 5)]! >>> (at & 31)) & 1) === 1;
    let end = at + 1;
    while (end < pages && (((words[base + (end >> 5)]! >>> (end & 31)) & 1) === 1) === isSet) end++;
    if (isSet) ranges.push(`[${at},${end - at}]`);
    at = end;
  }
  return ranges.join(' ');
}
