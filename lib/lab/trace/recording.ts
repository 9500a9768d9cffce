/**
 * Recordings, as `pageheap record` leaves them: a line of text that names the format, a line of JSON about the program, then
 * operations in few bytes, in true order. The whole is gzipped as a rule.
 *
 *   pageheap-recording/2
 *   {"pid":…,"command":[…],"ops":…,"threads":…,"samples":[[ms, ops, rss, anon],…],…}
 *   rows, a row of kind 15, and 32 bytes of zeros, so that a reader need not look where the file ends
 *
 * A row is a byte and what it announces:
 *
 *   bits 0-3   kind: 1 allocate, 2 free, 3 a realloc begins, 4 it ends, 5 it fails, 6 calloc, 7 allocate aligned; 15 the end
 *   bit 4      thread: a number, if it is another than the last row's
 *   bit 5      time: microseconds since the last row, if it is not none
 *   bit 6      the pointer is told in bytes, not in units of 8
 *   pointer    its difference to the last row's, zigzag
 *   size       of kinds 1 and 4 to 7
 *   alignment  of kind 7: a byte, its binary logarithm
 *
 * Numbers are in base 128, the least significant group first; all groups but the last have bit 7.
 *
 * Not here: writing (recording-writer.ts).
 */
import { PageHeapError } from '../../base/errors.ts';
import type { BinaryGrammar } from './binary.ts';
import type { TraceFaults } from './faults.ts';
import { maxTraceSize, newline, pointerEnd } from './grammar.ts';
import {
  leastAligned,
  mostAligned,
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayPlain,
  wayZeroed,
} from './operations.ts';
import type { Recorded, RecordedSample } from './recorded.ts';

export const recordingMark = 'pageheap-recording/';
export const recordingFormat = `${recordingMark}2`;
/** What is read as well: it had no kinds for calloc and alignments. */
const olderFormat = `${recordingMark}1`;

export const rowThread = 16;
export const rowTime = 32;
export const rowBytewise = 64;
export const rowKindMask = 15;
export const rowEnd = 15;
/** The longest row, and what follows the last one. */
export const rowPadding = 32;

const rowKinds = Uint8Array.of(
  0,
  opAllocate,
  opFree,
  opMoveFrom,
  opMoveTo,
  opFailedMove,
  opAllocate,
  opAllocate,
);
export const rowZeroed = 6;
export const rowAligned = 7;
const rowFree = 2;
const rowMoveFrom = 3;
const rowFailedMove = 5;
const mostHeaderBytes = 4 * 2 ** 20;
const threadEnd = 2 ** 16;

/** The JSON of the second line. */
export interface RecordingHeader extends Omit<Recorded, 'samples'> {
  readonly samples: readonly (readonly [number, number, number, number])[];
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function sampleOf(row: unknown): RecordedSample | undefined {
  if (!Array.isArray(row) || row.length < 4 || !row.every(isNumber)) return undefined;
  const [ms, ops, rss, anon] = row;
  return { ms, ops, rss, anon };
}

/** The header's JSON as what it says; undefined where it is none of a recording. */
function recordedOf(text: string): Recorded | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const given = value as Partial<Record<keyof RecordingHeader, unknown>> | null;
  if (typeof given !== 'object' || given === null) return undefined;
  const { pid, executable, command, started, threads, stopped, seconds, ops, mostResident, samples } = given;
  if (!isNumber(pid) || typeof executable !== 'string' || typeof started !== 'string' || !isNumber(threads))
    return undefined;
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined;
  const rows = Array.isArray(samples) ? samples.map(sampleOf) : [];
  return {
    pid,
    executable,
    command,
    started,
    threads,
    ...(typeof stopped === 'string' ? { stopped } : {}),
    ...(isNumber(seconds) ? { seconds } : {}),
    ...(isNumber(ops) ? { ops } : {}),
    ...(isNumber(mostResident) ? { mostResident } : {}),
    samples: rows.filter((row) => row !== undefined),
  };
}

