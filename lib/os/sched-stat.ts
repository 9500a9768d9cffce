/**
 * The scheduler's account of a thread: how long it had a CPU, and how long it waited for one though it could run.
 *
 * The kernel writes three numbers into /proc/thread-self/schedstat: nanoseconds on a CPU, nanoseconds on a run queue,
 * and turns. A thread that sleeps is in neither. What a hypervisor takes from the whole machine is in neither, too.
 * The file is kept open, so that a look costs some microseconds.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Since the thread began, in nanoseconds. */
export interface CpuAccount {
  readonly ran: number;
  /** Ready to run, and without a CPU. */
  readonly waited: number;
}

/** The account in the kernel's words; undefined for what is none. */
export function parseSchedStat(text: string): CpuAccount | undefined {
  const found = /^(\d+) (\d+)( |\n|$)/.exec(text);
  return found === null ? undefined : { ran: Number(found[1]), waited: Number(found[2]) };
}

export class SchedStat {
  #fd: number | undefined;
  readonly #buffer = Buffer.alloc(128);

  /** Opens the account of the calling thread; where there is none, `read` answers undefined. */
  constructor(path = '/proc/thread-self/schedstat') {
    try {
      this.#fd = openSync(path, 'r');
    } catch {
      // Kernels without CONFIG_SCHED_INFO, a hidden /proc.
    }
  }

  /** The account now; undefined where the kernel keeps none, or shows none. */
  read(): CpuAccount | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      const n = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0);
      return parseSchedStat(this.#buffer.toString('latin1', 0, n));
    } catch {
      return undefined;
    }
  }

  /** Again is harmless. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
