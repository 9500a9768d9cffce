/**
 * The process of a run, from its start to its end.
 *
 * To load what a run needs takes it a third of a second where the processor is slow. So it can be started before it is known
 * what it is to do: the command line does so before it has loaded its own parser (cli/main.ts). It loads, and waits for its
 * run; without one it ends with the process that started it, or by `cancel`.
 *
 * This file imports little, so that it is there early. Not here: what a run is told, and what becomes of one (fork-run.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { notLoaded, notStarted, programLoader } from '../../base/not-started.ts';
import { libraryPath, moduleExtension } from '../../base/package-files.ts';
import { signalChild } from '../../base/signal-child.ts';
import { type FromChild, unpackError } from './run-messages.ts';
import type { RunProgress, RunResult } from './run-options.ts';

/** The child's program: compiled where this is compiled. */
const entry = libraryPath(`lab/run/run-child${moduleExtension}`);

/** How long a process may take to exit that has answered, ms. */
const exitMs = 5000;

const runProcess = 'the process of the run';

/** Of a process that ended without a word. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** @throws PageHeapError ERR_SYSTEM where there can be no process */
function startChild(input: 'inherit' | 'ignore', program: string): ChildProcess {
  try {
    return fork(programLoader, [program], {
      // A run says nothing on standard output; what a custom page heap prints must not end up in JSON.
      stdio: [input, process.stderr.fd, 'inherit', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
  } catch (cause) {
    throw notStarted(runProcess, cause);
  }
}

export class RunProcess {
  readonly child: ChildProcess;
  /** Settles when it has ended: with its answer, or with how it ended without one. */
  readonly outcome: Promise<RunResult | Ended>;
  onProgress: ((progress: RunProgress) => void) | undefined;
  // A parent that ends in any way that runs JavaScript takes the child with it.
  readonly #kill = (): void => signalChild(this.child, 'SIGKILL');

  /**
   * @param input whether standard input is its own
   * @param program that serves a run (serve-run.ts)
   * @throws PageHeapError ERR_SYSTEM
   */
  constructor(input: 'inherit' | 'ignore' = 'ignore', program: string = entry) {
    this.child = startChild(input, program);
    process.on('exit', this.#kill);
    this.outcome = this.#outcome();
    // Nobody may come to wait for it.
    this.outcome.catch(() => undefined);
  }

  /**
   * Whether it keeps the process that started it from being idle. A module that waits for what never comes is known by its process being
   * idle (subject/load-class.ts).
   */
  keeps(yes: boolean): void {
    const { channel } = this.child;
    if (yes) {
      this.child.ref();
      channel?.ref();
    } else {
      this.child.unref();
      channel?.unref();
    }
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

  #outcome(): Promise<RunResult | Ended> {
    return new Promise((resolve, reject) => {
      let answer: Extract<FromChild, { kind: 'done' | 'error' }> | undefined;
      let isLoaded = false;
      this.child.on('message', (message: FromChild) => {
        isLoaded = true;
        if (message.kind === 'progress') this.onProgress?.(message.progress);
        // Other answers are those of a RunControl (run-control.ts).
        else if (message.kind === 'done' || message.kind === 'error') {
          answer = message;
          // Its exit waits for its threads, and one may wait for a file that a module has opened.
          setTimeout(this.#kill, exitMs).unref();
        }
      });
      this.child.once('error', (cause) => reject(notStarted(runProcess, cause)));
      this.child.once('exit', (code, signal) => {
        if (answer?.kind === 'done') resolve(answer.result);
        else if (answer?.kind === 'error') reject(unpackError(answer.error));
        else {
          const why = isLoaded ? undefined : notLoaded(runProcess, code);
          if (why === undefined) resolve({ code, signal });
          else reject(why);
        }
      });
    });
  }
}
