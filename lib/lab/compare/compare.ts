/**
 * Comparisons: one subject, several configurations, each run in a fresh process, interleaved and repeated.
 *
 * A machine's mood changes over minutes. So the configurations take turns (A B C, A B C, …) and never run at
 * the same time; what a comparison tells is means with their spread. It leaves a folder: a run file each,
 * and `comparison.json`, which names them. A comparison that is stopped leaves what was finished. A
 * configuration whose run fails has no further ones, and the others go on; what is wrong with the subject or
 * with the place of the files ends all of it.
 *
 * Not here: a run and its process (run/), the index (record/comparison-index.ts), reading it all back
 * (metrics/comparison.ts), what is drawn (report/comparison.ts).
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, PageHeapError } from '../../base/errors.ts';
import { checkContended } from '../contenders/contender-run.ts';
import {
  type ComparisonIndex,
  comparisonFormat,
  fileStems,
  type RunFailure,
  writeIndex,
} from '../record/comparison-index.ts';
import { claimFolder, removeEmpty } from '../record/folders.ts';
import { hasRecorded, runFilesIn } from '../record/run-folder.ts';
import { tryHeap } from '../run/run-heap.ts';
import type { ReplayerProgram, RunOptions, RunProgress, RunResult } from '../run/run-options.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import type { ModuleFiles } from '../subject/modules.ts';

export interface ComparedConfiguration {
  readonly label: string;
  readonly heap: LabHeapOptions;
  readonly modules?: ModuleFiles;
  /** An allocator of others, instead of a heap. */
  readonly contender?: ReplayerProgram;
}

export interface CompareOptions {
  readonly configurations: readonly ComparedConfiguration[];
  /** Rounds: runs of each configuration, 1 to 100. */
  readonly repeat: number;
  /** What every run has. */
  readonly run: Omit<RunOptions, 'output' | 'heap' | 'modules' | 'contender'>;
  /** Where run files and index go; where it is there already, a new one with a number beside it. */
  readonly folder: string;
}

export interface CompareHooks {
  /** Makes one run; run/fork-run.ts in earnest. */
  readonly run: (options: RunOptions, onProgress: (progress: RunProgress) => void) => Promise<RunResult>;
  readonly onProgress?: (at: ComparePlace, progress: RunProgress | undefined) => void;
  /** All that can be known before is sound, the folder is there: the runs begin. */
  readonly onBegin?: (folder: string) => void;
  readonly onFailure?: (failure: RunFailure, error: unknown) => void;
  /** Whether it is to end; a run that fails then was stopped. */
  readonly stopped?: () => boolean;
}

/** Which run it is. */
export interface ComparePlace {
  readonly label: string;
  /** Runs finished, and in all. */
  readonly done: number;
  readonly total: number;
}

function refuse(message: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_OPTION', message, { value });
}

function checkOptions({ configurations, repeat }: CompareOptions): void {
  if (configurations.length === 0) refuse('a comparison needs a configuration', 0);
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 100)
    refuse(`option repeat must be a whole number from 1 to 100, not ${String(repeat)}`, repeat);
  const seen = new Set<string>();
  for (const { label } of configurations) {
    if (seen.has(label)) refuse(`two configurations are called ${label}; give one a label of its own`, label);
    seen.add(label);
  }
}

/** Tries every configuration's heap, so that one that cannot be is refused before anything ran. */
async function tryConfigurations({ configurations, run }: CompareOptions): Promise<void> {
  for (const { label, heap, modules, contender } of configurations) {
    try {
      const { workload, trace, releases } = run;
      if (contender !== undefined) {
        await checkContended(run, contender.contender);
        continue;
      }
      await tryHeap({
        heap,
        ...(modules === undefined ? {} : { modules }),
        ...(workload === undefined ? {} : { workload }),
        ...(trace === undefined ? {} : { trace }),
        ...(releases === undefined ? {} : { releases }),
      });
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      const { code, message, value, option, errno } = error;
      throw new PageHeapError(code, `configuration '${label}': ${message}`, {
        value,
        ...(option === undefined ? {} : { option }),
        ...(errno === undefined ? {} : { errno }),
        cause: error,
      });
    }
  }
}

/** Errors that every configuration would have, or that leave no place for what comes: they end all of it. */
const sharedErrors: ReadonlySet<ErrorCode> = new Set(['ERR_TRACE', 'ERR_FILE']);

function failureOf(label: string, round: number, error: unknown): RunFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { label, round, message, code: error instanceof PageHeapError ? error.code : name };
}

