/**
 * A hand-in as it lies in the file system: a module, or a folder with what the exercise asks for.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError, nothingAt } from '../../os/file-error.ts';
import { type Handin, prepare } from '../exercises/bench.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Refusal } from '../source/parse.ts';
import { type LabFile, readLabFile } from './lab-file.ts';
import { handoutFolder } from './start.ts';

/** Longer files are no hand-ins. */
const mostBytes = 1024 * 1024;

export interface HandedIn {
  /** As it is called in messages. */
  readonly path: string;
  readonly folder: string;
  readonly lab: LabFile | undefined;
  /** What is wrong with its `lab.json`: a grade needs none. */
  readonly labFault?: PageHeapError;
}

export interface HandinFiles {
  /** By name. */
  readonly files: ReadonlyMap<string, string>;
  /** Why nothing of it can be graded: the student's mistake, which has a grade of no points. */
  readonly fault?: string;
}

/** Finds a hand-in by a file or a folder. @throws PageHeapError ERR_FILE */
export function findHandin(path: string): HandedIn {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new PageHeapError('ERR_FILE', nothingAt(path, 'there is no such file or folder'), { file: path });
  const folder = stat.isDirectory() ? path : dirname(path);
  try {
    return { path, folder, lab: readLabFile(folder) };
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    return { path, folder, lab: undefined, labFault: error };
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Why the file is no hand-in; undefined where it may be one. */
function faultOf(path: string, name: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `there is no ${name} in it`;
  if (!stat.isFile()) return `${name} is no file`;
  return stat.size > mostBytes ? `${name} has more than ${mostBytes} bytes` : undefined;
}

/**
 * The files of a hand-in. Of a module it is the one, under the exercise's name for it.
 * @throws PageHeapError ERR_FILE for files that are there and cannot be read
 */
export function readHandin({ path, folder }: HandedIn, exercise: Exercise): HandinFiles {
  const isFolder = statSync(path).isDirectory();
  if (exercise.exports.length > 0 || !exercise.handin.includes('*')) {
    const file = isFolder ? join(path, exercise.handin) : path;
    const fault = faultOf(file, exercise.handin);
    return fault === undefined
      ? { files: new Map([[exercise.handin, read(file)]]) }
      : { files: new Map(), fault };
  }
  const end = exercise.handin.slice(exercise.handin.indexOf('*') + 1);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .sort();
  const fault = names.map((name) => faultOf(join(folder, name), name)).find((words) => words !== undefined);
  if (fault !== undefined) return { files: new Map(), fault };
  return { files: new Map(names.map((name) => [basename(name), read(join(folder, name))])) };
}

/** The modules of the handout that a hand-in may import, as they are in the package: a changed copy counts for nothing. */
export function handoutModules(exercise: Exercise): Readonly<Record<string, string>> {
  return Object.fromEntries(
    exercise.modules.map((name) => [name, read(join(handoutFolder(exercise), name))]),
  );
}

/** A hand-in that may run, as an exercise wants it: its module, or its texts. @returns otherwise why it cannot run */
export function runnable(
  exercise: Exercise,
  files: ReadonlyMap<string, string>,
  modules: Readonly<Record<string, string>>,
): Handin | Refusal[] {
  const { handin: file, exports } = exercise;
  if (exports.length === 0) return { file, entry: '', modules: {}, exports: [], texts: files };
  return prepare({ file, text: files.get(file) ?? '', entry: file, modules, exports });
}
