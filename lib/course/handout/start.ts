/**
 * `lab start`: the folder that a student works in, from the handout of an exercise.
 *
 * Texts of a handout name the constants that differ from student to student in double braces. What is there already is
 * never written over.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-files.ts';
import { makeFolder } from '../../lab/record/folders.ts';
import { fileError } from '../../os/file-error.ts';
import type { Exercise, Variant } from '../exercises/exercise.ts';
import { openSeed } from '../model/seeds.ts';
import { type LabFile, makeLabFile, writeLabFile } from './lab-file.ts';
import { toldName } from './names.ts';

/** The term of who names none. */
export const defaultTerm = '-';
/** The student who names himself not. */
export const anonymous = 'anonymous';

export const handoutFolder = (exercise: Exercise): string => join(packageRoot, 'course', exercise.id);

export function variantFor(exercise: Exercise, student: string, term: string): Variant {
  return exercise.variant(openSeed({ exercise: exercise.id, student, term }));
}

/** A text of a handout, with a student's constants. */
export function filled(text: string, variant: Variant, student: string): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
    name === 'student' ? student : String(variant[name] ?? whole),
  );
}

/** What everybody has from the handout of a hand-in. */
export const givenText = (exercise: Exercise): string =>
  filled(
    readFileSync(join(handoutFolder(exercise), exercise.handin), 'utf8'),
    variantFor(exercise, anonymous, defaultTerm),
    anonymous,
  );

/**
 * What is odd about the lab.json beside a hand-in: it is of another exercise, of another student, or of another term, whose
 * constants are others. Who is graded, and by which constants, is said by whoever grades.
 */
export function oddities(
  exercise: Exercise,
  lab: LabFile | undefined,
  { student, term }: { readonly student: string; readonly term: string },
): string[] {
  if (lab === undefined) return [];
  const constants = (of: string): string => JSON.stringify(variantFor(exercise, student, of));
  return [
    ...(lab.exercise === exercise.id
      ? []
      : [`its lab.json is of the exercise ${toldName(lab.exercise)}, and it is graded as ${exercise.id}`]),
    ...(lab.student === student ? [] : [`its lab.json is ${lab.student}’s`]),
    ...(constants(lab.term) === constants(term)
      ? []
      : [`its lab.json is of term ${lab.term}, and it is graded by the constants of term ${term}`]),
  ];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

/**
 * Makes the folder.
 * @returns the files, from it
 * @throws PageHeapError ERR_FILE where it, or a file in it, is there already
 */
export function startLab(exercise: Exercise, folder: string, student: string, term: string): string[] {
  const variant = variantFor(exercise, student, term);
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isDirectory())
    throw new PageHeapError('ERR_FILE', 'is a file, not a folder; name another place with --out', {
      file: folder,
    });
  if (stat !== undefined && readdirSync(folder).length > 0)
    throw new PageHeapError(
      'ERR_FILE',
      'is there already, and is not empty; name another folder with --out',
      { file: folder },
    );
  const from = handoutFolder(exercise);
  const wasThere = stat !== undefined;
  try {
    const files = filesIn(from).map((name) => {
      const to = join(folder, name);
      makeFolder(dirname(to));
      const bytes = readFileSync(join(from, name));
      const isText = /\.(?:md|mjs|ts|pages|txt|svg)$/.test(name);
      writeFileSync(to, isText ? filled(bytes.toString('utf8'), variant, student) : bytes);
      return relative(folder, to);
    });
    if (exercise.sheet !== undefined) {
      writeFileSync(
        join(folder, exercise.handin),
        exercise.sheet(variant, openSeed({ exercise: exercise.id, student, term })),
      );
      files.push(exercise.handin);
    }
    writeLabFile(folder, makeLabFile(exercise.id, student, term));
    return [...files, 'lab.json'].sort();
  } catch (error) {
    // Half a folder would be in the way of the next try; there was nothing in it.
    const made = wasThere ? readdirSync(folder).map((name) => join(folder, name)) : [folder];
    for (const path of made) rmSync(path, { recursive: true, force: true });
    throw error instanceof PageHeapError ? error : fileError(folder, error);
  }
}
