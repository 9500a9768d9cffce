/** What was made last, for commands that are given no file. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { calledAs, commandHere } from '../base/called-as.ts';
import { PageHeapError } from '../base/errors.ts';
import { isGrid, runsFolderOf } from '../lab/grid/store.ts';
import { comparisonFile } from '../lab/record/comparison-index.ts';
import { runFilesIn } from '../lab/record/run-folder.ts';
import { isComparison } from './runs-of.ts';

/** Of run files, and folders of comparisons by their index, the one changed last. */
export function newestOf(paths: readonly string[]): string | undefined {
  const changed = (path: string): number =>
    statSync(isComparison(path) ? join(path, comparisonFile) : path).mtimeMs;
  return paths.toSorted((a, b) => changed(b) - changed(a))[0];
}

/** Of a folder that was named where a run file is wanted: which one could be meant. @throws PageHeapError ERR_FILE for a folder */
export function refuseFolderOf(path: string, command: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  const inside = isGrid(path) ? runsFolderOf(path) : path;
  const newest = newestOf(runFilesIn(inside).map((file) => join(inside, file)));
  const hint =
    newest === undefined ? 'it holds no run file' : `name a run file in it: ${commandHere(command, newest)}`;
  throw new PageHeapError('ERR_FILE', `is a folder; ${hint}`, { file: path });
}

/** The run made last in a folder. @throws PageHeapError ERR_FILE when there is none */
export function newestRunIn(folder: string): string {
  const newest = newestOf(runFilesIn(folder).map((file) => join(folder, file)));
  if (newest === undefined)
    throw new PageHeapError(
      'ERR_FILE',
      `there is no run file in ${folder}/; name one, or make one with ${calledAs()} run`,
    );
  return newest;
}
