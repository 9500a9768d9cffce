/**
 * What grammars of other tools' text have in common: they read a line as a string, and most lines are nothing to them.
 *
 * A tool writes between its operations what else it has to say, and a program its own output among them. So a line that is
 * no operation is passed over; one that begins as an operation and is none is a fault (faults.ts). A line leads to at most two rows.
 * Threads and processes, where a line tells of them, are numbered in the order in which they appear.
 */
import type { TraceFaults } from './faults.ts';
import {
  maxTraceSize,
  newline,
  pointerEnd,
  showLine,
  type TextFormat,
  type TraceGrammar,
  traceError,
} from './grammar.ts';
import {
  leastRows,
  type OperationBatch,
  opAllocate,
  opFailedMove,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayPlain,
} from './operations.ts';

const threadNumbers = 2 ** 16;

export abstract class LineGrammar implements TraceGrammar {
  abstract readonly format: TextFormat;
  readonly announcedOps = undefined;
  lines = 0;
  protected readonly faults: TraceFaults;
  readonly #threads = new Map<number, number>();
  #batch: OperationBatch | undefined;
  #bytes: Uint8Array | undefined;
  #start = 0;
  #thread = 0;

  constructor(faults: TraceFaults) {
    this.faults = faults;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    batch.ids = false;
    this.#batch = batch;
    this.#bytes = bytes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = from;
    while (start < to && batch.count + leastRows <= batch.rows) {
      const end = bytes.indexOf(newline, start);
      this.lines++;
      this.#start = start;
      if (end > start) this.read(text.toString('latin1', start, end));
      start = end + 1;
    }
    return start;
  }

  /** These tools end every line; one that was not ended was cut off, and its last number with it. */
  mayEndWith(_line: string): boolean {
    return false;
  }

  finish(): void {
    const { firstMalformedLine, malformedLines } = this.faults.counts;
    if (this.#batch === undefined || malformedLines === 0 || this.#hasOperation) return;
    traceError(
      this.faults.file,
      firstMalformedLine,
      `no line of this file was understood; the first: ${this.faults.firstMalformed}`,
    );
  }

  #hasOperation = false;

  /** Reads one line, and says what it tells by the methods below. */
  protected abstract read(line: string): void;

  /** What follows is done by this thread, or process. */
  protected ofThread(id: number): void {
    let n = this.#threads.get(id);
    if (n === undefined) {
      n = this.#threads.size % threadNumbers;
      this.#threads.set(id, n);
    }
    this.#thread = n;
    if (this.#batch !== undefined) this.#batch.threaded ||= n > 0;
  }

  protected allocate(pointer: number, size: number, way = wayPlain): void {
    this.#add(opAllocate, pointer, size, way);
  }

  protected free(pointer: number): void {
    if (pointer !== 0) this.#add(opFree, pointer, 0);
  }

  /** A realloc, whatever it was asked: of nothing, to nothing, or in vain. */
  protected reallocate(old: number, pointer: number, size: number): void {
    if (old === 0) {
      this.allocate(pointer, size);
    } else if (pointer !== 0) {
      if (this.#isInRange(pointer, size) && this.#isInRange(old, 0)) {
        this.#add(opMoveFrom, old, 0);
        this.#add(opMoveTo, pointer, size);
      }
    } else if (size === 0) {
      this.free(old);
    } else {
      this.#add(opFailedMove, old, size);
    }
  }

  protected malformed(what: string): void {
    this.faults.malformed(this.lines, `${what}: ${showLine(this.#bytes ?? new Uint8Array(0), this.#start)}`);
  }

  #add(kind: number, pointer: number, size: number, way = wayPlain): void {
    const batch = this.#batch;
    if (batch === undefined || !this.#isInRange(pointer, pointer === 0 || kind === opFailedMove ? 0 : size))
      return;
    const n = batch.count++;
    batch.kinds[n] = kind;
    batch.pointers[n] = pointer;
    batch.sizes[n] = size;
    batch.threads[n] = this.#thread;
    batch.ways[n] = way;
    batch.hasWays = true;
    batch.lineOffsets[n] = this.lines - batch.firstLine;
    this.#hasOperation = true;
  }

  #isInRange(pointer: number, size: number): boolean {
    if (pointer < pointerEnd && size <= maxTraceSize) return true;
    this.malformed(
      pointer < pointerEnd ? 'a size beyond the address space (2^47 bytes)' : 'a pointer beyond 57 bits',
    );
    return false;
  }
}
