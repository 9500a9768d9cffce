/**
 * The parser: chunks of bytes in, batches of operations out.
 *
 * Chunks fall where they fall. Until the format is known they are kept (head.ts). Then of each chunk the whole
 * lines are parsed in place; the rest of the last line is kept and put before the next chunk's first line. A
 * line that is longer than any may be is kept no further: its beginning stands for it, with a mark that
 * makes it no operation. Holes are taken out before anything else (holes.ts). Memory is bounded by all that.
 *
 * A file that ends in a line was cut off there, unless its format lets that line count as whole: half a line, and the
 * number that it may end in, are nothing.
 *
 * Use: `feed` a chunk, `parse` until it answers false, and again; then `end`, and `parse` until false.
 */
import { AllocFreeGrammar } from './alloc-free.ts';
import { TraceFaults } from './faults.ts';
import { newline, showLine, type TraceFormat, type TraceGrammar } from './grammar.ts';
import { TraceHead } from './head.ts';
import { HoleFilter } from './holes.ts';
import { MtraceGrammar } from './mtrace.ts';
import type { OperationBatch } from './operations.ts';
import { RepGrammar } from './rep.ts';

/** The longest line that is read: a caller's name and symbol, with room to spare. */
export const maxLineBytes = 1024 * 1024;

const empty = new Uint8Array(0);
const startBytes = 4096;
/** What is kept of a line that is too long, and what ends it. */
const giantBytes = 40;
const giantMark = Buffer.from(' … (a line of more than 1 MiB)');

export class TraceParser {
  readonly faults: TraceFaults;
  readonly #holes: HoleFilter;
  #head: TraceHead | undefined;
  #grammar: TraceGrammar | undefined;
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
  /** Whether that line is too long: then it is its beginning and the mark. */
  #isGiant = false;
  #spare: Uint8Array = new Uint8Array(startBytes);
  #ended = false;
  #finished = false;

  /** @param file what errors call the trace. @param strict whether any fault is an error */
  constructor(file: string, strict = false) {
    this.faults = new TraceFaults(file, strict);
    this.#holes = new HoleFilter(this.faults);
    this.#head = new TraceHead(this.faults);
  }

  get file(): string {
    return this.faults.file;
  }

  /** Undefined until a line told. */
  get format(): TraceFormat | undefined {
    return this.#grammar?.format;
  }

  /** Lines parsed so far. */
  get lines(): number {
    return this.#grammar?.lines ?? 0;
  }

  /** Operations the trace says it has; undefined if it does not, or not yet. */
  get announcedOps(): number | undefined {
    return this.#grammar?.announcedOps;
  }

  /** Bytes of the chunk fed last that are not parsed yet. */
  get unparsed(): number {
    return this.#to - this.#at;
  }

  /**
   * Takes a chunk, which must stay as it is until `parse` answers false. What was fed before must be used up.
   * @throws PageHeapError ERR_TRACE for a file that is no trace
   */
  feed(chunk: Uint8Array): void {
    const bytes = this.#holes.pass(chunk);
    if (this.#head === undefined) {
      this.#take(bytes);
    } else {
      this.#head.add(bytes);
      this.#decide(false);
    }
  }

  /** The trace ends. @throws PageHeapError ERR_TRACE for a file that is no trace */
  end(): void {
    this.#ended = true;
    this.#decide(true);
  }

  /**
   * Adds operations to the batch until it is full.
   * @returns whether there may be more in what was fed
   * @throws PageHeapError ERR_TRACE with file and line
   */
  parse(batch: OperationBatch): boolean {
    const grammar = this.#grammar;
    if (grammar === undefined) return false;
    if (this.#jointEnd > 0) {
      if (grammar.parse(this.#joint, 0, this.#jointEnd, batch) === 0) return true;
      this.#jointEnd = 0;
    }
    this.#at = grammar.parse(this.#chunk, this.#at, this.#to, batch);
    if (this.#at < this.#to) return true;
    if (!this.#ended || this.#finished) return false;
    if (this.#takeLastLine(grammar)) return true;
    this.#finished = true;
    grammar.finish();
    return false;
  }

  #decide(ended: boolean): void {
    const decision = this.#head?.decide(ended);
    if (decision === undefined) return;
    const { format, bytes, lines } = decision;
    this.#head = undefined;
    this.#grammar = this.#grammarOf(format);
    this.#grammar.lines = lines;
    this.#take(bytes);
  }

  #grammarOf(format: TraceFormat): TraceGrammar {
    switch (format) {
      case 'mtrace':
        return new MtraceGrammar(this.faults);
      case 'allocfree':
        return new AllocFreeGrammar(this.faults);
      default:
        return new RepGrammar(this.faults, format);
    }
  }

  #take(chunk: Uint8Array): void {
    const last = chunk.lastIndexOf(newline);
    if (last < 0) {
      this.#keep(chunk);
      return;
    }
    this.#at = 0;
    if (this.#restEnd > 0) {
      const first = chunk.indexOf(newline) + 1;
      this.#keep(chunk.subarray(0, first - 1));
      this.#takeJoint();
      this.#at = first;
    }
    this.#chunk = chunk;
    this.#to = last + 1;
    this.#keep(chunk.subarray(this.#to));
  }

  /** The last line, where it has no newline. @returns whether there is such a line, and it counts as whole */
  #takeLastLine(grammar: TraceGrammar): boolean {
    if (this.#restEnd === 0) return false;
    const line = this.#rest.subarray(0, this.#restEnd);
    if (!this.#isGiant && grammar.mayEndWith(Buffer.from(line).toString('latin1'))) {
      this.#takeJoint();
      return true;
    }
    this.#restEnd = 0;
    const number = grammar.lines + 1;
    // A gzip stream that was cut off ends in a line anyway.
    if (this.faults.counts.gzipCutLine === 0) {
      const message = `the file ends in the middle of a line: ${showLine(line, 0)}`;
      this.faults.add('cutLine', number, message, number);
    }
    return false;
  }

  /** Appends to the kept start of a line. */
  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#isGiant) return;
    const end = this.#restEnd + bytes.length;
    if (end > maxLineBytes) {
      const short = bytes.subarray(0, Math.max(0, giantBytes - this.#restEnd));
      this.#restEnd = Math.min(this.#restEnd, giantBytes);
      for (const part of [short, giantMark]) this.#append(part);
      this.#isGiant = true;
      return;
    }
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    const end = this.#restEnd + bytes.length;
    if (end >= this.#rest.length) {
      const longer = new Uint8Array(2 * end);
      longer.set(this.#rest.subarray(0, this.#restEnd));
      this.#rest = longer;
    }
    this.#rest.set(bytes, this.#restEnd);
    this.#restEnd = end;
  }

  /** What was kept is a whole line now. */
  #takeJoint(): void {
    this.#append(Uint8Array.of(newline));
    this.#isGiant = false;
    [this.#joint, this.#jointEnd] = [this.#rest, this.#restEnd];
    [this.#rest, this.#restEnd] = [this.#spare, 0];
    this.#spare = this.#joint;
  }
}
