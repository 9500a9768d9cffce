/**
 * A comparison's index, `comparison.json`: which run files are whose, and what failed.
 *
 * It is a document (document.ts), written before the first run and again after each, so that it is whole
 * whatever ends the process. Until all is done it says that the comparison was interrupted.
 *
 * Not here: making the runs (compare/compare.ts), reading them back (metrics/comparison.ts).
 */
import { join } from 'node:path';
import { writeDocument } from './document.ts';
import { fileStem } from './folders.ts';
import { readMarked } from './marked-file.ts';
import { flag, listOf, members, number, optional, type Shape, text } from './shapes.ts';

export const comparisonFormat = 'pageheap-comparison/1';
export const comparisonFile = 'comparison.json';

/** A run that failed: its configuration has no further ones. */
export interface RunFailure {
  readonly label: string;
  /** Counted from 1. */
  readonly round: number;
  readonly message: string;
  /** A PageHeapError's code, else the error's name. */
  readonly code: string;
}

/** The index: what `comparison.json` holds. */
export interface ComparisonIndex {
  readonly format: string;
  readonly name: string;
  readonly started: string;
  readonly repeat: number;
  readonly configurations: readonly {
    readonly label: string;
    /** Run files beside the index that came to their end, in order of rounds. */
    readonly runs: readonly string[];
  }[];
  /** At most one a configuration. */
  readonly failures: readonly RunFailure[];
  /** Seconds that all of it took. */
  readonly seconds: number;
  readonly interrupted: boolean;
}

/** A stem of file names for each label, no two alike. */
export function fileStems(labels: readonly string[]): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    const base = fileStem(label);
    let stem = base;
    for (let n = 2; taken.has(stem); n++) stem = `${base}-${n}`;
    taken.add(stem);
    return stem;
  });
}

/** @throws PageHeapError ERR_FILE */
export function writeIndex(folder: string, index: ComparisonIndex): void {
  writeDocument(join(folder, comparisonFile), `${JSON.stringify(index, undefined, 2)}\n`);
}

/** A list of `RunFailure`. */
export const failureList: Shape = listOf(
  members({ label: text, round: number, message: text, code: text }),
  'a list of failures',
);

const indexShapes: Readonly<Record<string, Shape>> = {
  name: text,
  started: text,
  repeat: number,
  seconds: number,
  interrupted: flag,
  configurations: listOf(
    members({ label: text, runs: listOf(text, 'a list of texts') }),
    'a list of configurations, each with its label and its runs',
  ),
  failures: optional(failureList),
};

/** What a value lacks to be an index, in words; undefined where it is one. */
export const faultOfIndex: Shape = members(indexShapes);

/** @throws PageHeapError ERR_FILE, ERR_RUN_FILE */
export function readIndex(path: string): ComparisonIndex {
  const called = 'the index of a comparison';
  const mark = { format: comparisonFormat, kind: 'a comparison', called, shapes: indexShapes };
  const index = readMarked(path, mark) as unknown as ComparisonIndex;
  return { ...index, failures: index.failures ?? [] };
}
