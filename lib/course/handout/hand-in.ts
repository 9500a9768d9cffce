/**
 * A hand-in as it lies in the file system: a module, or a folder with what the exercise asks for.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError, nothingAt } from '../../os/file-error.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { type LabFile, readLabFile } from './lab-file.ts';
import { handoutFolder } from './start.ts';

/** Longer files are no hand-ins. */
const mostBytes = 1024 * 1024;

export interface HandedIn {
  /** As it is called in messages. */
  readonly path: string;
  readonly folder: string;
  readonly lab: LabFile | undefined;
}

/** Finds a hand-in by a file or a folder. @throws PageHeapError ERR_FILE */
export function findHandin(path: string): HandedIn {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new PageHeapError('ERR_FILE', nothingAt(path, 'there is no such file or folder'), { file: path });
  const folder = stat.isDirectory() ? path : dirname(path);
  return { path, folder, lab: readLabFile(folder) };
}

function read(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new PageHeapError('ERR_FILE', 'is no file', { file: path });
    if (stat.size > mostBytes)
      throw new PageHeapError('ERR_FILE', `has more than ${mostBytes} bytes`, { file: path });
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof PageHeapError ? error : fileError(path, error);
  }
}

/** The files of a hand-in, by name. Of a module it is the one, under the exercise's name for it. @throws PageHeapError ERR_FILE */
export function readHandin({ path, folder }: HandedIn, exercise: Exercise): ReadonlyMap<string, string> {
  const isFolder = statSync(path).isDirectory();
  if (exercise.exports.length > 0 || !exercise.handin.includes('*')) {
    const file = isFolder ? join(path, exercise.handin) : path;
    if (!existsSync(file))
      throw new PageHeapError('ERR_FILE', `there is no ${exercise.handin} in it`, { file: path });
    return new Map([[exercise.handin, read(file)]]);
  }
  const end = exercise.handin.slice(exercise.handin.indexOf('*') + 1);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .sort();
  return new Map(names.map((name) => [basename(name), read(join(folder, name))]));
}

/** The modules of the handout that a hand-in may import, as they are in the package: a changed copy counts for nothing. */
export function handoutModules(exercise: Exercise): Readonly<Record<string, string>> {
  return Object.fromEntries(
    exercise.modules.map((name) => [name, read(join(handoutFolder(exercise), name))]),
  );
}
