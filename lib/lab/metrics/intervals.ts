/**
 * Intervals of medians, and of differences by round: what several runs let be said.
 *
 * A median has a 95 % interval by the percentile bootstrap: samples are drawn from the values with replacement, and the middle
 * 95 % of their medians is the interval. It assumes no distribution. Up to five values it reaches from the least to the
 * most: so few tell no more. The draws are by a fixed seed, so that the same runs give the same interval.
 *
 * Configurations take turns, so that what a machine does in one round it does to all of them. So two are also compared round
 * by round: the median of the differences, with its interval. A difference is *shown* where that does not hold zero, and there are
 * at least six rounds: with fewer, chance alone gives all of them one sign too often (one in sixteen with five).
 *
 * Not here: which figures are judged (verdict.ts), words.
 */
import { median, quantile, sampleWithReplacement } from 'simple-statistics';
import { Mulberry32 } from '../../base/random.ts';

export interface Interval {
  /** Values. */
  readonly n: number;
  readonly median: number;
  /** The 95 % interval of the median; the median itself for one value. */
  readonly low: number;
  readonly high: number;
}

/** A difference by rounds, of the second less the first. */
export interface PairedDifference extends Interval {
  readonly isShown: boolean;
}

const draws = 1000;
const seed = 20_240_607;
/** Up to so many values the interval is their range: an outermost one is the median of more than a fortieth of the draws. */
const fewValues = 5;
/** Fewer rounds show no difference. */
export const leastRounds = 6;

/** Undefined without a value. */
export function intervalOf(values: readonly number[]): Interval | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const all = [...values];
  const middle = median(all);
  if (n <= fewValues) return { n, median: middle, low: Math.min(...all), high: Math.max(...all) };
  const random = new Mulberry32(seed);
  const source = (): number => random.next() / 2 ** 32;
  const medians = Array.from({ length: draws }, () => median(sampleWithReplacement(all, n, source)));
  const [low, high] = quantile(medians, [0.025, 0.975]);
  return { n, median: middle, low, high };
}

/** A value a round; undefined or null where a run has none. Undefined where no round has both. */
export type ByRound = readonly (number | null | undefined)[];

export function pairedDifference(first: ByRound, second: ByRound): PairedDifference | undefined {
  const differences = first.flatMap((a, round): number[] => {
    const b = second[round];
    return typeof a === 'number' && typeof b === 'number' ? [b - a] : [];
  });
  const interval = intervalOf(differences);
  if (interval === undefined) return undefined;
  const { n, low, high } = interval;
  return { ...interval, isShown: n >= leastRounds && (low > 0 || high < 0) };
}
