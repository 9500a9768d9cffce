/**
 * The real addon, except that chosen ones of its system calls are refused: nothing is done then, and the answer is the
 * errno that was asked for. Calls are numbered from 0, all kinds in one sequence or some kinds only.
 */
import { type Addon, loadAddon } from '../../lib/os/addon.ts';
import { eachRange } from './advise-box.ts';

/** The system calls of the addon by the name of the kernel's, and the addon's calls that come down to them. */
export const systemCalls = {
  mmap: ['reserve', 'alloc', 'map', 'fault'],
  mprotect: ['protect'],
  munmap: ['free'],
  madvise: ['advise', 'adviseBoxed'],
  prctl: ['name'],
  process_vm_readv: ['peek'],
  process_vm_writev: ['poke'],
  mincore: ['mincore', 'mincoreVector'],
  maps: ['vmaCount'],
  sigaction: ['crashRegister'],
} as const;
export type SystemCall = keyof typeof systemCalls;
type AddonCall = (typeof systemCalls)[SystemCall][number];

/** Calls that answer an address or a count, and refuse by the negative errno. */
const answering: ReadonlySet<string> = new Set(['reserve', 'alloc', 'mincore', 'vmaCount']);

/** What kernels, filters and emulations answer. */
export const errnos: readonly number[] = [1, 12, 13, 22, 11, 4, 38, 14, 5, 16, 23, 28, 75, 95, 133];

export class RefusingAddon {
  readonly addon: Addon;
  /** Calls so far that could have been refused, and those that were. */
  calls = 0;
  refused = 0;
  #from = Infinity;
  #until = Infinity;
  #errno = 0;
  /** Numbers of single calls that are refused. */
  readonly #each = new Set<number>();

  constructor(kinds: readonly SystemCall[] = Object.keys(systemCalls) as SystemCall[]) {
    const real = loadAddon();
    const changed: Partial<Record<AddonCall, unknown>> = {};
    for (const kind of kinds)
      for (const name of systemCalls[kind]) {
        if (name === 'adviseBoxed') continue;
        const call = real[name] as (...args: unknown[]) => number;
        changed[name] = (...args: unknown[]): number => {
          const errno = this.#next();
          if (errno === 0) return call(...args);
          return answering.has(name) ? -errno : errno;
        };
      }
    if (kinds.includes('madvise'))
      // Range by range, since each is a call that can be refused.
      changed.adviseBoxed = eachRange(real, (call) => this.#next() || call());
    this.addon = { ...real, ...(changed as Partial<Addon>) };
  }

  /** Refuses `count` calls, after `pass` more have been granted. */
  refuse(pass: number, count: number, errno: number): void {
    this.#from = this.calls + pass;
    this.#until = this.#from + count;
    this.#errno = errno;
  }

  /** Refuses single calls, each after so many more; in place of those that were asked for and not met. */
  refuseEach(passes: readonly number[], errno: number): void {
    this.#each.clear();
    for (const pass of passes) this.#each.add(this.calls + pass);
    this.#errno = errno;
  }

  /** Grants everything from now on. */
  relent(): void {
    this.#from = Infinity;
    this.#each.clear();
  }

  #next(): number {
    const nth = this.calls++;
    if ((nth < this.#from || nth >= this.#until) && !this.#each.delete(nth)) return 0;
    this.refused++;
    return this.#errno;
  }
}
