/**
 * Runs in processes of their own: RSS starts clean, and what a run does to V8 and to the address space
 * is gone with it.
 *
 * The parent never leaves a child: a stop is passed on, a second one kills, and so does time; a child
 * whose parent is gone ends by itself.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { PageHeapError } from '../../base/errors.ts';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { likelyKiller, type MemoryKills, readMemoryKills } from '../../os/memory-kills.ts';
import { hasRecorded } from '../record/run-folder.ts';
import { standardInput } from '../trace/bytes.ts';
import { type FromChild, type ToChild, unpackError } from './run-messages.ts';
import type { RunOptions, RunProgress, RunResult } from './run-options.ts';

export interface ForkHooks {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Aborting it stops the run; its result then has the reason `interrupted`. */
  readonly signal?: AbortSignal;
  /** Whether SIGINT, SIGTERM and SIGHUP stop the run while it lasts; a second one kills it. Default: true. */
  readonly handleSignals?: boolean;
}

/** How long a child that was told to stop may take. */
const graceMs = 10_000;
/** What ends a run, and whoever waits for one. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The child's program: compiled where this is compiled. */
const entry = libraryPath(`lab/run/run-child${moduleExtension}`);

/** The process of a run, or another, that ended without a word. */
interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had been told to stop. */
  readonly stopped: boolean;
}

/** @throws PageHeapError ERR_SYSTEM where there can be no process */
function startChild(input: 'inherit' | 'ignore', program: string): ChildProcess {
  try {
    return fork(program, [], {
      // A run says nothing on standard output; what a custom page heap prints must not end up in JSON.
      stdio: [input, process.stderr.fd, 'inherit', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
  } catch (cause) {
    throw notStarted(cause);
  }
}

function notStarted(cause: unknown): PageHeapError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new PageHeapError('ERR_SYSTEM', `the process of the run cannot be started: ${code}`, {
    syscall: 'spawn',
    cause,
  });
}

/** What is said of a death: how, why most likely, and what is left. */
async function deathError(
  { code, signal, stopped }: Death,
  output: string,
  before: MemoryKills,
): Promise<PageHeapError> {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const killer = signal === 'SIGKILL' && !stopped ? ` (${likelyKiller(before, readMemoryKills())})` : '';
  const left = (await hasRecorded(output))
    ? `what it recorded until then is in ${output}, and a report of it is made by: pageheap report ${output}`
    : 'it had recorded nothing';
  return new PageHeapError('ERR_SYSTEM', `the process of the run ended ${how}${killer}; ${left}`, {
    value: signal ?? code,
  });
}

/**
 * A process that waits for its run. To load what a run needs takes it a third of a second where the processor is slow:
 * who starts it early can do meanwhile what is to be done before a run. It ends with this process, or by `cancel`.
 */
export class RunProcess {
  readonly child: ChildProcess;
  /** What the counters of killed processes were before it was there. */
  readonly killsBefore = readMemoryKills();
  /** Settles when it has ended: with its answer, or with how it ended without one. */
  readonly outcome: Promise<RunResult | Pick<Death, 'code' | 'signal'>>;
  onProgress: ForkHooks['onProgress'];
  // A parent that ends in any way that runs JavaScript takes the child with it.
  readonly #kill = (): void => void this.child.kill('SIGKILL');

  /**
   * @param trace what is replayed; standard input is the process's own then
   * @param program that serves a run (serve-run.ts)
   * @throws PageHeapError ERR_SYSTEM
   */
  constructor(trace: string | undefined, program: string = entry) {
    this.child = startChild(trace === standardInput ? 'inherit' : 'ignore', program);
    process.on('exit', this.#kill);
    this.outcome = this.#outcome();
    // Nobody may come to wait for it.
    this.outcome.catch(() => undefined);
  }

  /** There will be no run. */
  cancel(): void {
    this.#kill();
    this.end();
  }

  /** It has ended, or will by itself. */
  end(): void {
    process.off('exit', this.#kill);
  }

  #outcome(): Promise<RunResult | Pick<Death, 'code' | 'signal'>> {
    return new Promise((resolve, reject) => {
      let answer: FromChild | undefined;
      this.child.on('message', (message: FromChild) => {
        if (message.kind === 'progress') this.onProgress?.(message.progress);
        else answer = message;
      });
      this.child.once('error', (cause) => reject(notStarted(cause)));
      this.child.once('exit', (code, signal) => {
        if (answer?.kind === 'done') resolve(answer.result);
        else if (answer?.kind === 'error') reject(unpackError(answer.error));
        else resolve({ code, signal });
      });
    });
  }
}

/**
 * Makes a run in a fresh process.
 * @param own a process for it alone, started before; default: one that is started now
 * @throws PageHeapError as `makeRun`; ERR_SYSTEM when the process ended without an answer (a crash: what
 *   was recorded until then is in the run file), or cannot be started
 */
export async function forkRun(
  options: RunOptions,
  hooks: ForkHooks = {},
  own: RunProcess = new RunProcess(options.trace),
): Promise<RunResult> {
  const { child } = own;
  const stopper = new Stopper(child);
  const stop = (): void => stopper.stop();
  if (hooks.handleSignals !== false) for (const signal of stopSignals) process.on(signal, stop);
  hooks.signal?.addEventListener('abort', stop);
  own.onProgress = hooks.onProgress;
  try {
    send(child, { kind: 'start', options });
    if (hooks.signal?.aborted === true) stop();
    const ended = await own.outcome;
    if ('file' in ended) return ended;
    throw await deathError({ ...ended, stopped: stopper.asked }, options.output, own.killsBefore);
  } finally {
    stopper.end();
    for (const signal of stopSignals) process.off(signal, stop);
    hooks.signal?.removeEventListener('abort', stop);
    own.end();
  }
}

class Stopper {
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Whether it was told to stop. */
  get asked(): boolean {
    return this.#timer !== undefined;
  }

  /** Tells the child to stop; the second time, or if it takes too long, kills it. */
  stop(): void {
    if (this.#timer !== undefined) {
      this.#child.kill('SIGKILL');
      return;
    }
    this.#timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    send(this.#child, { kind: 'stop' });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function send(child: ChildProcess, message: ToChild): void {
  // The child may be gone already; its exit tells.
  if (child.connected) child.send(message, () => undefined);
}
