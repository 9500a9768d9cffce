/**
 * What a cell of a table is sorted by, from the text that it shows: sizes, durations, times of the clock, shares and
 * counts as numbers in one unit each; other text as text. What is not known (a dash) comes last either way. No DOM
 * here.
 */

const unitSizes: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  ns: 1e-9,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  k: 1e3,
  M: 1e6,
};

/** A number, a text, or undefined for what is not known. */
export type SortKey = number | string | undefined;

export function sortKey(text: string): SortKey {
  const words = text.replaceAll('\u00a0', ' ').trim();
  if (words === '' || words === '–' || words === 'none') return undefined;
  const clock = /^(?:(\d+):)?(\d+):(\d\d)$/.exec(words);
  if (clock !== null) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  const parts = [...words.matchAll(/(?:< )?([−-]?[\d,]+(?:\.\d+)?) ?([a-zA-Zµ%]*)/g)];
  // Several only where they are one duration: `3 min 20 s`. What follows a first number is beside it.
  const [first, second] = parts;
  if (first === undefined || first.index !== 0) return words;
  const value = ([, digits, unit]: RegExpExecArray): number =>
    Number(digits.replaceAll(',', '').replace('−', '-')) * (unitSizes[unit] ?? 1);
  const isLess = words.startsWith('<') ? 0.5 : 1;
  return (
    (value(first) + (['min', 'h'].includes(first[2]) && second !== undefined ? value(second) : 0)) * isLess
  );
}

/** Compares two keys so that what is not known comes last; 1 is ascending, −1 descending. */
export function compareKeys(a: SortKey, b: SortKey, direction: 1 | -1): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'number' && typeof b === 'number') return direction * (a - b);
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  return direction * a.localeCompare(b, 'en', { numeric: true });
}
