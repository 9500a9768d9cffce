/**
 * How configurations differ from the first, round by round: of each figure that is judged the median of the differences
 * with its 95 % interval, and "no difference shown" where that holds zero. Fewer than six rounds show nothing: what they say
 * stands in parentheses.
 *
 * Not here: the differences (metrics/intervals.ts), where the tables stand.
 */
import type { ComparedRuns } from '../metrics/comparison.ts';
import { leastRounds, type PairedDifference, pairedDifference } from '../metrics/intervals.ts';
import { type Metric, metrics } from '../metrics/run-metrics.ts';
import { judged } from '../metrics/verdict.ts';
import { formatDifference } from './comparison-values.ts';

export interface DifferenceRow {
  readonly metric: Metric;
  /** Of each of the others less the first; undefined where a round with both is not there. */
  readonly of: readonly (PairedDifference | undefined)[];
}

export interface Differences {
  readonly first: ComparedRuns;
  readonly others: readonly ComparedRuns[];
  readonly rows: readonly DifferenceRow[];
}

/** Undefined where there is nothing to lay beside another, or but one round. @param without ids of figures that are left out */
export function differencesOf(
  configurations: readonly ComparedRuns[],
  without: readonly string[] = [],
): Differences | undefined {
  const [first, ...others] = configurations.filter(({ runs }) => runs.length > 0);
  if (first === undefined || others.length === 0 || first.runs.length < 2) return undefined;
  const rows = judged.flatMap(([id]): DifferenceRow[] => {
    const metric = metrics.find((one) => one.id === id);
    const base = first.spread[id];
    if (metric === undefined || base === undefined || without.includes(id)) return [];
    const of = others.map(({ spread: { [id]: spread } }) =>
      spread === undefined ? undefined : pairedDifference(base.values, spread.values),
    );
    return of.every((one) => one === undefined || one.n < 2) ? [] : [{ metric, of }];
  });
  return rows.length === 0 ? undefined : { first, others, rows };
}

const holdsZero = ({ low, high }: PairedDifference): boolean => low <= 0 && high >= 0;

/** What the parentheses mean; nothing where there are none. */
export function fewRoundsWords({ rows }: Differences): string {
  const few = rows
    .flatMap(({ of }) => of)
    .filter((one) => one !== undefined && one.n > 1 && !holdsZero(one) && !one.isShown)
    .map((one) => one?.n ?? 0);
  return few.length === 0
    ? ''
    : `In parentheses: ${Math.max(...few)} rounds show no difference, since chance alone may give all of them one sign. ${leastRounds} and more do.`;
}

/** `+1.20 MiB [+0.80 MiB, +1.50 MiB]`, in parentheses where the rounds are too few to show it; or that nothing is shown. */
export function differenceCell(metric: Metric, difference: PairedDifference | undefined): string {
  if (difference === undefined || difference.n < 2) return '–';
  const { median, low, high } = difference;
  if (holdsZero(difference)) return 'no difference shown';
  const write = (value: number): string => formatDifference(metric.unit, value);
  const words = `${write(median)} [${write(low)}, ${write(high)}]`;
  return difference.isShown ? words : `(${words})`;
}
