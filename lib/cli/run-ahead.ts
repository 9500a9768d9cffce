/**
 * What is begun for `pageheap run` before its command line is read: the process of the run loads the heap while this one
 * loads the parser, and reads what it is to do. It takes as long to load as all of that.
 *
 * From then on there is something to be ended, so signals end the command as they do while it makes its run.
 *
 * Not here: whether it can be used, which the command decides (run.ts).
 */
import { RunProcess } from '../lab/run/run-process.ts';
import { Interrupts } from './interrupts.ts';

export class RunAhead {
  /** Before there is something to be ended. */
  readonly interrupts = new Interrupts();
  readonly process: RunProcess;

  /** @throws PageHeapError ERR_SYSTEM where there can be no process */
  constructor() {
    try {
      this.process = new RunProcess();
    } catch (error) {
      this.interrupts.end();
      throw error;
    }
  }

  /** There will be no run. */
  cancel(): void {
    this.process.cancel();
    this.interrupts.end();
  }
}

/** Whether a command line of `run` most likely makes a run that does not read standard input: whoever makes it looks again. */
export function mayRun(args: readonly string[]): boolean {
  return !args.some((arg) => arg === '-' || arg === '-h' || arg === '--help');
}

/** Begins; undefined where there can be no process, which is told when the run is to be made. */
export function beginRun(): RunAhead | undefined {
  try {
    return new RunAhead();
  } catch {
    return undefined;
  }
}
