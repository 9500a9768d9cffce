/**
 * The recorder's raw files, as native/recorder.h tells them: a header of one page, then records of 16 bytes in true order.
 *
 * A file is read as it is, also while its program writes it: what is not written yet, or never was, is zeros.
 *
 *   word 0   kind, thread, pointer / 8        word 1   size, time; or a whole value
 *
 * Times are the processor's counter without its lowest 12 bits, of which a record has 32: a record of kind clock tells
 * the whole counter whenever the upper bits change. Two pairs of counter and clock in the header tell how fast it
 * counts; where they lie close together, whoever recorded knows better (`recording.json` beside the file).
 *
 * Threads are numbered from 0 here, in the order of their first record.
 */
import { PageHeapError } from '../../base/errors.ts';
import type { BinaryGrammar } from './binary.ts';
import type { TraceFaults } from './faults.ts';
import { maxTraceSize, pointerEnd } from './grammar.ts';
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

export const rawMagic = 'PHEAPRAW';
/** Bytes that tell all that a header says. */
export const rawHeaderBytes = 4096;
/** The longest header: a physical page of the machine's largest. */
const mostHeaderBytes = 65536;
const recordBytes = 16;
/** The first version had no kinds for calloc and alignments. */
const rawVersions: readonly number[] = [1, 2];

/** The operation of a record, by its kind; 0 for what is none. */
const rowKinds = new Uint8Array(16);
rowKinds.set([0, opAllocate, opFree, opMoveFrom, opMoveTo, opFailedMove]);
const kMoveFailed = 5;
const kThread = 6;
const kClock = 7;
const kWideSize = 8;
const kWidePointer = 9;
const kZeroed = 10;
const kAligned = 11;
rowKinds.fill(opAllocate, kZeroed, kAligned + 1);

/** Bits of the counter that no record has, and what one of its 32 bits is then worth. */
const timeShift = 12;
const tick = 2 ** timeShift;
const timeWrap = 2 ** 32;

/** Pairs closer than that, in nanoseconds, do not tell how fast the counter is. */
const leastNs = 5e6;
/** Counts a microsecond where nobody knows: a guess. */
const guessedRate = 2500;

/** Why the recorder stopped before its program did. */
export const stopReasons = ['', 'cannotOpen', 'diskFull', 'fileLimit', 'cannotMap', 'tooLong'] as const;

/** What the header of a raw file says. */
export interface RawHeader {
  /** Of the header, up to the first record. */
  readonly bytes: number;
  readonly pid: number;
  readonly parent: number;
  /** The processor's counter, and the clocks in nanoseconds, at the beginning; the last pair known. */
  readonly firstCount: number;
  readonly firstNs: number;
  readonly lastCount: number;
  readonly lastNs: number;
  readonly wallMs: number;
  readonly ending: 'running' | 'exited' | 'stopped';
  readonly reason: (typeof stopReasons)[number];
  readonly errno: number;
  /** Bytes of the file that may count as resident in the program. */
  readonly mapped: number;
  readonly ownMalloc: boolean;
  /** Bytes; 0 where the program did not come to its end. */
  readonly mostResident: number;
  /** What the program had before its first operation; absent where that is not known. */
  readonly before?: Pick<RecordedSample, 'rss' | 'anon'>;
  readonly executable: string;
  readonly command: readonly string[];
}

/** The words of a text that ends with its first zero byte, or of several. */
function texts(bytes: Uint8Array): string[] {
  const all = Buffer.from(bytes).toString('utf8').split('\0');
  while (all.at(-1) === '') all.pop();
  return all;
}

