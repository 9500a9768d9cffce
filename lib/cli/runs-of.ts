/**
 * The runs that a path stands for: a run file, the folder of a comparison or its index, that of a grid, a folder with run files.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { isGrid, runsFolderOf } from '../lab/grid/store.ts';
import { readComparison } from '../lab/metrics/comparison.ts';
import { comparisonFile } from '../lab/record/comparison-index.ts';
import type { RunData } from '../lab/record/run-data.ts';
import { readRunFile } from '../lab/record/run-file.ts';
import { runFilesIn } from '../lab/record/run-folder.ts';

/** The runs of one configuration, in their order, with their files. */
export interface NamedRuns {
  readonly label: string;
  readonly files: readonly string[];
  readonly runs: readonly RunData[];
}

/** `perl-20261129-150136` of `runs/perl-20261129-150136.jsonl`. */
export const stemOf = (path: string): string => basename(path).replace(/\.jsonl$/, '');

/** Whether a path is a comparison's folder or index. */
export function isComparison(path: string): boolean {
  return basename(path) === comparisonFile || existsSync(join(path, comparisonFile));
}

/**
 * By configuration. The run files of a folder that is no comparison are put together by what they are called: runs of one name are
 * its repetitions.
 * @throws PageHeapError ERR_FILE, ERR_RUN_FILE
 */
export async function runsOf(path: string): Promise<NamedRuns[]> {
  if (isComparison(path)) {
    const { folder, configurations } = await readComparison(path);
    return configurations
      .filter(({ runs }) => runs.length > 0)
      .map(({ label, files, runs }) => ({
        label,
        runs,
        files: files.map((file) => join(folder, basename(file))),
      }));
  }
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const inside = isGrid(path) ? runsFolderOf(path) : path;
  const files = isFolder ? runFilesIn(inside).map((file) => join(inside, file)) : [path];
  if (files.length === 0)
    throw new PageHeapError(
      'ERR_FILE',
      'this folder holds no run file, and is neither a comparison nor a grid',
      {
        file: path,
      },
    );
  const named = new Map<string, { files: string[]; runs: RunData[] }>();
  for (const file of files) {
    const run = await readRunFile(file);
    const label = run.header.name ?? stemOf(file);
    const { files: known, runs } = named.get(label) ?? { files: [], runs: [] };
    named.set(label, { files: [...known, file], runs: [...runs, run] });
  }
  return [...named].map(([label, of]) => ({ label, ...of }));
}

/** Where what is made of a path goes unless it is told: beside a run file, into a folder. */
export function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
}
