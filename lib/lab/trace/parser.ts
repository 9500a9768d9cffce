/**
 * The parser: chunks of bytes in, batches of operations out.
 *
 * Chunks fall where they fall. Of each, the whole lines are parsed in place; the rest of the last
 * line is kept and put before the next chunk's first line. The format is known from the first byte
 * that is not blank:
 *
 *   = @ [ + - < > !     mtrace
 *   a digit             .rep, which begins with a number
 *   # a r f w           .script
 *
 * Use: `feed` a chunk, `parse` until it answers false, and again; then `end`, and `parse` until false.
 */
import { newline, showLine, type TraceFormat, type TraceGrammar, traceError } from './grammar.ts';
import { MtraceGrammar } from './mtrace.ts';
import type { OperationBatch } from './operations.ts';
import { RepGrammar } from './rep.ts';

/** The longest line that is read: a caller's name and symbol, with room to spare. */
export const maxLineBytes = 1024 * 1024;

const empty = new Uint8Array(0);
const startBytes = 4096;

function formatOf(byte: number): TraceFormat | undefined {
  const c = String.fromCharCode(byte);
  if ('=@[+-<>!'.includes(c)) return 'mtrace';
  if (c >= '0' && c <= '9') return 'rep';
  return '#arfw'.includes(c) ? 'script' : undefined;
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

export class TraceParser {
  readonly file: string;
  #grammar: TraceGrammar | undefined;
  /** Blank lines before the format was known. */
  #blankLines = 0;
  /** A line that fell on two chunks: bytes [0, jointEnd). */
  #joint: Uint8Array = empty;
  #jointEnd = 0;
  /** Whole lines of the chunk: bytes [at, to). */
  #chunk: Uint8Array = empty;
  #at = 0;
  #to = 0;
  /** The start of a line whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array(startBytes);
  #restEnd = 0;
  #spare: Uint8Array = new Uint8Array(startBytes);
  #ended = false;

  /** @param file what errors call the trace */
  constructor(file: string) {
    this.file = file;
  }

  /** Undefined until a byte told. */
  get format(): TraceFormat | undefined {
    return this.#grammar?.format;
  }

  /** Lines parsed so far. */
  get lines(): number {
    return this.#grammar === undefined ? this.#blankLines : this.#grammar.lines;
  }

  /** Operations the trace says it has; undefined if it does not, or not yet. */
  get announcedOps(): number | undefined {
    return this.#grammar?.announcedOps;
  }

  /** Bytes of the chunk fed last that are not parsed yet. */
  get unparsed(): number {
    return this.#to - this.#at;
  }

  /** Takes a chunk, which must stay as it is until `parse` answers false. What was fed before must be used up. */
  feed(chunk: Uint8Array): void {
    const last = chunk.lastIndexOf(newline);
    if (last < 0) {
      this.#keep(chunk);
      return;
    }
    this.#at = 0;
    if (this.#restEnd > 0) {
      const first = chunk.indexOf(newline) + 1;
      this.#keep(chunk.subarray(0, first));
      this.#takeJoint();
      this.#at = first;
    }
    this.#chunk = chunk;
    this.#to = last + 1;
    this.#keep(chunk.subarray(this.#to));
  }

  /** The trace ends. A last line without a newline is parsed if its format lets it count as whole. */
  end(): void {
    this.#ended = true;
    if (this.#restEnd === 0) return;
    this.#keep(Uint8Array.of(newline));
    this.#takeJoint();
  }

  /**
   * Adds operations to the batch until it is full.
   * @returns whether there may be more in what was fed
   * @throws PageHeapError ERR_TRACE with file and line
   */
  parse(batch: OperationBatch): boolean {
    const grammar = this.#grammar ?? this.#detect();
    if (grammar !== undefined) {
      if (this.#jointEnd > 0) {
        if (this.#ended && !grammar.mayEndWith(this.#joint.subarray(0, this.#jointEnd))) {
          const shown = showLine(this.#joint.subarray(0, this.#jointEnd), 0);
          traceError(this.file, grammar.lines + 1, `the file ends in the middle of a line: ${shown}`);
        }
        if (grammar.parse(this.#joint, 0, this.#jointEnd, batch) === 0) return true;
        this.#jointEnd = 0;
      }
      this.#at = grammar.parse(this.#chunk, this.#at, this.#to, batch);
      if (this.#at < this.#to) return true;
    }
    if (this.#ended) {
      if (grammar === undefined) traceError(this.file, 1, 'the trace is empty');
      grammar.finish();
    }
    return false;
  }

  /** Appends to the kept start of a line. */
  #keep(bytes: Uint8Array): void {
    const end = this.#restEnd + bytes.length;
    if (end > maxLineBytes) {
      traceError(this.file, this.lines + 1, `a line longer than ${maxLineBytes} bytes`);
    }
    if (end > this.#rest.length) {
      const longer = new Uint8Array(2 * end);
      longer.set(this.#rest.subarray(0, this.#restEnd));
      this.#rest = longer;
    }
    this.#rest.set(bytes, this.#restEnd);
    this.#restEnd = end;
  }

  /** What was kept is a whole line now. */
  #takeJoint(): void {
    [this.#joint, this.#jointEnd] = [this.#rest, this.#restEnd];
    [this.#rest, this.#restEnd] = [this.#spare, 0];
    this.#spare = this.#joint;
  }

  #detect(): TraceGrammar | undefined {
    const regions = [this.#joint.subarray(0, this.#jointEnd), this.#chunk.subarray(this.#at, this.#to)];
    for (const bytes of regions) {
      const first = bytes.findIndex((byte) => !isBlank(byte));
      if (first < 0) continue;
      this.#grammar = this.#grammarFor(bytes, first);
      return this.#grammar;
    }
    // Blank lines only: they count, so that errors name the right line.
    for (const bytes of regions) for (const byte of bytes) if (byte === newline) this.#blankLines++;
    this.#jointEnd = 0;
    this.#at = this.#to;
    return undefined;
  }

  #grammarFor(bytes: Uint8Array, first: number): TraceGrammar {
    const format = formatOf(bytes[first]);
    if (format === undefined) {
      const shown = showLine(bytes, first);
      traceError(this.file, 1, `neither mtrace text nor a .rep or .script trace: ${shown}`);
    }
    const grammar = format === 'mtrace' ? new MtraceGrammar(this.file) : new RepGrammar(this.file, format);
    grammar.lines = this.#blankLines;
    return grammar;
  }
}
