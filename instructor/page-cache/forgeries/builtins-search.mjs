// expect: most 90
// Right; rows are searched by what is built in, which counts what it goes through.
// reference: LIMIT, KEEP, ENOUGH, FULL, lowestBit, mask, bitsIn, rowUp, rowDown, CachedHeap, OwnHeap

/** The bits as text: what is built in searches. */
export function lowestRow(lo, hi, n) {
  const bits = (lo >>> 0).toString(2).padStart(32, '0');
  const above = (hi >>> 0).toString(2).padStart(32, '0');
  return [...(above + bits)].reverse().join('').indexOf('1'.repeat(n));
}