/** Reads the header from its first bytes. @throws PageHeapError ERR_TRACE for one of another version, or another length */
export function readRawHeader(bytes: Uint8Array, file: string): RawHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, rawHeaderBytes);
  const version = view.getUint32(8, true);
  if (!rawVersions.includes(version)) {
    throw new PageHeapError(
      'ERR_TRACE',
      `a raw recording of version ${version}, not ${rawVersions.join(' or ')}`,
      {
        file,
        line: 1,
      },
    );
  }
  const headerBytes = view.getUint32(12, true);
  if (headerBytes < rawHeaderBytes || headerBytes > mostHeaderBytes || headerBytes % recordBytes !== 0) {
    throw new PageHeapError('ERR_TRACE', `the header of a raw recording of ${headerBytes} bytes`, {
      file,
      line: 1,
    });
  }
  const word = (i: number): number => Number(view.getBigUint64(16 + 8 * i, true));
  const [rss, anon] = [334, 335].map((i) => word(i) * 1024);
  const commandBytes = Math.min(view.getUint32(632, true), 2048);
  return {
    bytes: headerBytes,
    pid: word(0),
    parent: word(1),
    firstCount: word(2),
    firstNs: word(3),
    lastCount: word(4),
    lastNs: word(5),
    wallMs: word(6) / 1e6,
    ending: (['running', 'exited', 'stopped'] as const)[word(7)] ?? 'running',
    reason: stopReasons[word(8)] ?? '',
    errno: word(9),
    mapped: word(10),
    ownMalloc: word(11) !== 0,
    mostResident: word(12) * 1024,
    ...(rss === 0 ? {} : { before: { rss, anon } }),
    executable: texts(bytes.subarray(120, 120 + 512))[0] ?? '',
    command: texts(bytes.subarray(636, 636 + commandBytes)),
  };
}

/** Counts a microsecond, by the header's pairs; undefined where they lie too close together. */
export function rateOf({ firstCount, firstNs, lastCount, lastNs }: RawHeader): number | undefined {
  const ns = lastNs - firstNs;
  return ns < leastNs ? undefined : (1000 * (lastCount - firstCount)) / ns;
}

export class RawGrammar implements BinaryGrammar {
  readonly format = 'raw';
  readonly announcedOps = undefined;
  lines = 0;
  header: RawHeader | undefined;
  /** Counts a microsecond, where the header's pairs do not tell. */
  otherwise = guessedRate;
  #rate = guessedRate;
  readonly #faults: TraceFaults;
  /** Records so far, written or not, and of these the last that was written. */
  #at = 0;
  #epoch = 0;
  #lastTicks = 0;
  /** By thread: what its next record has beside; NaN for nothing. */
  readonly #wideSizes = new Map<number, number>();
  readonly #widePointers = new Map<number, number>();
  /** By the recorder's number of a thread: ours plus one. */
  readonly #numbers = new Uint16Array(2 ** 16);
  #threads = 0;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  get recorded(): Recorded | undefined {
    const { header } = this;
    if (header === undefined) return undefined;
    const { pid, executable, command, wallMs, reason } = header;
    return {
      pid,
      executable,
      command,
      started: new Date(wallMs).toISOString(),
      threads: this.#threads,
      ...(reason === '' ? {} : { stopped: reason }),
    };
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    let start = from;
    if (this.header === undefined) {
      if (to - from < rawHeaderBytes) return from;
      const header = readRawHeader(bytes.subarray(from, from + rawHeaderBytes), this.#faults.file);
      if (to - from < header.bytes) return from;
      this.header = header;
      this.#rate = rateOf(this.header) ?? this.otherwise;
      this.#epoch = Math.floor(this.header.firstCount / tick / timeWrap) * timeWrap;
      this.#lastTicks = this.header.firstCount / tick;
      start += header.bytes;
    }
    batch.ids = false;
    batch.threaded = batch.ordered = batch.hasWays = true;
    const n = Math.floor((to - start) / recordBytes);
    if (n === 0) return start;
    const isAligned = ((bytes.byteOffset + start) & 3) === 0;
    const part = isAligned
      ? bytes.subarray(start, start + n * recordBytes)
      : bytes.slice(start, start + n * recordBytes);
    const words = new Uint32Array(part.buffer, part.byteOffset, 4 * n);
    return start + recordBytes * this.#rows(words, n, batch);
  }

