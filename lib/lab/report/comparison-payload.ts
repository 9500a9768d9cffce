/**
 * What the program of a comparison's page is given: every run's curves on one grid of times, and on one of operations.
 *
 * Times are milliseconds since each run's start; where a run has ended, and where it took no samples, its values are
 * null. Operations tell what a program had done by then, however long the machine made it wait; the idleness behind
 * the last operation has no room there. Of each
 * configuration one run is drawn thick: that with the median end of RSS among its own (the lower of two). Its
 * page maps are shown, too, of those moments that all of them have: the ends of phases and of the run, not
 * the in-use peaks, which come when they come. Of more maps than the page's budget allows, some moments in between
 * are left out. A configuration whose run has no maps, or that has no run, is not among them.
 *
 * Where the program was recorded, its own RSS is one more curve beside those of the heaps, as of a configuration behind the last.
 */
import type { ComparedRuns } from '../metrics/comparison.ts';
import { beatOf, type Gap, gapsOf } from '../metrics/pace.ts';
import { withRss } from '../metrics/rss.ts';
import type { RunMap, RunSample } from '../record/lines.ts';
import { inUsePeak, momentName } from '../record/moments.ts';
import type { RunData } from '../record/run-data.ts';
import { type ComparedChart, comparedCharts } from './charts.ts';
import { spread } from './downsample.ts';
import { packMap } from './page-maps.ts';
import { type PackedMap, residencyCount } from './page-pairs.ts';
import { counters, gauges, type Quantity } from './quantities.ts';

export interface ComparedCurve {
  readonly configuration: number;
  readonly label: string;
  /** The one that stands for its configuration. */
  readonly main: boolean;
  /** Milliseconds: where its run ended; and the operations that it had made. */
  readonly end: number;
  readonly endOps: number;
  /** On the grid of times, and on that of operations. */
  readonly values: readonly (number | null)[];
  readonly byOps: readonly (number | null)[];
}

export interface ComparedQuantity {
  readonly id: string;
  readonly title: string;
  readonly unit: 'bytes' | 'count';
  /** Of its chart. */
  readonly height: number;
  readonly curves: readonly ComparedCurve[];
}

/** A moment of the program that every configuration with page maps has one of. */
export interface ComparedMoment {
  readonly label: string;
  /** In the order of `mapped`. */
  readonly maps: readonly PackedMap[];
}

/** The end of a phase of a workload. */
export interface ComparedPhaseEnd {
  readonly t: number;
  readonly name: string;
}

export interface ComparisonPayload {
  readonly t: readonly number[];
  /** The grid of operations; empty where no run tells of them. */
  readonly ops: readonly number[];
  readonly quantities: readonly ComparedQuantity[];
  readonly labels: readonly string[];
  /** By configuration: the ends of the phases of the run that stands for it. */
  readonly phases: readonly (readonly ComparedPhaseEnd[])[];
  /** The configurations that have page maps. */
  readonly mapped: readonly number[];
  readonly moments: readonly ComparedMoment[];
  /** The moment that is shown first: where most differs in what is resident. */
  readonly firstMoment: number;
}

const gridPoints = 600;

/** What a chart is of. */
function quantityOf({ gauge, counter }: ComparedChart): Quantity {
  if (counter === undefined) return gauges[gauge ?? 'rss'];
  return { ...counters[counter], title: `${counters[counter].title}, in all until then` };
}

/** Whether there is something to see: anything above zero, and of a counter something that differs. */
function isTelling(counter: boolean, curves: readonly ComparedCurve[]): boolean {
  const ends = curves.map(({ values }) => values.findLast((v) => v !== null) ?? null);
  return (
    curves.some(({ values }) => values.some((v) => v !== null && v > 0)) &&
    (!counter || new Set(ends).size > 1)
  );
}

interface GridAxis {
  readonly grid: readonly number[];
  /** Where a sample stands on the axis; never less than the one before it. */
  readonly at: (s: RunSample) => number;
}

/** The last known value at each place of the grid; null after the run's end and before anything is known. */
function onGrid(
  { grid, at }: GridAxis,
  samples: readonly RunSample[],
  of: (s: RunSample) => number | null | undefined,
): (number | null)[] {
  const last = samples.at(-1);
  const end = last === undefined ? 0 : at(last);
  const step = grid.length > 1 ? grid[1] - grid[0] : 0;
  let i = 0;
  let value: number | null = null;
  return grid.map((x) => {
    for (; i < samples.length && at(samples[i]) <= x; i++) value = of(samples[i]) ?? value;
    return x > end + step ? null : value;
  });
}

/** Values on the grid of times, with nothing where a run took no samples. */
function broken(
  values: (number | null)[],
  grid: readonly number[],
  gaps: readonly Gap[],
  beat: number,
): (number | null)[] {
  for (const { from, to } of gaps)
    grid.forEach((t, i) => {
      if (t > from + beat && t < to) values[i] = null;
    });
  return values;
}

/** The samples until the last operation was made. */
function untilLastOperation(samples: readonly RunSample[]): readonly RunSample[] {
  const most = opsOf(samples);
  return samples.slice(0, samples.findIndex(({ ops = 0 }) => ops === most) + 1);
}

const opsOf = (samples: readonly RunSample[]): number => samples.at(-1)?.ops ?? 0;

/** Even steps from 0 to at least `end`. */
const gridTo = (end: number): number[] =>
  Array.from({ length: gridPoints + 1 }, (_, i) => Math.round((end * i) / gridPoints));

/** Characters of base64 that the page maps of a comparison may take. */
const mapBudget = 3_000_000;

