/**
 * A file of an instructor's pack that is graded by hand, as a reference or a forgery: `{{name}}` in it stands for a constant of the
 * student whom it is graded as, and is filled in. A hand-in of a student has no such names, and is left as it is.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Exercise } from '../exercises/exercise.ts';
import type { HandinFiles } from './hand-in.ts';
import { filled, variantFor } from './start.ts';

/** Whether a folder is an exercise's in a pack, or one within: `best-fit`, `best-fit/forgeries`. */
function isOfPack(folder: string, { id }: Exercise): boolean {
  const at = resolve(folder);
  return [at, dirname(at)].some((one) => basename(one) === id && existsSync(join(one, 'mutants.json')));
}

/** @returns the files with constants; undefined where none was open, or the folder is of no pack */
export function filledFromPack(
  folder: string,
  { files }: HandinFiles,
  { exercise, student, term }: { exercise: Exercise; student: string; term: string },
): Map<string, string> | undefined {
  if (!isOfPack(folder, exercise)) return undefined;
  const variant = variantFor(exercise, student, term);
  const made = new Map([...files].map(([name, text]) => [name, filled(text, variant, student)]));
  return [...made].some(([name, text]) => text !== files.get(name)) ? made : undefined;
}
