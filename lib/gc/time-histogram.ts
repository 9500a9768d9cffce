/**
 * A histogram of durations, with the buckets of Go's runtime/metrics (`/gc/pauses:seconds`).
 *
 * Buckets double, and each is cut into four of equal width, so a count is off by a quarter at most.
 *
 *     bucket  0      0 to 255 ns (bit 8 not set), in steps of 64
 *             1      256 to 511 ns, in steps of 64
 *             2      512 to 1023 ns, in steps of 128
 *             …
 *            39      2^46 to 2^47 − 1 ns (39 hours), in steps of 2^44
 *
 * Below all lies one count for negative durations, above all one for longer ones. The counts are kept
 * in the order in which the metric shows them: under, 160 counts, over; `timeHistogramBoundaries` has
 * one boundary more, from −Infinity to Infinity.
 *
 *     const pauses = new TimeHistogram(meta.views(pauseTable).counts);
 *     pauses.record(ns);
 *     metric = { counts: pauses.counts(), buckets: timeHistogramBoundaries() };
 *
 * Source: the runtime of Go 1.21, histogram.go.
 */

import { f64, table } from '../meta/column.ts';

/** The lowest bucket ends below bit 8: durations of less have no leading bit to go by. */
const firstBit = 8;
/** Durations that need bit 47 go over. */
const endBit = 47;
const subBucketBits = 2;
const subBuckets = 1 << subBucketBits;
const bucketCount = endBit - firstBit + 1;

/** Counts of a histogram: under, the buckets', over. */
export const timeHistogramCounts = bucketCount * subBuckets + 2;

export const pauseTable = table('pauses', 'other', { counts: f64('heap', timeHistogramCounts) });

export class TimeHistogram {
  readonly #counts: Float64Array;

  /** @param counts `timeHistogramCounts` of them, zeros to begin with. */
  constructor(counts: Float64Array) {
    this.#counts = counts;
  }

  /** Counts a duration in whole nanoseconds. */
  record(ns: number): void {
    this.#counts[timeHistogramIndex(ns)]++;
  }

  /** A copy of the counts: one less than there are boundaries. */
  counts(): Float64Array {
    return this.#counts.slice(0, timeHistogramCounts);
  }
}

/** Which count a duration belongs to: 0 under, 1 to 160, 161 over. */
export function timeHistogramIndex(ns: number): number {
  if (ns < 0) {
    return 0;
  }
  if (ns >= 2 ** endBit) {
    return timeHistogramCounts - 1;
  }
  const top = topBit(ns);
  const bucket = Math.max(0, top - firstBit + 1);
  // The bits that follow the leading one; in the lowest bucket, those that follow bit 8, which is not set.
  const subBucket = Math.floor(ns / 2 ** (Math.max(top, firstBit) - subBucketBits)) % subBuckets;
  return 1 + bucket * subBuckets + subBucket;
}

/** The boundaries in seconds, −Infinity first, Infinity last. */
export function timeHistogramBoundaries(): Float64Array {
  const seconds = new Float64Array(timeHistogramCounts + 1);
  seconds[0] = -Infinity;
  for (let sub = 0; sub < subBuckets; sub++) {
    seconds[1 + sub] = (sub * 2 ** (firstBit - subBucketBits)) / 1e9;
  }
  for (let bit = firstBit; bit < endBit; bit++) {
    for (let sub = 0; sub < subBuckets; sub++) {
      const at = 1 + (bit - firstBit + 1) * subBuckets + sub;
      seconds[at] = (2 ** bit + sub * 2 ** (bit - subBucketBits)) / 1e9;
    }
  }
  seconds[timeHistogramCounts - 1] = 2 ** endBit / 1e9;
  seconds[timeHistogramCounts] = Infinity;
  return seconds;
}

/** The highest bit set, for 1 ≤ n < 2^53; −1 for 0. */
function topBit(n: number): number {
  return n < 2 ** 32 ? 31 - Math.clz32(n) : 63 - Math.clz32(Math.floor(n / 2 ** 32));
}
