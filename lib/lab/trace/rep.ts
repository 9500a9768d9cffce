/**
 * Traces of malloc laboratories: CS:APP's `.rep`, MIT's, and the `.script` files of Stanford's CS107.
 *
 *   a id bytes    allocate         r id bytes    reallocate
 *   f id          free             w id bytes    write that many bytes (MIT)
 *
 * A `.rep` begins with four numbers, a line each, in one of two orders:
 *
 *   classic         suggested heap size   ids   operations   weight
 *   2010 and later  weight                ids   operations   largest request
 *
 * A first number of 0 to 3 is a weight. Ids count from 0 and are less than the header's count. What comes beyond
 * its count of operations is passed over, as drivers do, and counted; what it promises and does not come was cut
 * off. `f -1` frees nothing, as in the newer drivers. A script has no header. `#` starts a comment, anywhere.
 *
 * The pointer of an operation is the id plus one, since 0 is the null pointer.
 *
 * People write these files, and programs that end whole: a line that is no operation is a mistake, and an error.
 */
import type { TraceFaults } from './faults.ts';
import {
  carriageReturn,
  endsAt,
  maxTraceSize,
  newline,
  readDecimal,
  showLine,
  space,
  type TextFormat,
  type TraceGrammar,
  traceError,
} from './grammar.ts';
import { type OperationBatch, opAllocate, opFree, opResize, opWrite } from './operations.ts';
import { isEmptyLine, isNumberLine, isOperationLine } from './shapes.ts';

/** The four numbers at the head of a `.rep`. */
export interface RepHeader {
  readonly order: 'classic' | '2010';
  /** 0 ignored, 1 counts for both scores, 2 for utilisation, 3 for throughput. */
  readonly weight: number;
  readonly ids: number;
  readonly ops: number;
  /** Suggested heap size (classic) or largest request (2010), in bytes. */
  readonly bytes: number;
}

const tab = 9;
const hash = 35;
const minus = 45;
const digitZero = 48;
const digitOne = 49;
const digitNine = 57;

const kindOf = new Uint8Array(256);
kindOf['a'.charCodeAt(0)] = opAllocate;
kindOf['r'.charCodeAt(0)] = opResize;
kindOf['f'.charCodeAt(0)] = opFree;
kindOf['w'.charCodeAt(0)] = opWrite;

const headerLines = 4;
const heaviest = 3;

