/**
 * Several values of one quantity, as runs that were repeated give them: median with its interval, mean, range and standard
 * deviation.
 *
 * Not here: how they are shown (report/comparison-values.ts).
 */

import { intervalOf } from './intervals.ts';

/** What a quantity is measured in. */
export type MetricUnit = 'bytes' | 'seconds' | 'count' | 'share' | 'rate' | 'ns';

/** Several values of one metric. */
export interface Spread {
  readonly n: number;
  readonly median: number;
  /** The 95 % bootstrap interval of the median (intervals.ts). */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Standard deviation of the sample; null for one value. */
  readonly sd: number | null;
  /** The value of each run, in their order; null where one has none. */
  readonly values: readonly (number | null)[];
}

/** Undefined when no run has the metric. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((n): n is number => n !== undefined && Number.isFinite(n));
  const n = known.length;
  const interval = intervalOf(known);
  if (interval === undefined) return undefined;
  const mean = known.reduce((a, b) => a + b, 0) / n;
  const squares = known.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    ...interval,
    mean,
    min: known.reduce((a, b) => Math.min(a, b)),
    max: known.reduce((a, b) => Math.max(a, b)),
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
    values: values.map((value) => (value !== undefined && Number.isFinite(value) ? value : null)),
  };
}
