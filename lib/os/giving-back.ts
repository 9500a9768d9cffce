/**
 * Giving back: the advice by which unused memory goes to the kernel, and what is done where that is refused.
 *
 * FREE falls back to DONTNEED, DONTNEED to a fresh fixed mapping. A fallback is remembered and used from then on,
 * unless the refusal may pass (EAGAIN, ENOMEM). A mapping over memory that is not ours would seize it: so the
 * kernel is first asked whether all of the range is mapped, where it says ENOMEM, which can mean that it is not.
 *
 * Ranges can be gathered and given back together, in the order in which they were added: crossing into the addon is a
 * good part of what is above the system call itself, and what is run after one finds its caches cold.
 */
import { fatal } from '../base/errors.ts';
import { type Addon, Advice } from './addon.ts';
import { EAGAIN, ENOMEM, errnoName } from './errno.ts';
import type { Fallbacks } from './fallbacks.ts';

/** How memory that is not needed is given back: at once, or when the kernel wants it. */
export type UnusedAdvice = 'dontneed' | 'free';

/** Ranges that are gathered; the addon's box has room for one more, so that giving one back touches none of them. */
export const mostGathered = 32;

/** Where the addon's box has what. */
const [countAt, fromAt, kindAt, errnoAt, rangesAt] = [0, 1, 2, 3, 4];
const singleAt = rangesAt + 2 * mostGathered;

const adviceOf = (advice: UnusedAdvice): number => (advice === 'free' ? Advice.FREE : Advice.DONTNEED);

export class GivingBack {
  readonly #addon: Addon;
  /** Arguments and answer of the addon's `adviseBoxed`: the ranges that were gathered, and the single one. */
  readonly #box: Float64Array;
  readonly #fallbacks: Fallbacks;
  #advice: number;
  #gathered = 0;

  constructor(addon: Addon, advice: UnusedAdvice, fallbacks: Fallbacks) {
    this.#addon = addon;
    this.#box = addon.adviseBox;
    this.#advice = adviceOf(advice);
    this.#fallbacks = fallbacks;
  }

  /** The advice in use now; 'map' when the kernel takes none. */
  get advice(): UnusedAdvice | 'map' {
    return this.#advice === Advice.FREE ? 'free' : this.#advice === Advice.DONTNEED ? 'dontneed' : 'map';
  }

  /** Another advice from now on; one that was refused before is tried again. */
  set advice(advice: UnusedAdvice) {
    this.#advice = adviceOf(advice);
  }

  /** Gives memory back, as it can be had. @returns 0, or the errno of the last thing that was tried */
  give(addr: number, length: number): number {
    if (this.#advice === 0) return this.#addon.map(addr, length);
    const box = this.#box;
    box[countAt] = mostGathered + 1;
    box[fromAt] = mostGathered;
    box[kindAt] = this.#advice;
    box[singleAt] = addr;
    box[singleAt + 1] = length;
    this.#addon.adviseBoxed();
    const errno = box[errnoAt]!;
    return errno === 0 ? 0 : this.#refused(addr, length, errno);
  }

  /** Takes a range for the next `giveGathered`. @returns how many there are now, of `mostGathered` */
  gather(addr: number, length: number): number {
    const box = this.#box;
    const at = rangesAt + 2 * this.#gathered;
    box[at] = addr;
    box[at + 1] = length;
    return ++this.#gathered;
  }

  /** Gives back what was gathered, as `give` would one after the other. @param refused called for each that stays */
  giveGathered(refused: (errno: number) => void): void {
    const box = this.#box;
    const n = this.#gathered;
    this.#gathered = 0;
    for (let i = 0; i < n; i++) {
      let errno = 0;
      if (this.#advice !== 0) {
        box[countAt] = n;
        box[fromAt] = i;
        box[kindAt] = this.#advice;
        this.#addon.adviseBoxed();
        i = box[fromAt]!;
        errno = box[errnoAt]!;
      }
      if (i === n) return;
      const addr = box[rangesAt + 2 * i]!;
      const length = box[rangesAt + 2 * i + 1]!;
      errno = errno === 0 ? this.#addon.map(addr, length) : this.#refused(addr, length, errno);
      if (errno !== 0) refused(errno);
    }
  }

  #refused(addr: number, length: number, refused: number): number {
    let errno = refused;
    let advice = this.#advice;
    while (advice !== 0 && errno !== 0) {
      if (errno === ENOMEM) {
        const looked = this.#addon.mincore(addr, length);
        if (looked === -ENOMEM) fatal('unused memory is not mapped', { addr, length });
        if (looked < 0) return errno;
      }
      const next = advice === Advice.FREE ? Advice.DONTNEED : 0;
      if (errno !== EAGAIN && errno !== ENOMEM) {
        const what = advice === Advice.FREE ? 'MADV_FREE' : 'MADV_DONTNEED';
        const instead = next === 0 ? 'a fresh mapping' : 'MADV_DONTNEED';
        this.#fallbacks.remember(what, `${what} refused (${errnoName(errno)}): ${instead} instead`);
        this.#advice = next;
      }
      advice = next;
      errno = advice === 0 ? this.#addon.map(addr, length) : this.#addon.advise(addr, length, advice);
    }
    if (errno !== 0)
      this.#fallbacks.remember(
        'unused',
        `releasing refused (${errnoName(errno)}): memory stays until it is used`,
      );
    return errno;
  }
}
