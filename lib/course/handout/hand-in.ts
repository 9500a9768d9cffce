/**
 * A hand-in as it lies in the file system: a module, or a folder with what the exercise asks for.
 *
 * What unpacks an archive often leaves a folder in the folder: where the hand-in is in one folder below, and in no other, that is its
 * place. Links are not followed, for they lead to what the student did not write: another hand-in, or a file of whoever grades.
 */
import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { utf8Text } from '../../base/utf8.ts';
import { fileError, nothingAt } from '../../os/file-error.ts';
import { type Handin, prepare } from '../exercises/bench.ts';
import type { Exercise } from '../exercises/exercise.ts';
import type { Refusal } from '../source/parse.ts';
import { type Shape, shapeOf } from '../source/shape.ts';
import { type LabFile, labFileName, readLabFile } from './lab-file.ts';
import { handoutFolder } from './start.ts';

/** Longer hand-ins are none: a file, and all files together. */
const mostBytes = 1024 * 1024;

export interface HandedIn {
  /** As it is called in messages. */
  readonly path: string;
  readonly folder: string;
  /** Where in `path` the hand-in was found, if not at its top. */
  readonly inner?: string;
  readonly lab: LabFile | undefined;
  /** What is wrong with its `lab.json`: a grade needs none. */
  readonly labFault?: PageHeapError;
}

export interface HandinFiles {
  /** By name. */
  readonly files: ReadonlyMap<string, string>;
  /** Why nothing of it can be graded: the student's mistake, which has a grade of no points. */
  readonly fault?: string | undefined;
  /** Of a hand-in of several files: those that cannot be taken, and why. The others count. */
  readonly faults?: ReadonlyMap<string, string>;
}

