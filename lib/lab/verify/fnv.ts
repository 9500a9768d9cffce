/**
 * The hash of golden checkpoints: FNV-1a-32 a 32-bit word at a time. The whole word is xored in and
 * multiplied once; a 64-bit word goes in as its low half, then its high half.
 */
export const fnvStart = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** The hash after one more 32-bit word; start with `fnvStart`. Unsigned. */
export function fnv(hash: number, word: number): number {
  return Math.imul(hash ^ word, fnvPrime) >>> 0;
}
