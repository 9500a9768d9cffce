/**
 * What a grid came to: of each cell its runs' figures with their spread, and all runs as CSV.
 *
 * Not here: the figures of one run (metrics/run-metrics.ts).
 */
import papaparse from 'papaparse';
import { type Pace, paceOf } from '../metrics/pace.ts';
import { type Metric, metrics, metricsOf } from '../metrics/run-metrics.ts';
import { type Spread, spreadOf } from '../metrics/spread.ts';
import type { RunHeader } from '../record/lines.ts';
import { endingRemark } from '../record/run-ending.ts';
import { readRunFile } from '../record/run-file.ts';
import { cellCount, cellLabel, cellValues, type GridJob, type GridPlan } from './plan.ts';
import type { GridStore, JobFailure } from './store.ts';

export interface GridRun extends GridJob {
  /** By metric id. */
  readonly values: Readonly<Record<string, number | undefined>>;
  readonly header: RunHeader;
  /** How it went against the clock. */
  readonly pace: Pace | undefined;
  /** How far it came; undefined of one that came to its end. */
  readonly ending: string | undefined;
}

export interface GridCell {
  readonly cell: number;
  readonly label: string;
  /** In the order of the axes. */
  readonly values: readonly string[];
  readonly runs: readonly GridRun[];
  /** By metric id; undefined where no run has the metric. */
  readonly spread: Readonly<Record<string, Spread | undefined>>;
  /** Why it has fewer runs than there were rounds. */
  readonly failure: JobFailure | undefined;
}

export interface GridResults {
  readonly plan: GridPlan;
  readonly folder: string;
  readonly cells: readonly GridCell[];
  /** Metrics that any run has. */
  readonly metrics: readonly Metric[];
  /** Runs that are neither there nor failed. */
  readonly missing: number;
  /** Machines that runs were made on, in words; more than one is to be told. */
  readonly machines: readonly string[];
}

/** What makes a machine another, for figures: all that a reader would ask about. */
export function machineOf({ env = {} }: RunHeader): string {
  const { cpu, cpus, kernel, thp, pageSize, node } = env;
  return `${cpu ?? 'unknown CPU'} (${cpus ?? '?'}), kernel ${kernel ?? '?'}, THP ${thp ?? 'none'}, pages of ${pageSize ?? '?'}, Node ${node ?? '?'}`;
}

/** @throws PageHeapError ERR_FILE, ERR_RUN_FILE */
export async function readGrid(store: GridStore): Promise<GridResults> {
  const { plan, folder } = store;
  const runs: GridRun[] = [];
  for (const job of store.done()) {
    const data = await readRunFile(store.pathOf(job));
    const { header, samples, end } = data;
    const ending = endingRemark(header, end, samples.at(-1));
    runs.push({ ...job, values: metricsOf(data), header, pace: paceOf(data), ending });
  }
  const failures = store.failures();
  const cells = Array.from({ length: cellCount(plan) }, (_, cell): GridCell => {
    const own = runs.filter((run) => run.cell === cell);
    return {
      ...{ cell, label: cellLabel(plan, cell), values: cellValues(plan, cell), runs: own },
      spread: Object.fromEntries(
        metrics.map(({ id }) => [id, spreadOf(own.map(({ values }) => values[id]))]),
      ),
      failure: failures.find((failure) => failure.cell === cell),
    };
  });
  return {
    ...{ plan, folder, cells },
    metrics: metrics.filter(({ id }) => cells.some(({ spread }) => spread[id] !== undefined)),
    missing: cellCount(plan) * plan.repeat - runs.length - failures.length,
    machines: [...new Set(runs.map(({ header }) => machineOf(header)))],
  };
}

/** A line a run: the values of its axes, round, machine, and each figure in its unit (bytes, seconds, shares from 0 to 1). */
export function gridCsv({ plan, cells, metrics: known }: GridResults): string {
  const head = [...plan.axes.map(({ name }) => name), 'round', 'machine', ...known.map(({ id }) => id)];
  const lines = cells.flatMap(({ values, runs }) =>
    runs.map((run) => [
      ...values,
      String(run.round),
      machineOf(run.header),
      ...known.map(({ id }) => (run.values[id] === undefined ? '' : String(run.values[id]))),
    ]),
  );
  return `${papaparse.unparse([head, ...lines], { newline: '\n' })}\n`;
}
