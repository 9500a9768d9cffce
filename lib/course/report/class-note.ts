/**
 * What a class's table says of a hand-in besides its points: in the terminal, in the CSV and on the page the same.
 */
import type { ClassRow } from '../grading/class.ts';
import { type Grade, reasonText } from '../grading/grade.ts';
import { causesOf } from './failures.ts';
import { inPackageText } from './grade-table.ts';

/** Why it was not run, or not to its end; of one that was, what was wrong first. */
function whyLess(made: Grade): string {
  if (made.reason !== undefined) return `${made.verdict}: ${reasonText(made)}`;
  const [cause] = causesOf(made);
  return cause === undefined ? '' : `${cause.name}: ${cause.cause}`;
}

/** The note of a row; empty where there is nothing to be said. */
export function rowNote({
  note = '',
  grade,
}: { readonly [name in 'note' | 'grade']?: ClassRow[name] | undefined }): string {
  const ofGrade = grade === undefined ? [] : [inPackageText(grade) ?? '', whyLess(grade)];
  return [note, ...ofGrade].filter((text) => text !== '').join('; ');
}
