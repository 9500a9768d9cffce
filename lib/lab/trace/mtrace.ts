/**
 * glibc's mtrace(3) text.
 *
 *   = Start                  = End               marks; the end is missing where a program was killed
 *   + pointer size           allocated; `+ (nil) size` got nothing
 *   - pointer                freed
 *   < pointer / > pointer size                   a realloc: two lines, one right after the other
 *   ! pointer size           a realloc that failed
 *
 * Before the operator there may be who called: `@ caller ` or, from older writers, `[0xaddress] `.
 * A caller is a file's name and may hold anything, spaces and operators too. So the operator is the
 * first one after which the line goes on as the operation must, to its very end: no other place on a
 * line can do that as well, since an operation holds no second operator.
 *
 * Speed is in the scan over the caller: one comparison a byte, up to a space before an operator.
 *
 * A line that is no operation is a fault (faults.ts), and passed over: where a program forks, two processes write
 * into one file, and halves of lines come of it. A zero byte stands for a hole between two of them (holes.ts): what
 * follows it is a line of its own. Of a realloc with only one of its lines, a `>` is an allocation, since the object
 * is there from then on; a `<` is nothing, since the object lives on under an unknown name.
 * Where no line at all is an operation and some are malformed, there is nothing that counts: an error in either mode.
 */
import type { TraceFaults } from './faults.ts';
import {
  endsAt,
  maxTraceSize,
  newline,
  pointerEnd,
  readHex,
  showLine,
  space,
  type TraceGrammar,
  traceError,
} from './grammar.ts';
import { type OperationBatch, opAllocate, opFailedMove, opFree, opMoveFrom, opMoveTo } from './operations.ts';
import { isMark } from './shapes.ts';

const byteOf = (text: string): number => text.charCodeAt(0);

/** The kind of operation by operator byte, 0 where it is none. */
const kindOf = new Uint8Array(256);
kindOf[byteOf('+')] = opAllocate;
kindOf[byteOf('-')] = opFree;
kindOf[byteOf('<')] = opMoveFrom;
kindOf[byteOf('>')] = opMoveTo;
kindOf[byteOf('!')] = opFailedMove;

const at = byteOf('@');
const bracket = byteOf('[');
const parenthesis = byteOf('(');
const nil = Buffer.from('(nil)');
const startMark = Buffer.from('= Start');
const endMark = Buffer.from('= End');
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function startsWith(bytes: Uint8Array, from: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}

/** Reads `0x…` or `(nil)` at `from` into out[row]; the position after it, or −1. */
function readPointer(bytes: Uint8Array, from: number, out: Float64Array, row: number): number {
  if (bytes[from] !== parenthesis) return readHex(bytes, from, out, row);
  out[row] = 0;
  return startsWith(bytes, from, nil) ? from + nil.length : -1;
}

/**
 * Reads one operation from its operator at `from` to the end of the line, into a row.
 * @returns the position of the line's end, or −1 where this is no whole operation
 */
function readOperation(
  bytes: Uint8Array,
  from: number,
  kind: number,
  pointers: Float64Array,
  sizes: Float64Array,
  row: number,
): number {
  let p = readPointer(bytes, from + 2, pointers, row);
  if (p < 0) return -1;
  if (kind === opFree || kind === opMoveFrom) {
    sizes[row] = 0;
  } else {
    if (bytes[p] !== space) return -1;
    p = readHex(bytes, p + 1, sizes, row);
    // A realloc that got nothing is written as a failed one.
    if (p < 0 || (kind === opMoveTo && pointers[row] === 0)) return -1;
  }
  return endsAt(bytes, p) ? p : -1;
}

/** Where a line goes on as a line of its own: after the last hole in it, or after a byte-order mark; −1 where it does not. */
function restart(bytes: Uint8Array, start: number, end: number): number {
  const hole = bytes.subarray(start, end).lastIndexOf(0);
  if (hole >= 0) return start + hole + 1;
  return startsWith(bytes, start, byteOrderMark) ? start + byteOrderMark.length : -1;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte > space || (byte > 0 && byte < 9)) return false;
  }
  return true;
}

const secondMark = (mark: Buffer): string =>
  `a second \`${mark.toString()}\`: the file holds more than one trace, and an address may be another object in each`;
const loneFrom = '`<` without the `>` that must follow it';

