/**
 * Joins shares of a grid that were made in folders of their own: they must be of the same plan, and machines that differ
 * are told.
 *
 * Not here: what the whole comes to (results.ts).
 */
import { copyFileSync, existsSync } from 'node:fs';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import { planDifferences } from './plan.ts';
import { GridStore } from './store.ts';

export interface Merged {
  readonly store: GridStore;
  /** What a reader of the whole should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @param folders of shares; one alone is read where it is
 * @param to the folder of the whole; it may be one of them
 * @throws PageHeapError ERR_INVALID_OPTION for what does not belong together, saying what differs · ERR_FILE, ERR_RUN_FILE
 */
export function mergeGrids(folders: readonly string[], to: string | undefined): Merged {
  const [first, ...others] = folders.map((folder) => GridStore.open(folder)) as [GridStore, ...GridStore[]];
  for (const other of others) {
    const differences = planDifferences(first.plan, other.plan);
    if (differences.length > 0)
      throw new PageHeapError(
        'ERR_INVALID_OPTION',
        `${first.folder} and ${other.folder} do not belong together; they differ in ${differences.join('; ')}`,
        { value: other.folder },
      );
  }
  if (to === undefined) {
    if (others.length > 0)
      throw new PageHeapError('ERR_INVALID_OPTION', 'several grids are joined in a folder: name it with -o', {
        value: folders.length,
      });
    return { store: first, notes: [] };
  }
  const store = GridStore.begin(to, first.plan);
  const notes: string[] = [];
  let twice = 0;
  for (const from of [first, ...others]) {
    for (const job of from.done()) {
      const path = store.pathOf(job);
      if (from.pathOf(job) === path) continue;
      if (existsSync(path)) {
        twice++;
        continue;
      }
      try {
        copyFileSync(from.pathOf(job), store.draftOf(job));
      } catch (cause) {
        throw fileError(from.pathOf(job), cause);
      }
      store.finish(job);
    }
    for (const failure of from.failures()) if (!store.isDone(failure)) store.fail(failure);
  }
  if (twice > 0)
    notes.push(`${twice} ${twice === 1 ? 'run was' : 'runs were'} there twice: the first of them counts`);
  return { store, notes };
}