export class RecordingGrammar implements BinaryGrammar {
  readonly format = 'recording';
  lines = 0;
  recorded: Recorded | undefined;
  readonly #faults: TraceFaults;
  #ended = false;
  #pointer = 0;
  #thread = 0;
  #time = 0;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  get announcedOps(): number | undefined {
    return this.recorded?.ops;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    let start = from;
    if (this.recorded === undefined) {
      start = this.#head(bytes, from, to);
      if (start < 0) return from;
    }
    batch.ids = false;
    batch.threaded = batch.ordered = batch.hasWays = true;
    return this.#ended ? to : this.#rows(bytes, start, to, batch);
  }

  finish(rest: number): void {
    const { missing, line } = { missing: (this.announcedOps ?? 0) - this.lines, line: this.lines + 1 };
    if (this.recorded === undefined) {
      this.#faults.add('cutLine', 1, 'the file ends in the header of a recording', 1);
    } else if (!this.#ended && this.#faults.counts.gzipCutLine === 0) {
      this.#faults.add('cutLine', line, `the recording ends before its end, ${rest} bytes into a row`, line);
    } else if (missing > 0 && this.#ended) {
      this.#faults.add('missingOps', line, 'fewer operations than the recording promises', missing);
    }
  }

  /** Reads the two lines. @returns where the rows begin, −1 where they are not whole yet */
  #head(bytes: Uint8Array, from: number, to: number): number {
    const first = bytes.indexOf(newline, from);
    const second = first < 0 ? -1 : bytes.indexOf(newline, first + 1);
    if (second < 0 || second >= to) {
      if (to - from > mostHeaderBytes) this.#refuse('a recording whose header has no end');
      return -1;
    }
    const text = (a: number, b: number): string => Buffer.from(bytes.subarray(a, b)).toString('utf8');
    const format = text(from, first);
    if (format !== recordingFormat && format !== olderFormat)
      this.#refuse(`a recording of format ${JSON.stringify(format)}; this version reads ${recordingFormat}`);
    this.recorded = recordedOf(text(first + 1, second));
    if (this.recorded === undefined)
      this.#refuse('the second line of a recording must be JSON about its program');
    return second + 1;
  }

  #refuse(message: string): never {
    throw new PageHeapError('ERR_TRACE', message, { file: this.#faults.file, line: 1 });
  }

  #rows(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, threads, ways, times, lineOffsets, rows, firstLine } = batch;
    const last = to - rowPadding;
    let n = batch.count;
    let p = from;
    let pointer = this.#pointer;
    let thread = this.#thread;
    let time = this.#time;
    let line = this.lines;
    while (p <= last && n < rows) {
      const start = p;
      const head = bytes[p++];
      const kind = head & rowKindMask;
      if (kind === 0 || kind >= rowKinds.length) {
        this.lines = line;
        if (kind !== rowEnd) this.#refuseRow(line, head);
        this.#ended = true;
        p = to;
        break;
      }
      let byte = 0;
      if ((head & rowThread) !== 0) {
        thread = 0;
        for (let scale = 1; ; scale *= 128) {
          byte = bytes[p++];
          thread += (byte & 127) * scale;
          if (byte < 128 || p - start > rowPadding) break;
        }
      }
      if ((head & rowTime) !== 0) {
        for (let scale = 1; ; scale *= 128) {
          byte = bytes[p++];
          time += (byte & 127) * scale;
          if (byte < 128 || p - start > rowPadding) break;
        }
      }
      byte = bytes[p++];
      let value = byte & 127;
      // Up to four groups fit into a small integer, which is the rule.
      for (let shift = 7; byte >= 128 && shift < 28; shift += 7) {
        byte = bytes[p++];
        value |= (byte & 127) << shift;
      }
      let odd = value & 1;
      let half = value >> 1;
      if (byte >= 128) {
        let wide = value;
        for (let scale = 2 ** 28; byte >= 128 && p - start <= rowPadding; scale *= 128) {
          byte = bytes[p++];
          wide += (byte & 127) * scale;
        }
        odd = wide % 2;
        half = (wide - odd) / 2;
      }
      const unit = (head & rowBytewise) === 0 ? 8 : 1;
      pointer += odd === 0 ? half * unit : -(half + 1) * unit;
      let size = 0;
      if (kind !== rowFree && kind !== rowMoveFrom) {
        byte = bytes[p++];
        size = byte & 127;
        for (let scale = 128; byte >= 128 && p - start <= rowPadding; scale *= 128) {
          byte = bytes[p++];
          size += (byte & 127) * scale;
        }
      }
      let way = wayPlain;
      if (kind === rowZeroed) way = wayZeroed;
      else if (kind === rowAligned) way = bytes[p++];
      if (
        p - start > rowPadding ||
        way > mostAligned ||
        (kind === rowAligned && way < leastAligned) ||
        !(pointer >= 0 && pointer < pointerEnd && thread < threadEnd) ||
        (size > maxTraceSize && pointer !== 0 && kind !== rowFailedMove)
      ) {
        this.lines = line;
        this.#refuseRow(line, head);
      }
      kinds[n] = rowKinds[kind];
      pointers[n] = pointer;
      sizes[n] = size;
      threads[n] = thread;
      ways[n] = way;
      times[n] = time;
      lineOffsets[n] = ++line - firstLine;
      n++;
    }
    this.#pointer = pointer;
    this.#thread = thread;
    this.#time = time;
    this.lines = line;
    batch.count = n;
    return p;
  }

  /** After a byte that is wrong nothing can be trusted: each row is told by its difference to the last. */
  #refuseRow(line: number, head: number): never {
    throw new PageHeapError(
      'ERR_TRACE',
      `operation ${line + 1} of the recording is damaged (0x${head.toString(16)})`,
      {
        file: this.#faults.file,
        line: line + 1,
      },
    );
  }
}
