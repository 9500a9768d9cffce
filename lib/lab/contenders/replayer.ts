/**
 * The process of a replayer: started, fed, asked, and told apart from a dead one.
 *
 * All of it is without the event loop: a replay is a loop of calls, and is held up where the replayer is behind. So a
 * pipe that is full is waited for, and an answer too; after some patience a replayer that takes or says nothing counts
 * as one that hangs. It ends with this process, however that ends: its input ends, and the kernel is asked to end it.
 *
 * Not here: what is said (wire.ts), by whom (remote-heap.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { describe } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { signalChild } from '../../base/signal-child.ts';
import { killerWords, readMemoryKills } from '../../os/memory-kills.ts';
import { OtherProcess, type ProcessEnd } from '../../os/other-process.ts';
import { makePipe, waitForPipe } from '../../os/pipe.ts';
import type { ReplayerProgram } from '../run/run-options.ts';
import type { Failure } from './wire.ts';

/** Nothing is taken and nothing is said for so long, ms: then it hangs. An operation may take seconds where memory is short. */
export const patienceMs = 60_000;
/** A process whose pipes are closed has ended, or is about to: how long it is looked at, ms. */
const endMs = 2000;
const endLookMs = 5;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, n]) => n === number)?.[0] ?? `signal ${number}`;
}

export class Replayer {
  readonly process: OtherProcess;
  /** Settles when it has ended and was waited for: whoever ends before leaves a zombie where nobody else waits. */
  readonly gone: Promise<void>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #input: number;
  readonly #output: number;
  readonly #patience: number;
  readonly #killsBefore = readMemoryKills();
  readonly #kill = (): void => signalChild(this.#child, 'SIGKILL');
  readonly #chunk = Buffer.alloc(4096);
  /** Said, and not yet read: the begin of a line. */
  #said = '';
  /** How it ended, where the event loop came to know. */
  #ended: ProcessEnd | undefined;
  #startFailure: unknown;
  #isOpen = true;

  /** @throws PageHeapError ERR_SYSTEM where it cannot be started */
  constructor({ contender, file, env }: ReplayerProgram, patience = patienceMs) {
    this.#name = contender;
    this.#patience = patience;
    const input = makePipe('write');
    const output = makePipe('read');
    this.#input = input.write;
    this.#output = output.read;
    try {
      this.#child = spawn(file, [], {
        stdio: [input.read, 'ignore', 'inherit', output.write],
        env: { ...process.env, ...env },
      });
    } finally {
      closeSync(input.read);
      closeSync(output.write);
    }
    this.#child.once('error', (cause) => {
      this.#startFailure = cause;
    });
    this.#child.once('exit', (code, signal) => {
      this.#ended = {
        code: code ?? undefined,
        signal: signal === null ? undefined : constants.signals[signal],
      };
    });
    this.gone = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    process.on('exit', this.#kill);
    this.process = new OtherProcess(this.#child.pid ?? 0);
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Hands all of it on. @throws PageHeapError as `answer` */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#input, bytes, at);
      } catch (error) {
        if (codeOf(error) === 'EPIPE') throw this.#death();
        if (codeOf(error) !== 'EAGAIN') throw error;
        if (!waitForPipe(this.#input, 'write', this.#patience)) throw this.#hang('taken no operation');
      }
    }
  }

  /**
   * The next line that it says.
   * @throws PageHeapError ERR_OUT_OF_MEMORY where the allocator gave no memory; ERR_SYSTEM where the process has ended, or hangs
   */
  answer<T>(): T {
    const line = this.#line();
    if (line === undefined) throw this.#death();
    const value = this.#read<T>(line);
    if (typeof value === 'object' && value !== null && 'failed' in value) throw this.#failure(value);
    return value as T;
  }

  /** Ends it. Again is harmless. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#kill);
    closeSync(this.#input);
    closeSync(this.#output);
    this.#kill();
  }

  /** Undefined where it has said its last. */
  #line(): string | undefined {
    for (;;) {
      const end = this.#said.indexOf('\n');
      if (end >= 0) {
        const line = this.#said.slice(0, end);
        this.#said = this.#said.slice(end + 1);
        return line;
      }
      try {
        const n = readSync(this.#output, this.#chunk);
        if (n === 0) return undefined;
        this.#said += this.#chunk.toString('latin1', 0, n);
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') throw error;
        if (!waitForPipe(this.#output, 'read', this.#patience)) throw this.#hang('given no answer');
      }
    }
  }

  /** A line is UTF-8, as far as it goes: it may name a file. */
  #read<T>(line: string): T | Failure {
    try {
      return JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as T | Failure;
    } catch (cause) {
      const words = `the replayer of ${this.#name} says what cannot be read: ${describe(line)}`;
      throw new PageHeapError('ERR_SYSTEM', words, { value: line, cause });
    }
  }

  #failure({ failed, bytes }: Failure): PageHeapError {
    if (failed === 'memory')
      return new PageHeapError(
        'ERR_OUT_OF_MEMORY',
        `${this.#name} gave no memory for an object of ${bytes} bytes`,
        {
          value: bytes,
        },
      );
    const what =
      failed === 'thread'
        ? `thread ${bytes} cannot be started`
        : 'there is no memory for its table of objects';
    return new PageHeapError('ERR_OUT_OF_MEMORY', `the replayer of ${this.#name}: ${what}`, { value: bytes });
  }

  #hang(what: string): PageHeapError {
    return new PageHeapError(
      'ERR_SYSTEM',
      `the replayer of ${this.#name} has ${what} for ${Math.round(this.#patience / 1000)} s, and was ended`,
      { value: this.#child.pid },
    );
  }

  /** What it said before it died counts first: a failure is one. */
  #death(): PageHeapError {
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const value = this.#read<Partial<Failure>>(line);
      if (value.failed !== undefined) return this.#failure(value as Failure);
    }
    if (this.#startFailure !== undefined || this.#child.pid === undefined)
      return new PageHeapError('ERR_SYSTEM', `the replayer of ${this.#name} cannot be started`, {
        syscall: 'spawn',
        cause: this.#startFailure,
      });
    const { code, signal } = this.#end() ?? {};
    const name = signal === undefined ? undefined : signalName(signal);
    const how = name !== undefined ? `was ended by ${name}` : `ended with code ${code ?? 'unknown'}`;
    const killer = killerWords(name, this.#killsBefore);
    return new PageHeapError('ERR_SYSTEM', `the replayer of ${this.#name} ${how}${killer}`, {
      value: name ?? code,
    });
  }

  #end(): ProcessEnd | undefined {
    for (let waited = 0; waited < endMs; waited += endLookMs) {
      const end = this.#ended ?? this.process.end();
      if (end !== undefined) return end;
      pause(endLookMs);
    }
    return undefined;
  }
}
