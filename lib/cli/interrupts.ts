/**
 * Ctrl-C, SIGTERM and SIGHUP: one for a command, from its first line until its process is gone, so that one that comes
 * while another is obeyed, or while the result is written, is never what the system makes of it.
 *
 * A signal ends the command at once, with the code of an interruption, unless somebody works who ends by himself. At once is
 * between two turns of the event loop: a document is there by then, or is not, and processes that were started are ended as this
 * one exits. Whoever ends by himself says so (`begin`), and is told by two signals of AbortControllers: the first asks him
 * to end and the second to end it now (lab/run/fork-run.ts).
 *
 * Code of the user's in this thread may keep it, and no handler would have its turn: while it works signals do what
 * they do by themselves.
 */
import { stopSignals } from '../base/stop-signals.ts';
import { isWaiting, offWhileWaiting } from '../base/waits.ts';
import { exitCodes } from './exit-codes.ts';

/** What is said at the first signal where several runs are made. */
export const stoppingWords = 'stopping when the run in progress has ended; once more to end it now';

export class Interrupts {
  #count = 0;
  #isCounted = false;
  #isListening = false;
  #first: (() => void) | undefined;
  #next: (() => void) | undefined;
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();

  constructor() {
    offWhileWaiting(this.#on);
    this.#listen();
  }

  /** Signals since somebody works who ends by himself. */
  get count(): number {
    return this.#count;
  }

  /** Given with the first of these. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Given with the second. */
  get kill(): AbortSignal {
    return this.#kill.signal;
  }

  /** From now on somebody ends by himself. @param first called at the first signal */
  begin(first?: () => void): void {
    this.#first = first ?? this.#first;
    this.#isCounted = true;
    this.#listen();
  }

  /** He has ended. */
  end(): void {
    this.#isCounted = false;
    this.#listen();
  }

  /** Until `begin` or `end` signals do what they do by themselves: code of the user's comes next, in this thread. */
  leaveToSystem(): void {
    this.#isListening = false;
    for (const signal of stopSignals) process.off(signal, this.#on);
  }

  /** Until the next signal; from then on this process ends, and those that come later change nothing. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#next = resolve;
      this.begin();
    });
  }

  #exit(signal: NodeJS.Signals): never {
    // The exit would wait for the thread that waits for another program.
    if (isWaiting())
      process.once('exit', () => {
        this.leaveToSystem();
        process.kill(process.pid, signal);
      });
    process.exit(exitCodes.interrupted);
  }

  #listen(): void {
    // To take it away and set it again would leave a moment without.
    if (this.#isListening) return;
    this.#isListening = true;
    for (const signal of stopSignals) process.on(signal, this.#on);
  }

  readonly #on = (signal: NodeJS.Signals): void => {
    if (!this.#isCounted) this.#exit(signal);
    this.#count++;
    this.#next?.();
    if (this.#count === 1) {
      this.#first?.();
      this.#stop.abort();
    } else if (this.#count === 2) this.#kill.abort();
  };
}