/** A run's maps by name; of several of one name, as after collections, each by its place among them. */
function mapsByName({ maps }: RunData): Map<string, RunMap> {
  const seen = new Map<string, number>();
  const named = new Map<string, RunMap>();
  for (const map of maps) {
    const label = momentName(map.label);
    if (label === '' || label === inUsePeak) continue;
    const place = (seen.get(label) ?? 0) + 1;
    seen.set(label, place);
    named.set(place === 1 ? label : `${label}, ${place}`, map);
  }
  return named;
}

/** The moments that the runs have in common, in the order of the first. */
export function commonMoments(runs: readonly RunData[]): ComparedMoment[] {
  const named = runs.map(mapsByName);
  const labels = [...(named[0]?.keys() ?? [])].filter((label) => named.every((maps) => maps.has(label)));
  for (let count = labels.length; ; count = Math.floor(count / 2)) {
    const moments = spread(labels, count).map((label) => ({
      label,
      maps: named.flatMap((maps) => maps.get(label) ?? []).map(packMap),
    }));
    const size = moments.flatMap(({ maps }) => maps).reduce((sum, { data }) => sum + data.length, 0);
    if (size <= mapBudget || count <= 1) return moments;
  }
}

/** Resident pages, by halves. */
const residentHalves = ({ tally }: PackedMap): number =>
  tally.reduce((sum, pages, pair) => sum + pages * [0, 1, 2, 0][pair % residencyCount], 0);

/** The moment at which the configurations are furthest apart in what is resident. */
export function mostTelling(moments: readonly ComparedMoment[]): number {
  const apart = moments.map(({ maps }) => {
    const resident = maps.map(residentHalves);
    return Math.max(...resident) - Math.min(...resident);
  });
  return apart.length === 0 ? 0 : apart.indexOf(Math.max(...apart));
}

const endTime = (run: RunData): number => run.samples[run.samples.length - 1]?.t ?? 0;
const endOf = (run: RunData): number => withRss(run.samples).at(-1)?.rss ?? 0;

/** The run of the median end, the lower of two. */
export function mainRun(runs: readonly RunData[]): number {
  const order = runs.map((_, i) => i).sort((a, b) => endOf(runs[a]) - endOf(runs[b]));
  return order[Math.floor((order.length - 1) / 2)] ?? 0;
}

/** What the curve of the recorded program is called. */
export const asItRanLabel = 'as it ran';

/** The recorded program's own RSS, from a run that tells of it. */
function asItRan(
  runs: readonly RunData[],
  configuration: number,
  byTime: GridAxis,
  byOps: GridAxis,
): ComparedCurve | undefined {
  const told = runs
    .map(({ samples }) => samples.filter(({ ranRss }) => ranRss !== undefined))
    .find((samples) => samples.length > 0);
  if (told === undefined) return undefined;
  const of = (s: RunSample): number | undefined => s.ranRss;
  return {
    configuration,
    label: asItRanLabel,
    main: true,
    end: told[told.length - 1].t,
    endOps: opsOf(told),
    values: onGrid(byTime, told, of),
    byOps: onGrid(byOps, untilLastOperation(told), of),
  };
}

export function comparisonPayload(configurations: readonly ComparedRuns[]): ComparisonPayload {
  const all = configurations.flatMap(({ runs }) => runs);
  const t = gridTo(all.map(endTime).reduce((a, b) => Math.max(a, b), 1));
  const mostOps = all.map(({ samples }) => opsOf(samples)).reduce((a, b) => Math.max(a, b), 0);
  const ops = mostOps === 0 ? [] : gridTo(mostOps);
  const byTime: GridAxis = { grid: t, at: (s) => s.t };
  const byOps: GridAxis = { grid: ops, at: (s) => s.ops ?? 0 };
  const ran = asItRan(all, configurations.length, byTime, byOps);
  const hasContender = all.some(({ header }) => header.contender !== undefined);
  const told = comparedCharts.filter(({ ofContenders }) => ofContenders !== true || hasContender);
  const made = told.map((chart) => {
    const { title, unit, of } = quantityOf(chart);
    return {
      ...{ id: chart.id, title, unit, height: chart.height },
      counter: chart.counter !== undefined,
      curves: configurations.flatMap(({ label, runs }, configuration): ComparedCurve[] => {
        const main = mainRun(runs);
        return runs.map((run, i) => ({
          configuration,
          label: i === main ? label : `${label}, run ${i + 1}`,
          main: i === main,
          end: endTime(run),
          endOps: opsOf(run.samples),
          values: broken(onGrid(byTime, run.samples, of), t, gapsOf(run), beatOf(run)),
          byOps: onGrid(byOps, untilLastOperation(run.samples), of),
        }));
      }),
    };
  });
  if (ran !== undefined) made.find(({ id }) => id === 'rss')?.curves.push(ran);
  const mains = configurations.map(({ runs }) => runs[mainRun(runs)]);
  // A configuration without page maps has nothing to lay beside the others.
  const drawn = mains.flatMap((run, i) =>
    run === undefined || mapsByName(run).size === 0 ? [] : [{ run, i }],
  );
  const moments = commonMoments(drawn.map(({ run }) => run));
  return {
    t,
    ops,
    labels: [...configurations.map(({ label }) => label), ...(ran === undefined ? [] : [ran.label])],
    phases: [
      ...mains.map((run) => run?.phases.map(({ t, name }) => ({ t, name })) ?? []),
      ...(ran === undefined ? [] : [[]]),
    ],
    mapped: drawn.map(({ i }) => i),
    moments,
    firstMoment: mostTelling(moments),
    quantities: made
      .filter(({ counter, curves }) => isTelling(counter, curves))
      .map(({ counter: _counter, ...quantity }) => quantity),
  };
}