export class MtraceGrammar implements TraceGrammar {
  readonly format = 'mtrace';
  readonly announcedOps = undefined;
  lines = 0;
  readonly #faults: TraceFaults;
  /** The line of a `<` whose `>` has not come; 0 for none. */
  #moveLine = 0;
  #starts = 0;
  #ends = 0;
  #hasOperation = false;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, lineOffsets, rows, firstLine } = batch;
    batch.ids = false;
    let n = batch.count;
    let line = this.lines;
    let start = from;
    while (start < to && n < rows) {
      line++;
      let p = start;
      let end = -1;
      let kind = kindOf[bytes[p]];
      if (kind !== 0) {
        if (bytes[p + 1] === space) end = readOperation(bytes, p, kind, pointers, sizes, n);
      } else if (bytes[p] === at || bytes[p] === bracket) {
        for (;;) {
          // The one comparison; spaces, newlines and holes are the only bytes up to it that matter.
          while (bytes[++p] > space);
          if (bytes[p] !== space) {
            if (bytes[p] === newline || bytes[p] === 0) break;
            continue;
          }
          kind = kindOf[bytes[p + 1]];
          if (kind === 0 || bytes[p + 2] !== space) continue;
          end = readOperation(bytes, p + 1, kind, pointers, sizes, n);
          if (end >= 0) break;
        }
      }
      if (end >= 0 && !(pointers[n] < pointerEnd && sizes[n] <= maxTraceSize)) {
        if (!this.#isInRange(bytes, start, line, kind, batch, n)) end = -2;
      }
      if (end < 0) {
        // Here, too, a row may come of it.
        batch.count = n;
        this.lines = line;
        start = this.#other(bytes, start, line, batch, end === -1);
        n = batch.count;
        continue;
      }
      if ((kind === opMoveTo) !== (this.#moveLine !== 0)) kind = this.#unpaired(line, kind);
      if (kind === opMoveFrom) this.#moveLine = line;
      else if (kind === opMoveTo) this.#moveLine = 0;
      kinds[n] = kind;
      lineOffsets[n] = line - firstLine;
      n++;
      // The end is a newline, or a carriage return before one.
      start = end + (bytes[end] === newline ? 1 : 2);
    }
    this.lines = line;
    this.#hasOperation ||= n > 0;
    batch.count = n;
    return start;
  }

  /** glibc ends every line; one that was not ended was cut off, and its last number with it. */
  mayEndWith(line: string): boolean {
    return isMark(line);
  }

  finish(): void {
    const { cutLine, gzipCutLine, malformedLines, firstMalformedLine } = this.#faults.counts;
    if (!this.#hasOperation && malformedLines > 0) {
      const { file, firstMalformed } = this.#faults;
      const marks = this.#starts + this.#ends > 0 ? ' but its marks' : '';
      traceError(
        file,
        firstMalformedLine,
        `no line of this file${marks} was understood; the first: ${firstMalformed}`,
      );
    }
    const from = this.#moveLine;
    if (from !== 0 && cutLine === 0 && gzipCutLine === 0) this.#faults.add('cutLine', from, loneFrom, from);
    const parts = Math.max(this.#starts, this.#ends);
    if (parts > 1) this.#faults.set('parts', parts);
  }

  /**
   * A line that is no operation: a mark, blank, half a line before a whole one, or a fault.
   * @param untold whether its fault is not told yet
   * @returns where the next line starts
   */
  #other(bytes: Uint8Array, start: number, line: number, batch: OperationBatch, untold: boolean): number {
    const end = bytes.indexOf(newline, start);
    if (!untold || isBlank(bytes, start, end)) {
      if (bytes[start] === 0) this.#hole(line);
      return end + 1;
    }
    const again = restart(bytes, start, end);
    if (again >= 0) {
      if (bytes[again - 1] === 0) this.#hole(line);
      const before = this.#faults.counts.malformedLines;
      this.lines = line - 1;
      this.parse(bytes, again, end + 1, batch);
      const isHalf = bytes[again - 1] === 0 && !isBlank(bytes, start, again - 1);
      if (isHalf && this.#faults.counts.malformedLines === before) this.#malformed(bytes, start, line);
      return end + 1;
    }
    const isStart = startsWith(bytes, start, startMark) && endsAt(bytes, start + startMark.length);
    if (isStart || (startsWith(bytes, start, endMark) && endsAt(bytes, start + endMark.length))) {
      if (this.#moveLine !== 0) this.#unpaired(line, 0);
      const parts = isStart ? ++this.#starts : ++this.#ends;
      // Counted at the end: refused here, where the second one is.
      if (parts > 1) this.#faults.add('parts', line, secondMark(isStart ? startMark : endMark), 0);
    } else {
      this.#malformed(bytes, start, line);
    }
    return end + 1;
  }

  /** A `<` that this line does not go on, or a `>` that goes on none. @returns what the line is instead */
  #unpaired(line: number, kind: number): number {
    if (this.#moveLine !== 0) {
      const from = this.#moveLine;
      this.#moveLine = 0;
      this.#faults.add('halfReallocs', from, loneFrom);
      return kind;
    }
    this.#faults.add('halfReallocs', line, '`>` without the `<` that must come before it');
    // The object is there from now on, whatever it was before.
    return opAllocate;
  }

  #malformed(bytes: Uint8Array, start: number, line: number): void {
    this.#faults.malformed(line, `not a line of mtrace: ${showLine(bytes, start)}`);
  }

  /** Zero bytes, which are counted where they are passed over: here they are refused, or there would be none. */
  #hole(line: number): void {
    this.#faults.add('holeBytes', line, 'a hole of zero bytes: another process emptied the file', 0);
  }

  /** Tells of a number that cannot be; but what a program asked for and did not get may be of any size. */
  #isInRange(
    bytes: Uint8Array,
    start: number,
    line: number,
    kind: number,
    batch: OperationBatch,
    row: number,
  ): boolean {
    if (!(batch.pointers[row] < pointerEnd)) {
      this.#faults.outOfRange(line, `a pointer beyond 57 bits: ${showLine(bytes, start)}`);
      return false;
    }
    if (kind === opFailedMove || (kind === opAllocate && batch.pointers[row] === 0)) return true;
    this.#faults.outOfRange(line, `a size beyond the address space (2^47 bytes): ${showLine(bytes, start)}`);
    return false;
  }
}
