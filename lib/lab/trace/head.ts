/**
 * The head of a trace: its first bytes, kept until they tell the format.
 *
 * Lines are looked at as they come. A blank line and a comment tell nothing. The first line that has the shape
 * of a format decides; lines before it, such as the traced program's own output or half a line of another
 * process, are that format's to judge. A line that is known from other tools ends it with what the file seems to be.
 * So do too many lines, or bytes, that tell nothing.
 *
 * A byte-order mark of UTF-8 is passed over; UTF-16 is told by its mark or by its zero bytes.
 */
import { calledAs } from '../../base/called-as.ts';
import type { FaultCounts, TraceFaults } from './faults.ts';
import { type Foreign, foreignLine } from './foreign.ts';
import { newline, showLine, type TextFormat, traceError } from './grammar.ts';
import { formatOf, formatOfStart, isEmptyLine } from './shapes.ts';

const startBytes = 4096;
/** More lines, or bytes, that tell nothing are no trace's. */
const mostLines = 1000;
const mostBytes = 64 * 1024;

const byteOrderMark = [0xef, 0xbb, 0xbf];
/** How many bytes tell the encoding. */
const encodingBytes = 4;

export interface Decision {
  readonly format: TextFormat;
  /** The bytes so far, without the byte-order mark, and without the lines that were let go. */
  readonly bytes: Uint8Array;
  /** Lines that were let go: blank ones and comments. */
  readonly lines: number;
}

function isUtf16(b: Uint8Array): boolean {
  if ((b[0] === 0xff && b[1] === 0xfe) || (b[0] === 0xfe && b[1] === 0xff)) return true;
  if (b.length < encodingBytes) return false;
  const isText = (i: number): boolean => b[i] !== 0;
  return (
    (isText(0) && !isText(1) && isText(2) && !isText(3)) ||
    (!isText(0) && isText(1) && !isText(2) && isText(3))
  );
}

