/**
 * Parsers for the values of options; each says what it wants when it gets something else.
 */
import { InvalidArgumentError } from 'commander';
import { parseGCPercent, parseMemoryLimit } from '../design/environment.ts';

/** A number of seconds, fractions allowed, at least 0. */
export function seconds(text: string): number {
  const n = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(n <= 1e6)) throw new InvalidArgumentError('It takes seconds: 0, 2.5, 20.');
  return n;
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(n >= least && n <= most))
      throw new InvalidArgumentError(`It takes a whole number, ${least} to ${most}.`);
    return n;
  };
}

/** A number from `least` to `most`, fractions allowed. */
export function positiveNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(n >= least && n <= most)) throw new InvalidArgumentError(`It takes a number, ${least} to ${most}.`);
    return n;
  };
}

/** As GOGC: an integer or `off`. */
export function gcPercent(text: string): number {
  const n = parseGCPercent(text);
  if (n === undefined) throw new InvalidArgumentError('It takes an integer, or off.');
  return n;
}

/** As GOMEMLIMIT: bytes, with B, KiB, MiB, GiB or TiB, or `off`. */
export function memoryLimit(text: string): number {
  const n = parseMemoryLimit(text);
  if (n === undefined)
    throw new InvalidArgumentError('It takes bytes, or an integer with KiB, MiB or GiB, or off.');
  return n;
}