/** What unpacking and editors leave. */
export const isLitter = (name: string): boolean =>
  name.startsWith('.') || name === '__MACOSX' || name === 'node_modules';

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !isLitter(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileError(folder, error);
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** What a name ends with, of a hand-in of several files. */
const endOf = ({ handin }: Exercise): string => handin.slice(handin.indexOf('*') + 1);
const isSeveral = ({ handin }: Exercise): boolean => handin.includes('*');

/** Whether a folder has a file that the exercise asks for; of an unknown exercise, a lab.json. */
function hasHandin(folder: string, exercise: Exercise | undefined): boolean {
  if (exercise === undefined) return isThere(join(folder, labFileName));
  if (!isSeveral(exercise)) return isThere(join(folder, exercise.handin));
  return entriesOf(folder).some(({ name }) => name.endsWith(endOf(exercise)));
}

const mostDepth = 4;
const mostFolders = 200;

/** Whether a folder is the one that was worked in, even if nothing of it is there yet. */
const isPlace = (folder: string, exercise: Exercise | undefined): boolean =>
  isThere(join(folder, labFileName)) || hasHandin(folder, exercise);

/** The folders below that are such, and not within one that is, from `folder`. */
function placesBelow(
  folder: string,
  exercise: Exercise | undefined,
  isSuch: (folder: string, exercise: Exercise | undefined) => boolean,
): string[] {
  const places: string[] = [];
  let looked = 0;
  const look = (at: string, depth: number): void => {
    for (const entry of entriesOf(join(folder, at))) {
      if (!entry.isDirectory() || ++looked > mostFolders) continue;
      const place = join(at, entry.name);
      if (isSuch(join(folder, place), exercise)) places.push(place);
      else if (depth < mostDepth) look(place, depth + 1);
    }
  };
  look('', 1);
  return places;
}

/**
 * Finds a hand-in by a file or a folder.
 * @param exercise undefined where only the `lab.json` can tell it
 * @throws PageHeapError ERR_FILE
 */
export function findHandin(path: string, exercise?: Exercise): HandedIn {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new PageHeapError('ERR_FILE', nothingAt(path, 'there is no such file or folder'), { file: path });
  const top = stat.isDirectory() ? path : dirname(path);
  const isWhole = !stat.isDirectory() || isPlace(top, exercise);
  const [inner, ...others] = isWhole ? [] : placesBelow(top, exercise, isPlace);
  const found =
    inner === undefined || others.length > 0 ? { folder: top } : { folder: join(top, inner), inner };
  try {
    return { path, ...found, lab: readLabFile(found.folder) };
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    return { path, ...found, lab: undefined, labFault: error };
  }
}

function read(path: string): string {
  try {
    return utf8Text(readFileSync(path));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Why the file is no hand-in; undefined where it may be one. */
function faultOf(path: string, name: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `there is no ${name} in it`;
  if (stat.isSymbolicLink()) return `${name} is a link, and links are not followed`;
  if (!stat.isFile()) return `${name} is no file`;
  return stat.size > mostBytes ? `${name} has more than ${mostBytes} bytes` : undefined;
}

/** The files of a hand-in of several. What cannot be taken costs that file alone. */
function readSeveral(folder: string, exercise: Exercise): HandinFiles {
  const files = new Map<string, string>();
  const faults = new Map<string, string>();
  let left = mostBytes;
  for (const { name } of entriesOf(folder)) {
    if (!name.endsWith(endOf(exercise))) continue;
    const path = join(folder, name);
    let fault = faultOf(path, name);
    try {
      const text = fault === undefined ? utf8Text(readFileSync(path)) : '';
      left -= text.length;
      if (left < 0) fault = `with ${name} the files have more than ${mostBytes} bytes`;
      else if (fault === undefined) files.set(name, text);
    } catch (error) {
      fault = fileError(path, error).message;
    }
    if (fault !== undefined) faults.set(name, fault);
  }
  return { files, faults };
}

/**
 * The files of a hand-in. Of a module it is the one, under the exercise's name for it.
 * @throws PageHeapError ERR_FILE for a module that is there and cannot be read
 */
export function readHandin({ path, folder }: HandedIn, exercise: Exercise): HandinFiles {
  const isFolder = statSync(path).isDirectory();
  if (isSeveral(exercise)) return readSeveral(folder, exercise);
  const file = isFolder ? join(folder, exercise.handin) : path;
  const fault = faultOf(file, exercise.handin);
  if (fault === undefined) return { files: new Map([[exercise.handin, read(file)]]) };
  const places = isThere(file) ? [] : placesBelow(folder, exercise, hasHandin);
  const where = places.length === 0 ? '' : `; there is one in ${places.slice(0, 4).join(', ')}`;
  return { files: new Map(), fault: `${fault}${where}` };
}

/** The files that are read of a hand-in, and its `lab.json`: what must not be written to. */
export function filesOf({ path, folder }: HandedIn, exercise: Exercise): string[] {
  const lab = join(folder, labFileName);
  if (!statSync(path).isDirectory()) return [path, lab];
  if (!isSeveral(exercise)) return [join(folder, exercise.handin), lab];
  const files = entriesOf(folder).filter(({ name }) => name.endsWith(endOf(exercise)));
  return [...files.map(({ name }) => join(folder, name)), lab];
}

/** The modules of the handout that a hand-in may import, as they are in the package: a changed copy counts for nothing. */
export function handoutModules(exercise: Exercise): Readonly<Record<string, string>> {
  return Object.fromEntries(
    exercise.modules.map((name) => [name, read(join(handoutFolder(exercise), name))]),
  );
}

const shapes = new Map<string, Shape>();

/** What the stub of the handout exports. */
function shapeFor(exercise: Exercise): Shape {
  const { id, handin, exports, modules } = exercise;
  const shape =
    shapes.get(id) ??
    shapeOf(
      read(join(handoutFolder(exercise), handin)),
      exports,
      modules.map((name) => `./${name}`),
    );
  shapes.set(id, shape);
  return shape;
}

/** A hand-in that may run, as an exercise wants it: its module, or its texts. @returns otherwise why it cannot run */
export function runnable(
  exercise: Exercise,
  { files, faults }: HandinFiles,
  modules: Readonly<Record<string, string>>,
): Handin | Refusal[] {
  const { handin: file, exports } = exercise;
  if (exports.length === 0)
    return {
      file,
      entry: '',
      modules: {},
      exports: [],
      texts: files,
      ...(faults === undefined ? {} : { faults }),
    };
  const text = files.get(file) ?? '';
  return prepare({ file, text, entry: file, modules, exports, shape: shapeFor(exercise) });
}
