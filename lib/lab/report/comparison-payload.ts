/**
 * What the program of a comparison's page is given: every run's curves on one grid of times.
 *
 * Times are milliseconds since each run's start, values bytes; a run that ended before has null. Of each
 * configuration one run is drawn thick: that with the median end of RSS among its own (the lower of two).
 */
import type { ComparedRuns } from '../compare.ts';
import type { RunData, RunSample } from './run-data.ts';

export interface ComparedCurve {
  readonly configuration: number;
  readonly label: string;
  /** The one that stands for its configuration. */
  readonly main: boolean;
  readonly values: readonly (number | null)[];
}

export interface ComparedQuantity {
  readonly id: string;
  readonly title: string;
  readonly curves: readonly ComparedCurve[];
}

export interface ComparisonPayload {
  readonly t: readonly number[];
  readonly quantities: readonly ComparedQuantity[];
}

const gridPoints = 600;

const quantities: readonly {
  readonly id: string;
  readonly title: string;
  readonly of: (s: RunSample) => number | null | undefined;
}[] = [
  { id: 'rss', title: 'RSS of the heap’s ranges', of: (s) => s.rss },
  { id: 'inuse', title: 'In use', of: (s) => s.inuse },
  { id: 'released', title: 'HeapReleased', of: (s) => s.released },
  { id: 'sys', title: 'HeapSys', of: (s) => s.sys },
  { id: 'lazy', title: 'LazyFree', of: (s) => s.lazy },
];

/** The last known value at each time of the grid; null after the run's end and before anything is known. */
function onGrid(
  grid: readonly number[],
  samples: readonly RunSample[],
  of: (s: RunSample) => number | null | undefined,
): (number | null)[] {
  const end = samples[samples.length - 1]?.t ?? 0;
  const step = grid.length > 1 ? grid[1] - grid[0] : 0;
  let i = 0;
  let last: number | null = null;
  return grid.map((t) => {
    for (; i < samples.length && samples[i].t <= t; i++) last = of(samples[i]) ?? last;
    return t > end + step ? null : last;
  });
}

const endOf = (run: RunData): number => run.samples[run.samples.length - 1]?.rss ?? 0;

/** The run of the median end, the lower of two. */
export function mainRun(runs: readonly RunData[]): number {
  const order = runs.map((_, i) => i).sort((a, b) => endOf(runs[a]) - endOf(runs[b]));
  return order[Math.floor((order.length - 1) / 2)] ?? 0;
}

export function comparisonPayload(configurations: readonly ComparedRuns[]): ComparisonPayload {
  const ends = configurations.flatMap(({ runs }) =>
    runs.map((run) => run.samples[run.samples.length - 1]?.t ?? 0),
  );
  const end = ends.reduce((a, b) => Math.max(a, b), 1);
  const t = Array.from({ length: gridPoints + 1 }, (_, i) => Math.round((end * i) / gridPoints));
  const made = quantities.map(({ id, title, of }) => ({
    id,
    title,
    curves: configurations.flatMap(({ label, runs }, configuration) => {
      const main = mainRun(runs);
      return runs.map((run, i) => ({
        configuration,
        label: i === main ? label : `${label}, run ${i + 1}`,
        main: i === main,
        values: onGrid(t, run.samples, of),
      }));
    }),
  }));
  return {
    t,
    quantities: made.filter(({ curves }) => curves.some((c) => c.values.some((v) => v !== null && v > 0))),
  };
}
