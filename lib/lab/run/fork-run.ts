/**
 * Runs in processes of their own: RSS starts clean, and what a run does to V8 and to the address space
 * is gone with it.
 *
 * The parent never leaves a child: a stop is passed on, a second one kills, and so does time; a child
 * whose parent is gone ends by itself.
 */

import type { ChildProcess } from 'node:child_process';
import { commandHere } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { signalChild } from '../../base/signal-child.ts';
import { ownSignal, stopSignals } from '../../base/stop-signals.ts';
import { killerWords, type MemoryKills, readMemoryKills } from '../../os/memory-kills.ts';
import { hasRecorded } from '../record/run-folder.ts';
import { standardInput } from '../trace/bytes.ts';
import { optionsForChild } from './descriptors.ts';
import type { ToChild } from './run-messages.ts';
import type { RunOptions, RunProgress, RunResult } from './run-options.ts';
import { type Ended, RunProcess } from './run-process.ts';

export interface ForkHooks {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Aborting it stops the run; its result then has the reason `interrupted`. */
  readonly signal?: AbortSignal;
  /** Aborting it ends the process of the run at once: there is no result then. */
  readonly kill?: AbortSignal;
  /** Whether SIGINT, SIGTERM and SIGHUP stop the run while it lasts; a second one kills it. Default: true. */
  readonly handleSignals?: boolean;
}

/** How long a child that was told to stop may take. */
const graceMs = 10_000;

/** The process of a run, or another, that ended without a word. */
interface Death extends Ended {
  /** Whether it had been told to stop. */
  readonly stopped: boolean;
}

/** What is said of a death: how, why most likely, and what is left. */
async function deathError(
  { code, signal, stopped }: Death,
  output: string,
  before: MemoryKills,
): Promise<PageHeapError> {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const killer = stopped ? '' : killerWords(signal, before);
  const left = (await hasRecorded(output))
    ? `what it recorded until then is in ${output}, and a report of it is made by: ${commandHere('report', output)}`
    : 'it had recorded nothing';
  return new PageHeapError('ERR_SYSTEM', `the process of the run ended ${how}${killer}; ${left}`, {
    value: signal ?? code,
  });
}

/** A process for the run of a trace, or of none. @throws PageHeapError ERR_SYSTEM */
export function processFor(trace: string | undefined, program?: string): RunProcess {
  return new RunProcess(trace === standardInput ? 'inherit' : 'ignore', program);
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
  own: RunProcess = processFor(options.trace),
): Promise<RunResult> {
  const { child } = own;
  const killsBefore = readMemoryKills();
  const stopper = new Stopper(child);
  const stop = (): void => stopper.stop();
  if (hooks.handleSignals !== false) for (const signal of stopSignals) process.on(signal, stop);
  hooks.signal?.addEventListener('abort', stop);
  const kill = (): void => stopper.kill();
  hooks.kill?.addEventListener('abort', kill);
  own.onProgress = hooks.onProgress;
  try {
    send(child, { kind: 'start', options: optionsForChild(options) });
    if (hooks.signal?.aborted === true) stop();
    if (hooks.kill?.aborted === true) kill();
    const ended = await own.outcome;
    if ('file' in ended) return ended;
    await ownSignal(ended.signal);
    throw await deathError({ ...ended, stopped: stopper.asked }, options.output, killsBefore);
  } finally {
    stopper.end();
    for (const signal of stopSignals) process.off(signal, stop);
    hooks.signal?.removeEventListener('abort', stop);
    hooks.kill?.removeEventListener('abort', kill);
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
      signalChild(this.#child, 'SIGKILL');
      return;
    }
    this.#timer = setTimeout(() => signalChild(this.#child, 'SIGKILL'), graceMs);
    send(this.#child, { kind: 'stop' });
  }

  /** Kills the child, whether it was told to stop or not. */
  kill(): void {
    this.stop();
    signalChild(this.#child, 'SIGKILL');
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function send(child: ChildProcess, message: ToChild): void {
  // The child may be gone already; its exit tells.
  if (child.connected) child.send(message, () => undefined);
}
