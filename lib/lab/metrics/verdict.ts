/**
 * Which configurations of a comparison are better in what: a verdict for each figure that has a better and a worse.
 *
 * The best by its median leads. So do those that cannot be told apart from it, and no claim is made between those. Two are told apart
 *
 *   of six rounds and more   where they show a difference by round (intervals.ts), or no run of one lies among those of the other;
 *   of fewer                 where their runs lie farther apart than either's own reach, from the least to the most. That they do
 *                            not overlap is too little: of three runs each of the same heap one pair in ten does not.
 *
 * and where their medians differ by a hundredth at least. What is told apart from the best need not be from the others that lead, so that
 * only the best is said to be better. One value has no spread: where a configuration has a figure of one run alone, be it that it ran once
 * or that its other runs do not tell it, the verdict on this figure is not firm. Those on other figures are.
 *
 * Not here: how it is told (report/verdict-words.ts), the figures (run-metrics.ts).
 */
import { leastRounds, pairedDifference } from './intervals.ts';
import { type Metric, metrics } from './run-metrics.ts';
import type { Spread } from './spread.ts';

export type Better = 'less' | 'more';

/** A configuration's figure. */
export interface Standing {
  /** Its place among the configurations. */
  readonly configuration: number;
  readonly spread: Spread;
}

export interface Verdict {
  readonly metric: Metric;
  readonly better: Better;
  /** The best, and those that cannot be told apart from it; the best first. */
  readonly leaders: readonly Standing[];
  /** All others that have the figure, the better ones first. */
  readonly others: readonly Standing[];
  /** Whether every configuration that has it has it of several runs. */
  readonly isFirm: boolean;
}

/** Figures that have a better and a worse, those first that a reader asks for first. */
export const judged: readonly (readonly [id: string, better: Better])[] = [
  ['rssEnd', 'less'],
  ['rssMean', 'less'],
  ['rssPeak', 'less'],
  ['decayHalf', 'less'],
  ['faults', 'less'],
  ['opsPerSec', 'more'],
  ['fragmentation', 'less'],
];

const leastDifference = 0.01;

/** Whether chance may have made two figures differ, or they are nearly the same. */
export function cannotBeToldApart(a: Spread, b: Spread): boolean {
  const least = leastDifference * Math.max(Math.abs(a.median), Math.abs(b.median));
  if (Math.abs(a.median - b.median) <= least) return true;
  const gap = Math.max(a.min - b.max, b.min - a.max);
  if (Math.min(a.n, b.n) >= leastRounds)
    return gap <= 0 && pairedDifference(a.values, b.values)?.isShown !== true;
  return gap <= 0 || gap < Math.max(a.max - a.min, b.max - b.min);
}

interface Compared {
  readonly spread: Readonly<Record<string, Spread | undefined>>;
}

/**
 * Verdicts on all figures that at least two configurations have.
 * @param without ids of figures that are not judged, such as the speed of what was paced
 */
export function verdictsOf(configurations: readonly Compared[], without: readonly string[] = []): Verdict[] {
  return judged.flatMap(([id, better]): Verdict[] => {
    const metric = metrics.find((known) => known.id === id);
    const standings = configurations.flatMap(({ spread: { [id]: spread } }, configuration): Standing[] =>
      spread === undefined ? [] : [{ configuration, spread }],
    );
    if (metric === undefined || standings.length < 2 || without.includes(id)) return [];
    if (standings.every(({ spread }) => spread.min === 0 && spread.max === 0)) return [];
    const sign = better === 'less' ? 1 : -1;
    const order = standings.sort((a, b) => sign * (a.spread.median - b.spread.median));
    const isLeader = ({ spread }: Standing): boolean => cannotBeToldApart(order[0].spread, spread);
    return [
      {
        metric,
        better,
        leaders: order.filter(isLeader),
        others: order.filter((standing) => !isLeader(standing)),
        isFirm: order.every(({ spread }) => spread.n > 1),
      },
    ];
  });
}
