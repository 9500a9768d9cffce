/**
 * Looks: the residency of memory as far as this process may look at it.
 *
 * A sandbox may hide /proc, filter mincore, or answer what it does not carry out. What cannot be looked at is unknown,
 * which is neither 0 nor an error: each look then answers undefined, and is among the `missing`, once, with its errno.
 * That something is not mapped, or that an argument is wrong, is an error as in Residency.
 *
 * Not here: the looks themselves (residency.ts); which there are on a machine (`probeLooks` in probes.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import { errnoName } from './errno.ts';
import type { AddressRange, FaultCounts, MappedUse, ProcessMemory, Residency } from './residency.ts';

/** What can be looked at: by its system call, or by its file. */
export type LookName = 'mincore' | 'pagemap' | 'smaps' | 'maps' | 'statm' | 'getrusage';

/** What a look is for, in words. */
export const lookPurposes: Readonly<Record<LookName, string>> = {
  mincore: 'which pages are resident',
  pagemap: 'which pages are swapped or shared',
  smaps: 'lazily freed and huge pages',
  maps: 'the number of mappings',
  statm: 'the memory of the process',
  getrusage: 'page faults',
};

export class Looks {
  readonly #kernel: Residency;
  readonly #missing = new Map<LookName, number>();

  constructor(kernel: Residency) {
    this.#kernel = kernel;
  }

  /** Resident bytes of the ranges. @throws ERR_FAULT where part of them is not mapped */
  residentBytes(ranges: readonly AddressRange[]): number | undefined {
    return this.#look('mincore', () => this.#kernel.residentBytes(ranges));
  }

  /** One byte a physical page, 1 if resident. @throws as `residentBytes` */
  residentPages(base: number, bytes: number): Uint8Array | undefined {
    return this.#look('mincore', () => this.#kernel.residentPages(base, bytes));
  }

  /** One byte of `PagemapFlag`s a physical page. @throws as `residentBytes` */
  pagemap(base: number, bytes: number): Uint8Array | undefined {
    return this.#look('pagemap', () => this.#kernel.pagemap(base, bytes));
  }

  mappedUse(ranges: readonly AddressRange[]): MappedUse | undefined {
    return this.#look('smaps', () => this.#kernel.mappedUse(ranges));
  }

  processMemory(): ProcessMemory | undefined {
    return this.#look('statm', () => this.#kernel.processMemory());
  }

  faults(): FaultCounts | undefined {
    return this.#look('getrusage', () => this.#kernel.faults());
  }

  mappingCount(): number | undefined {
    return this.#look('maps', () => this.#kernel.mappingCount());
  }

  /** The looks that failed so far, in words: `smaps (EACCES): lazily freed and huge pages are unknown`. */
  missing(): string[] {
    return [...this.#missing].map(
      ([name, errno]) =>
        `${name} (${errno === 0 ? 'not permitted' : errnoName(errno)}): ${lookPurposes[name]}: unknown`,
    );
  }

  #look<T>(name: LookName, ask: () => T | undefined): T | undefined {
    let errno = 0;
    try {
      const found = ask();
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof PageHeapError && error.code === 'ERR_SYSTEM')) throw error;
      errno = error.errno ?? 0;
    }
    if (!this.#missing.has(name)) this.#missing.set(name, errno);
    return undefined;
  }
}
