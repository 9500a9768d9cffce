/**
 * The kinds of values that options have.
 *
 * A kind reads the text of a flag into the value of the option, whose unit may be another: seconds on the command
 * line are nanoseconds in the heap. What it formats it parses to the same value.
 *
 * Not here: the options that have them.
 */
import { describe, saidNameOfClass } from '../base/describe.ts';
import { arenaBytes, GiB, KiB, MiB } from '../base/units.ts';
import { parseByteCount, parseGCPercent, parseMemoryLimit } from './environment.ts';
import type { Kind, SizeText, TextKind } from './option.ts';

const identity = { elements: 'f64', pack: (n: number) => n, unpack: (n: number) => n } as const;

export const flag: Kind<boolean> = {
  type: 'boolean',
  takes: 'on or off',
  fault: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  parse: (text) => {
    if (['', 'on', 'true', 'yes'].includes(text)) return true;
    return ['off', 'false', 'no'].includes(text) ? false : undefined;
  },
  format: (value) => (value ? 'on' : 'off'),
  elements: 'i32',
  pack: (value) => (value ? 1 : 0),
  unpack: (n) => n === 1,
};

export function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  const isOne = (value: unknown): value is T => (choices as readonly unknown[]).includes(value);
  return {
    type: choices.map((word) => `'${word}'`).join(', '),
    placeholder: 'kind',
    choices,
    takes: `one of ${choices.join(', ')}`,
    fault: (value) => (isOne(value) ? undefined : `one of ${choices.join(', ')}`),
    parse: (text) => (isOne(text) ? text : undefined),
    format: (value) => value,
    elements: 'i32',
    pack: (value) => choices.indexOf(value),
    unpack: (n) => choices[n] as T,
  };
}

const isNumber = (value: unknown, low: number, high: number): value is number =>
  typeof value === 'number' && value >= low && value <= high;

/** A number written in decimals, without a sign; it may begin with its point. NaN of other text. */
export const decimal = (text: string): number =>
  /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;

/** A whole number from `low` to `high`. */
export function whole(low: number, high: number, placeholder = 'n'): Kind<number> {
  const is = (value: unknown): value is number => Number.isInteger(value) && isNumber(value, low, high);
  return {
    ...identity,
    type: `whole number, ${low} to ${high}`,
    placeholder,
    takes: `a whole number, ${low} to ${high}`,
    fault: (value) => (is(value) ? undefined : `a whole number from ${low} to ${high}`),
    parse: (text) => (is(decimal(text)) ? decimal(text) : undefined),
    format: String,
  };
}

/** A number from `low` to `high`, fractions allowed. */
export function number(low: number, high: number, placeholder = 'x'): Kind<number> {
  const is = (value: unknown): value is number => isNumber(value, low, high);
  return {
    ...identity,
    type: `number, ${low} to ${high}`,
    placeholder,
    takes: `a number, ${low} to ${high}`,
    fault: (value) => (is(value) ? undefined : `from ${low} to ${high}`),
    parse: (text) => (is(decimal(text)) ? decimal(text) : undefined),
    format: String,
  };
}

/** A whole number from `low` to `high`, or `off`, which is kept as another number. */
export function wholeOrOff(low: number, high: number, off: number): Kind<number> {
  const within = whole(low, high);
  return {
    ...within,
    type: `${within.type}; ${off}: off`,
    takes: `${within.takes}, or off`,
    fault: (value) => (value === off ? undefined : within.fault(value)),
    parse: (text) => (text === 'off' ? off : within.parse(text)),
    format: (value) => (value === off ? 'off' : String(value)),
  };
}

/** One of some numbers. */
export function oneOf(numbers: readonly number[]): Kind<number> {
  const words = `one of ${numbers.join(', ')}`;
  const is = (value: unknown): value is number => (numbers as readonly unknown[]).includes(value);
  return {
    ...identity,
    type: numbers.join(', '),
    placeholder: 'n',
    takes: words,
    fault: (value) => (is(value) ? undefined : words),
    parse: (text) => (is(decimal(text)) ? decimal(text) : undefined),
    format: String,
  };
}

const longest = 1e6;

/** Seconds, fractions allowed. */
export const seconds: Kind<number> = {
  ...number(0, longest, 's'),
  takes: `seconds, 0 to ${longest}, as in 2.5`,
};

/** Nanoseconds above 0, in seconds on the command line, where 0 is `zero`. */
export function nanoseconds(zero: number): Kind<number> {
  return {
    ...identity,
    type: 'nanoseconds above 0, or Infinity',
    placeholder: 's',
    takes: seconds.takes,
    fault: (value) =>
      typeof value === 'number' && value > 0 ? undefined : 'nanoseconds above 0, or Infinity',
    parse: (text) => {
      const n = seconds.parse(text);
      return n === undefined ? undefined : n * 1e9 || zero;
    },
    format: (value) => (value === zero ? '0' : String(value / 1e9)),
  };
}

/** As GOGC. */
export const gcPercent: Kind<number> = {
  ...identity,
  type: 'whole number below 2^31; negative: off',
  placeholder: 'percent',
  takes: 'an integer below 2^31, or off',
  fault: (value) =>
    Number.isInteger(value) && (value as number) < 2 ** 31 ? undefined : 'a whole number below 2^31',
  parse: parseGCPercent,
  format: (value) => (value < 0 ? 'off' : String(value)),
};

