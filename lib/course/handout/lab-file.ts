/**
 * `lab.json`: which exercise a folder is of, for whom, and which hints were taken.
 *
 * It says nothing that a grade believes: a student's constants are worked out from the name, and points from seeds.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { writeDocument } from '../../lab/record/document.ts';

export const labFileName = 'lab.json';
const format = 1;

export interface LabFile {
  readonly format: number;
  readonly exercise: string;
  readonly student: string;
  readonly term: string;
  /** Hints taken, by check: 1 to 3. */
  readonly hints: Readonly<Record<string, number>>;
}

export function makeLabFile(exercise: string, student: string, term: string): LabFile {
  return { format, exercise, student, term, hints: {} };
}

/** The lab file of a folder; undefined where there is none. @throws PageHeapError ERR_FILE for one that is none */
export function readLabFile(folder: string): LabFile | undefined {
  const file = join(folder, labFileName);
  if (!existsSync(file)) return undefined;
  let value: Partial<LabFile>;
  try {
    value = JSON.parse(readFileSync(file, 'utf8')) as Partial<LabFile>;
  } catch (cause) {
    throw new PageHeapError('ERR_FILE', `is no JSON; \`${calledAs()} lab start\` writes it`, { file, cause });
  }
  const isText = (member: unknown): member is string => typeof member === 'string';
  const { exercise, student, term, hints } = value ?? {};
  if (value?.format !== format || !isText(exercise) || !isText(student) || !isText(term))
    throw new PageHeapError(
      'ERR_FILE',
      `is no lab file of format ${format}; \`${calledAs()} lab start\` writes it`,
      { file },
    );
  const taken = Object.entries(hints ?? {}).filter(([, n]) => Number.isInteger(n) && n >= 1 && n <= 3);
  return { format, exercise, student, term, hints: Object.fromEntries(taken) };
}

export function writeLabFile(folder: string, lab: LabFile): void {
  writeDocument(join(folder, labFileName), `${JSON.stringify(lab, undefined, 2)}\n`, []);
}