/** The end of the line: its newline, or the carriage return before that. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(newline, from);
  return end > from && bytes[end - 1] === carriageReturn ? end - 1 : end;
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let p = from;
  while (bytes[p] === space || bytes[p] === tab) p++;
  return p;
}

export class RepGrammar implements TraceGrammar {
  readonly format: TextFormat;
  lines = 0;
  /** Undefined until its four numbers are read, and in a script. */
  header: RepHeader | undefined;
  readonly #faults: TraceFaults;
  readonly #file: string;
  readonly #numbers: number[] = [];
  readonly #scratch = new Float64Array(1);
  #idEnd = Number.MAX_SAFE_INTEGER;
  #opEnd = Number.MAX_SAFE_INTEGER;
  #ops = 0;

  constructor(faults: TraceFaults, format: 'rep' | 'script') {
    this.#faults = faults;
    this.#file = faults.file;
    this.format = format;
  }

  get announcedOps(): number | undefined {
    return this.header?.ops;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    const { kinds, pointers, sizes, lineOffsets, rows, firstLine } = batch;
    batch.ids = true;
    let n = batch.count;
    let start = from;
    while (start < to && n < rows) {
      const line = ++this.lines;
      let p = skipBlanks(bytes, start);
      const kind = kindOf[bytes[p]];
      if (this.#ops === this.#opEnd) {
        p = this.#beyond(bytes, p, line);
      } else if (kind === 0 || (this.header === undefined && this.format === 'rep')) {
        p = this.#other(bytes, start, p, line);
      } else {
        const idAt = skipBlanks(bytes, p + 1);
        if (idAt === p + 1) this.#malformed(bytes, start, line);
        p = readDecimal(bytes, idAt, pointers, n);
        if (p < 0) p = this.#noId(bytes, start, idAt, line, kind, pointers, n);
        else if (!(pointers[n] < this.#idEnd)) this.#badId(bytes, start, line, pointers[n]);
        else pointers[n]++;
        sizes[n] = 0;
        if (kind !== opFree) {
          const sizeAt = skipBlanks(bytes, p);
          p = sizeAt === p ? -1 : readDecimal(bytes, sizeAt, sizes, n);
          if (p < 0) this.#malformed(bytes, start, line);
          if (!(sizes[n] <= maxTraceSize)) {
            traceError(
              this.#file,
              line,
              `a size beyond the address space (2^47 bytes): ${showLine(bytes, start)}`,
              sizes[n],
            );
          }
        }
        p = this.#afterComment(bytes, p);
        if (!endsAt(bytes, p)) this.#malformed(bytes, start, line);
        this.#ops++;
        kinds[n] = kind;
        lineOffsets[n] = line - firstLine;
        n++;
      }
      start = p + (bytes[p] === newline ? 1 : 2);
    }
    batch.count = n;
    return start;
  }

  /** Written by hand, the last line often has no newline. Where operations are missing, it was cut off. */
  mayEndWith(line: string): boolean {
    if (isEmptyLine(line)) return true;
    if (this.format === 'script') return isOperationLine(line);
    if (this.header === undefined) return this.#numbers.length === headerLines - 1 && isNumberLine(line);
    return this.#ops >= this.#opEnd || (this.#ops + 1 === this.#opEnd && isOperationLine(line));
  }

  finish(): void {
    if (this.format === 'script') return;
    if (this.header === undefined) {
      const { cutLine, gzipCutLine } = this.#faults.counts;
      if (cutLine > 0 || gzipCutLine > 0) return;
      const message = `the file ends in its header, which has ${headerLines} lines`;
      this.#faults.add('cutLine', this.lines, message, this.lines);
    } else if (this.#ops < this.#opEnd) {
      const message = `the header promises ${this.#opEnd} operations, the file ends after ${this.#ops}`;
      this.#faults.add('missingOps', this.lines, message, this.#opEnd - this.#ops);
    }
  }

  /** A line after the last operation that the header tells of. @returns its end */
  #beyond(bytes: Uint8Array, from: number, line: number): number {
    const end = lineEnd(bytes, from);
    if (from < end && bytes[from] !== hash) {
      this.#faults.add('surplusOps', line, `more operations than the ${this.#opEnd} of the header`);
    }
    return end;
  }

  /** The end of what may be blanks and a comment, or where something else is. */
  #afterComment(bytes: Uint8Array, from: number): number {
    const p = skipBlanks(bytes, from);
    return bytes[p] === hash ? lineEnd(bytes, p) : p;
  }

  /** A line that is no operation: of the header, empty, a comment, or an error. @returns its end */
  #other(bytes: Uint8Array, start: number, from: number, line: number): number {
    let p = this.#afterComment(bytes, from);
    if (endsAt(bytes, p)) return p;
    if (this.format === 'script' || this.header !== undefined) this.#malformed(bytes, start, line);
    p = readDecimal(bytes, from, this.#scratch, 0);
    if (p >= 0) p = this.#afterComment(bytes, p);
    if (p < 0 || !endsAt(bytes, p)) {
      const what = `not a number of a .rep header, which has ${headerLines}, a line each`;
      traceError(this.#file, line, `${what}: ${showLine(bytes, start)}`);
    }
    const value = this.#scratch[0];
    if (!(value <= Number.MAX_SAFE_INTEGER)) {
      traceError(this.#file, line, `a number of the header out of range: ${showLine(bytes, start)}`, value);
    }
    this.#numbers.push(value);
    if (this.#numbers.length === headerLines) this.#takeHeader();
    return p;
  }

  #takeHeader(): void {
    const [first, ids, ops, last] = this.#numbers;
    const newer = first <= heaviest;
    this.header = {
      order: newer ? '2010' : 'classic',
      weight: newer ? first : last,
      ids,
      ops,
      bytes: newer ? last : first,
    };
    this.#idEnd = ids;
    this.#opEnd = ops;
  }

  /** No id where one must be: only `f -1` may be so. @returns the position after it */
  #noId(
    bytes: Uint8Array,
    start: number,
    from: number,
    line: number,
    kind: number,
    pointers: Float64Array,
    row: number,
  ): number {
    const after = bytes[from + 2];
    const isMinusOne =
      bytes[from] === minus && bytes[from + 1] === digitOne && !(after >= digitZero && after <= digitNine);
    if (kind !== opFree || !isMinusOne) this.#malformed(bytes, start, line);
    pointers[row] = 0;
    return from + 2;
  }

  #badId(bytes: Uint8Array, start: number, line: number, id: number): never {
    const why =
      this.header === undefined
        ? 'an id out of range'
        : `an id beyond the ${this.header.ids} of the header, which count from 0`;
    traceError(this.#file, line, `${why}: ${showLine(bytes, start)}`, id);
  }

  #malformed(bytes: Uint8Array, start: number, line: number): never {
    traceError(this.#file, line, `not an operation of a .${this.format} trace: ${showLine(bytes, start)}`);
  }
}
