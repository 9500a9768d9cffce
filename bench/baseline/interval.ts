/**
 * The interval of a ratio that was measured in pairs.
 *
 * Statistic: the Tukey–McLaughlin interval. The logarithms of the ratios are sorted; a fifth at either end
 * (one of seven) is left out; the mean of the rest is the estimate. Its error comes from the winsorized
 * variance (what was left out counts as the outermost value that stayed), with Student's t for as many
 * values as stayed. Exponentials make a ratio of it again.
 *
 * Why this one. Logarithms, so that 1.1 and 1/1.1 weigh the same. A plain t interval is honest as well, but
 * one round that another program disturbed makes it so wide that nothing is ever found. Intervals by ranks
 * (signs, Wilcoxon) need no assumption, but with seven pairs at 95 % they reach to the outermost pairs.
 * Where both sides are the same, the logarithm of a pair's ratio is symmetric about 0 whatever the
 * distribution of one side, two-humped ones included; test/bench/interval.test.ts simulates such, and how
 * often the interval misses the truth.
 */

export interface Interval {
  /** The trimmed mean of the ratios, geometric. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** Fewer pairs leave too few after trimming. */
export const leastPairs = 7;

/** Student's t, two-sided 95 %, for 1 to 30 degrees of freedom. */
const t95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

function quantile(freedom: number): number {
  // Beyond the table the first term of the expansion about the normal quantile is exact to 0.002.
  return t95[freedom - 1] ?? 1.96 + 2.4 / freedom;
}

/**
 * The 95 % interval of the true ratio, by the ratio of each pair.
 * @throws RangeError for fewer than seven pairs, or a ratio that is not a positive number.
 */
export function pairedInterval(ratios: readonly number[]): Interval {
  const n = ratios.length;
  if (n < leastPairs) throw new RangeError(`an interval needs ${leastPairs} pairs, not ${n}`);
  if (!ratios.every((ratio) => ratio > 0 && Number.isFinite(ratio))) {
    throw new RangeError(`not all are positive ratios: ${ratios.join(', ')}`);
  }
  const logs = ratios.map(Math.log).sort((a, b) => a - b);
  const cut = Math.floor(n / 5);
  const kept = logs.slice(cut, n - cut);
  const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length;
  const winsorized = logs.map((x) => Math.min(Math.max(x, kept[0]), kept[kept.length - 1]));
  const centre = winsorized.reduce((sum, x) => sum + x, 0) / n;
  const variance = winsorized.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (n - 1);
  const error = Math.sqrt(variance / n) / (kept.length / n);
  const reach = quantile(kept.length - 1) * error;
  return { ratio: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}
