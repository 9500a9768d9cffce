/**
 * A grid at work: the runs of a share that are not there yet, one after another, each in a process of its own.
 *
 * A cell whose heap cannot be, or whose run fails, is written down as failed and not tried again; the others go on. What is
 * wrong with the subject, or with the place of the files, ends all of it.
 *
 * Not here: the order (plan.ts), the files (store.ts), what it comes to (results.ts).
 */
import { type ErrorCode, PageHeapError } from '../../base/errors.ts';
import { type RunHeapOptions, tryHeap } from '../run/run-heap.ts';
import type { RunOptions, RunProgress, RunResult } from '../run/run-options.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import type { ModuleFiles } from '../subject/modules.ts';
import { cellLabel, type GridJob, jobsOf, type Shard, shareOf } from './plan.ts';
import type { GridStore, JobFailure } from './store.ts';

/** The heap of a cell. */
export interface CellHeap {
  readonly heap: LabHeapOptions;
  readonly modules?: ModuleFiles;
}

export interface GridWork {
  readonly store: GridStore;
  /** What every run has. */
  readonly run: Omit<RunOptions, 'output' | 'heap' | 'modules'>;
  /** The heap of each cell. @throws PageHeapError ERR_INVALID_OPTION for one that cannot be */
  readonly heapOf: (cell: number) => CellHeap;
  readonly shard: Shard;
}

export interface GridHooks {
  /** Makes one run; run/fork-run.ts in earnest. */
  readonly run: (options: RunOptions, onProgress: (progress: RunProgress) => void) => Promise<RunResult>;
  readonly onProgress?: (at: GridPlace, progress: RunProgress | undefined) => void;
  readonly onFailure?: (label: string, failure: JobFailure) => void;
  readonly stopped?: () => boolean;
  /** Makes the heap of a cell and lets it go: which of the user's code is at work in this thread then. Default: tryHeap. */
  readonly tryHeap?: (options: RunHeapOptions) => Promise<void>;
}

/** Which run it is. */
export interface GridPlace {
  readonly label: string;
  readonly round: number;
  /** Runs of the share that are there, and in all. */
  readonly done: number;
  readonly total: number;
}

const sharedErrors: ReadonlySet<ErrorCode> = new Set(['ERR_TRACE', 'ERR_FILE']);

/**
 * Makes the runs of a share that are not there yet.
 * @returns whether it came to the end of them
 * @throws PageHeapError ERR_FILE, ERR_TRACE
 */
export async function workOnGrid(work: GridWork, hooks: GridHooks): Promise<boolean> {
  const { store } = work;
  store.sweep();
  const jobs = shareOf(jobsOf(store.plan), work.shard);
  const left = jobs.filter((job) => !store.isDone(job));
  let done = jobs.length - left.length;
  for (const job of left) {
    if (hooks.stopped?.() === true) return false;
    const place = { label: cellLabel(store.plan, job.cell), round: job.round, done, total: jobs.length };
    // Another process of the same share may have been faster.
    if (!store.isDone(job) && !(await runOne(work, job, place, hooks))) return false;
    done++;
  }
  return true;
}

/** Makes one run. False if it was stopped. */
async function runOne(
  { store, run, heapOf }: GridWork,
  job: GridJob,
  place: GridPlace,
  hooks: GridHooks,
): Promise<boolean> {
  hooks.onProgress?.(place, undefined);
  try {
    const cell = heapOf(job.cell);
    await (hooks.tryHeap ?? tryHeap)({ ...run, ...cell });
    if (hooks.stopped?.() === true) return false;
    const options = { ...run, ...cell, name: place.label, output: store.draftOf(job) };
    const { reason } = await hooks.run(options, (progress) => hooks.onProgress?.(place, progress));
    if (reason === 'interrupted') {
      store.discard(job);
      return false;
    }
    store.finish(job);
    return true;
  } catch (error) {
    store.discard(job);
    if (hooks.stopped?.() === true) return false;
    if (error instanceof PageHeapError && sharedErrors.has(error.code)) throw error;
    const { message, name } = error instanceof Error ? error : new Error(String(error));
    const failure = { ...job, message, code: error instanceof PageHeapError ? error.code : name };
    store.fail(failure);
    hooks.onFailure?.(place.label, failure);
    return true;
  }
}
