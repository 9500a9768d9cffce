/**
 * What is begun for `pageheap run` before its command line is read: the process of the run loads the heap while this one
 * loads the parser, and reads what it is to do. It takes as long to load as all of that.
 *
 * A signal that ends the command meanwhile ends it, too (interrupts.ts).
 *
 * Not here: whether it can be used, which the command decides (run.ts).
 */
import { RunProcess } from '../lab/run/run-process.ts';

export class RunAhead {
  /** @throws PageHeapError ERR_SYSTEM where there can be no process */
  readonly process = new RunProcess();

  /** There will be no run. */
  cancel(): void {
    this.process.cancel();
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
