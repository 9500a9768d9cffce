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
 */
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
const equals = byteOf('=');
const nil = Buffer.from('(nil)');
const marks = ['= Start', '= End'].map((text) => Buffer.from(text));

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
    if (p < 0) return -1;
  }
  return endsAt(bytes, p) ? p : -1;
}

export class MtraceGrammar implements TraceGrammar {
  readonly format = 'mtrace';
  readonly announcedOps = undefined;
  lines = 0;
  readonly #file: string;
  /** Between a `<` and its `>`. */
  #moving = false;

  constructor(file: string) {
    this.#file = file;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, lineOffsets, rows, firstLine } = batch;
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
          // The one comparison; spaces and newlines are the only bytes up to it that matter.
          while (bytes[++p] > space);
          if (bytes[p] === newline) break;
          if (bytes[p] !== space) continue;
          kind = kindOf[bytes[p + 1]];
          if (kind === 0 || bytes[p + 2] !== space) continue;
          end = readOperation(bytes, p + 1, kind, pointers, sizes, n);
          if (end >= 0) break;
        }
      }
      if (end < 0) {
        end = this.#other(bytes, start, line);
      } else {
        if (kind === opMoveTo ? !this.#moving : this.#moving) this.#unpaired(line);
        if (kind === opMoveFrom) this.#moving = true;
        else if (kind === opMoveTo) this.#moving = false;
        if (!(pointers[n] < pointerEnd && sizes[n] <= maxTraceSize))
          this.#outOfRange(bytes, start, line, kind, batch, n);
        if (kind === opMoveTo && pointers[n] === 0) this.#malformed(bytes, start, line);
        kinds[n] = kind;
        lineOffsets[n] = line - firstLine;
        n++;
      }
      // The end is a newline, or a carriage return before one.
      start = end + (bytes[end] === newline ? 1 : 2);
    }
    this.lines = line;
    batch.count = n;
    return start;
  }

  /** glibc ends every line; one that was not ended was cut off, and its last number with it. */
  mayEndWith(line: Uint8Array): boolean {
    return line[0] === equals;
  }

  finish(): void {
    if (this.#moving) this.#unpaired(this.lines + 1);
  }

  /** A line that is no operation: a mark or empty, or an error. @returns its end */
  #other(bytes: Uint8Array, start: number, line: number): number {
    for (const mark of marks) {
      if (startsWith(bytes, start, mark) && endsAt(bytes, start + mark.length)) {
        if (this.#moving) this.#unpaired(line);
        return start + mark.length;
      }
    }
    if (endsAt(bytes, start)) return start;
    this.#malformed(bytes, start, line);
  }

  #unpaired(line: number): never {
    if (this.#moving) traceError(this.#file, line - 1, '`<` without the `>` that must follow it');
    traceError(this.#file, line, '`>` without the `<` that must come before it');
  }

  #malformed(bytes: Uint8Array, start: number, line: number): never {
    traceError(this.#file, line, `not a line of mtrace: ${showLine(bytes, start)}`);
  }

  /** Refuses a number; but what a program asked for and did not get may be of any size. */
  #outOfRange(
    bytes: Uint8Array,
    start: number,
    line: number,
    kind: number,
    batch: OperationBatch,
    row: number,
  ): void {
    const pointer = batch.pointers[row];
    const size = batch.sizes[row];
    if (!(pointer < pointerEnd)) {
      traceError(this.#file, line, `a pointer beyond 57 bits: ${showLine(bytes, start)}`, pointer);
    }
    if (kind === opFailedMove || (kind === opAllocate && pointer === 0)) return;
    traceError(
      this.#file,
      line,
      `a size beyond the address space (2^47 bytes): ${showLine(bytes, start)}`,
      size,
    );
  }
}
