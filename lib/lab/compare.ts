/**
 * Comparisons: one subject, several configurations, each run in a fresh process, interleaved and repeated.
 *
 * A machine's mood changes over minutes. So the configurations take turns (A B C, A B C, …) and never run at
 * the same time; what a comparison tells is means with their spread. It leaves a folder: a run file each,
 * and `comparison.json`, which names them. A comparison that is stopped leaves what was finished.
 *
 * Not here: a run (run.ts), its process (fork-run.ts), what is drawn (report/comparison.ts).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { metrics, metricsOf, type Spread, spreadOf } from './compare-metrics.ts';
import type { LabHeapOptions } from './heap-target.ts';
import type { RunData } from './report/run-data.ts';
import { readRunFile } from './run-file.ts';
import { tryHeap } from './run-heap.ts';
import type { RunOptions, RunProgress, RunResult } from './run-options.ts';
import { fileError } from './trace/bytes.ts';

export const comparisonFormat = 'pageheap-comparison/1';
export const comparisonFile = 'comparison.json';

export interface ComparedConfiguration {
  readonly label: string;
  readonly heap: LabHeapOptions;
  readonly pageHeapFile?: string;
}

export interface CompareOptions {
  readonly configurations: readonly ComparedConfiguration[];
  /** Rounds: runs of each configuration, 1 to 100. */
  readonly repeat: number;
  /** What every run has. */
  readonly run: Omit<RunOptions, 'output' | 'heap' | 'pageHeapFile'>;
  /** Where run files and index go; made if it is not there. */
  readonly folder: string;
}

export interface CompareHooks {
  /** Makes one run; fork-run.ts in earnest. */
  readonly run: (options: RunOptions, onProgress: (progress: RunProgress) => void) => Promise<RunResult>;
  readonly onProgress?: (at: ComparePlace, progress: RunProgress | undefined) => void;
}

/** Which run it is. */
export interface ComparePlace {
  readonly label: string;
  /** Runs finished, and in all. */
  readonly done: number;
  readonly total: number;
}

/** The index: what `comparison.json` holds. */
export interface ComparisonIndex {
  readonly format: string;
  readonly name: string;
  readonly started: string;
  readonly repeat: number;
  readonly configurations: readonly {
    readonly label: string;
    /** Run files beside the index, in order of rounds. */
    readonly runs: readonly string[];
  }[];
  /** Seconds that all of it took. */
  readonly seconds: number;
  readonly interrupted: boolean;
}

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
}

const fileName = (label: string, round: number): string =>
  `${label.replace(/[^\w.-]+/g, '_').slice(0, 80)}-${round}.jsonl`;

function refuse(message: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_OPTION', message, { value });
}

function checkOptions({ configurations, repeat }: CompareOptions): void {
  if (configurations.length === 0) refuse('a comparison needs a configuration', 0);
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 100)
    refuse(`option repeat must be a whole number from 1 to 100, not ${String(repeat)}`, repeat);
  const seen = new Set<string>();
  for (const { label } of configurations) {
    const file = fileName(label, 1);
    if (seen.has(file)) refuse(`two configurations are called ${label}; give one a label of its own`, label);
    seen.add(file);
  }
}

/** Tries every configuration's heap, so that one that cannot be is refused before anything ran. */
async function tryConfigurations({ configurations, run }: CompareOptions): Promise<void> {
  for (const { label, heap, pageHeapFile } of configurations) {
    try {
      const { workload } = run;
      await tryHeap({
        heap,
        ...(pageHeapFile === undefined ? {} : { pageHeapFile }),
        ...(workload === undefined ? {} : { workload }),
      });
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      const { code, message, value, errno } = error;
      throw new PageHeapError(code, `configuration '${label}': ${message}`, {
        value,
        ...(errno === undefined ? {} : { errno }),
        cause: error,
      });
    }
  }
}

/**
 * Makes all the runs and writes the index.
 * @throws PageHeapError of a run that fails, and ERR_INVALID_OPTION; the index then tells what was finished
 */
export async function compareRuns(options: CompareOptions, hooks: CompareHooks): Promise<ComparisonIndex> {
  checkOptions(options);
  await tryConfigurations(options);
  const { configurations, repeat, folder } = options;
  const begin = performance.now();
  const started = new Date().toISOString();
  const runs = configurations.map((): string[] => []);
  const total = configurations.length * repeat;
  const name = options.run.name ?? '';
  const index = (interrupted: boolean): ComparisonIndex => ({
    format: comparisonFormat,
    name,
    started,
    repeat,
    configurations: configurations.map(({ label }, i) => ({ label, runs: runs[i] })),
    seconds: (performance.now() - begin) / 1000,
    interrupted,
  });
  let done = 0;
  let interrupted = false;
  let created = false;
  try {
    created = mkdirSync(folder, { recursive: true }) !== undefined;
    for (let round = 1; round <= repeat && !interrupted; round++) {
      for (let i = 0; i < configurations.length && !interrupted; i++) {
        const { label, heap, pageHeapFile } = configurations[i];
        const place = { label, done, total };
        hooks.onProgress?.(place, undefined);
        const file = fileName(label, round);
        const result = await hooks.run(
          {
            ...options.run,
            heap,
            ...(pageHeapFile === undefined ? {} : { pageHeapFile }),
            name: label,
            output: join(folder, file),
          },
          (progress) => hooks.onProgress?.(place, progress),
        );
        if (result.reason === 'interrupted') {
          interrupted = true;
        } else {
          runs[i].push(file);
          done++;
        }
      }
    }
    return index(interrupted);
  } catch (error) {
    interrupted = true;
    throw error;
  } finally {
    // A comparison that could not even begin leaves nothing of its own, and nobody else's things alone.
    if (interrupted && done === 0 && !existsRunFile(folder)) {
      if (created) rmSync(folder, { recursive: true, force: true });
    } else writeIndex(folder, index(interrupted));
  }
}

function existsRunFile(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.jsonl'));
}

function writeIndex(folder: string, index: ComparisonIndex): void {
  const path = join(folder, comparisonFile);
  try {
    writeFileSync(path, `${JSON.stringify(index, undefined, 2)}\n`);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function readIndex(path: string): ComparisonIndex {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new PageHeapError('ERR_RUN_FILE', 'not JSON', { file: path, cause });
    throw fileError(path, cause);
  }
  const index = value as ComparisonIndex;
  const sound =
    index?.format === comparisonFormat &&
    Array.isArray(index.configurations) &&
    index.configurations.every(
      (c) =>
        typeof c.label === 'string' &&
        Array.isArray(c.runs) &&
        c.runs.every((r: unknown) => typeof r === 'string'),
    );
  if (!sound)
    throw new PageHeapError('ERR_RUN_FILE', `not a comparison of format ${comparisonFormat}`, { file: path });
  return index;
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
  for (const { label, runs: files } of index.configurations) {
    const runs: RunData[] = [];
    for (const name of files) runs.push(await readRunFile(join(folder, basename(name))));
    const values = runs.map(metricsOf);
    const spread = Object.fromEntries(metrics.map(({ id }) => [id, spreadOf(values.map((v) => v[id]))]));
    configurations.push({ label, files, runs, spread });
  }
  return { index, folder, configurations };
}
