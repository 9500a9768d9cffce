/**
 * The lines of a recorded pacer, read into types: what it was told, and what it then answered. A line of another
 * shape is `ERR_GOLDEN`.
 *
 * Numbers of 2^53 and more are rounded to doubles when the line is read.
 *
 * Not here: replaying (pacer.ts).
 */
import { type GoldenLine, goldenError, readGolden } from './golden.ts';

/** What the pacer answers outside a cycle, in the order of the trace. */
export const stateFields = [
  'heapGoal',
  'trigger',
  // Recordings have the goal here as it is told with the trigger.
  'goal of the trigger',
  'runway',
  'consMark',
  'GOGC goal',
  'heapMarked',
  'heapLive',
  'heapScan',
  'lastHeapScan',
  'lastStackScan',
  'heapMinimum',
] as const;

/** What it answers while marking. */
export const markFields = [
  'triggered',
  'dedicated workers',
  'fractional goal',
  'assistWorkPerByte',
  'assistBytesPerWork',
] as const;

/** A checkpoint is `h`, as in the other traces. */
export type PacerOperation =
  | { readonly op: 'new'; readonly percent: number; readonly limit: number; readonly procs: number }
  | {
      readonly op: 'around';
      readonly mappedReady: number;
      readonly heapFree: number;
      readonly totalAlloc: number;
      readonly totalFree: number;
    }
  | { readonly op: 'percent' | 'limit'; readonly to: number }
  | { readonly op: 'start'; readonly stacks: number; readonly globals: number; readonly scannable: number }
  | {
      readonly op: 'revise';
      readonly live: number;
      readonly scan: number;
      readonly work: readonly [heap: number, stacks: number, globals: number];
    }
  | {
      readonly op: 'end';
      readonly marked: number;
      readonly assist: number;
      readonly idle: number;
      readonly elapsed: number;
    }
  | { readonly op: 'stop' }
  | { readonly op: 'h'; readonly of: 'state' | 'mark'; readonly answers: readonly (number | null)[] };

export interface PacerLine {
  readonly line: number;
  readonly text: string;
  readonly operation: PacerOperation;
}

/** Whether a first line is one of such a trace: its header, or its first controller where it has none. */
export function isPacerLine(value: unknown): boolean {
  return Array.isArray(value) && (value[0] === 'hdr' || value[0] === 'new');
}

const isSize = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
const isPercent = (n: unknown): boolean => Number.isInteger(n) && (n as number) === ((n as number) | 0);
const isLimit = (n: unknown): boolean =>
  Number.isInteger(n) && (n as number) >= 0 && (n as number) <= 2 ** 63;
const isProcs = (n: unknown): boolean => isSize(n) && (n as number) >= 1 && (n as number) < 2 ** 31;
const isShare = (n: unknown): boolean => typeof n === 'number' && n >= 0 && n <= 1;

/** What follows the name of an operation. */
const shapes: Readonly<Record<string, readonly ((n: unknown) => boolean)[]>> = {
  new: [isPercent, isLimit, isProcs],
  around: [isSize, isSize, isSize, isSize],
  percent: [isPercent],
  limit: [isLimit],
  start: [isSize, isSize, isShare],
  revise: [isSize, isSize, isSize, isSize, isSize],
  end: [isSize, isSize, isSize, isSize, isSize, isSize],
  stop: [],
};

function answersOf(value: unknown, fields: readonly string[]): (number | null)[] | undefined {
  const isAnswer = (n: unknown, i: number): boolean =>
    typeof n === 'number' || (n === null && fields[i] === 'GOGC goal');
  return Array.isArray(value) && value.length === fields.length && value.every(isAnswer) ? value : undefined;
}

function operationOf(file: string, { line, value }: GoldenLine): PacerOperation {
  const refuse = (message: string): never => {
    throw goldenError(file, line, message, JSON.stringify(value));
  };
  if (!Array.isArray(value)) return refuse('not an operation');
  const [op, ...rest] = value as unknown[];
  if (op === 'state' || op === 'mark') {
    const fields = op === 'state' ? stateFields : markFields;
    const answers = rest.length === 1 ? answersOf(rest[0], fields) : undefined;
    return answers === undefined
      ? refuse(`not the ${fields.length} answers of this line`)
      : { op: 'h', of: op, answers };
  }
  const shape = typeof op === 'string' && Object.hasOwn(shapes, op) ? shapes[op] : undefined;
  if (shape === undefined) return refuse('not an operation that is known');
  if (rest.length !== shape.length || !rest.every((n, i) => shape[i](n)))
    return refuse(`not the ${shape.length} numbers of this operation`);
  const n = rest as number[];
  switch (op) {
    case 'new':
      return { op, percent: n[0], limit: n[1], procs: n[2] };
    case 'around':
      return { op, mappedReady: n[0], heapFree: n[1], totalAlloc: n[2], totalFree: n[3] };
    case 'percent':
    case 'limit':
      return { op, to: n[0] };
    case 'start':
      return { op, stacks: n[0], globals: n[1], scannable: n[2] };
    case 'revise':
      return { op, live: n[0], scan: n[1], work: [n[2], n[3], n[4]] };
    case 'end':
      // What dedicated and fractional workers took is in the background's share, whatever it was.
      return { op, marked: n[0], assist: n[1], idle: n[4], elapsed: n[5] };
    default:
      return { op: 'stop' };
  }
}

/** What is told of a trace when its first line was read. */
export interface PacerHeader {
  hasHeader: boolean;
}

/** The operations of a trace as a stream. @throws PageHeapError ERR_FILE, ERR_GOLDEN */
export async function* readPacerTrace(file: string, header: PacerHeader): AsyncGenerator<PacerLine> {
  for await (const item of readGolden(file)) {
    const { line, value } = item;
    if (line === 1 && Array.isArray(value) && value[0] === 'hdr') {
      header.hasHeader = true;
      continue;
    }
    yield { line, text: JSON.stringify(value), operation: operationOf(file, item) };
  }
}
