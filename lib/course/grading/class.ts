/**
 * Grading a class: every hand-in of a folder, some at a time, and how alike they are.
 *
 * A hand-in is a folder with the student's name, or a file with it (`alice.mjs`). The name says whose constants and seeds
 * count: what a `lab.json` says of another student is told, and believed in nothing.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import papaparse from 'papaparse';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { findHandin, handoutModules, readHandin } from '../handout/hand-in.ts';
import {
  anonymous,
  defaultTerm,
  filled,
  handoutFolder,
  oddities,
  requireName,
  variantFor,
} from '../handout/start.ts';
import { type Alike, similarity } from '../source/similarity.ts';
import { type Grade, grade, reasonText } from './grade.ts';

export interface ClassRow {
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

/** Names of students, by hand-in. */
function handinsIn(folder: string, handin: string): { readonly student: string; readonly path: string }[] {
  // A file of several is handed in as a folder alone.
  const end = handin.includes('*') ? undefined : extname(handin);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw fileError(folder, error);
  }
  return names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return [{ student: name, path }];
      return end !== undefined && name.endsWith(end) ? [{ student: basename(name, end), path }] : [];
    });
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
  const handins = handinsIn(folder, exercise.handin);
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
    const { student, path } = handins[i] as (typeof handins)[number];
    try {
      requireName(student, 'a student’s name');
      const found = findHandin(path);
      const handin = readHandin(found, exercise);
      const { files } = handin;
      texts.set(student, [...files.values()].join('\n'));
      const whom = { student, term: term ?? found.lab?.term ?? defaultTerm };
      const notes = oddities(exercise, found.lab, whom);
      if (found.labFault !== undefined) notes.push(found.labFault.message);
      if (handins.some((other, k) => k !== i && other.student === student))
        notes.push(`one of several hand-ins of this name: ${basename(path)}`);
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

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string | number): string => {
  const text = String(value);
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
};

/** The class as CSV: a line a student, a column for each check and measure. */
export function classCsv({ rows }: ClassResult): string {
  const first = rows.find((row) => row.grade !== undefined)?.grade;
  const names = [...(first?.checks ?? []), ...(first?.measures ?? [])].map(({ name }) => name);
  const lines = [
    ['student', 'points', 'of', 'verdict', ...names, 'note'],
    ...rows.map(({ student, grade: made, note = '' }) => {
      const parts = made === undefined ? [] : [...made.checks, ...made.measures];
      const words = [note, reasonText(made)].filter((text) => text !== '').join('; ');
      return [
        student,
        made?.points ?? '',
        made?.of ?? '',
        made?.verdict ?? 'none',
        ...names.map((name) => parts.find((part) => part.name === name)?.points ?? ''),
        words,
      ];
    }),
  ];
  const cells = lines.map((line) => line.map(cell));
  return `${papaparse.unparse(cells, { newline: '\r\n' })}\r\n`;
}
