/**
 * What an exercise is: what is handed in, what is checked, what is measured, and how points come of it.
 *
 * A check holds the hand-in against the judge's own model and answers the first thing that is wrong. A measure lets it
 * work through traces, judges each answer as well, and gives points by buckets that are published with the exercise.
 * Everything rests on seeds, which are texts: of the open ones everybody knows where they come from, the hidden
 * ones come from a secret.
 *
 * Not here: the exercises (a folder each), grading (grading/), what a student is given (handout/).
 */
import type { Run } from '../model/fits.ts';
import type { Bench } from './bench.ts';

/** Something that is wrong, with all that is needed to see why. */
export interface Failure {
  /** What kind of fault it is: failures of the same cause are told together. */
  readonly cause: string;
  /** The operation: `alloc(3), the 4th operation`. */
  readonly asked: string;
  readonly answered: string;
  readonly expected: string;
  /** What it began with, as it would be written: the heap, the constructor and its arguments. */
  readonly begun?: string;
  /** The operations up to it, as they would be written. */
  readonly steps: readonly string[];
  /** Each of them is told on a line of its own: with what was answered. */
  readonly apart?: true;
  /** How many operations there were, where `steps` has not all of them. */
  readonly operations?: number;
  /** The place in the hand-in, where one is known. */
  readonly at?: string;
  readonly strip?: Strip;
  readonly curve?: Curve;
}

/** A figure over time, from 0 up. */
export interface Curve {
  /** What it is, with its unit. */
  readonly what: string;
  /** At equal distances. */
  readonly values: readonly number[];
  /** What the first one is at, where that is not 0; and the last one: `60 s`. */
  readonly start?: string;
  readonly end: string;
  /** What it is to be, or to stay under. */
  readonly mark?: number;
  /** The value that is spoken of, and where it is: `second 48`. */
  readonly spot?: { readonly index: number; readonly text: string };
}

/** Pages to be drawn: what is free by the judge's model, and by the hand-in's own registry. Where an answer lies is drawn in what is free before it. */
export interface Strip {
  readonly pages: number;
  /** The number of the page that is drawn first, where that is not 0. */
  readonly first?: number;
  /** What a character stands for, where it is not a page that is free or in use. */
  readonly words?: StripWords;
  /** `model` is what was free before an operation that changes it: what is right after it is not told. */
  readonly isBefore?: true;
  readonly model: readonly FreeRun[];
  /** Undefined where it could not tell. */
  readonly registry?: readonly FreeRun[];
  readonly answered?: Run;
  readonly expected?: Run;
}

/** A free run, of one kind or the other. */
export interface FreeRun extends Run {
  readonly givenBack?: boolean;
}

export interface StripWords {
  /** What is counted, and the name of a row of them. */
  readonly unit: string;
  readonly row: string;
  /** What is in no run, and what is in one. */
  readonly full: string;
  readonly empty: string;
}

export interface Check {
  readonly name: string;
  readonly points: number;
  /** @throws HandinOver when nothing more can be asked */
  run(bench: Bench, seed: string): Promise<Failure | undefined>;
}

/** What became of pages in a trace, for a picture: an entry for each change, in order. */
export interface PageHistory {
  /** What is drawn, where it is not pages over operations. */
  readonly words?: HistoryWords;
  /** Pages that there were, where not all of them were ever in use. */
  readonly had?: number;
  /** What belongs to this picture, where the table's figure is of more than it. */
  readonly told?: string;
  /** Whose it is, where that is not the hand-in, the reference or hindsight. */
  readonly by?: string;
  /** Which pages are drawn, in words, where not all are: it stands in place of their number. */
  readonly drawn?: string;
  /** Where something is to be seen: at which operation, counted from 0, and in which pages. */
  readonly mark?: Run & { readonly op: number };
  readonly ops: number;
  readonly changes: readonly PageChange[];
}

export interface HistoryWords {
  /** Upwards, and to the right. */
  readonly unit: string;
  readonly over: string;
  /** What `used` is; and the others, where they are drawn. */
  readonly used: string;
  readonly free?: string;
  readonly released?: string;
}

export interface PageChange {
  /** The operation, counted from 0. */
  readonly op: number;
  readonly page: number;
  readonly n: number;
  readonly to: 'used' | 'free' | 'released';
}