export class TraceHead {
  readonly #faults: TraceFaults;
  readonly #file: string;
  #bytes: Uint8Array = new Uint8Array(startBytes);
  #length = 0;
  /** Bytes that were looked at: whole lines, and the byte-order mark. */
  #at = 0;
  #encodingKnown = false;
  /** Where the text begins. */
  #from = 0;
  /** Lines that were looked at, and that were let go. */
  #lines = 0;
  #gone = 0;
  /** The first line that told nothing: where it begins, and its number. */
  #unknown: { readonly at: number; readonly line: number } | undefined;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
    this.#file = faults.file;
  }

  /** Copies some more bytes of the file. */
  add(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#bytes.length) {
      const longer = new Uint8Array(2 * end);
      longer.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = longer;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }

  /**
   * The format, if it is known. @param ended whether these are all bytes there are @param packed they were compressed
   * @throws PageHeapError ERR_TRACE for what is no trace
   */
  decide(ended: boolean, packed = false): Decision | undefined {
    const bytes = this.#bytes.subarray(0, this.#length);
    if (!this.#encodingKnown) {
      if (bytes.length < encodingBytes && !ended) return undefined;
      this.#takeEncoding(bytes);
    }
    for (;;) {
      const end = bytes.indexOf(newline, this.#at);
      if (end < 0) break;
      const line = bytes.subarray(this.#at, end);
      this.#lines++;
      const format = this.#look(line, this.#at);
      if (format !== undefined) return this.#decision(format, bytes);
      this.#at = end + 1;
      if (this.#lines === mostLines && this.#unknown !== undefined) this.#refuse(this.#unknown);
    }
    const rest = bytes.subarray(this.#at);
    if (!ended) {
      if (rest.length > mostBytes || (bytes.length > mostBytes && this.#unknown !== undefined))
        this.#refuse(this.#unknown ?? { at: this.#at, line: this.#lines + 1 });
      if (this.#at > mostBytes) this.#letGo();
      return undefined;
    }
    const format = rest.length === 0 ? undefined : this.#lookAtRest(rest);
    if (format !== undefined) return this.#decision(format, bytes);
    if (this.#unknown !== undefined) this.#refuse(this.#unknown);
    const rests = bytes.subarray(this.#from);
    const words =
      rests.length === 0 && this.#gone === 0
        ? nothingWords(this.#faults.counts, packed)
        : `the trace is empty: the file has ${isBlank(Buffer.from(rests).toString('latin1')) ? 'blank lines' : 'comments'} only`;
    traceError(this.#file, 1, words);
  }

  #decision(format: TextFormat, bytes: Uint8Array): Decision {
    return { format, bytes: bytes.subarray(this.#from), lines: this.#gone };
  }

  /** Forgets what was looked at, which told nothing: a file may begin with any number of comments. */
  #letGo(): void {
    this.#bytes.copyWithin(0, this.#at, this.#length);
    this.#length -= this.#at;
    this.#at = this.#from = 0;
    this.#gone = this.#lines;
  }

  #takeEncoding(bytes: Uint8Array): void {
    this.#encodingKnown = true;
    if (isUtf16(bytes)) {
      const utf16: Foreign = {
        what: 'text in UTF-16',
        advice: `turn it into UTF-8: iconv -f UTF-16 -t UTF-8 FILE | ${calledAs()} run -`,
      };
      this.#tell(1, utf16);
    }
    // One that was cut off, too.
    const n = byteOrderMark.findIndex((byte, i) => bytes[i] !== byte);
    if (n < 0 || (n > 0 && n === bytes.length)) this.#from = this.#at = n < 0 ? byteOrderMark.length : n;
  }

  #look(line: Uint8Array, at: number): TextFormat | undefined {
    if (line.length === 0) return undefined;
    const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1');
    const known = formatOf(text);
    if (known !== undefined) return known;
    const foreign = isBlank(text) ? undefined : foreignLine(line);
    if (foreign !== undefined && foreign.patient !== true) this.#tell(this.#lines, foreign);
    if (!isBlank(text) && !isEmptyLine(text)) this.#unknown ??= { at, line: this.#lines };
    return undefined;
  }

  /** The last line of a file, which has no newline. */
  #lookAtRest(rest: Uint8Array): TextFormat | undefined {
    const text = Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString('latin1');
    const known = formatOf(text);
    if (known !== undefined) return known;
    this.#lines++;
    const foreign = isBlank(text) ? undefined : foreignLine(rest);
    if (foreign !== undefined) this.#tell(this.#lines, foreign);
    if (isBlank(text) || isEmptyLine(text)) return undefined;
    const start = formatOfStart(text);
    if (start === undefined) this.#unknown ??= { at: this.#at, line: this.#lines };
    return start;
  }

  #refuse({ at, line }: { readonly at: number; readonly line: number }): never {
    const bytes = this.#bytes.subarray(0, this.#length);
    const foreign = foreignLine(bytes.subarray(at));
    if (foreign !== undefined) this.#tell(line, foreign);
    traceError(
      this.#file,
      line,
      `neither a recording, mtrace text nor another trace: ${showLine(bytes, at)}; \`${calledAs()} run --help\` tells how to record one`,
    );
  }

  #tell(line: number, { what, advice }: Foreign): never {
    traceError(
      this.#file,
      line,
      `no trace; it seems to be ${what}; ${advice.replaceAll('FILE', this.#file === 'standard input' ? '-' : this.#file)}`,
    );
  }
}

/** Holes, too: in strict mode one byte of each is here. */
function isBlank(text: string): boolean {
  return text.replaceAll('\0', '').trim() === '';
}

function nothingWords({ gzipCutLine, cutLine, holeBytes }: FaultCounts, packed: boolean): string {
  if (gzipCutLine > 0 || cutLine > 0)
    return `the trace is empty: the ${gzipCutLine > 0 ? 'gzip' : 'compressed'} stream was cut off before anything can be unpacked`;
  if (holeBytes > 0)
    return 'the trace is empty: the file has zero bytes only, as one that was emptied while a program wrote, or whose disk was full';
  if (packed) return 'the trace is empty: the file is compressed, and nothing is in it';
  return (
    'the file is empty: mtrace writes 512 bytes at a time, and the rest when the program ends; ' +
    'one that was killed before leaves nothing'
  );
}
