/**
 * The common course of a verification: each operation of a trace is looked at, performed, and compared, until the
 * first answer that differs.
 *
 * Not here: what the operations are (radix.ts, spans.ts).
 */
import { FatalError } from '../../base/errors.ts';
import { goldenError } from './golden.ts';
import { type FieldMismatch, Recent, type VerifyMismatch } from './mismatch.ts';

/** What was expected and what was found, where they differ. */
export interface Answer {
  readonly expected: string;
  readonly found: string;
  readonly fields?: readonly FieldMismatch[];
  /** Where to look, as the replay numbers places. */
  readonly place?: number;
}

export interface TraceReplay<Operation> {
  /** What is wrong with the operation itself, whatever the answer would be. */
  refuse(operation: Operation): string | undefined;
  /** Performs it; undefined when the answer is the trace's. */
  apply(operation: Operation): Answer | undefined;
  /** The state around a place, a line each. */
  describe(place: number | undefined): string[];
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

/** Replays the lines of a trace. @throws PageHeapError ERR_GOLDEN for a line that cannot be, and where there is none */
export async function replayLines<Operation extends { readonly op: string }>(
  file: string,
  lines: AsyncIterable<{ readonly line: number; readonly text: string; readonly operation: Operation }>,
  replay: TraceReplay<Operation>,
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
    let answer: Answer | undefined;
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
  if (counted === 0) throw goldenError(file, 1, 'a trace without an operation');
  const missing = Math.max(0, (announced ?? 0) - counted);
  return { operations, checkpoints, missing, mismatch: undefined };
}
