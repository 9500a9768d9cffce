/**
 * The reader: a trace, from its name to its operations.
 *
 * Not here: what the bytes mean (parser.ts), where they come from (bytes.ts).
 */
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import type { ByteSource } from './byte-source.ts';
import { openBytes, shownName } from './bytes.ts';
import type { FaultCounts } from './faults.ts';
import { newline, type TraceFormat, traceError } from './grammar.ts';
import { leastRows, OperationBatch } from './operations.ts';
import { TraceParser } from './parser.ts';
import type { Recorded } from './recorded.ts';

/** A pipe or a device may have no end: one that gave so many bytes and no operation is no trace. */
const mostBytesWithout = 2 * 2 ** 20;

export class TraceReader {
  readonly #source: ByteSource;
  readonly #parser: TraceParser;
  /** Whether the parser may have operations without being fed. */
  #fed = false;
  /** Bytes given to the parser, unpacked. */
  #fedBytes = 0;
  #ended = false;
  /** Whether no operation has come yet. */
  #isEmpty = true;

  private constructor(source: ByteSource, parser: TraceParser) {
    this.#source = source;
    this.#parser = parser;
  }

  /**
   * Opens a trace, or standard input for `-`, without waiting for anything to be in it.
   * @param strict whether a fault of the trace is an error, not counted
   * @throws PageHeapError ERR_FILE
   */
  static async open(path: string, strict = false): Promise<TraceReader> {
    return new TraceReader(await openBytes(path), new TraceParser(shownName(path), strict));
  }

  get file(): string {
    return this.#parser.file;
  }

  /** Undefined before the first `fill`. */
  get format(): TraceFormat | undefined {
    return this.#parser.format;
  }

  /** Lines parsed so far. */
  get lines(): number {
    return this.#parser.lines;
  }

  /** What is wrong with the trace as far as it was read. */
  get faults(): FaultCounts {
    return this.#parser.faults.counts;
  }

  /** Operations the trace's header says it has; undefined without such a header. */
  get announcedOps(): number | undefined {
    return this.#parser.announcedOps;
  }

  /** What a recording tells of its program, once that was read. */
  get recorded(): Recorded | undefined {
    return this.#parser.recorded;
  }

