/**
 * The scheduler's account of a run that is steered, by the run's own time (tempo.ts).
 *
 * What the thread ran and waited while the run stood still does not count. A wait while its time went s times as fast as the
 * wall's counts s times: so long did the run, by its time, have no CPU. What it ran counts as it is: work takes the time that
 * it takes.
 */
import type { CpuAccount } from '../../os/sched-stat.ts';

export class RunCpu {
  readonly #read: () => CpuAccount | undefined;
  #last: CpuAccount | undefined;
  #rate = 1;
  #ran: number;
  #waited: number;

  /** @param read the thread's account, undefined where the kernel keeps none */
  constructor(read: () => CpuAccount | undefined) {
    this.#read = read;
    this.#last = read();
    this.#ran = this.#last?.ran ?? 0;
    this.#waited = this.#last?.waited ?? 0;
  }

  /** From now on so much of the run's time passes in as much of the wall's. */
  goes(rate: number): void {
    this.#count();
    this.#rate = rate;
  }

  /** The account by now. */
  account(): CpuAccount | undefined {
    this.#count();
    return this.#last === undefined ? undefined : { ran: this.#ran, waited: Math.round(this.#waited) };
  }

  #count(): void {
    const now = this.#read();
    if (now !== undefined && this.#last !== undefined) {
      if (this.#rate > 0) this.#ran += now.ran - this.#last.ran;
      this.#waited += this.#rate * (now.waited - this.#last.waited);
    }
    this.#last = now;
  }
}
