/**
 * Bit operations on 32-bit words, the only integers V8 computes on without boxing.
 *
 * Words are signed or unsigned as it happens (`| 0` and `>>> 0` are free); every function takes
 * either and says which it returns. A 64-bit word of the Go runtime is a pair (lo, hi), bit 0 of
 * lo first. Each function has a naive twin in test/base/bits.test.ts.
 */

/** The number of trailing zero bits: 0 to 31, and 32 for 0. */
export function ctz32(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

/** The number of one bits: 0 to 32. (The parallel sum of Hacker's Delight, section 5-1.) */
export function popcount32(word: number): number {
  let x = word | 0;
  x = x - ((x >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

/** The length of the longest run of ones: 0 to 32. (Each step shortens every run by the shift.) */
export function longestRun32(word: number): number {
  let x = word | 0;
  let n = 0;
  while (x !== 0) {
    x &= x << 1;
    n++;
  }
  return n;
}

/** The even bits of a word, side by side: 16. (The compress of Hacker's Delight, section 7-4, for a fixed mask.) */
export function evenBits(word: number): number {
  let bits = word & 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0xffff;
}

/** Every fourth bit of a word, from bit 0, side by side: 8. */
export function fourthBits(word: number): number {
  let bits = word & 0x11111111;
  bits = (bits | (bits >>> 3)) & 0x03030303;
  bits = (bits | (bits >>> 6)) & 0x000f000f;
  return (bits | (bits >>> 12)) & 0xff;
}

/** Every eighth bit of a word, from bit 0, side by side: 4. No two products of the multiplication meet in a bit. */
export function eighthBits(word: number): number {
  return (Math.imul(word & 0x01010101, 0x01020408) >>> 24) & 0xf;
}
