/**
 * Kept space: ranges whose munmap the kernel refused.
 *
 * It can: to cut a hole into a mapping it needs one more of them. What is kept holds no memory, as far as that can
 * be had, only address space, and is tried again later, when other mappings are gone; an allocation of the same
 * length takes it before it asks for more.
 *
 * Not here: accounts (sys.ts: what is kept is nobody's any more).
 */
import { PageHeapError } from '../base/errors.ts';
import { type Addon, Advice } from './addon.ts';
import { errnoName } from './errno.ts';

interface Kept {
  readonly base: number;
  readonly length: number;
}

export class KeptSpace {
  readonly #addon: Addon;
  #kept: Kept[] = [];

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Keeps a range that could not be unmapped, and gives its memory back. */
  keep(base: number, length: number): void {
    if (this.#addon.fault(base, length) !== 0) this.#addon.advise(base, length, Advice.DONTNEED);
    this.#kept.push({ base, length });
  }

  /** A kept range of this length as fresh memory; 0 where there is none. */
  take(length: number): number {
    const at = this.#kept.findIndex((kept) => kept.length === length);
    if (at < 0) return 0;
    const { base } = this.#kept[at]!;
    if (this.#addon.map(base, length) !== 0) return 0;
    this.#kept.splice(at, 1);
    return base;
  }

  /** Address space, once what is kept was tried again: it may lie just there. @returns as the addon's */
  reserve(hint: number, length: number): number {
    if (this.#kept.length > 0) this.#release();
    return this.#addon.reserve(hint, length);
  }

  /** Tries all of them again. @throws ERR_SYSTEM where one is still refused */
  releaseAll(): void {
    const { bytes, errno } = this.#release();
    if (bytes === 0) return;
    throw new PageHeapError(
      'ERR_SYSTEM',
      `munmap refused (${errnoName(errno)}): ${bytes} bytes of address space stay taken`,
      { value: bytes, errno, syscall: 'munmap' },
    );
  }

  /** @returns the bytes that are left, and why */
  #release(): { bytes: number; errno: number } {
    let errno = 0;
    let bytes = 0;
    this.#kept = this.#kept.filter(({ base, length }) => {
      const refused = this.#addon.free(base, length);
      if (refused === 0) return false;
      errno = refused;
      bytes += length;
      return true;
    });
    return { bytes, errno };
  }
}
