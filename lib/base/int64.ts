/**
 * Integers of 64 bits, where doubles stand for them.
 *
 * A double is exact to 2^53. Whatever a heap holds lies far below that, but a limit that is off does not, nor does
 * a quotient by nearly nothing. Here is what the processor makes of such doubles when a program asks for an integer:
 * cut off towards zero; what does not fit is −2^63, and so is no number.
 */

/** Integers up to here are exact doubles, and so are their sums up to here. */
export const exactBelow = 2 ** 53;

const half = 2 ** 63;

/** The int64 that x86-64 makes of a double. */
export function toInt64(x: number): number {
  return x >= -half && x < half ? Math.trunc(x) : -half;
}

/**
 * The uint64 that Go makes of a double on x86-64, as the nearest double: from 2^63 on the upper half is converted
 * apart, a negative number counts from 2^64 down, what does not fit is 2^63.
 */
export function toUint64(x: number): number {
  if (x >= half) return x < 2 * half ? x : half;
  const n = toInt64(x);
  return n < 0 ? n + 2 * half : n;
}
