/**
 * 64-bit words of golden traces: two 32-bit ones here, sixteen hexadecimal digits there, the high ones first.
 */

export type Word64 = readonly [low: number, high: number];

/** The digits of a word given by its halves. */
export function hexOf(low: number, high: number): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The word of sixteen lower-case digits; undefined for anything else. */
export function parseWord64(text: unknown): Word64 | undefined {
  if (typeof text !== 'string' || !/^[0-9a-f]{16}$/.test(text)) return undefined;
  return [Number.parseInt(text.slice(8), 16), Number.parseInt(text.slice(0, 8), 16)];
}
