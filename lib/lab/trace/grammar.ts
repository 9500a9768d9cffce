/**
 * What a trace format must be able to do, and the numbers all of them read.
 *
 * A grammar is given whole lines only: the last byte of what it parses is a newline. So a scan that
 * stops at a newline cannot run over the end, and no loop needs to ask where the end is. The reader
 * (reader.ts) puts lines together that fall on two chunks.
 *
 * Numbers are read straight into a column: the function answers the position after the number, or
 * −1 where there is none, and the value needs no box. A number too large to be told exactly becomes
 * Infinity, which every check of a range refuses.
 */
import { PageHeapError } from '../../base/errors.ts';
import { userAddressEnd } from '../../base/units.ts';
import type { OperationBatch } from './operations.ts';

/** Formats of text, a line an operation. */
export type TextFormat = 'mtrace' | 'rep' | 'script' | 'allocfree' | 'calls' | 'heaptrack' | 'android';
export type TraceFormat = TextFormat | 'raw' | 'recording' | 'malloc-trace' | 'malloc-workload';

const textFormats: ReadonlySet<TraceFormat> = new Set<TextFormat>([
  'mtrace',
  'rep',
  'script',
  'allocfree',
  'calls',
  'heaptrack',
  'android',
]);

/** What a place in a trace of a format is counted in, for a person. */
export const placeUnit = (format: TraceFormat | undefined): 'line' | 'operation' =>
  format === undefined || textFormats.has(format) ? 'line' : 'operation';

/** The largest size an object may have: the address space of a Linux process. */
export const maxTraceSize = userAddressEnd;

/** One past the highest pointer a trace may name: user addresses have at most 57 bits. */
export const pointerEnd = 2 ** 57;

export interface TraceGrammar {
  readonly format: TextFormat;
  /** Lines read so far; set once, where lines were passed over before. */
  lines: number;
  /** Operations the trace says it has; undefined if it does not say, or has not said so yet. */
  readonly announcedOps: number | undefined;

  /**
   * Parses bytes[from, to), whole lines, into the rows of the batch that are free.
   * @returns where it stopped: `to`, or the start of a line when the batch is full
   * @throws PageHeapError ERR_TRACE with file and line: what can only be a mistake; in strict mode, any fault
   */
  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number;

  /** Whether a last line without a newline may be whole all the same. */
  mayEndWith(line: string): boolean;

  /** The file ends here, which may be a fault. @throws PageHeapError ERR_TRACE in strict mode */
  finish(): void;
}

export const newline = 10;
export const space = 32;
export const carriageReturn = 13;

/** The value of each byte as a hexadecimal digit, 16 where it is none. */
const hexDigits = new Uint8Array(256).fill(16);
for (let d = 0; d < 16; d++) {
  hexDigits[d.toString(16).charCodeAt(0)] = d;
  hexDigits[d.toString(16).toUpperCase().charCodeAt(0)] = d;
}

const zero = 48;
const nine = 57;
const lowerX = 120;
/** More digits than this, leading zeros included, are no number of 64 bits that a writer prints. */
const maxHexDigits = 16;
const maxDecimalDigits = 20;

/** Powers of 16, for the digits of one group. */
const powers16 = Float64Array.from({ length: 8 }, (_, n) => 16 ** n);
/** Digits of a group: as many as leave room in a 31-bit integer, which costs V8 the least. */
const groupDigits = 7;

/** Reads `0x1f` or `0` (what C's `%#lx` prints of zero) at `at` into out[row]. */
export function readHex(bytes: Uint8Array, at: number, out: Float64Array, row: number): number {
  if (bytes[at] !== zero) return -1;
  if (bytes[at + 1] !== lowerX) {
    out[row] = 0;
    return at + 1;
  }
  const first = at + 2;
  let p = first;
  let group = 0;
  let digit = hexDigits[bytes[p]];
  for (const end = first + groupDigits; digit < 16 && p < end; digit = hexDigits[bytes[++p]]) {
    group = (group << 4) | digit;
  }
  if (p === first) return -1;
  if (digit === 16) {
    out[row] = group;
    return p;
  }
  let value = group;
  while (digit < 16) {
    const start = p;
    group = 0;
    for (const end = p + groupDigits; digit < 16 && p < end; digit = hexDigits[bytes[++p]]) {
      group = (group << 4) | digit;
    }
    value = value * powers16[p - start] + group;
  }
  out[row] = p - first > maxHexDigits ? Number.POSITIVE_INFINITY : value;
  return p;
}

/** Reads a whole decimal number without sign at `at` into out[row]. */
export function readDecimal(bytes: Uint8Array, at: number, out: Float64Array, row: number): number {
  let p = at;
  let value = 0;
  let byte = bytes[p];
  while (byte >= zero && byte <= nine) {
    value = value * 10 + (byte - zero);
    byte = bytes[++p];
  }
  if (p === at) return -1;
  out[row] = p - at > maxDecimalDigits ? Number.POSITIVE_INFINITY : value;
  return p;
}

/** Whether the line ends at `at`, with or without a carriage return. */
export function endsAt(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === newline || (byte === carriageReturn && bytes[at + 1] === newline);
}

const shownBytes = 80;

/** The line that starts at `at`, for a message: printable, and not longer than a message may be. */
export function showLine(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(newline, at);
  const line = Buffer.from(bytes.subarray(at, end < 0 ? bytes.length : end)).toString('latin1');
  const text = line.length > shownBytes ? `${line.slice(0, shownBytes)}…` : line;
  return JSON.stringify(text.replace(/\r$/, ''));
}

/** Stops at a line of a trace. */
export function traceError(file: string, line: number, message: string, value?: unknown): never {
  throw new PageHeapError('ERR_TRACE', message, { file, line, value });
}
