/**
 * A grid on the disk: a folder with its plan, `grid.json`, and a run file for each run that was made.
 *
 *     DIR/grid.json            what is to be done: the same for all who work on it
 *     DIR/runs/*.jsonl         a run each, whole: it gets its name when it has ended
 *     DIR/runs/*.failed.json   a run that failed, and why; it is not tried again
 *     DIR/grid.html, grid.csv  what it came to
 *
 * A run is written under a hidden name, with the process in it, and renamed when it is done. So whatever ends the
 * process, a run file is whole or not there, and several processes, also of several machines, may work in one folder.
 *
 * Not here: making the runs (grid.ts), what they came to (results.ts).
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import { writeDocument } from '../record/document.ts';
import { makeFolder } from '../record/folders.ts';
import { readMarked } from '../record/marked-file.ts';
import { listOf, members, number, object, type Shape, text } from '../record/shapes.ts';
import { cellCount, type GridJob, type GridPlan, gridFormat, jobFile, planDifferences } from './plan.ts';

export const gridFile = 'grid.json';

/** A run that failed. */
export interface JobFailure {
  readonly cell: number;
  readonly round: number;
  readonly message: string;
  readonly code: string;
}

const planShapes: Readonly<Record<string, Shape>> = {
  name: text,
  version: text,
  subject: members({ name: text }),
  run: object,
  axes: listOf(members({ name: text, values: listOf(text, 'a list of texts') }), 'a list of axes'),
  fixed: object,
  modules: object,
  repeat: number,
};

/** Whether a path is a grid's folder. */
export const isGrid = (path: string): boolean => existsSync(join(path, gridFile));

/** Where the run files of a grid are. */
export const runsFolderOf = (folder: string): string => join(folder, 'runs');

/** @throws PageHeapError ERR_FILE, ERR_RUN_FILE for what is no plan of a grid */
export function readPlan(folder: string): GridPlan {
  const mark = { format: gridFormat, kind: 'a grid', called: 'the plan of a grid', shapes: planShapes };
  return readMarked(join(folder, gridFile), mark) as unknown as GridPlan;
}

export class GridStore {
  readonly folder: string;
  readonly plan: GridPlan;

  private constructor(folder: string, plan: GridPlan) {
    this.folder = folder;
    this.plan = plan;
  }

  /** @throws PageHeapError ERR_FILE, ERR_RUN_FILE */
  static open(folder: string): GridStore {
    return new GridStore(folder, readPlan(folder));
  }

  /**
   * The grid in a folder: a new one, or the same one, to be gone on with.
   * @throws PageHeapError ERR_INVALID_OPTION where another grid is there, saying what differs · ERR_FILE
   */
  static begin(folder: string, plan: GridPlan): GridStore {
    makeFolder(runsFolderOf(folder));
    if (isGrid(folder)) {
      const there = readPlan(folder);
      const differences = planDifferences(there, plan);
      if (differences.length > 0)
        throw new PageHeapError(
          'ERR_INVALID_OPTION',
          `another grid is in ${folder}; they differ in ${differences.join('; ')}: choose another folder with -o`,
          { value: folder },
        );
      return new GridStore(folder, there);
    }
    writeDocument(join(folder, gridFile), `${JSON.stringify(plan, undefined, 2)}\n`);
    return new GridStore(folder, plan);
  }

  pathOf(job: GridJob): string {
    return join(runsFolderOf(this.folder), jobFile(this.plan, job));
  }

  /** Where a run is written before it is whole. */
  draftOf(job: GridJob): string {
    return join(runsFolderOf(this.folder), `.${jobFile(this.plan, job)}.${hostname()}-${process.pid}`);
  }

  #failureOf(job: GridJob): string {
    return this.pathOf(job).replace(/\.jsonl$/, '.failed.json');
  }

  isDone(job: GridJob): boolean {
    return existsSync(this.pathOf(job)) || existsSync(this.#failureOf(job));
  }

  /** A run has ended: it gets its name. @throws PageHeapError ERR_FILE */
  finish(job: GridJob): void {
    try {
      renameSync(this.draftOf(job), this.pathOf(job));
      // In another share it may have failed.
      rmSync(this.#failureOf(job), { force: true });
    } catch (cause) {
      throw fileError(this.pathOf(job), cause);
    }
  }

  /** What is left of a run that did not end. */
  discard(job: GridJob): void {
    rmSync(this.draftOf(job), { force: true });
  }

  /** @throws PageHeapError ERR_FILE */
  fail(failure: JobFailure): void {
    this.discard(failure);
    writeDocument(this.#failureOf(failure), `${JSON.stringify(failure)}\n`);
  }

  /** The runs there are. */
  done(): GridJob[] {
    return this.#all().filter((job) => existsSync(this.pathOf(job)));
  }

  /** What failed, and was not made elsewhere since. */
  failures(): JobFailure[] {
    return this.#all()
      .filter((job) => existsSync(this.#failureOf(job)) && !existsSync(this.pathOf(job)))
      .map((job) => ({ ...readFailure(this.#failureOf(job)), ...job }));
  }

  /** Drafts of processes that are no more, of this machine. */
  sweep(): void {
    const own = new RegExp(`^\\..*\\.jsonl\\.${hostname().replace(/[^\w-]/g, '.')}-(\\d+)`);
    for (const name of readdirSync(runsFolderOf(this.folder))) {
      const [, pid] = own.exec(name) ?? [];
      if (pid !== undefined && !isAlive(Number(pid)))
        rmSync(join(runsFolderOf(this.folder), name), { force: true });
    }
  }

  #all(): GridJob[] {
    const jobs: GridJob[] = [];
    for (let round = 1; round <= this.plan.repeat; round++)
      for (let cell = 0; cell < cellCount(this.plan); cell++) jobs.push({ cell, round });
    return jobs;
  }
}

/** Why a run failed, by its record, which may be damaged. */
function readFailure(path: string): Pick<JobFailure, 'message' | 'code'> {
  const unknown = { message: 'it failed; the record of why cannot be read', code: 'ERR_SYSTEM' };
  try {
    const { message, code } = JSON.parse(readFileSync(path, 'utf8')) as Partial<JobFailure>;
    return typeof message === 'string' && typeof code === 'string' ? { message, code } : unknown;
  } catch {
    return unknown;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
