/**
 * Parsers for the values of flags that are not declared; each says what it wants when it gets something else.
 */
import { InvalidArgumentError } from 'commander';

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(n >= least && n <= most))
      throw new InvalidArgumentError(`It takes a whole number, ${least} to ${most}.`);
    return n;
  };
}

/** A file's name: any but the empty one. */
export function fileName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes a file; this name is empty.');
  return text;
}
