/**
 * Grading a class: every hand-in of a folder, some at a time, and how alike they are.
 *
 * A hand-in is a folder with the student's name, or a file with it (`alice.mjs`). A name in one word says whose constants and
 * seeds count: what a `lab.json` says of another student is told, and believed in nothing. A name in several words is what
 * a learning platform shows, and no handout was made with it as a rule: the `lab.json` says which student that is, and the
 * note says so; and where two hand-ins say that they are the same student's, for one of them is a copy.
 *
 * What is neither (an archive that nobody unpacked) is passed over, and told by name.
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import type { Exercise } from '../exercises/exercise.ts';
import {
  filesOf,
  findHandin,
  type HandedIn,
  type HandinFiles,
  handoutModules,
  isLitter,
  readHandin,
} from '../handout/hand-in.ts';
import type { LabFile } from '../handout/lab-file.ts';
import { isAccount, nameIn, requireName, toldName } from '../handout/names.ts';
import { defaultTerm, givenText, oddities } from '../handout/start.ts';
import { printable } from '../sandbox/printable.ts';
import { type Alike, similarity } from '../source/similarity.ts';
import { type Grade, grade } from './grade.ts';
import { isCode, withPackage } from './with-package.ts';

export interface ClassRow {
  /** As the hand-in is called. */
  readonly student: string;
  /** The name of its file or folder, by which it is told who is alike, where several hand-ins are called so. */
  readonly file?: string;
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
  /** Names of what lies among the hand-ins, and is none: an archive, another kind of file. */
  readonly passedOver: readonly string[];
}

export interface ClassOptions {
  readonly exercise: Exercise;
  readonly term?: string | undefined;
  readonly secret?: string | undefined;
  /** Files that are written there, or were by an earlier run: nobody's hand-ins. */
  readonly outputs?: readonly string[];
  readonly onGraded?: (done: number, of: number, row: ClassRow) => void;
}

/** What the exercise takes of a student, for what it does not. */
export function whyPassedOver(exercise: Exercise): string {
  const end = fileEnd(exercise);
  return `neither a folder${end === undefined ? ' nor in one' : ` nor a file ${end}`}`;
}

const mostNamed = 20;

/** What was passed over, in a sentence. */
export function passedOverText({
  exercise,
  passedOver,
}: Pick<ClassResult, 'exercise' | 'passedOver'>): string {
  const more = passedOver.length - mostNamed;
  const names = passedOver.slice(0, mostNamed).map(toldName).join(', ');
  return `passed over: ${names}${more > 0 ? ` and ${more} more` : ''} (${whyPassedOver(exercise)})`;
}

/** Similarities below this are not told. */
export const alikeFrom = 0.5;

interface Entry {
  /** The name of the folder or file, as it can be printed. What that changes is no name of a student. */
  readonly student: string;
  readonly path: string;
  readonly isLink: boolean;
  readonly isFile: boolean;
}

/** What a file of the class ends with that is a hand-in of its own; undefined where only folders are. */
const fileEnd = ({ handin }: Exercise): string | undefined =>
  handin.includes('*') ? undefined : extname(handin);

/** What is handed in, by the names of folders and files; of what is none the name. */
function handinsIn(folder: string, exercise: Exercise): (Entry | string)[] {
  // A file of several is handed in as a folder alone.
  const end = fileEnd(exercise);
  const isFolder = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !isLitter(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((entry): Entry | string => {
        const path = join(folder, entry.name);
        const isLink = entry.isSymbolicLink();
        if (entry.isDirectory() || (isLink && isFolder(path)))
          return { student: printable(entry.name), path, isLink, isFile: false };
        if (end === undefined || !entry.name.endsWith(end)) return entry.name;
        return { student: printable(basename(entry.name, end)), path, isLink, isFile: true };
      });
  } catch (error) {
    throw fileError(folder, error);
  }
}

/** Copies that a note names. */
const mostCopies = 4;

const namesText = (names: readonly string[]): string =>
  names.length <= mostCopies + 1
    ? names.join(', ')
    : `${names.slice(0, mostCopies).join(', ')} and ${names.length - mostCopies} more`;

/** The files that are read of a class. @throws PageHeapError ERR_FILE where the folder cannot be read */
export function filesOfClass(folder: string, exercise: Exercise): string[] {
  return handinsIn(folder, exercise).flatMap((entry) => {
    const found = typeof entry === 'string' ? undefined : foundOf(entry, exercise);
    return found === undefined || found instanceof PageHeapError ? [] : filesOf(found, exercise);
  });
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
    if (found.inner !== undefined) notes.push(`in its folder ${printable(found.inner)}`);
    if (found.labFault !== undefined) notes.push(found.labFault.message);
  }
  const same = all.filter((other) => other.whose === whose);
  if (same.some((other) => other.path !== path && other.student === student))
    notes.push(`one of several hand-ins of this name: ${printable(basename(path))}`);
  else if (same.length > 1)
    notes.push(`several are graded as ${whose}: ${namesText(same.map((one) => one.student))}`);
  return notes;
}

/** @throws PageHeapError ERR_FILE for a folder without hand-ins */
export async function gradeClass(
  folder: string,
  { exercise, term, secret, outputs = [], onGraded }: ClassOptions,
): Promise<ClassResult> {
  const own = new Set(outputs.map((output) => resolve(output)));
  const handins: ToGrade[] = [];
  const passedOver: string[] = [];
  for (const entry of handinsIn(folder, exercise))
    if (typeof entry !== 'string') handins.push(lookAt(entry, exercise));
    else if (!own.has(resolve(folder, entry))) passedOver.push(entry);
  if (handins.length === 0)
    throw new PageHeapError(
      'ERR_FILE',
      `has no hand-ins: a folder for each student${fileEnd(exercise) === undefined ? '' : ', or a file with the name'}${passedOver.length === 0 ? '' : `; ${passedOverText({ exercise, passedOver })}`}`,
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
    const isAmong = handins.some((other) => other !== one && other.student === student);
    const file = isAmong ? printable(basename(path)) : undefined;
    const named = { student, ...(file === undefined ? {} : { file }) };
    try {
      if (whose === undefined)
        requireName(student, 'no lab.json says whose it is, and the folder has no student’s name, which');
      const whom = { student: whose ?? student, term: term ?? lab?.term ?? defaultTerm };
      const notes = [...oddities(exercise, lab, whom), ...notesOf(one, handins)];
      const handin: HandinFiles =
        found instanceof PageHeapError
          ? { files: new Map(), fault: found.message }
          : readHandin(found, exercise);
      texts.set(file ?? student, [...handin.files.values()].join('\n'));
      const made = withPackage(
        await grade({ exercise, ...handin, modules, ...whom, secret }),
        exercise,
        handin.files,
      );
      return { ...named, grade: made, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
    } catch (error) {
      if (!(error instanceof PageHeapError)) throw error;
      return { ...named, note: error.message };
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
  const alike = isCode(exercise) ? similarity(texts, givenText(exercise)) : [];
  return { exercise, rows, alike: alike.filter(({ share }) => share >= alikeFrom), passedOver };
}