/** A line of the grade's table. What an exercise does not have is left out. */
export interface Measured extends Pictures {
  readonly failure?: Failure;
  /** Of 0 to 1: by the buckets. */
  readonly share: number;
  /** It was not measured, or not all that it is about. */
  readonly untried?: true;
  /** Live pages at the peak over pages that it has. */
  readonly utilisation?: number;
  /** Units of work an operation. */
  readonly work?: number;
  /** Pages given back. */
  readonly released?: number;
  /** Mean resident pages, and pages that were faulted in. */
  readonly rss?: number;
  readonly faults?: number;
  /** Any other figure, in words. */
  readonly other?: string;
  /** Why it has fewer points than the figure alone would say, or where most of them were lost. */
  readonly note?: string;
  /** The same of the reference; or, where a cost is measured, of hindsight (hindsight.ts). */
  readonly reference?: Beside;
  /** What the figures of `reference` are, where they are not the reference's. */
  readonly referenceIs?: string;
  readonly hindsight?: Beside;
}

type Beside = Omit<
  Measured,
  'share' | 'untried' | 'reference' | 'referenceIs' | 'hindsight' | keyof Pictures
>;

/** What is drawn of a measure: pages over operations, or a figure over time; of the hand-in, and of what it is held against. */
export interface Pictures {
  readonly history?: PageHistory;
  readonly referenceHistory?: PageHistory;
  readonly hindsightHistory?: PageHistory;
  readonly curve?: Curve;
  readonly referenceCurve?: Curve;
  readonly hindsightCurve?: Curve;
  /** Where traces are handed in: each on two heaps. */
  readonly traces?: readonly TracePicture[];
}

export interface TracePicture {
  readonly name: string;
  /** From above to below. */
  readonly histories: readonly PageHistory[];
  /** What is to be seen, in words. */
  readonly told: string;
}

export interface Measure {
  readonly name: string;
  readonly points: number;
  /** What the points depend on, in words: published. */
  readonly buckets: string;
  run(bench: Bench, seed: string): Promise<Measured>;
}

/** What differs from student to student: constants and rules by name. */
export type Variant = Readonly<Record<string, number | string>>;

export interface Exercise {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly teaches: string;
  /** About how long it takes. */
  readonly hours: string;
  /** The file that is handed in; or, of traces, the folder's files. */
  readonly handin: string;
  /** What it exports; nothing where it is no module. */
  readonly exports: readonly string[];
  /** Names of the handout's modules that it may import. */
  readonly modules: readonly string[];
  variant(seed: string): Variant;
  /** The hand-in as it is to be filled in, where its questions come from a seed. */
  readonly sheet?: (variant: Variant, seed: string) => string;
  checks(variant: Variant): readonly Check[];
  measures(variant: Variant): readonly Measure[];
  /** For each check, three hints: from a question to nearly the answer. Keyed by the check's name. */
  readonly hints: Readonly<Record<string, readonly [string, string, string]>>;
  /** Plays a trace on the hand-in beside the model, step by step. The seed is the open one. */
  readonly step: (
    bench: Bench,
    variant: Variant,
    trace: string,
    target: string,
    seed: string,
  ) => Promise<readonly Step[]>;
  /** What `step` can be asked to play on: the first, unless told. */
  readonly targets: readonly string[];
}

/** An operation, and what is free after it where that is what is played. */
export interface Step {
  readonly asked: string;
  readonly answered: string;
  /** What is right; where much is (`free` is absent): what the reference answers, or `whose` it is; empty where nobody knows. */
  readonly expected: string;
  readonly whose?: string;
  readonly free?: {
    readonly pages: number;
    readonly registry: readonly FreeRun[] | undefined;
    readonly model: readonly FreeRun[];
  };
  /** `free.model` is what was free before it: what is right is not told. */
  readonly isBefore?: true;
  /** Where it is not seen by what was answered. */
  readonly isWrong?: true;
  /** What came of it: in lines. */
  readonly note?: string;
}

/** The strip of an allocation with the n pages that were answered, wherever they are. */
export function withAnswer(strip: Strip, value: unknown, n: number): Strip {
  if (!Number.isInteger(value) || (value as number) < 0) return strip;
  return { ...strip, answered: { page: (value as number) - (strip.first ?? 0), n } };
}

/** A failure with the last of its operations alone: for programs that nobody reads from the beginning. */
export function withLastSteps(failure: Failure, most: number): Failure {
  const { steps, operations = steps.length } = failure;
  return { ...failure, steps: most === 0 ? [] : steps.slice(-most), operations };
}
