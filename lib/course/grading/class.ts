/**
 * Grading a class: every hand-in of a folder, some at a time, and how alike they are.
 *
 * A hand-in is a folder with the student's name, or a file with it (`alice.mjs`). A name in one word says whose constants and
 * seeds count: what a `lab.json` says of another student is told, and believed in nothing. A name in several words is what
 * a learning platform shows, and no handout was made with it as a rule: the `lab.json` says which student that is, and the
 * note says so; and where two hand-ins say that they are the same student's, for one of them is a copy.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import type { Exercise } from '../exercises/exercise.ts';
import {
  findHandin,
  type HandedIn,
  type HandinFiles,
  handoutModules,
  isLitter,
  readHandin,
} from '../handout/hand-in.ts';
import type { LabFile } from '../handout/lab-file.ts';
import { isAccount, nameIn, requireName } from '../handout/names.ts';
import { anonymous, defaultTerm, filled, handoutFolder, oddities, variantFor } from '../handout/start.ts';
import { type Alike, similarity } from '../source/similarity.ts';
import { type Grade, grade } from './grade.ts';

export interface ClassRow {
  /** As the hand-in is called. */
  readonly student: string;
  /** Undefined where there is nothing to grade. */
  readonly grade?: Grade;
  /** Why not; or what is odd. */
  readonly note?: string;
}

export interface ClassResult {
  readonly exercise: Exercise;
  readonly rows: readonly ClassRow[];
  /** The most alike first. */
  readonly alike: readonly Alike[];
}

export interface ClassOptions {
  readonly exercise: Exercise;
  readonly term?: string | undefined;
  readonly secret?: string | undefined;
  readonly onGraded?: (done: number, of: number, row: ClassRow) => void;
}

/** Similarities below this are not told. */
export const alikeFrom = 0.5;

interface Entry {
  readonly student: string;
  readonly path: string;
  readonly isLink: boolean;
  readonly isFile: boolean;
}

/** What is handed in, by the names of folders and files. */
function handinsIn(folder: string, handin: string): Entry[] {
  // A file of several is handed in as a folder alone.
  const end = handin.includes('*') ? undefined : extname(handin);
  const isFolder = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !isLitter(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry): Entry[] => {
        const path = join(folder, entry.name);
        const isLink = entry.isSymbolicLink();
        if (entry.isDirectory() || (isLink && isFolder(path)))
          return [{ student: entry.name, path, isLink, isFile: false }];
        if (end === undefined || !entry.name.endsWith(end)) return [];
        return [{ student: basename(entry.name, end), path, isLink, isFile: true }];
      });
  } catch (error) {
    throw fileError(folder, error);
  }
}

interface ToGrade extends Entry {
  /** Or why there is none: it has no points. */
  readonly found: HandedIn | PageHeapError;
  readonly lab: LabFile | undefined;
  /** Whose constants and seeds count; undefined where nobody can tell. */
  readonly whose: string | undefined;
}

/** The hand-in of a folder; in a class nothing is thrown for one. */
function foundOf({ path, isLink, isFile }: Entry, exercise: Exercise): HandedIn | PageHeapError {
  if (isLink) return new PageHeapError('ERR_FILE', 'it is a link, and links are not followed');
  // A lab.json beside a file is not the file's: there are others beside it.
  if (isFile) return { path, folder: dirname(path), lab: undefined };
  try {
    return findHandin(path, exercise);
  } catch (error) {
    if (error instanceof PageHeapError) return error;
    throw error;
  }
}

function lookAt(entry: Entry, exercise: Exercise): ToGrade {
  const found = foundOf(entry, exercise);
  const own = nameIn(entry.student);
  const lab = found instanceof PageHeapError ? undefined : found.lab;
  const said = lab === undefined ? undefined : nameIn(lab.student);
  const whose = own !== undefined && isAccount(own) ? own : (said ?? own);
  return { ...entry, found, lab, whose };
}

/** What is odd about a hand-in, beside the others. */
function notesOf({ student, path, whose, found }: ToGrade, all: readonly ToGrade[]): string[] {
  const notes: string[] = [];
  if (whose !== nameIn(student)) notes.push(`graded as ${whose}, by its lab.json`);
  if (!(found instanceof PageHeapError)) {
    if (found.inner !== undefined) notes.push(`in its folder ${found.inner}`);
    if (found.labFault !== undefined) notes.push(found.labFault.message);
  }
  const same = all.filter((other) => other.whose === whose);
  if (same.some((other) => other.path !== path && other.student === student))
    notes.push(`one of several hand-ins of this name: ${basename(path)}`);
  else if (same.length > 1)
    notes.push(`several are graded as ${whose}: ${same.map((one) => one.student).join(', ')}`);
  return notes;
}

/** What everybody has from the handout. */
const stubOf = (exercise: Exercise): string =>
  filled(
    readFileSync(join(handoutFolder(exercise), exercise.handin), 'utf8'),
    variantFor(exercise, anonymous, defaultTerm),
    anonymous,
  );

/** @throws PageHeapError ERR_FILE for a folder without hand-ins */
export async function gradeClass(
  folder: string,
  { exercise, term, secret, onGraded }: ClassOptions,
): Promise<ClassResult> {
  const handins = handinsIn(folder, exercise.handin).map((entry) => lookAt(entry, exercise));
  if (handins.length === 0)
    throw new PageHeapError(
      'ERR_FILE',
      'has no hand-ins: a folder for each student, or a file with the name',
      { file: folder },
    );
  const modules = handoutModules(exercise);
  const texts = new Map<string, string>();
  const rows: ClassRow[] = new Array(handins.length);
  let next = 0;
  let done = 0;
  const gradeOne = async (i: number): Promise<ClassRow> => {
    const one = handins[i] as ToGrade;
    const { student, path, found, lab, whose } = one;
    try {
      if (whose === undefined)
        requireName(student, 'no lab.json says whose it is, and the folder has no student’s name, which');
      const whom = { student: whose ?? student, term: term ?? lab?.term ?? defaultTerm };
      const notes = [...oddities(exercise, lab, whom), ...notesOf(one, handins)];
      const handin: HandinFiles =
        found instanceof PageHeapError
          ? { files: new Map(), fault: found.message }
          : readHandin(found, exercise);
      texts.set(texts.has(student) ? basename(path) : student, [...handin.files.values()].join('\n'));
      const made = await grade({ exercise, ...handin, modules, ...whom, secret });
      return { student, grade: made, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      return { student, note: error.message };
    }
  };
  const work = async (): Promise<void> => {
    while (next < handins.length) {
      const i = next++;
      const row = await gradeOne(i);
      rows[i] = row;
      onGraded?.(++done, handins.length, row);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), handins.length) }, work));
  const alike = exercise.handin.endsWith('.mjs') ? similarity(texts, stubOf(exercise)) : [];
  return { exercise, rows, alike: alike.filter(({ share }) => share >= alikeFrom) };
}
