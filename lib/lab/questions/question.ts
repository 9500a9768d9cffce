/**
 * Questions: each an experiment with a picture, and bounds that hold or do not.
 *
 * A question is asked with an `Asker`, which makes runs and measurements in processes of their own. It answers figures, a
 * picture, and bounds. A bound has three outcomes: it holds, it does not, or this machine cannot tell, and why. One that goes
 * by the clock is marked: where others had the CPU meanwhile it does not fail, and is of the third kind. What the
 * questions are is in questions.ts; each answers in a file of its subject.
 *
 * Not here: how an answer is shown and kept (report/question.ts, cli/question.ts).
 */
import type { RunData } from '../record/run-data.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import type { Measurement } from './measure/measurement.ts';
import type { Picture } from './picture.ts';

/** Something that was found, held against what it must be. */
export interface Bound {
  /** What must hold, as a sentence without its end. */
  readonly says: string;
  /** What was found, in words. */
  readonly found: string;
  /** Undefined: it cannot be told here. */
  readonly holds: boolean | undefined;
  /** Why it cannot be told. */
  readonly why?: string;
  /** Whether it goes by the clock: then a failure tells nothing where others had the CPU meanwhile. */
  readonly clocked?: true;
}

/** Rows of words, the first of each names it. */
export interface AnswerTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Answer {
  readonly table: AnswerTable;
  /** Undefined where nothing was measured. */
  readonly picture?: Picture;
  readonly bounds: readonly Bound[];
  /** What a reader should know besides, a sentence each. */
  readonly notes?: readonly string[];
}

/** What a run is asked for by a question. */
export interface QuestionRun {
  readonly label: string;
  readonly workload: { readonly name: string; readonly scale?: number; readonly timeScale?: number };
  readonly heap?: LabHeapOptions;
}

/** What a question has to ask with. */
export interface Asker {
  /** 1: as documented. Multiplies memory and counts, and what of the time can be. */
  readonly size: number;
  readonly machine: QuestionMachine;
  /** A run in a process of its own; its run file stays. @throws as `forkRun`; AskingEnded */
  run(run: QuestionRun): Promise<RunData>;
  /** A measurement in a process of its own. @throws PageHeapError of it; ERR_SYSTEM; AskingEnded */
  measure<P, R>(measurement: Measurement<P, R>, params: P): Promise<R>;
}

/** What of the machine decides whether something can be told. */
export interface QuestionMachine {
  readonly kernel: string;
  readonly cpus: number;
  /** Processes that want a CPU, averaged over a minute. */
  readonly load: number;
  /** Bytes of a transparent huge page, 0 where there are none; how they may be had; khugepaged's max_ptes_none. */
  readonly hugePage: number;
  readonly hugePages: string | undefined;
  readonly maxPtesNone: number | undefined;
  readonly swap: number | undefined;
  /** Whether memory can be looked at page by page, and by mapping. */
  readonly mincore: boolean;
  readonly smaps: boolean;
  /** Errno of naming a mapping. */
  readonly namingErrno: number;
  readonly maxMapCount: number | undefined;
  /** Advice that the kernel takes. */
  readonly advice: (name: string) => boolean;
}

export interface Question {
  readonly number: number;
  /** How it is named on the command line. */
  readonly name: string;
  readonly question: string;
  /** What answers it here: a sentence. */
  readonly how: string;
  /** Public reports: numbers of golang/go issues, or addresses. */
  readonly reports: readonly (number | string)[];
  /** Seconds that it takes at size 1, about. */
  readonly seconds: number;
  /** Commands that show the same, run by hand. */
  readonly byHand: readonly string[];
  /** Why this machine cannot answer it; undefined where it can, or where that shows. */
  readonly unanswerable?: (machine: QuestionMachine) => string | undefined;
  ask(asker: Asker): Promise<Answer>;
}

export type Verdict = 'held' | 'failed' | 'unanswerable';

/** What bounds come to: none that fails, and one at least that holds. */
export function verdictOf(bounds: readonly Bound[]): Verdict {
  if (bounds.some(({ holds }) => holds === false)) return 'failed';
  return bounds.some(({ holds }) => holds === true) ? 'held' : 'unanswerable';
}
