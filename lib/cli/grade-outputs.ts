/**
 * The files that `pageheap grade` writes: whether they can be, before the grading, which takes its time; and writing them, after what
 * came out was told.
 *
 * Several of them, each also where another cannot be: write-each.ts.
 *
 * No output may take the place of what is read (the hand-ins, a `lab.json`, the file of the secret), nor of another output.
 */
import { lstatSync } from 'node:fs';
import { PageHeapError } from '../base/errors.ts';
import { writeDocument } from '../lab/record/document.ts';
import { checkOutputs, checkWritable, type Output } from '../lab/record/output.ts';
import type { Terminal } from './terminal.ts';

/** Refuses outputs that cannot be written. @throws PageHeapError ERR_FILE */
export function checkPlaces(outputs: readonly Output[], inputs: readonly string[]): void {
  checkOutputs(outputs, inputs);
  for (const { path } of outputs) checkWritable(path);
}

/** What is written where an option says, if it is given. */
export const outputOf = (path: string | false | undefined, what: string): Output[] =>
  typeof path === 'string' ? [{ path, what }] : [];

const noPicture = (why: string): string => `no picture: ${why}; --picture FILE names another place`;

/**
 * The place beside a hand-in, where its picture goes if none is named. What is there may be the student's doing: a link leads wherever he
 * likes, a pipe waits for a reader. That is no reason to have no grade.
 */
export function usualPlace(place: string, inputs: readonly string[], terminal: Terminal): string | undefined {
  try {
    if (lstatSync(place, { throwIfNoEntry: false })?.isFile() === false)
      throw new PageHeapError('ERR_FILE', 'is no plain file, and links are not followed', { file: place });
    checkPlaces([{ path: place, what: 'the picture' }], inputs);
    return place;
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    terminal.note(noPicture(error.message));
    return undefined;
  }
}

/** Writes the picture in its usual place, and says so; or why there is none. */
export function writeUsual(path: string, text: () => string, terminal: Terminal): void {
  try {
    writeDocument(path, text());
    terminal.note(`picture: ${path}`);
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    terminal.note(noPicture(error.message));
  }
}
