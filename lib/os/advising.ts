/**
 * Advising by a policy: memory is given back, and used again, with the advice that a policy of the user's answers.
 *
 * The transition is the same whatever is advised: what the heap gives back is Prepared from then on, and does not count
 * as ready. Where the policy has failed, and where the kernel refuses DONTNEED or FREE, memory goes back the way of the
 * option `advise`. Other refusals are remembered among the fallbacks, once for each advice.
 *
 * Not here: what a policy may answer (advice-policy.ts).
 */
import type { Part } from '../base/part.ts';
import {
  type AdviceName,
  type AdvicePolicy,
  adviceFor,
  adviceNumber,
  type RangeState,
} from './advice-policy.ts';
import { errnoName } from './errno.ts';
import type { Sys } from './sys.ts';

export class Advising {
  readonly #sys: Sys;
  readonly #policy: Part<AdvicePolicy>;

  constructor(sys: Sys, policy: Part<AdvicePolicy>) {
    this.#sys = sys;
    this.#policy = policy;
  }

  /** Ready → Prepared, as `Sys.unused`. @param newly bytes of it that were ready @returns false if it was refused */
  released(addr: number, length: number, newly: number): boolean {
    const sys = this.#sys;
    const advice = this.#ask(addr, length, newly, 'released');
    if (advice === undefined) return sys.unused(addr, length);
    sys.states?.require('unused', addr, addr + length, ['ready']);
    for (const name of advice) {
      const given = this.#give(name, addr, length);
      if (!given && (name === 'dontneed' || name === 'free')) return sys.unused(addr, length);
    }
    sys.accounts.mappedReady(-length);
    sys.states?.move('unused', addr, addr + length, ['ready'], 'prepared');
    return true;
  }

  /** Released memory is about to be used. @param was bytes of it that were released */
  reused(addr: number, length: number, was: number): void {
    for (const name of this.#ask(addr, length, was, 'reused') ?? []) this.#give(name, addr, length);
  }

  /** Memory was mapped. */
  fresh(addr: number, length: number): void {
    for (const name of this.#ask(addr, length, length, 'fresh') ?? []) this.#give(name, addr, length);
  }

  #ask(
    address: number,
    bytes: number,
    changing: number,
    state: RangeState,
  ): readonly AdviceName[] | undefined {
    return adviceFor(this.#policy, Object.freeze({ address, bytes, changing }), state);
  }

  /** Whether the kernel took it. */
  #give(name: AdviceName, addr: number, length: number): boolean {
    const sys = this.#sys;
    switch (name) {
      case 'none':
        return true;
      case 'hugepage':
        return sys.hugePage(addr, length);
      case 'nohugepage':
        return sys.noHugePage(addr, length);
      case 'collapse':
        return sys.hugePageCollapse(addr, length);
      default: {
        const errno = sys.adviseAs('unused', addr, length, adviceNumber[name]);
        if (errno !== 0)
          sys.remember(
            `advice ${name}`,
            `MADV_${name.toUpperCase()} of the advice policy refused (${errnoName(errno)})`,
          );
        return errno === 0;
      }
    }
  }
}
