/**
 * A piece of memory at the system's own door, as a heap's pages are, for measuring what the kernel does with it.
 */
import { PageHeapError } from '../../../base/errors.ts';
import { type Address, MiB } from '../../../base/units.ts';
import { Sys, type UnusedAdvice } from '../../../os/sys.ts';

/** The huge page that pieces are aligned to, also where there is none. */
export const alignment = 2 * MiB;
/** What is touched: a byte in each of these. */
export const smallPage = 4096;

export class RawMemory {
  readonly sys: Sys;
  readonly base: Address;
  readonly length: number;
  readonly bytes: Uint8Array;

  /** @param length bytes, a multiple of 2 MiB @throws ERR_OUT_OF_MEMORY */
  constructor(length: number, advise: UnusedAdvice = 'dontneed') {
    this.sys = new Sys({ advise });
    this.length = length;
    this.base = this.sys.reserveAligned(length, alignment);
    if (this.base === 0 || !this.sys.map(this.base, length, 'other') || !this.sys.used(this.base, length))
      throw new PageHeapError('ERR_OUT_OF_MEMORY', `no memory of ${length} bytes to measure with`);
    this.bytes = new Uint8Array(this.sys.view(this.base, length));
  }

  get range(): { readonly base: number; readonly bytes: number } {
    return { base: this.base, bytes: this.length };
  }

  dispose(): void {
    this.sys.detach(this.bytes.buffer as ArrayBuffer);
    this.sys.free(this.base, this.length, 'other', 'ready');
  }
}

/** Writes a byte in each small page. */
export function touch(bytes: Uint8Array, value: number): void {
  for (let i = 0; i < bytes.length; i += smallPage) bytes[i] = value;
}
