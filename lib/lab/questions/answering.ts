/** What answers are put together from: bounds, tables of runs, curves of runs. */
import { type Metric, metrics, metricsOf } from '../metrics/run-metrics.ts';
import type { MetricUnit } from '../metrics/spread.ts';
import type { RunPhaseEnd } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { formatMetric } from '../report/comparison-values.ts';
import type { Curves, PictureMark } from './picture.ts';
import type { AnswerTable, Bound } from './question.ts';

/** A number in its unit; where there is none, a dash. */
export function inWords(unit: MetricUnit, value: number | null | undefined): string {
  if (typeof value !== 'number' || Number.isNaN(value)) return '–';
  return formatMetric(unit, value);
}

/** Nanoseconds with the digits that they deserve, down to single ones. */
export function nsInWords(ns: number): string {
  if (!Number.isFinite(ns)) return '–';
  if (ns < 999.5) return `${ns < 10 ? ns.toFixed(1) : ns.toFixed(0)} ns`;
  return ns < 999_500 ? `${Number((ns / 1000).toPrecision(3))} µs` : formatMetric('ns', ns);
}

const words = (unit: MetricUnit, value: number): string =>
  unit === 'ns' ? nsInWords(value) : inWords(unit, value);

/** What cannot be told here. */
export const untold = (says: string, why: string): Bound => ({
  says,
  found: 'not known',
  holds: undefined,
  why,
});

/** A bound that a thinned question cannot tell: what is smaller than some size shows something else. */
export const atSize = (size: number, least: number, told: Bound): Bound =>
  size < least ? untold(told.says, `this was a thinned run; it takes size ${least}`) : told;

/** A bound of times, or of what a scavenger or a limiter does by the clock. */
export const clocked = (told: Bound): Bound => ({ ...told, clocked: true });

/**
 * What is said where others had the CPU: a bound that goes by the clock and fails tells of them, and is not known.
 * @param why undefined: nobody had
 */
export const withoutClock = (bounds: readonly Bound[], why: string | undefined): readonly Bound[] =>
  why === undefined
    ? bounds
    : bounds.map((told) =>
        told.clocked && told.holds === false
          ? untold(told.says, `${why}, and it came to ${told.found}; ask again on a quiet machine`)
          : told,
      );

const missing = 'the run did not tell it';

/** A value that is to be at most, or at least, another. */
export function bound(
  says: string,
  unit: MetricUnit,
  value: number | null | undefined,
  is: 'at most' | 'at least',
  limit: number | null | undefined,
): Bound {
  if (typeof value !== 'number' || typeof limit !== 'number' || Number.isNaN(value) || Number.isNaN(limit))
    return untold(says, missing);
  return {
    says,
    found: `${words(unit, value)}, ${is} ${words(unit, limit)}`,
    holds: is === 'at most' ? value <= limit : value >= limit,
  };
}

/** How often one value holds another, held against a factor. */
export function factor(
  says: string,
  value: number | null | undefined,
  over: number | null | undefined,
  is: 'at most' | 'at least',
  limit: number,
): Bound {
  if (typeof value !== 'number' || typeof over !== 'number' || !(over > 0) || Number.isNaN(value))
    return untold(says, missing);
  const ratio = value / over;
  const shown = (n: number): string => `${n < 10 ? Number(n.toPrecision(3)) : Math.round(n)} ×`;
  return {
    says,
    found: `${shown(ratio)}, ${is} ${shown(limit)}`,
    holds: is === 'at most' ? ratio <= limit : ratio >= limit,
  };
}

export interface Labelled {
  readonly label: string;
  readonly run: RunData;
}

const metricOf = (id: string): Metric | undefined => metrics.find((metric) => metric.id === id);

/** Of runs these metrics, a row a run. */
export function runTable(runs: readonly Labelled[], ids: readonly string[]): AnswerTable {
  const columns = ids.flatMap((id) => metricOf(id) ?? []);
  return {
    head: ['', ...columns.map(({ label }) => label)],
    rows: runs.map(({ label, run }) => {
      const values = metricsOf(run);
      return [label, ...columns.map(({ id, unit }) => inWords(unit, values[id]))];
    }),
  };
}

/** RSS of the heap over time, a curve a run. */
export function rssPicture(
  title: string,
  runs: readonly Labelled[],
  marks: readonly PictureMark[] = [],
): Curves {
  return {
    kind: 'curves',
    title,
    x: { label: 'time', unit: 'seconds' },
    y: { label: 'RSS of the heap', unit: 'bytes' },
    curves: runs.map(({ label, run }) => ({
      label,
      points: run.samples.flatMap(({ t, rss }): [number, number][] =>
        typeof rss === 'number' ? [[t / 1000, rss]] : [],
      ),
    })),
    marks,
  };
}

export const phaseOf = ({ phases }: RunData, name: string): RunPhaseEnd | undefined =>
  phases.find((phase) => phase.name === name);

/** Of each run of a label its value, and the middle of them. */
export function middle(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((n): n is number => n !== undefined).sort((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)];
}
