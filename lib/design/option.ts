/**
 * How an option is declared: once, and with all that anybody asks of it.
 *
 * From a declaration come the type in TypeScript, the check of a value, the flag with its help, the column that
 * keeps it in the heap's memory, the member of the run file's header, the name in reports, and the row in the
 * documents. What several options mean together is not declared; it is code (refusals.ts).
 *
 * Not here: kinds of values (kinds.ts), the options (design.ts, options.ts; those of runs are lab/subject's).
 */

import { cut, describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';

/** What a value may be, and how it is read, kept and told. Methods, so that kinds of all values fit together. */
export interface Kind<V> {
  /** What a value must be instead, as `true or false`; undefined where it is right. */
  fault(value: unknown): string | undefined;
  /** Its type and range, for the documents. */
  readonly type: string;
  /** What stands for the value after a flag; without it a flag is a switch. */
  readonly placeholder?: string;
  /** All values, where they are few words. */
  readonly choices?: readonly string[];
  /** What a text may be, as `a number, 0 to 100`. */
  readonly takes: string;
  /** The value of a text; undefined where it is none. */
  parse(text: string): V | undefined;
  /** The text of a value, which `parse` takes. */
  format(value: V): string;
  /** A value may be the class of a module, which exports it by default or by this name. */
  readonly module?: string;
  /** A value in a message, where it is told otherwise than as it is. */
  shown?(value: unknown): string;
  /** As a number of a column. */
  readonly elements: 'i32' | 'f64';
  pack(value: V): number;
  unpack(number: number): V;
}

/** Bytes as a text, as the command line takes them: `200MiB`. */
export type SizeText = `${number}` | `${number}${'B' | 'KiB' | 'MiB' | 'GiB' | 'TiB'}`;

/** A kind whose values may also be given as texts, in the library as on the command line. */
export interface TextKind<V, T extends string> extends Kind<V> {
  readonly takesText: true;
  format(value: V): T;
}

/** Where an option stands: in the help, and in what is asked for. */
export type OptionGroup = 'design' | 'tuning' | 'parts' | 'heap' | 'trace' | 'workload' | 'watching';

/** What a number counts; without one it counts nothing, or its name says what. */
export type OptionUnit = 'bytes' | 'ns' | 'ms' | 's' | 'percent';

export interface Option<V> {
  readonly kind: Kind<V>;
  readonly group: OptionGroup;
  /** What it is where nobody says; undefined where that depends. */
  readonly default?: V;
  /** What it depends on, in words: `the generation's`. */
  readonly otherwise?: string;
  /** Its name on the command line; options without one are the library's alone. */
  readonly flag?: string;
  /** A switch that can be on where nobody says: the command line can switch it off, too. */
  readonly canBeOn?: boolean;
  /** Says at the command line what it is where nobody says. */
  readonly tellsDefault?: boolean;
  /** Kept in the heap's memory, for threads that attach. */
  readonly kept?: boolean;
  /** The member of the run file's header that it stands in; none: it is not recorded. */
  readonly recorded?: 'options' | 'pace' | 'workload';
  /** A workload sets it. */
  readonly setByWorkload?: boolean;
  readonly unit?: OptionUnit;
  /** A value that means something of its own, for reports: `as fast as it goes`. */
  special?(value: unknown): string | undefined;
  /** What of the environment sets it. */
  readonly environment?: string;
  /** One sentence, without its end. */
  readonly help: string;
  /** What else is to be known, for the documents. */
  readonly more?: string;
}

/** Options by name. */
export type Options = Readonly<Record<string, Option<unknown>>>;

export type ValueOf<O> = O extends { readonly kind: Kind<infer V> } ? V : never;

/** What may be given for an option: its value, and of some kinds a text of it. */
export type GivenOf<O> = O extends { readonly kind: TextKind<infer V, infer T> } ? V | T : ValueOf<O>;

/** What can be asked for: each option or none. Doc comments at the declarations are those of the members. */
export type Asked<D> = { readonly [K in keyof D]?: GivenOf<D[K]> };

/** The same without texts: each a value, or none. */
export type AskedValues<D> = { readonly [K in keyof D]?: ValueOf<D[K]> };

/** All values. */
export type Values<D> = { readonly [K in keyof D]: ValueOf<D[K]> };

/** The names of the options that are kept in the heap's memory. */
export type KeptName<D> = {
  [K in keyof D]: D[K] extends { readonly kept: true } ? K : never;
}[keyof D];

/** `true` if every default is of its option's kind; else the names of those that are not. */
export type DefaultsFit<D> = {
  [K in keyof D]: D[K] extends { readonly default: infer V } ? (V extends ValueOf<D[K]> ? never : K) : never;
}[keyof D] extends infer Wrong
  ? [Wrong] extends [never]
    ? true
    : Wrong
  : never;

/** Takes `true` alone: a check by the compiler. */
export type Holds<T extends true> = T;

/** @throws PageHeapError ERR_INVALID_OPTION, naming the option */
export function refuseOption(name: string, reason: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_OPTION', `option ${name}: ${reason}`, { value, option: name });
}

/** A value in a message. */
function inMessage({ shown }: Kind<unknown>, value: unknown): string {
  return (typeof value === 'number' ? shown?.(value) : undefined) ?? describe(value);
}

const takesText = (kind: Kind<unknown>): boolean =>
  (kind as Partial<TextKind<unknown, string>>).takesText === true;

/** A value that is given: of a text that its kind takes what it stands for; anything else as it is. */
export function valueGiven({ kind }: Option<unknown>, given: unknown): unknown {
  if (typeof given !== 'string' || !takesText(kind)) return given;
  return kind.parse(given) ?? given;
}

/** What is given, texts read as what they stand for. What is wrong stays as it is, for the check to say. */
export function valuesGiven<D extends Options>(options: D, given: object): AskedValues<D> {
  const values = Object.entries(given).map(([name, value]) => {
    const declared = Object.hasOwn(options, name) ? options[name] : undefined;
    return [name, declared === undefined ? value : valueGiven(declared, value)];
  });
  return Object.fromEntries(values) as AskedValues<D>;
}

/** @throws PageHeapError ERR_INVALID_OPTION, for what is no object and for a name that is none of the options' */
export function checkNames(given: object, options: Options): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new PageHeapError('ERR_INVALID_OPTION', 'options must be an object', { value: given });
  for (const name of Object.keys(given))
    if (!Object.hasOwn(options, name))
      throw new PageHeapError('ERR_INVALID_OPTION', `there is no option ${cut(name)}`, { value: name });
}

/** Checks each value that is given by its declaration. @throws PageHeapError ERR_INVALID_OPTION */
export function checkGiven(options: Options, given: Readonly<Record<string, unknown>>): void {
  for (const [name, { kind }] of Object.entries(options)) {
    const value = given[name];
    if (value === undefined) continue;
    const expected = kind.fault(value);
    if (expected === undefined) continue;
    // Of a text it is said what a text may be.
    const must = typeof value === 'string' && takesText(kind) ? kind.takes : expected;
    refuseOption(name, `must be ${must}, not ${inMessage(kind, value)}`, value);
  }
}

/** What is given, and the defaults of what is not. */
export function withDefaults<D extends Options>(options: D, given: AskedValues<D>): Values<D> {
  const all: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(options))
    all[name] = given[name as keyof D] ?? declared.default;
  return all as Values<D>;
}

/** Of values those that stand in one member of a run file's header. */
export function recordedIn(
  member: NonNullable<Option<unknown>['recorded']>,
  options: Options,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, { recorded }]) => recorded === member)
      .map(([name]) => [name, values[name]]),
  );
}
