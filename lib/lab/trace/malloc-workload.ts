/**
 * The workloads of glibc-malloc-trace-utils (`.wl`), which trace2wl makes of its traces: a stream of commands that starts threads, and a
 * stream for each, anywhere in the file.
 *
 *   0 nothing · 1 the end of a stream · 2 malloc(p, n) · 3 calloc(p, n) · 4 realloc(new, old, n) · 5 free(p)
 *   6 tell sync s · 7 wait for sync s · 8 so many pointers · 9 so many syncs · 10 so many threads · 11 a thread at this byte
 *   12 memalign(p, alignment, n)
 *
 * A command is a byte, its numbers are in base 128, the most significant group first. A pointer is a number, 0 none.
 *
 * What order threads had is told by their syncs alone: here each goes on until it must wait for one, in the order in which
 * they are started. The file is read as a whole, since its streams lie side by side.
 */
import type { BinaryGrammar } from './binary.ts';
import type { TraceFaults } from './faults.ts';
import { maxTraceSize } from './grammar.ts';
import {
  leastRows,
  type OperationBatch,
  opAllocate,
  opFree,
  opMoveFrom,
  opMoveTo,
  wayAligned,
  wayPlain,
  wayZeroed,
} from './operations.ts';

const done = 1;
const malloc = 2;
const calloc = 3;
const realloc = 4;
const free = 5;
const tellSync = 6;
const waitSync = 7;
const threadAt = 11;
const memalign = 12;
/** Numbers that follow a command. */
const given = [0, 0, 2, 2, 3, 1, 1, 1, 1, 1, 1, 1, 3];
/** What a pointer's number is worth as an address. */
const step = 16;
const mostGroups = 9;

/** A place in a stream. */
class Stream {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #numbers = [0, 0, 0];

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** The next command, whose numbers are `numbers` then; −1 where there is none. */
  next(): number {
    const command = this.#bytes[this.at++];
    const count = given[command];
    if (count === undefined) return -1;
    for (let i = 0; i < count; i++) {
      let value = 0;
      for (let n = 0; ; n++) {
        const byte = this.#bytes[this.at++];
        if (byte === undefined || n === mostGroups) return -1;
        value = value * 128 + (byte & 127);
        if (byte < 128) break;
      }
      this.#numbers[i] = value;
    }
    return command;
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }
}

/** Whether a file begins so: with how many pointers, syncs and threads there are, and then a thread. */
export function isWorkload(bytes: Uint8Array): boolean {
  const stream = new Stream(bytes, 0);
  const counts = new Set([stream.next(), stream.next(), stream.next()]);
  return [8, 9, 10].every((command) => counts.has(command)) && stream.next() === threadAt;
}

interface Thread {
  readonly stream: Stream;
  isOver: boolean;
}

export class MallocWorkloadGrammar implements BinaryGrammar {
  readonly format = 'malloc-workload';
  readonly announcedOps = undefined;
  readonly needsAll = true;
  lines = 0;
  readonly #faults: TraceFaults;
  readonly #told = new Set<number>();
  #threads: Thread[] | undefined;
  /** The thread that goes on, and whether one has since the first was asked. */
  #turn = 0;
  #moved = false;

  constructor(faults: TraceFaults) {
    this.#faults = faults;
  }

  parse(bytes: Uint8Array, from: number, to: number, batch: OperationBatch): number {
    batch.ids = false;
    this.#threads ??= this.#begin(bytes.subarray(from, to));
    batch.threaded ||= this.#threads.length > 1;
    while (this.#turn < this.#threads.length) {
      const thread = this.#threads[this.#turn];
      while (!thread.isOver && batch.count + leastRows <= batch.rows) if (!this.#step(thread, batch)) break;
      if (batch.count + leastRows > batch.rows) return from;
      this.#turn++;
      if (this.#turn === this.#threads.length && this.#moved) {
        this.#turn = 0;
        this.#moved = false;
      }
    }
    return to;
  }

  finish(): void {
    if (this.#threads?.some(({ isOver }) => !isOver))
      this.#faults.malformed(this.lines + 1, 'a thread of the workload waits for what no other tells');
  }

  /** The threads that the first stream starts. */
  #begin(bytes: Uint8Array): Thread[] {
    const main = new Stream(bytes, 0);
    const threads: Thread[] = [];
    for (let command = main.next(); command !== done; command = main.next()) {
      if (command < 0) {
        this.#faults.malformed(1, `no command of a workload before byte ${main.at}`);
        break;
      }
      if (command === threadAt) threads.push({ stream: new Stream(bytes, main.numbers[0]), isOver: false });
    }
    return threads;
  }

  /** Does one command. @returns false where the thread must wait */
  #step(thread: Thread, batch: OperationBatch): boolean {
    const { stream } = thread;
    const at = stream.at;
    const command = stream.next();
    const [a, b, c] = stream.numbers;
    if (command === waitSync && !this.#told.has(a)) {
      stream.at = at;
      return false;
    }
    this.#moved = true;
    if (command === done || command < 0) {
      thread.isOver = true;
      if (command < 0) this.#faults.malformed(this.lines + 1, `no command of a workload at byte ${at}`);
      return true;
    }
    if (command === tellSync) this.#told.add(a);
    if (command < malloc || (command > free && command !== memalign)) return true;
    this.lines++;
    if (command === free) {
      if (a !== 0) this.#add(batch, opFree, a, 0);
    } else if (command === realloc) {
      if (b !== 0 && a !== 0) {
        this.#add(batch, opMoveFrom, b, 0);
        this.#add(batch, opMoveTo, a, c);
      } else if (a !== 0) {
        this.#add(batch, opAllocate, a, c);
      } else if (b !== 0) {
        this.#add(batch, opFree, b, 0);
      }
    } else if (command === memalign) {
      this.#add(batch, opAllocate, a, c, wayAligned(b));
    } else {
      this.#add(batch, opAllocate, a, b, command === calloc ? wayZeroed : wayPlain);
    }
    return true;
  }

  #add(batch: OperationBatch, kind: number, pointer: number, size: number, way = wayPlain): void {
    if (size > maxTraceSize && pointer !== 0) {
      this.#faults.malformed(this.lines, 'a size beyond the address space (2^47 bytes)');
      return;
    }
    const n = batch.count++;
    batch.kinds[n] = kind;
    batch.pointers[n] = pointer * step;
    batch.sizes[n] = size;
    batch.threads[n] = this.#turn;
    batch.ways[n] = way;
    batch.hasWays = true;
    batch.lineOffsets[n] = this.lines - batch.firstLine;
  }
}
