/**
 * `lab.json`: which exercise a folder is of, for whom, which hints were taken, and what took too much work when it was last
 * checked: a hint begins with that.
 *
 * It says nothing that a grade believes: a student's constants are worked out from the name, and points from seeds.
 */

import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { utf8Text } from '../../base/utf8.ts';
import { writeDocument } from '../../lab/record/document.ts';
import { nameIn, toldName } from './names.ts';

export const labFileName = 'lab.json';
const format = 1;
/** A larger one is none. */
const mostBytes = 64 * 1024;

export interface LabFile {
  readonly format: number;
  readonly exercise: string;
  readonly student: string;
  readonly term: string;
  /** Hints taken, by check: 1 to 3. */
  readonly hints: Readonly<Record<string, number>>;
  /** What a limit of units stopped, of the hand-in that had this hash. */
  readonly limits?: Limits;
}

export interface Limits {
  readonly sha256: string;
  /** Where the units went, by check. */
  readonly checks: Readonly<Record<string, string>>;
}

export function makeLabFile(exercise: string, student: string, term: string): LabFile {
  return { format, exercise, student, term, hints: {} };
}

/** The lab file of a folder; undefined where there is none. @throws PageHeapError ERR_FILE for one that is none */
export function readLabFile(folder: string): LabFile | undefined {
  const file = join(folder, labFileName);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile() || stat.size > mostBytes)
    throw new PageHeapError(
      'ERR_FILE',
      stat.isSymbolicLink() ? 'is a link, and links are not followed' : 'is no lab file',
      { file },
    );
  let value: Partial<LabFile>;
  try {
    value = JSON.parse(utf8Text(readFileSync(file))) as Partial<LabFile>;
  } catch (cause) {
    throw new PageHeapError('ERR_FILE', `is no JSON; \`${calledAs()} lab start\` writes it`, { file, cause });
  }
  const isText = (member: unknown): member is string => typeof member === 'string';
  const nameOf = (member: unknown): string | undefined => (isText(member) ? nameIn(member) : undefined);
  const { exercise, hints, limits } = value ?? {};
  const [student, term] = [nameOf(value?.student), nameOf(value?.term)];
  for (const [what, name, found] of [
    ['student', value?.student, student],
    ['term', value?.term, term],
  ] as const)
    if (isText(name) && found === undefined)
      throw new PageHeapError(
        'ERR_FILE',
        `its ${what}, ${toldName(name)}, is no name that handouts are made with`,
        {
          file,
        },
      );
  if (value?.format !== format || !isText(exercise) || student === undefined || term === undefined)
    throw new PageHeapError(
      'ERR_FILE',
      `is no lab file of format ${format}; \`${calledAs()} lab start\` writes it`,
      { file },
    );
  const taken = Object.entries(hints ?? {}).filter(([, n]) => Number.isInteger(n) && n >= 1 && n <= 3);
  const told = Object.entries(limits?.checks ?? {}).filter(([, words]) => isText(words));
  return {
    ...{ format, exercise, student, term, hints: Object.fromEntries(taken) },
    ...(isText(limits?.sha256) && told.length > 0
      ? { limits: { sha256: limits.sha256, checks: Object.fromEntries(told) } }
      : {}),
  };
}

export function writeLabFile(folder: string, lab: LabFile): void {
  writeDocument(join(folder, labFileName), `${JSON.stringify(lab, undefined, 2)}\n`, []);
}