/**
 * Makes all the runs and writes the index.
 * @returns the index, with the failures of configurations
 * @throws PageHeapError ERR_INVALID_OPTION, ERR_FILE, ERR_TRACE; the index then tells what was finished, and a
 *   folder in which nothing was recorded is gone
 */
export async function compareRuns(options: CompareOptions, hooks: CompareHooks): Promise<ComparisonIndex> {
  checkOptions(options);
  await tryConfigurations(options);
  const { folder, made } = claimFolder(options.folder);
  const comparing = new Comparing({ ...options, folder }, hooks);
  try {
    comparing.write();
    hooks.onBegin?.(folder);
    await comparing.run();
    return comparing.write();
  } finally {
    if (comparing.isBare && !(await anyRecorded(folder))) {
      rmSync(folder, { recursive: true, force: true });
      removeEmpty(made.slice(0, -1));
    }
  }
}

async function anyRecorded(folder: string): Promise<boolean> {
  for (const file of runFilesIn(folder)) if (await hasRecorded(join(folder, file))) return true;
  return false;
}

/** A comparison at work. */
class Comparing {
  readonly #options: CompareOptions;
  readonly #hooks: CompareHooks;
  readonly #begin = performance.now();
  readonly #started = new Date().toISOString();
  readonly #stems: readonly string[];
  /** Run files that are finished, by configuration. */
  readonly #files: readonly string[][];
  readonly #failures: RunFailure[] = [];
  readonly #failed = new Set<number>();
  #done = 0;
  /** Until all is done. */
  #interrupted = true;

  constructor(options: CompareOptions, hooks: CompareHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#stems = fileStems(options.configurations.map(({ label }) => label));
    this.#files = options.configurations.map(() => []);
  }

  /** Whether no run came to anything, not even to an error of its own. */
  get isBare(): boolean {
    return this.#done === 0 && this.#failures.length === 0;
  }

  /** Makes the runs, until one is stopped. */
  async run(): Promise<void> {
    const { configurations, repeat } = this.#options;
    for (let round = 1; round <= repeat; round++) {
      for (let i = 0; i < configurations.length; i++) {
        if (this.#failed.has(i)) continue;
        if (this.#hooks.stopped?.() === true || !(await this.#runOne(i, round))) return;
        this.write();
      }
    }
    this.#interrupted = false;
  }

  /** Writes the index as things are. */
  write(): ComparisonIndex {
    const { configurations, repeat, folder, run } = this.#options;
    const index: ComparisonIndex = {
      format: comparisonFormat,
      name: run.name ?? '',
      started: this.#started,
      repeat,
      configurations: configurations.map(({ label }, i) => ({ label, runs: [...this.#files[i]] })),
      failures: [...this.#failures],
      seconds: (performance.now() - this.#begin) / 1000,
      interrupted: this.#interrupted,
    };
    writeIndex(folder, index);
    return index;
  }

  /** Makes one run; answers false if it was stopped. */
  async #runOne(i: number, round: number): Promise<boolean> {
    const { configurations, folder, run } = this.#options;
    const { label, heap, modules, contender } = configurations[i];
    const place = { label, done: this.#done, total: this.#total() };
    this.#hooks.onProgress?.(place, undefined);
    const file = `${this.#stems[i]}-${round}.jsonl`;
    try {
      const { reason } = await this.#hooks.run(
        {
          ...run,
          heap,
          ...(modules === undefined ? {} : { modules }),
          ...(contender === undefined ? {} : { contender }),
          name: label,
          output: join(folder, file),
        },
        (progress) => this.#hooks.onProgress?.(place, progress),
      );
      if (reason === 'interrupted') return false;
      this.#files[i].push(file);
      this.#done++;
      return true;
    } catch (error) {
      if (this.#hooks.stopped?.() === true) return false;
      if (error instanceof PageHeapError && sharedErrors.has(error.code)) throw error;
      const failure = failureOf(label, round, error);
      this.#failures.push(failure);
      this.#failed.add(i);
      this.#hooks.onFailure?.(failure, error);
      return true;
    }
  }

  /** Runs in all, as far as is known: those of configurations that failed are left out. */
  #total(): number {
    const { configurations, repeat } = this.#options;
    const lost = [...this.#failed].reduce((sum, i) => sum + repeat - this.#files[i].length, 0);
    return Math.max(this.#done + 1, configurations.length * repeat - lost);
  }
}
