/**
 * A run as a whole: the lines of a run file, sorted by kind.
 *
 * `toRunData` takes the parsed lines in file order. It is forgiving where a run can have been cut short: a run
 * that was killed has no end line, and says so. It is strict where guessing would lie: no header, or a header of
 * another format, is an error.
 *
 * Invariants of a RunData: every array is in order of time, and every sample has finite numbers for
 * the quantities that are not optional.
 *
 * Not here: what the lines hold (lines.ts), reading the file, and broken lines of JSON (run-file.ts).
 */

import { PageHeapError } from '../../base/errors.ts';
import { faultIn, isKnownKind } from './line-shapes.ts';
import {
  type RunClasses,
  type RunCollection,
  type RunDominators,
  type RunEnd,
  type RunHeader,
  type RunMap,
  type RunPhaseEnd,
  type RunSample,
  type RunScavenge,
  type RunSteer,
  runFormats,
} from './lines.ts';
import { endingRemark } from './run-ending.ts';
import { isJsonObject, listOf, members, type Shape, text } from './shapes.ts';

/** A whole run. */
export interface RunData {
  readonly header: RunHeader;
  readonly samples: readonly RunSample[];
  readonly collections: readonly RunCollection[];
  readonly scavenges: readonly RunScavenge[];
  readonly phases: readonly RunPhaseEnd[];
  readonly maps: readonly RunMap[];
  readonly classes: readonly RunClasses[];
  /** Absent where no heap dump was asked for by a program that made this itself. */
  readonly dominators?: readonly RunDominators[];
  /** What a person changed while it ran; absent where a program made this itself. */
  readonly steers?: readonly RunSteer[];
  /** The last line; undefined when the run did not finish. */
  readonly end: RunEnd | undefined;
  /** What a reader should know: that the run did not come to its end, what was changed by hand, lines that were not understood. */
  readonly remarks: readonly string[];
}

/** The formats that are read, in words. */
export const formatWords = runFormats.join(' or ');

/** A line of one kind, as a run file has it. */
const lineOf =
  (kind: string): Shape =>
  (value) =>
    isJsonObject(value) && value.k === kind && faultIn(kind, value, true) === undefined
      ? undefined
      : `a line of kind ${kind}`;

const linesOf = (kind: string): Shape => listOf(lineOf(kind), `a list of lines of kind ${kind}`);

const dataShapes: Readonly<Record<keyof Required<RunData>, Shape>> = {
  header: lineOf('run'),
  samples: linesOf('s'),
  collections: linesOf('gc'),
  scavenges: linesOf('scav'),
  phases: linesOf('phase'),
  maps: linesOf('map'),
  classes: linesOf('classes'),
  dominators: (value) => (value === undefined ? undefined : linesOf('dominators')(value)),
  steers: (value) => (value === undefined ? undefined : linesOf('steer')(value)),
  end: (value) => (value === undefined ? undefined : lineOf('end')(value)),
  remarks: listOf(text, 'a list of texts'),
};

/** What a value lacks to be a RunData, in words; undefined where it is one. */
export const faultOfData: Shape = members(dataShapes);

/** What leaves the options, and so the figures, as they were asked for. */
const onlyTime = new Set(['pause', 'resume', 'step', 'speed']);

/** What a reader should know of a run that a person steered. */
function steeredRemark(steers: readonly RunSteer[]): string | undefined {
  if (steers.length === 0) return undefined;
  const changes = steers.filter(({ what }) => !onlyTime.has(what));
  if (changes.length === 0)
    return 'The run was steered by hand: it stood still, or went slower or faster; its own time did, too.';
  const held = changes.length < steers.length ? ', and it stood still, or went slower or faster,' : ',';
  const times = changes.length === 1 ? 'something was changed' : `${changes.length} things were changed`;
  return `The run was steered by hand: ${times} while it ran${held} so its figures are not those of its options alone.`;
}

function byTime<T extends { readonly t: number }>(lines: unknown[] | undefined): T[] {
  return ((lines ?? []) as T[]).sort((a, b) => a.t - b.t);
}

/**
 * Sorts the parsed lines of a run file into a RunData.
 *
 * @throws PageHeapError ERR_RUN_FILE when the header is missing or of another format.
 */
export function toRunData(lines: Iterable<unknown>): RunData {
  const byKind: Record<string, unknown[]> = {};
  let strange = 0;
  let ofContender = false;
  for (const line of lines) {
    if (!isJsonObject(line) || typeof line.k !== 'string' || !isKnownKind(line.k)) {
      strange++;
    } else if (line.k === 'run' && !runFormats.includes(line.format as string)) {
      throw new PageHeapError('ERR_RUN_FILE', `a run file of format ${formatWords} was expected`, {
        value: line.format,
      });
    } else if (faultIn(line.k, line, ofContender) !== undefined) {
      strange++;
    } else {
      byKind[line.k] ??= [];
      byKind[line.k].push(line);
      ofContender ||= line.k === 'run' && line.contender !== undefined;
    }
  }
  const { run, s, gc, scav, phase, map, classes, dominators, steer, end } = byKind as Record<
    string,
    unknown[] | undefined
  >;
  if (run === undefined)
    throw new PageHeapError('ERR_RUN_FILE', 'the file has no run line, so it is not a run file');
  const remarks: string[] = [];
  const samples = byTime<RunSample>(s);
  const last = end?.at(-1) as RunEnd | undefined;
  const ending = endingRemark(run[0] as RunHeader, last, samples.at(-1));
  if (ending !== undefined) remarks.push(ending);
  const steered = steeredRemark((steer ?? []) as RunSteer[]);
  if (steered !== undefined) remarks.push(steered);
  if (strange > 0) {
    remarks.push(`${strange} ${strange === 1 ? 'line was' : 'lines were'} not understood and left out.`);
  }
  return {
    header: run[0] as RunHeader,
    samples,
    collections: byTime<RunCollection>(gc),
    scavenges: byTime<RunScavenge>(scav),
    phases: byTime<RunPhaseEnd>(phase),
    maps: byTime<RunMap>(map),
    classes: byTime<RunClasses>(classes),
    dominators: byTime<RunDominators>(dominators),
    steers: byTime<RunSteer>(steer),
    end: last,
    remarks,
  };
}
