/**
 * Values in messages: any value that was given, answered or thrown, in a few words; never an error of its own.
 *
 * `String(value)` throws for some objects and says `[object Promise]` of others; and whoever reads a message has to
 * tell 5 from 5n and '5'.
 */

import { controlsShown } from './controls.ts';

/** The most characters of a text that are shown. */
const longestText = 80;

/** The beginning of a text that may be of any length. */
export function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}

/** Whether a value is what an async function answers. */
export function isPromise(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/** As `Array.isArray`, which throws for a proxy that was revoked. */
function isArray(value: object): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** The name of a class of the user's; a class may have a `name` of its own, which is anything, or throws. Without control characters. Empty: none. */
export function nameOfClass(of: unknown): string {
  try {
    const { name } = of as { readonly name?: unknown };
    return typeof name === 'string' ? controlsShown(cut(name)) : '';
  } catch {
    return '';
  }
}

/** As `nameOfClass`, in a sentence. */
export const saidNameOfClass = (of: unknown): string => nameOfClass(of) || 'without a name';

/** `5`, `'5'`, `5n, a bigint`, `a Promise`, `an object`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${cut(value)}'`;
    case 'bigint':
      return `${cut(String(value))}n, a bigint`;
    case 'symbol':
      return cut(value.toString());
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      if (isPromise(value)) return 'a Promise';
      return isArray(value) ? 'an array' : 'an object';
    default:
      // -0 is no page and no count, and String says 0 of it.
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

/** What was thrown: `TypeError: no such page`, or `null, which is no Error and tells no place`. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `${describe(thrown)}, which is no Error and tells no place`;
    const name = typeof thrown.name === 'string' ? thrown.name : 'Error';
    const message = typeof thrown.message === 'string' ? thrown.message : describe(thrown.message);
    return message === '' ? name : `${name}: ${message}`;
  } catch {
    // Its name or message is a getter that throws.
    return 'an Error that cannot be read';
  }
}