  finish(rest: number): void {
    if (this.header === undefined) {
      this.#faults.add('cutLine', 1, 'the file ends in the header of a raw recording', 1);
    } else if (rest > 0) {
      this.#faults.add('cutLine', this.lines + 1, 'the file ends in the middle of a record', this.lines + 1);
    }
  }

  /** Parses n records into the rows of the batch that are free. @returns how many */
  #rows(words: Uint32Array, n: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, threads, ways, times, lineOffsets, rows, firstLine } = batch;
    const firstTicks = (this.header as RawHeader).firstCount / tick;
    const perTick = tick / this.#rate;
    const numbers = this.#numbers;
    let count = batch.count;
    let r = 0;
    for (; r < n && count < rows; r++) {
      const w = 4 * r;
      const low = words[w];
      if (low === 0) continue;
      const kind = low & 15;
      const thread = (low >>> 4) & 0xffff;
      if (
        rowKinds[kind] === 0 ||
        numbers[thread] === 0 ||
        this.#wideSizes.size + this.#widePointers.size > 0
      ) {
        if (this.#other(kind, thread, words, w)) continue;
      }
      let ticks = this.#epoch + words[w + 3];
      // A thread that read the counter before its upper bits changed, and drew its record after.
      if (ticks > this.#lastTicks + timeWrap / 2) ticks -= timeWrap;
      this.#lastTicks = ticks;
      let pointer = (words[w + 1] * 4096 + (low >>> 20)) * 8;
      let size = words[w + 2];
      if (this.#wideSizes.size + this.#widePointers.size > 0) {
        size = take(this.#wideSizes, thread) ?? size;
        pointer = take(this.#widePointers, thread) ?? pointer;
      }
      let way = wayPlain;
      if (kind === kZeroed) {
        way = wayZeroed;
      } else if (kind === kAligned) {
        way = alignedWay(pointer);
        pointer = way < leastAligned || way > mostAligned ? -1 : pointer - 2 ** (way - 1);
      }
      if (
        !(
          pointer >= 0 &&
          pointer < pointerEnd &&
          (size <= maxTraceSize || pointer === 0 || kind === kMoveFailed)
        )
      ) {
        this.#malformed(r);
        continue;
      }
      kinds[count] = rowKinds[kind];
      pointers[count] = pointer;
      sizes[count] = size;
      threads[count] = numbers[thread] - 1;
      ways[count] = way;
      times[count] = (ticks - firstTicks) * perTick;
      lineOffsets[count] = ++this.lines - firstLine;
      count++;
    }
    this.#at += r;
    batch.count = count;
    return r;
  }

  /** A record that is not, or not only, an operation. @returns whether there is nothing else in it */
  #other(kind: number, thread: number, words: Uint32Array, w: number): boolean {
    if (this.#numbers[thread] === 0) this.#numbers[thread] = ++this.#threads;
    if (rowKinds[kind] !== 0) return false;
    const value = words[w + 3] * timeWrap + words[w + 2];
    if (kind === kClock) this.#epoch = Math.floor(value / tick / timeWrap) * timeWrap;
    else if (kind === kWideSize) this.#wideSizes.set(thread, value);
    else if (kind === kWidePointer) this.#widePointers.set(thread, value);
    else if (kind !== kThread) this.#malformed(w / 4);
    return true;
  }

  #malformed(r: number): void {
    const at = (this.header?.bytes ?? rawHeaderBytes) + recordBytes * (this.#at + r);
    this.#faults.malformed(this.lines + 1, `no record of the recorder at byte ${at}`);
  }
}

/** Of a pointer with half its alignment added, which is its lowest bit then: the way. */
function alignedWay(pointer: number): number {
  const low = pointer % timeWrap;
  const bits = low === 0 ? pointer / timeWrap : low;
  const lowest = 31 - Math.clz32(bits & -bits) + (low === 0 ? 32 : 0);
  return lowest + 1;
}

function take(values: Map<number, number>, thread: number): number | undefined {
  const value = values.get(thread);
  values.delete(thread);
  return value;
}
