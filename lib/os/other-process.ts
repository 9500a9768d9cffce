/**
 * Another process of this user's as the kernel shows it, by /proc: its memory, faults, mappings, the scheduler's account
 * of its threads, and how it ended where nobody has waited for it yet.
 *
 * Not here: this process itself, which the addon looks at (residency.ts).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { PageHeapError } from '../base/errors.ts';
import { loadAddon } from './addon.ts';
import type { FaultCounts, ProcessMemory } from './residency.ts';
import { type CpuAccount, parseSchedStat } from './sched-stat.ts';

/** How a process ended: its exit code, or the number of the signal. */
export interface ProcessEnd {
  readonly code: number | undefined;
  readonly signal: number | undefined;
}

/** Places of /proc/PID/stat, counted from the state, which stands behind the name. */
const place = { state: 0, minorFaults: 7, majorFaults: 9, exitCode: 49 } as const;

export class OtherProcess {
  readonly #folder: string;
  readonly #page: number;

  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
    this.#page = loadAddon().pageSize();
  }

  /** Bytes. @throws PageHeapError ERR_SYSTEM where the kernel does not show it */
  processMemory(): ProcessMemory {
    const [size, resident, shared] = this.#read('statm').split(' ').map(Number);
    return { size: size * this.#page, resident: resident * this.#page, shared: shared * this.#page };
  }

  /** Since it began, all threads. @throws PageHeapError ERR_SYSTEM */
  faults(): FaultCounts {
    const fields = this.#stat();
    return { minor: Number(fields[place.minorFaults]), major: Number(fields[place.majorFaults]) };
  }

  /** Of all its threads that are there; undefined where the kernel keeps no account. */
  cpu(): CpuAccount | undefined {
    let ran = 0;
    let waited = 0;
    try {
      for (const thread of readdirSync(`${this.#folder}/task`)) {
        const account = parseSchedStat(this.#read(`task/${thread}/schedstat`));
        if (account === undefined) return undefined;
        ran += account.ran;
        waited += account.waited;
      }
    } catch {
      return undefined;
    }
    return { ran, waited };
  }

  /** @throws PageHeapError ERR_SYSTEM */
  mappingCount(): number {
    return this.#read('maps').split('\n').length - 1;
  }

  /** Bytes of the whole process, by smaps. @throws PageHeapError ERR_SYSTEM */
  mappedUse(): {
    readonly rss: number;
    readonly pss: number;
    readonly lazyFree: number;
    readonly anonHugePages: number;
    readonly swap: number;
  } {
    const text = this.#read('smaps_rollup');
    const of = (name: string): number =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
    return {
      rss: of('Rss'),
      pss: of('Pss'),
      lazyFree: of('LazyFree'),
      anonHugePages: of('AnonHugePages'),
      swap: of('Swap'),
    };
  }

  /** How it ended, while it is not waited for; undefined where it runs, or is gone altogether. */
  end(): ProcessEnd | undefined {
    try {
      const fields = this.#stat();
      if (fields[place.state] !== 'Z' && fields[place.state] !== 'X') return undefined;
      const status = Number(fields[place.exitCode]);
      const signal = status & 0x7f;
      return signal === 0 ? { code: status >> 8, signal: undefined } : { code: undefined, signal };
    } catch {
      return undefined;
    }
  }

  #stat(): string[] {
    const text = this.#read('stat');
    // The name may hold anything, but ends with the last parenthesis.
    return text
      .slice(text.lastIndexOf(')') + 2)
      .trimEnd()
      .split(' ');
  }

  #read(name: string): string {
    const path = `${this.#folder}/${name}`;
    try {
      return readFileSync(path, 'latin1');
    } catch (cause) {
      const { code = String(cause) } = cause as NodeJS.ErrnoException;
      throw new PageHeapError('ERR_SYSTEM', `${path} cannot be read: ${code}`, { value: path, cause });
    }
  }
}
