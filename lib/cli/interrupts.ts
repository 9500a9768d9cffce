/**
 * Ctrl-C, SIGTERM and SIGHUP while a command works that starts processes.
 *
 * Until it has begun, a signal ends the command at once: nothing is made yet. Where the module of a custom page heap is
 * loaded and tried before, it may keep the thread, and no handler would have its turn: then signals do what they do by
 * themselves. From then on signals are counted, and
 * whoever is at work ends by itself (lab/run/fork-run.ts).
 */
import { stopSignals } from '../lab/run/run-process.ts';
import { exitCodes } from './exit-codes.ts';

export class Interrupts {
  #count = 0;
  #begun = false;
  readonly #first: () => void;

  /** @param first called at the first signal, once something has begun */
  constructor(first: () => void = () => undefined) {
    this.#first = first;
    this.#listen();
  }

  /** Signals since it began. */
  get count(): number {
    return this.#count;
  }

  /** From now on somebody ends by itself. */
  begin(): void {
    this.#begun = true;
    this.end();
    this.#listen();
  }

  /** Code of the user's comes next, in this thread: until `begin`, signals do what they do by themselves. */
  leaveToForeignCode(): void {
    this.end();
  }

  /** Signals do again what they do by themselves. */
  end(): void {
    for (const signal of stopSignals) process.off(signal, this.#on);
  }

  #listen(): void {
    for (const signal of stopSignals) process.on(signal, this.#on);
  }

  readonly #on = (): void => {
    if (!this.#begun) process.exit(exitCodes.interrupted);
    if (++this.#count === 1) this.#first();
  };
}