/** 1048576 → 1MiB. */
function formatBytes(value: number): SizeText {
  const [unit, name] =
    value % GiB === 0
      ? ([GiB, 'GiB'] as const)
      : value % MiB === 0
        ? ([MiB, 'MiB'] as const)
        : ([KiB, 'KiB'] as const);
  return value !== 0 && value % unit === 0 ? `${value / unit}${name}` : `${value}`;
}

/** As GOMEMLIMIT; beyond 2^53 there is none. */
export const memoryLimit: TextKind<number, SizeText | 'off'> = {
  ...identity,
  takesText: true,
  type: "whole bytes, Infinity, or a text such as '200MiB' or 'off'",
  placeholder: 'bytes',
  takes: 'bytes, or an integer with B, KiB, MiB, GiB or TiB, or off',
  fault: (value) =>
    isNumber(value, 0, Number.POSITIVE_INFINITY) && (value >= 2 ** 53 || Number.isInteger(value))
      ? undefined
      : 'a whole number of bytes, or Infinity',
  parse: parseMemoryLimit,
  format: (value) => (value >= 2 ** 53 ? 'off' : formatBytes(value)),
};

/** 1048576 → 1 MiB; what is no whole number of KiB stays bytes. */
export function sizeInWords(value: unknown): string {
  if (typeof value !== 'number' || value % KiB !== 0) return `${describe(value)} bytes`;
  return value % MiB === 0 ? `${value / MiB} MiB` : `${value / KiB} KiB`;
}

/** Bytes: a power of two. */
export function powerOfTwo(low: number, high: number): TextKind<number, SizeText> {
  const range = `${sizeInWords(low)} to ${sizeInWords(high)}`;
  return {
    ...identity,
    takesText: true,
    type: `a power of two, ${range}, or a text such as '4MiB'`,
    placeholder: 'bytes',
    takes: `bytes, a power of two from ${formatBytes(low)} to ${formatBytes(high)}, as in 4MiB`,
    fault: (value) =>
      isNumber(value, low, high) && Number.isInteger(Math.log2(value))
        ? undefined
        : `a power of two from ${range}`,
    parse: parseByteCount,
    format: formatBytes,
    shown: sizeInWords,
  };
}

/** Bytes of a physical page: a power of two. What is kept for the machine's own, which is not known here, is 0. */
export function physicalPage(low: number, high: number): TextKind<number | undefined, SizeText> {
  return {
    ...(powerOfTwo(low, high) as TextKind<number | undefined, SizeText>),
    pack: (value) => value ?? 0,
    unpack: (n) => (n === 0 ? undefined : n),
  };
}

/** Bytes: whole arenas. */
export function arenas(low: number, high: number): TextKind<number, SizeText> {
  const bytes = whole(low, high, 'bytes');
  const range = `bytes, ${formatBytes(low)} to ${formatBytes(high)} in steps of ${formatBytes(arenaBytes)}`;
  return {
    ...bytes,
    takesText: true,
    type: `${range}, or a text such as '1GiB'`,
    takes: `${range}, as in 1GiB`,
    fault: (value) =>
      bytes.fault(value) ??
      ((value as number) % arenaBytes === 0 ? undefined : `a multiple of ${arenaBytes}`),
    parse: parseByteCount,
    format: formatBytes,
  };
}

/** Bytes, any number of them. */
export function byteCount(low: number, high: number): TextKind<number, SizeText> {
  const bytes = whole(low, high, 'bytes');
  return {
    ...bytes,
    takesText: true,
    type: `whole bytes, ${formatBytes(low)} to ${formatBytes(high)}, or a text such as '24MiB'`,
    takes: `bytes, ${formatBytes(low)} to ${formatBytes(high)}, as in 24MiB`,
    parse: parseByteCount,
    format: formatBytes,
  };
}

/** What only a program can give: an object or a function. `is` says whether a value is one. */
export function given<V>(expected: string, type: string, is: (value: unknown) => boolean): Kind<V> {
  return {
    type,
    takes: 'nothing',
    fault: (value) => (is(value) ? undefined : expected),
    parse: () => undefined,
    format: () => type,
    elements: 'i32',
    pack: () => 0,
    unpack: () => undefined as V,
  };
}

/**
 * A class that is brought: on the command line a module that exports it, whose path is kept apart; in a record the name
 * of the class.
 */
export function brought<C extends abstract new (...args: never) => object>(
  contract: string,
  exported: string,
): Kind<C> {
  return {
    type: `a class that implements \`${contract}\``,
    placeholder: 'module',
    takes: 'the path of a module',
    module: exported,
    // Arrow functions and methods lack a prototype.
    fault: (value) =>
      typeof value === 'function' && typeof value.prototype === 'object'
        ? undefined
        : `a class that implements ${contract}`,
    parse: () => undefined,
    format: saidNameOfClass,
    elements: 'i32',
    pack: () => 0,
    unpack: () => undefined as unknown as C,
  };
}

/** The path of a file. */
export const filePath: Kind<string> = {
  type: 'path of a file',
  placeholder: 'file',
  takes: 'the path of a file',
  fault: (value) => (typeof value === 'string' && value !== '' ? undefined : 'the path of a file'),
  parse: (text) => (text === '' ? undefined : text),
  format: (value) => value,
  elements: 'i32',
  pack: () => 0,
  unpack: () => '',
};
