/**
 * The lines of a golden trace of the radix page allocator, read into types. A line of another shape is
 * `ERR_GOLDEN`.
 *
 * Not here: replaying (radix.ts).
 */

import { type GoldenLine, goldenError, readGolden } from './golden.ts';
import { announcedOperations } from './replay-lines.ts';
import { parseWord64, type Word64 } from './word64.ts';

export interface RadixHeader {
  readonly name: string;
  /** The chunk indexes that exist, from the base. */
  readonly chunks: readonly number[];
  readonly physPageSize: number;
  readonly physHugePageSize: number;
  /** Operations it tells of. */
  readonly announced: number | undefined;
}

export type PageRange = readonly [from: number, n: number];

export type RadixOperation =
  | {
      readonly op: 'i';
      readonly chunk: number;
      readonly allocated: PageRange[];
      readonly scavenged: PageRange[];
    }
  | { readonly op: 'a'; readonly n: number; readonly page: number; readonly scavenged: number }
  | { readonly op: 'f'; readonly page: number; readonly n: number }
  | {
      readonly op: 'c';
      readonly slot: number;
      readonly base: number;
      readonly free: Word64;
      readonly scavenged: Word64;
    }
  | {
      readonly op: 'k';
      readonly slot: number;
      readonly n: number;
      readonly page: number;
      readonly scavenged: number;
    }
  | { readonly op: 'u'; readonly slot: number }
  | { readonly op: 's' | 'b'; readonly bytes: number; readonly released: number }
  | { readonly op: 'g' | 'n' }
  | { readonly op: 'h'; readonly fields: readonly unknown[] };

/** A checkpoint's fields, flattened, in the order of the trace. */
export const checkpointFields = [
  'allocHash',
  'scavHash',
  'free',
  'scavenged',
  'searchAddr',
  'summary[0]',
  'summary[1]',
  'summary[2]',
  'summary[3]',
  'summary[4]',
  'bgCursor',
  'bgMarked',
  'forceCursor',
  'forceMarked',
  'freeHWM',
  'gen',
  'scavChunkHash',
] as const;

export interface RadixLine {
  readonly line: number;
  /** The line as it stands. */
  readonly text: string;
  readonly operation: RadixOperation;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function header(file: string, { line, value }: GoldenLine): RadixHeader {
  if (!isRecord(value)) throw goldenError(file, line, 'a trace begins with its header', value);
  const { name, chunks, physPageSize, physHugePageSize, chunkPages } = value;
  const isIndex = (c: unknown): boolean =>
    Number.isInteger(c) && (c as number) >= 0 && (c as number) < 2 ** 22;
  if (!Array.isArray(chunks) || !chunks.every(isIndex)) {
    throw goldenError(file, line, 'the header names no chunks', chunks);
  }
  if (chunkPages !== 512 || !isIndex(physPageSize) || !Number.isInteger(physHugePageSize)) {
    throw goldenError(file, line, 'not the header of a radix page allocator', value);
  }
  return {
    name: typeof name === 'string' ? name : '',
    chunks: chunks as number[],
    physPageSize: physPageSize as number,
    physHugePageSize: physHugePageSize as number,
    announced: announcedOperations(value),
  };
}

function isRanges(value: unknown): value is PageRange[] {
  const isRange = (r: unknown): boolean =>
    Array.isArray(r) &&
    r.length === 2 &&
    r.every((n) => Number.isInteger(n)) &&
    r[0] >= 0 &&
    r[1] >= 0 &&
    r[0] + r[1] <= 512;
  return Array.isArray(value) && value.every(isRange);
}

/** A checkpoint's nested fields in one row; null for each that was not recorded; undefined if malformed. */
function flatten(value: readonly unknown[]): readonly unknown[] | undefined {
  const inner = value[4] ?? new Array<null>(9).fill(null);
  if (!Array.isArray(inner)) return undefined;
  const sums: unknown = inner[1] ?? new Array<null>(5).fill(null);
  if (!Array.isArray(sums)) return undefined;
  const fields = [...value.slice(0, 4), inner[0], ...sums, ...inner.slice(2)];
  return fields.length === checkpointFields.length ? fields : undefined;
}

function operation(value: readonly unknown[]): RadixOperation | undefined {
  const [op, ...rest] = value;
  const ints = (n: number): number[] | undefined =>
    rest.length >= n && rest.slice(0, n).every((x) => Number.isInteger(x)) ? (rest as number[]) : undefined;
  switch (op) {
    case 'i': {
      const [chunk, allocated, scavenged] = rest;
      if (!Number.isInteger(chunk) || !isRanges(allocated) || !isRanges(scavenged)) return undefined;
      return { op, chunk: chunk as number, allocated, scavenged };
    }
    case 'a': {
      const got = ints(2);
      if (got === undefined) return undefined;
      return { op, n: got[0]!, page: got[1]!, scavenged: got[2] ?? 0 };
    }
    case 'f': {
      const got = ints(2);
      return got && { op, page: got[0]!, n: got[1]! };
    }
    case 'c': {
      const got = ints(2);
      if (got === undefined) return undefined;
      if (got[1] === -1) return { op, slot: got[0]!, base: -1, free: [0, 0], scavenged: [0, 0] };
      const [free, scavenged] = [parseWord64(rest[2]), parseWord64(rest[3])];
      return free && scavenged && { op, slot: got[0]!, base: got[1]!, free, scavenged };
    }
    case 'k': {
      const got = ints(3);
      return got && { op, slot: got[0]!, n: got[1]!, page: got[2]!, scavenged: got[3] ?? 0 };
    }
    case 'u': {
      const got = ints(1);
      return got && { op, slot: got[0]! };
    }
    case 's':
    case 'b': {
      const got = ints(2);
      return got && { op, bytes: got[0]!, released: got[1]! };
    }
    case 'g':
    case 'n':
      return { op };
    case 'h': {
      const fields = flatten(rest);
      return fields && { op, fields };
    }
    default:
      return undefined;
  }
}

export interface RadixTrace {
  readonly header: RadixHeader;
  readonly lines: AsyncGenerator<RadixLine>;
}

/** Opens a radix trace: reads its header, and the rest as it is asked for. */
export async function openRadixTrace(file: string): Promise<RadixTrace> {
  const values = readGolden(file);
  const first = await values.next();
  if (first.done === true) throw goldenError(file, 1, 'an empty trace');
  async function* lines(): AsyncGenerator<RadixLine> {
    for await (const { line, value } of values) {
      const parsed = Array.isArray(value) ? operation(value) : undefined;
      if (parsed === undefined) throw goldenError(file, line, 'not an operation of a radix trace', value);
      yield { line, text: JSON.stringify(value), operation: parsed };
    }
  }
  return { header: header(file, first.value), lines: lines() };
}
