/**
 * The lines of a golden trace of a page heap of 2014 or 2019, read into types. A line of another shape is
 * `ERR_GOLDEN`.
 *
 * Not here: replaying (spans.ts).
 */
import { type GoldenLine, goldenError, readGolden } from './golden.ts';
import { announcedOperations } from './replay-lines.ts';

export type SpansDesign = 'lists' | 'treap';

/** Bytes, except the credit's: what a checkpoint begins from. */
export interface SpansStats {
  readonly heapSys: number;
  readonly heapIdle: number;
  readonly heapReleased: number;
  readonly credit: number;
  readonly heapInuse: number;
}

export interface SpansHeader {
  readonly design: SpansDesign;
  readonly stats0: SpansStats;
  /** First pages of the runs free at the start, the one put into its list last first. */
  readonly freeListOrder: readonly number[];
  readonly clock0: number;
  /** Operations it tells of. */
  readonly announced: number | undefined;
}

export type SpansOperation =
  | {
      readonly op: 'i';
      readonly page: number;
      readonly n: number;
      readonly free: boolean;
      readonly scavenged: boolean;
      readonly released: number;
      readonly unusedSince: number;
    }
  | { readonly op: 'a'; readonly n: number; readonly page: number }
  | { readonly op: 'f'; readonly page: number; readonly n: number }
  | { readonly op: 'L'; readonly bytes: number; readonly released: number }
  | { readonly op: 'S'; readonly now: number; readonly limit: number; readonly released: number }
  | { readonly op: 'h'; readonly fields: readonly number[] };

/** A checkpoint's fields, in the order of the trace. */
export const spansCheckpointFields = [
  'hash of the free runs',
  'free runs',
  'free pages',
  'heapSys',
  'heapIdle',
  'heapReleased',
  'credit',
  'heapInuse',
] as const;

export interface SpansLine {
  readonly line: number;
  readonly text: string;
  readonly operation: SpansOperation;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** Whether a first line is the header of such a trace. */
export function isSpansHeader(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'freeListOrder' in value && 'stats0' in value;
}

function headerOf(file: string, { line, value }: GoldenLine): SpansHeader {
  if (!isSpansHeader(value)) throw goldenError(file, line, 'a trace begins with its header', value);
  const { go, stats0, freeListOrder, clock0, pageSize } = value as Readonly<Record<string, unknown>>;
  const design =
    typeof go === 'string'
      ? /^go1\.4(\.|$)/.test(go)
        ? 'lists'
        : /^go1\.12(\.|$)/.test(go)
          ? 'treap'
          : undefined
      : undefined;
  if (design === undefined) throw goldenError(file, line, 'not a version whose page heap is known here', go);
  const stats = stats0 as Readonly<Record<string, unknown>> | null;
  const names = ['heapSys', 'heapIdle', 'heapReleased', 'credit', 'heapInuse'] as const;
  if (
    typeof stats !== 'object' ||
    stats === null ||
    !names.every((name) => isCount(stats[name])) ||
    !Array.isArray(freeListOrder) ||
    !freeListOrder.every(isCount) ||
    !isCount(clock0) ||
    pageSize !== 8192
  ) {
    throw goldenError(file, line, 'not the header of a page heap of spans', value);
  }
  return {
    design,
    stats0: stats as unknown as SpansStats,
    freeListOrder: freeListOrder as number[],
    clock0,
    announced: announcedOperations(value),
  };
}

/** Numbers that follow the letter of an operation: how many, where −1 is a number too. */
const shapes: Readonly<Record<string, number>> = { i: 6, a: 2, f: 2, L: 2, S: 3, h: 8 };

function operationOf(file: string, { line, value }: GoldenLine): SpansOperation {
  const refuse = (message: string): never => {
    throw goldenError(file, line, message, JSON.stringify(value));
  };
  if (!Array.isArray(value)) return refuse('not an operation');
  const [op, ...rest] = value as unknown[];
  if (typeof op !== 'string' || shapes[op] === undefined) return refuse('not an operation that is known');
  if (rest.length !== shapes[op] || !rest.every((n) => isCount(n) || (op === 'a' && n === -1)))
    return refuse(`not the ${shapes[op]} numbers of this operation`);
  const n = rest as number[];
  switch (op) {
    case 'i':
      return {
        op,
        page: n[0],
        n: n[1],
        free: n[2] === 1,
        scavenged: n[3] === 1,
        released: n[4],
        unusedSince: n[5],
      };
    case 'a':
      return { op, n: n[0], page: n[1] };
    case 'f':
      return { op, page: n[0], n: n[1] };
    case 'L':
      return { op, bytes: n[0], released: n[1] };
    case 'S':
      return { op, now: n[0], limit: n[1], released: n[2] };
    default:
      return { op: 'h', fields: n };
  }
}

/** Opens a trace: its header, and its operations as a stream. @throws PageHeapError ERR_FILE, ERR_GOLDEN */
export async function openSpansTrace(
  file: string,
): Promise<{ header: SpansHeader; lines: AsyncGenerator<SpansLine> }> {
  const values = readGolden(file);
  const first = await values.next();
  if (first.done === true) throw goldenError(file, 1, 'an empty trace');
  const header = headerOf(file, first.value);
  async function* lines(): AsyncGenerator<SpansLine> {
    for await (const item of values)
      yield { line: item.line, text: JSON.stringify(item.value), operation: operationOf(file, item) };
  }
  return { header, lines: lines() };
}
