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

/**
 * Makes a run in a fresh process.
 * @throws PageHeapError as `makeRun`; ERR_SYSTEM when the process ended without an answer (a crash: what
 *   was recorded until then is in the run file)
 */
export async function forkRun(options: RunOptions, hooks: ForkHooks = {}): Promise<RunResult> {
  const input = options.trace === standardInput ? 'inherit' : 'ignore';
  const child = fork(entry, [], {
    // A run says nothing on standard output; what a custom page heap prints must not end up in JSON.
    stdio: [input, process.stderr.fd, 'inherit', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  });
  const stopper = new Stopper(child);
  const stop = (): void => stopper.stop();
  // A parent that ends in any way that runs JavaScript takes the child with it.
  const kill = (): void => void child.kill('SIGKILL');
  if (hooks.handleSignals !== false) for (const signal of stopSignals) process.on(signal, stop);
  hooks.signal?.addEventListener('abort', stop);
  process.on('exit', kill);
  try {
    const outcome = outcomeOf(child, options.output, hooks);
    send(child, { kind: 'start', options });
    if (hooks.signal?.aborted === true) stop();
    return await outcome;
  } finally {
    stopper.end();
    for (const signal of stopSignals) process.off(signal, stop);
    hooks.signal?.removeEventListener('abort', stop);
    process.off('exit', kill);
  }
}

/** Settles when the child has ended. */
function outcomeOf(child: ChildProcess, output: string, hooks: ForkHooks): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    let answer: FromChild | undefined;
    child.on('message', (message: FromChild) => {
      if (message.kind === 'progress') hooks.onProgress?.(message.progress);
      else answer = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (answer?.kind === 'done') {
        resolve(answer.result);
      } else if (answer?.kind === 'error') {
        reject(unpackError(answer.error));
      } else {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        const message = `the process of the run ended ${how}; what it recorded until then is in ${output}`;
        reject(new PageHeapError('ERR_SYSTEM', message, { value: signal ?? code }));
      }
    });
  });
}

class Stopper {
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
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
