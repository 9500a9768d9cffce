/**
 * The parser: chunks of bytes in, batches of operations out.
 *
 * The first bytes tell whether it is a binary trace (binary-feed.ts); what follows is about text. Chunks fall where they
 * fall. Until the format is known they are kept (head.ts). Then of each chunk the whole lines are parsed in place; the rest of
 * the last line is kept and put before the next chunk's first line. A line that is longer than any may be is kept no further:
 * its beginning stands for it, with a mark that makes it no operation. Holes are taken out before anything else (holes.ts).
 * Memory is bounded by all that.
 *
 * A file that ends in a line was cut off there, unless its format lets that line count as whole: half a line, and the
 * number that it may end in, are nothing.
 *
 * Use: `feed` a chunk, `parse` until it answers false, and again; then `end`, and `parse` until false.
 */
import type { BinaryGrammar } from './binary.ts';
import { BinaryFeed, binaryGrammarOf } from './binary-feed.ts';
import { TraceFaults } from './faults.ts';
import { newline, showLine, type TraceFormat, type TraceGrammar } from './grammar.ts';
import { TraceHead } from './head.ts';
import { HoleFilter } from './holes.ts';
import type { OperationBatch } from './operations.ts';
import type { Recorded } from './recorded.ts';
import { textGrammars } from './text-grammars.ts';

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
  /** The first bytes, until it is known whether they are of a binary trace; then undefined. */
  #first: Uint8Array | undefined = empty;
  #binary: BinaryFeed | undefined;
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
    return this.#source?.format;
  }

  /** Whether it is a binary trace, as far as is known. */
  get isBinary(): boolean {
    return this.#binary !== undefined;
  }

  /** Lines parsed so far; of a binary trace, operations. */
  get lines(): number {
    return this.#source?.lines ?? 0;
  }

  /** Operations the trace says it has; undefined if it does not, or not yet. */
  get announcedOps(): number | undefined {
    return this.#source?.announcedOps;
  }

  /** Bytes of the chunk fed last that are not parsed yet. */
  get unparsed(): number {
    return this.#binary?.unparsed ?? this.#to - this.#at;
  }

  /** What a recording tells of its program, once that was read. */
  get recorded(): Recorded | undefined {
    return this.#binary?.grammar.recorded;
  }

  get #source(): TraceGrammar | BinaryGrammar | undefined {
    return this.#binary?.grammar ?? this.#grammar;
  }

  /**
   * Takes a chunk, which must stay as it is until `parse` answers false. What was fed before must be used up.
   * @throws PageHeapError ERR_TRACE for a file that is no trace
   */
  feed(chunk: Uint8Array): void {
    if (this.#first !== undefined) this.#lookAtFirst(chunk, false);
    else if (this.#binary !== undefined) this.#binary.feed(chunk);
    else this.#feedText(chunk);
  }

  /** Whether this is a binary trace, as far as is known: only then is anything done with the bytes. */
  #lookAtFirst(chunk: Uint8Array, ended: boolean): void {
    const before = this.#first ?? empty;
    const bytes = before.length === 0 ? chunk : Buffer.concat([before, chunk]);
    const grammar = binaryGrammarOf(bytes, ended, this.faults);
    if (grammar === undefined) {
      this.#first = bytes.slice();
      return;
    }
    this.#first = undefined;
    if (grammar === null) {
      this.#feedText(bytes);
    } else {
      this.#binary = new BinaryFeed(grammar);
      this.#binary.feed(bytes);
    }
  }

  #feedText(chunk: Uint8Array): void {
    const bytes = this.#holes.pass(chunk);
    if (this.#head === undefined) {
      this.#take(bytes);
    } else {
      this.#head.add(bytes);
      this.#decide(false);
    }
  }

  /** The trace ends. @param packed its file is compressed @throws PageHeapError ERR_TRACE for a file that is no trace */
  end(packed = false): void {
    this.#ended = true;
    if (this.#first !== undefined) this.#lookAtFirst(empty, true);
    if (this.#binary === undefined) this.#decide(true, packed);
    else this.#binary.end();
  }

  /**
   * Adds operations to the batch until it is full.
   * @returns whether there may be more in what was fed
   * @throws PageHeapError ERR_TRACE with file and line
   */
  parse(batch: OperationBatch): boolean {
    if (this.#binary !== undefined) return this.#binary.parse(batch);
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

  #decide(ended: boolean, packed = false): void {
    const decision = this.#head?.decide(ended, packed);
    if (decision === undefined) return;
    const { format, bytes, lines } = decision;
    this.#head = undefined;
    this.#grammar = textGrammars[format](this.faults);
    this.#grammar.lines = lines;
    this.#take(bytes);
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
    // A compressed stream that was cut off ends in a line anyway, and that is told.
    const { gzipCutLine, cutLine } = this.faults.counts;
    if (gzipCutLine === 0 && cutLine === 0) {
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
