/**
 * A whole comparison, read back from its folder: the runs of each configuration, and each metric with its spread.
 *
 * Not here: making one (compare/compare.ts), its index (record/comparison-index.ts).
 */
import { basename, dirname, join } from 'node:path';
import {
  type ComparisonIndex,
  comparisonFile,
  failureList,
  faultOfIndex,
  type RunFailure,
  readIndex,
} from '../record/comparison-index.ts';
import { faultOfData, type RunData } from '../record/run-data.ts';
import { endingRemark } from '../record/run-ending.ts';
import { readRunFile } from '../record/run-file.ts';
import { bound, isJsonObject, listOf, members, nullOr, type Shape, text } from '../record/shapes.ts';
import { metrics, metricsOf } from './run-metrics.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface ComparedRuns {
  readonly label: string;
  readonly files: readonly string[];
  readonly runs: readonly RunData[];
  /** By metric id; undefined where no run has the metric. */
  readonly spread: Readonly<Record<string, Spread | undefined>>;
}

/** A whole comparison, read back. */
export interface Comparison {
  readonly index: ComparisonIndex;
  readonly folder: string;
  readonly configurations: readonly ComparedRuns[];
  /** Configurations whose runs failed, as in the index. */
  readonly failures: readonly RunFailure[];
  /** Run files that do not go to the end of their run; they count with what they have. */
  readonly incomplete: readonly { readonly label: string; readonly file: string }[];
}

const spreadShape = members({
  ...{ n: bound, median: bound, low: bound, high: bound, mean: bound, min: bound, max: bound },
  sd: nullOr(bound),
  values: listOf(nullOr(bound), 'a list of numbers'),
});
const isSpread = (value: unknown): boolean => spreadShape(value) === undefined;

const comparedShapes: Readonly<Record<keyof ComparedRuns, Shape>> = {
  label: text,
  files: listOf(text, 'a list of texts'),
  runs: listOf(faultOfData, 'a list of the records of runs'),
  spread: (value) =>
    isJsonObject(value) && Object.values(value).every((one) => one === undefined || isSpread(one))
      ? undefined
      : 'the spread of each metric',
};

const comparisonShapes: Readonly<Record<keyof Comparison, Shape>> = {
  index: faultOfIndex,
  folder: text,
  configurations: listOf(members(comparedShapes), 'a list of configurations, each with its runs'),
  failures: failureList,
  incomplete: listOf(members({ label: text, file: text }), 'a list of run files, each with its label'),
};

/** What a value lacks to be a Comparison, in words; undefined where it is one. */
export const faultOfComparison: Shape = members(comparisonShapes);

/** A run of a comparison that did not come to its end, and what its reader must know. */
export interface PartialRun {
  readonly label: string;
  /** Its place among the runs of its configuration, from 1. */
  readonly run: number;
  readonly file: string | undefined;
  readonly remark: string;
}

/** The runs that did not come to their end, with how far they came. */
export function partialRuns(
  configurations: readonly Pick<ComparedRuns, 'label' | 'files' | 'runs'>[],
): PartialRun[] {
  return configurations.flatMap(({ label, files, runs }) =>
    runs.flatMap(({ header, samples, end }, i): PartialRun[] => {
      const remark = endingRemark(header, end, samples.at(-1));
      const file = files[i] === undefined ? undefined : basename(files[i]);
      return remark === undefined ? [] : [{ label, run: i + 1, file, remark }];
    }),
  );
}

/**
 * Reads a comparison back, by its folder or its index.
 * @throws PageHeapError ERR_FILE, ERR_RUN_FILE
 */
export async function readComparison(path: string): Promise<Comparison> {
  const file = basename(path) === comparisonFile ? path : join(path, comparisonFile);
  const index = readIndex(file);
  const folder = dirname(file);
  const configurations: ComparedRuns[] = [];
  const incomplete: { label: string; file: string }[] = [];
  for (const { label, runs: files } of index.configurations) {
    const runs: RunData[] = [];
    for (const name of files) {
      const run = await readRunFile(join(folder, basename(name)));
      runs.push(run);
      const { reason = 'done' } = run.end ?? { reason: 'unfinished' };
      if (reason !== 'done') incomplete.push({ label, file: basename(name) });
    }
    const values = runs.map(metricsOf);
    const spread = Object.fromEntries(metrics.map(({ id }) => [id, spreadOf(values.map((v) => v[id]))]));
    configurations.push({ label, files, runs, spread });
  }
  return { index, folder, configurations, failures: index.failures, incomplete };
}
