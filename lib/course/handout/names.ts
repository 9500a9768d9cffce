/**
 * Names of students and of terms.
 *
 * A name is what a list of students has: letters of any script, with their marks, digits, spaces, and what stands between names. A
 * letter with a mark can be written as one character or as two, and systems differ in that; here it is one, so that a name has the
 * same constants wherever it was typed. What could steer a terminal, or look like another name by turning the direction of
 * writing, is in none.
 */
import { PageHeapError } from '../../base/errors.ts';

const mostLetters = 100;
const name = new RegExp(`^[\\p{L}\\p{M}\\p{N}\\u200c\\u200d @._+\\-'’ʼ,()&·]{1,${mostLetters}}$`, 'u');
/** One word, as accounts have it. */
const account = /^[\p{L}\p{M}\p{N}@._+-]+$/u;

/** The name as it counts; undefined where it is none. */
export function nameIn(text: string): string | undefined {
  const found = text.normalize('NFC').trim();
  return name.test(found) ? found : undefined;
}

/** Whether it is one word, as a name is that handouts were made with; display names have several. */
export const isAccount = (text: string): boolean => account.test(text.normalize('NFC'));

/** The name as it counts. @throws PageHeapError ERR_INVALID_ARGUMENT */
export function requireName(text: string, what: string): string {
  const found = nameIn(text);
  if (found !== undefined) return found;
  throw new PageHeapError(
    'ERR_INVALID_ARGUMENT',
    `${what} is 1 to ${mostLetters} letters, digits, spaces and any of @._+-',()&`,
    { value: text },
  );
}

/** Any name of a file or an exercise in a message: as it is where it could be a student's, else quoted, in ASCII. */
export const toldName = (name: string): string =>
  nameIn(name) === name
    ? name
    : JSON.stringify(name).replace(
        /[^ -~]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
