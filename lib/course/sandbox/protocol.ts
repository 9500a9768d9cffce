/**
 * What the judging process and the process of a hand-in say to each other: a line of JSON each, question and answer.
 */

import type { Shape } from '../source/shape.ts';

/** An argument that is made in the other process. */
export type Argument =
  | number
  | string
  | boolean
  | null
  | readonly Argument[]
  /** What the call of that number in this block answered. */
  | { readonly answer: number }
  /** A function that keeps what it is called with; the answer tells it. Counted: and behind it the units until then. */
  | { readonly collect: true | 'counted' }
  /** A number that JSON has not. */
  | { readonly special: 'NaN' | 'Infinity' | '-Infinity' }
  /** An object made before. */
  | { readonly slot: number }
  | { readonly [name: string]: Argument };

/** `new` of an exported class, an exported function, or a method of the object in a slot. */
export type Call = readonly ['new' | 'export' | number, string, ...Argument[]];

export interface Block {
  readonly calls: readonly Call[];
  /** Units of work that a call may take. */
  readonly units: number;
  /** Units that all of them may take: the block ends with the call that takes more. */
  readonly total: number;
  /** Forgets the objects made before: the next is in slot 0. */
  readonly clear?: true;
  /** What a source that tells its lines tells is of the last call alone. */
  readonly lastLines?: true;
  /** Seconds of a processor after which the block is stopped, at a line: of a source that tells its lines, which tells then how long each took. */
  readonly seconds?: number;
  /** The block ends after a call of this method that answers this. */
  readonly until?: readonly [method: string, answer: number];
  /** Whether it is told what the realm holds after them: that goes through all of it. */
  readonly weighed?: true;
}

/** A value that has no form in JSON, in words. */
export interface Unspeakable {
  readonly '!': string;
}

/** An object without a class. */
export interface Members {
  readonly members: { readonly [name: string]: Value };
}

export type Value = number | string | boolean | null | readonly Value[] | Members | Unspeakable;

export interface Thrown {
  /** The message. */
  readonly x: string;
  /** It is the driver's: what the object had to have. */
  readonly lacks?: string;
  readonly at: string;
}

/** The number as an argument. */
export const numberArgument = (n: number): Argument =>
  Number.isFinite(n) ? n : { special: String(n) as 'NaN' };

/** What a call answered, or threw; its units; what its `collect` was called with, or that this was too often. */
export type Answer = readonly [Value | Thrown, number, (readonly (readonly Value[])[] | Unspeakable)?];

export type Request =
  | {
      readonly k: 'load';
      /** The modules by name; the first is the hand-in's. */
      readonly modules: Readonly<Record<string, string>>;
      readonly entry: string;
      readonly exports: readonly string[];
      /** What they are to be, as far as it is known. */
      readonly shape?: Shape;
      readonly units: number;
    }
  | { readonly k: 'run'; readonly block: Block }
  /** Of a source that tells its lines: what each did. */
  | { readonly k: 'lines' };

/** Why the engine was stopped in the middle of a call. */
export interface Stopped {
  readonly why: 'units' | 'memory' | 'engine';
  readonly message: string;
  readonly at: string;
  /** Where its units went, in words: of a call that took too many. */
  readonly where?: string;
}

/** A line of the hand-in, and the units that were counted on it, or its milliseconds; 0 for what is on none. */
export type LineUnits = readonly [line: number, units: number];

export type Reply =
  | {
      readonly k: 'loaded';
      /** Exports that are not what they are to be, and what each is. */
      readonly missing: readonly (readonly [name: string, is: string])[];
      readonly units: number;
    }
  | { readonly k: 'lines'; readonly lines: readonly LineUnits[] }
  | { readonly k: 'failed'; readonly message: string; readonly at: string; readonly why: 'threw' | 'units' }
  | {
      readonly k: 'ran';
      readonly answers: readonly Answer[];
      readonly stopped?: Stopped;
      /** Of all calls, and of telling what they answered. */
      readonly units: number;
      /** Bytes that the realm holds, where that was asked for. */
      readonly memory?: number;
      /** Milliseconds of each line, where they were asked for. */
      readonly times?: readonly LineUnits[];
    };

/** Bytes that the engine and what a hand-in holds may have, all together. */
export const engineBytes = 64 * 2 ** 20;

/** The descriptor that replies are written to. */
export const replyFd = 3;

export const isThrown = (value: Value | Thrown): value is Thrown =>
  typeof value === 'object' && value !== null && 'x' in value;

export const isUnspeakable = (value: Value | Thrown): value is Unspeakable =>
  typeof value === 'object' && value !== null && '!' in value;

export const isMembers = (value: Value | Thrown): value is Members =>
  typeof value === 'object' && value !== null && 'members' in value;

/** The number that an answer is; undefined where it is none. */
export function numberOf(value: Value | Thrown | undefined): number | undefined {
  if (typeof value === 'number') return value;
  // Texts come as texts: only a number comes so.
  if (value === undefined || !isUnspeakable(value)) return undefined;
  const { '!': words } = value;
  return words === 'Infinity' || words === '-Infinity' || words === 'NaN' ? Number(words) : undefined;
}
