/**
 * The common course of a verification: each operation of a trace is looked at, performed, and compared, until the
 * first answer that differs.
 *
 * Not here: what the operations are (radix.ts, spans.ts, malloc.ts).
 */
import { FatalError } from '../../base/errors.ts';
import { goldenError } from './golden.ts';
import { type FieldMismatch, Recent, type VerifyMismatch } from './mismatch.ts';

/** What was expected and what was found, where they differ. */
export interface Answer<Place = number> {
  readonly expected: string;
  readonly found: string;
  readonly fields?: readonly FieldMismatch[];
  /** Where to look, as the replay tells places. */
  readonly place?: Place;
}

export interface TraceReplay<Operation, Place = number> {
  /** What is wrong with the operation itself, whatever the answer would be. */
  refuse(operation: Operation): string | undefined;
  /** Performs it; undefined when the answer is the trace's. */
  apply(operation: Operation): Answer<Place> | undefined;
  /** The state around a place, a line each. */
  describe(place: Place | undefined): string[];
}

/** A line of a trace, as its reader gives it. The operation `h` is a checkpoint, `i` what the heap began with. */
export interface ReplayedLine<Operation> {
  readonly line: number;
  readonly text: string;
  readonly operation: Operation;
}

export interface ReplayedLines {
  /** Operations that were replayed, checkpoints included. */
  readonly operations: number;
  readonly checkpoints: number;
  /** Operations that the header tells of and that did not come, because the trace was cut short. */
  readonly missing: number;
  /** The first answer that differed; undefined if none did. */
  readonly mismatch: VerifyMismatch | undefined;
}

/** Operations that a header tells of, checkpoints and what the heap began with not among them. */
export function announcedOperations(header: unknown): number | undefined {
  const { ops } = header as { readonly ops?: unknown };
  return typeof ops === 'number' && Number.isSafeInteger(ops) && ops >= 0 ? ops : undefined;
}

/**
 * Replays the lines of a trace.
 * @param announced the operations that its header tells of, where it tells
 * @throws PageHeapError ERR_GOLDEN for a line that cannot be, and where there is none but should be
 */
export async function replayLines<Operation extends { readonly op: string }, Place = number>(
  file: string,
  lines: AsyncIterable<ReplayedLine<Operation>>,
  replay: TraceReplay<Operation, Place>,
  last: number,
  announced: number | undefined,
): Promise<ReplayedLines> {
  const recent = new Recent(last);
  let [operations, checkpoints, counted] = [0, 0, 0];
  for await (const { line, text, operation } of lines) {
    const refusal = replay.refuse(operation);
    if (refusal !== undefined) throw goldenError(file, line, refusal, text);
    operations++;
    if (operation.op === 'h') checkpoints++;
    else if (operation.op !== 'i') counted++;
    let answer: Answer<Place> | undefined;
    try {
      answer = replay.apply(operation);
    } catch (error) {
      if (!(error instanceof FatalError)) throw error;
      answer = { expected: 'an answer', found: error.message };
    }
    if (answer !== undefined) {
      const { expected, found, fields = [], place } = answer;
      const state = replay.describe(place);
      const mismatch = { line, operation: text, expected, found, fields, state, last: recent.all() };
      return { operations, checkpoints, missing: 0, mismatch };
    }
    recent.push(line, text);
  }
  if (counted === 0 && announced !== 0) throw goldenError(file, 1, 'a trace without an operation');
  const missing = Math.max(0, (announced ?? 0) - counted);
  return { operations, checkpoints, missing, mismatch: undefined };
}