  /** Bytes of the file that the operations so far took, as they lie in it; where it is compressed, an estimate. */
  get consumed(): number {
    if (this.#fedBytes === 0) return 0;
    return (this.#source.consumed * (this.#fedBytes - this.#parser.unparsed)) / this.#fedBytes;
  }

  /** Bytes of the file; undefined for a pipe. */
  get size(): number | undefined {
    return this.#source.size;
  }

  /**
   * Fills an emptied batch with the next operations, as many as are at hand, at least one.
   * @returns false at the end of the trace, where the batch stays empty
   * @throws PageHeapError ERR_TRACE with file and line; ERR_FILE when it cannot be read on
   */
  async fill(batch: OperationBatch): Promise<boolean> {
    const parser = this.#parser;
    batch.clear(parser.lines);
    for (;;) {
      if (this.#fed) {
        this.#fed = parser.parse(batch);
        if (batch.count > 0) {
          this.#isEmpty = false;
          return true;
        }
        if (this.#fed) continue;
      }
      if (this.#ended) {
        if (this.#isEmpty) parser.faults.add('noOperations', parser.lines, 'the trace has no operation');
        this.#isEmpty = false;
        return false;
      }
      if (this.#isEmpty && this.size === undefined && this.#fedBytes > mostBytesWithout) {
        traceError(
          this.file,
          parser.lines + 1,
          'neither a recording, mtrace text nor another trace: no operation in its first 2 MiB; ' +
            `\`${calledAs()} run --help\` tells how to record one`,
        );
      }
      const bytes = await this.#next();
      if (bytes === undefined) {
        this.#ended = true;
        this.#parser.faults.addEnd(this.#source.end, this.#parser.lines, 'line');
        parser.end(this.#source.packed);
      } else {
        parser.feed(bytes);
        this.#fedBytes += bytes.length;
      }
      this.#fed = true;
    }
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.next();
    } catch (error) {
      const { faults, lines } = this.#parser;
      // Wrong bytes are unpacked to wrong lines for a while before it shows.
      throw sourceError(faults.file, (faults.counts.firstMalformedLine || lines + 1) - 1, error);
    }
  }
}

/** An error of reading or decompressing, after so many sound lines. */
function sourceError(file: string, lines: number, error: unknown): PageHeapError {
  if (error instanceof PageHeapError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || !code.startsWith('Z_')) return fileError(file, error);
  const said = error instanceof Error ? error.message : String(error);
  // The first header was seen to be one.
  const reason = said === 'incorrect header check' ? 'what follows is no gzip' : said;
  return new PageHeapError('ERR_TRACE', `the gzip stream is broken at this line or after it: ${reason}`, {
    file,
    line: lines + 1,
    cause: error,
  });
}

/**
 * Hands every operation of a trace to a consumer, batch by batch. The batch is used again.
 * @returns the lines of the trace
 */
export async function forEachBatch(path: string, consume: (batch: OperationBatch) => void): Promise<number> {
  const reader = await TraceReader.open(path);
  try {
    const batch = new OperationBatch();
    while (await reader.fill(batch)) consume(batch);
    return reader.lines;
  } finally {
    await reader.close();
  }
}

/** How long a trace is. */
export interface TraceLength {
  readonly lines: number;
  /** Operations: lines, without marks, headers and comments. */
  readonly ops: number;
  /** Threads that a trace tells of. */
  readonly threads?: number;
  readonly recorded?: Recorded | undefined;
}

const equals = 61;

/**
 * What the head of a file tells of a recorded program; undefined for any other file, and for a broken one, which its reader
 * is left to find.
 */
export async function readRecorded(path: string): Promise<Recorded | undefined> {
  const reader = await TraceReader.open(path);
  try {
    await reader.fill(new OperationBatch(leastRows));
    return reader.recorded;
  } catch (error) {
    if (error instanceof PageHeapError && error.code === 'ERR_TRACE') return undefined;
    throw error;
  } finally {
    await reader.close();
  }
}

/** Counts the operations of a binary trace, of which the first chunk was fed. */
async function measureBinary(
  parser: TraceParser,
  source: ByteSource,
  stop: () => boolean,
): Promise<TraceLength | undefined> {
  const batch = new OperationBatch();
  for (;;) {
    for (let more = true; more; ) {
      batch.clear(0);
      more = parser.parse(batch);
    }
    const { recorded } = parser;
    const ops = parser.announcedOps;
    if (recorded !== undefined && ops !== undefined)
      return { lines: ops, ops, threads: recorded.threads, recorded };
    if (stop()) return undefined;
    const bytes = await source.next();
    if (bytes === undefined) break;
    parser.feed(bytes);
  }
  const { lines, recorded } = parser;
  return lines === 0 ? undefined : { lines, ops: lines, threads: recorded?.threads ?? 1, recorded };
}

/**
 * Counts a trace's lines without parsing them, some hundred megabytes a second; undefined when
 * `stop` answered true, and for a trace without lines or with a broken stream, which its reader is
 * left to find.
 *
 * Of mtrace text, lines that begin with `=` are no operations. Of a .rep file and of a recording the header is believed;
 * another binary trace is parsed.
 * @param most bytes of the file that count
 */
export async function measureTrace(
  path: string,
  stop: () => boolean = () => false,
  most = Number.POSITIVE_INFINITY,
): Promise<TraceLength | undefined> {
  const source = await openBytes(path, most);
  try {
    let lines = 0;
    let marks = 0;
    let atStart = true;
    let announced: number | undefined;
    let head: TraceParser | undefined = new TraceParser(path);
    const batch = new OperationBatch(leastRows);
    for (;;) {
      if (stop()) return undefined;
      const bytes = await source.next();
      if (bytes === undefined) break;
      if (head !== undefined) {
        // The first chunk holds the header, if there is one.
        head.feed(bytes);
        head.parse(batch);
        announced = head.announcedOps;
        if (head.isBinary) return await measureBinary(head, source, stop);
        head = undefined;
      }
      if (atStart && bytes[0] === equals) marks++;
      let at = bytes.indexOf(newline);
      while (at >= 0) {
        lines++;
        if (bytes[at + 1] === equals) marks++;
        at = bytes.indexOf(newline, at + 1);
      }
      atStart = bytes[bytes.length - 1] === newline;
    }
    if (lines === 0) return undefined;
    return { lines, ops: announced ?? lines - marks };
  } catch (error) {
    // A broken stream or a malformed first line: the reader says so, at its place.
    const failure = sourceError(path, 0, error);
    if (failure.code !== 'ERR_TRACE') throw failure;
    return undefined;
  } finally {
    await source.close();
  }
}
