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
import { chunkPages as pages } from '../../base/units.ts';
import { chunkWords, chunkWordsShift } from './levels.ts';

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

/**
 * n ≤ 32: the hole lies inside a word or crosses one boundary. Five shifts shrink any run by n − 1, some
 * of them by nothing: branches on n would be mispredicted more dearly than idle shifts cost.
 */
function findSmallHole(words: Int32Array, base: number, n: number, word: number): number {
  const shift1 = n > 1 ? 1 : 0;
  const shift2 = n < 4 ? n - 1 - shift1 : 2;
  const shift3 = n < 8 ? n - 1 - shift1 - shift2 : 4;
  const shift4 = n < 16 ? n - 1 - shift1 - shift2 - shift3 : 8;
  const shift5 = n - 1 - shift1 - shift2 - shift3 - shift4;
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
    free &= free >>> shift1;
    free &= free >>> shift2;
    free &= free >>> shift3;
    free &= free >>> shift4;
    free &= free >>> shift5;
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
 * longer ones than it knows, and stops when there can be none. Inside words as in `findSmallHole`,
 * with the shifts for one more than the longest known.
 */
export function longestHole(words: Int32Array, base: number, atLeast: number, atMost: number): number {
  let longest = atLeast;
  let hole = 0;
  const end = base + chunkWords;
  let w = base;
  while (w < end && longest < 31) {
    // Until the longest known changes, the shifts stay.
    const shift1 = longest > 0 ? 1 : 0;
    const shift2 = longest < 3 ? longest - shift1 : 2;
    const shift3 = longest < 7 ? longest - shift1 - shift2 : 4;
    const shift4 = longest < 15 ? longest - shift1 - shift2 - shift3 : 8;
    const shift5 = longest < 31 ? longest - shift1 - shift2 - shift3 - shift4 : 16;
    for (; w < end; w++) {
      const x = words[w]!;
      if (x === 0) {
        hole += 32;
        continue;
      }
      hole += 31 - Math.clz32(x & -x);
      if (hole > longest) break;
      let free = ~x;
      free &= free >>> shift1;
      free &= free >>> shift2;
      free &= free >>> shift3;
      free &= free >>> shift4;
      free &= free >>> shift5;
      if (free !== 0) break;
      hole = Math.clz32(x);
    }
    if (w === end) break;
    const x = words[w]!;
    if (hole > longest) longest = hole;
    if (longest < 31) longest = longestInWord(~x, longest);
    if (longest >= atMost) return longest;
    hole = Math.clz32(x);
    w++;
  }
  // A longer one than 31 reaches a word's end.
  for (; w < end; w++) {
    const x = words[w]!;
    if (x === 0) {
      hole += 32;
      continue;
    }
    hole += 31 - Math.clz32(x & -x);
    if (hole > longest) {
      longest = hole;
      if (longest >= atMost) return longest;
    }
    hole = Math.clz32(x);
  }
  return hole > longest ? hole : longest;
}

/** The longest run of ones in a word, or `atLeast`, if that is more. */
function longestInWord(word: number, atLeast: number): number {
  let ones = word;
  let width = 1;
  while (width <= atLeast && ones !== 0) {
    const rest = atLeast + 1 - width;
    const shift = rest < width ? rest : width;
    ones &= ones >>> shift;
    width += shift;
  }
  let longest = atLeast;
  while (ones !== 0) {
    longest++;
    ones &= ones >>> 1;
  }
  return longest;
}

/** The set bits of a chunk as ranges [from,n]: for messages. */
export function rangesText(words: Int32Array, chunk: number): string {
  const base = chunk << chunkWordsShift;
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
