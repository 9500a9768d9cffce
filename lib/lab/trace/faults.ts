/**
 * What is wrong with a trace as its bytes and lines tell it: counted, or refused.
 *
 * A program that is killed leaves a trace without its end; one that forks leaves lines of two processes in one
 * file. What is sound in such a file counts. So a fault is counted by its name, and told when all is read. In
 * strict mode the first one is an error with its line.
 *
 * Not here: what operations do to objects (run/replay.ts), the sentences (metrics/trace-notes.ts).
 */
import type { SourceEnd } from './byte-source.ts';
import { traceError } from './grammar.ts';

export interface FaultCounts {
  /** Lines that are no operation, and the first of them; 0 for none. */
  readonly malformedLines: number;
  readonly firstMalformedLine: number;
  /** Of those, the ones that are whole and hold a number that cannot be. */
  readonly outOfRangeLines: number;
  /** Allocations whose address the tool does not print. */
  readonly untoldAddresses: number;
  /** Allocations whose answer did not come: the process ended within them, or the tool lost it. */
  readonly unendedCalls: number;
  /** `<` without its `>`, or the other way round. */
  readonly halfReallocs: number;
  /** Zero bytes that were passed over. */
  readonly holeBytes: number;
  /** Traces in the file, where there is more than one (`= Start` or `= End` more than once). */
  readonly parts: number;
  /** The line in which the file ends before the line, or its realloc, does; 0 for none. */
  readonly cutLine: number;
  /** The line in which the gzip stream ends before its end; 0 for none. */
  readonly gzipCutLine: number;
  /** Bytes that came to the file, or went from it, after it was opened. */
  readonly grownBytes: number;
  readonly lostBytes: number;
  /** 1 where the whole trace has no operation. */
  readonly noOperations: number;
  /** Operations that the header promises and that did not come, and those that came beyond it. */
  readonly missingOps: number;
  readonly surplusOps: number;
}

export class TraceFaults {
  /** What errors call the trace. */
  readonly file: string;
  readonly strict: boolean;
  /** What is wrong with the first malformed line. */
  firstMalformed = '';
  readonly #counts: { -readonly [name in keyof FaultCounts]: number } = {
    malformedLines: 0,
    firstMalformedLine: 0,
    outOfRangeLines: 0,
    untoldAddresses: 0,
    unendedCalls: 0,
    halfReallocs: 0,
    holeBytes: 0,
    parts: 0,
    cutLine: 0,
    gzipCutLine: 0,
    grownBytes: 0,
    lostBytes: 0,
    noOperations: 0,
    missingOps: 0,
    surplusOps: 0,
  };

  constructor(file: string, strict = false) {
    this.file = file;
    this.strict = strict;
  }

  get counts(): FaultCounts {
    return this.#counts;
  }

  /** Counts `n` more faults of a kind. @throws PageHeapError ERR_TRACE in strict mode, with this line and message */
  add(name: keyof FaultCounts, line: number, message: string, n = 1): void {
    if (this.strict) traceError(this.file, line, message);
    this.#counts[name] += n;
  }

  /** A line that is no operation. */
  malformed(line: number, message: string): void {
    this.add('malformedLines', line, message);
    if (this.#counts.firstMalformedLine > 0) return;
    this.#counts.firstMalformedLine = line;
    this.firstMalformed = message;
  }

  /** A line that is one of the format's, but for a number in it. */
  outOfRange(line: number, message: string): void {
    this.malformed(line, message);
    this.#counts.outOfRangeLines++;
  }

  /** What is wrong with how a file ends, after so many sound lines, or whatever else it is made of. */
  addEnd({ gzipCut, cut, grownBytes, lostBytes }: SourceEnd, sound: number, what: 'line' | 'event'): void {
    const at = sound + 1;
    if (gzipCut) this.add('gzipCutLine', at, `the gzip stream was cut off at this ${what} or after it`, at);
    if (cut) this.add('cutLine', at, `the compressed stream was cut off at this ${what} or after it`, at);
    if (grownBytes > 0) this.add('grownBytes', at, 'the file grew while it was read', grownBytes);
    if (lostBytes > 0) this.add('lostBytes', at, 'the file became shorter while it was read', lostBytes);
  }

  /** What is worth telling and wrong in no mode. */
  set(name: keyof FaultCounts, n: number): void {
    this.#counts[name] = n;
  }
}
