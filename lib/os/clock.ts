/**
 * Clocks. Everything that asks for the time is given one of these, so that tests can own time.
 *
 * The system's clock is CLOCK_MONOTONIC itself and not `performance.now()`, whose zero differs from
 * worker to worker: threads of one heap must agree on what time it is.
 */
import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { type Nanotime, nanotime } from '../base/units.ts';
import { type Addon, loadAddon } from './addon.ts';

/** A monotonic clock, in nanoseconds from an arbitrary zero. */
export interface Clock {
  now(): Nanotime;
}

let addon: Addon | undefined;

/** CLOCK_MONOTONIC, the same in all threads. Loads the addon when first asked. */
export const systemClock: Clock = {
  now(): Nanotime {
    addon ??= loadAddon();
    return nanotime(addon.nanotime());
  },
};

/** The CPU time of the calling thread: stands still while others have its CPU. Loads the addon when first asked. */
export const threadCpuClock: Clock = {
  now(): Nanotime {
    addon ??= loadAddon();
    return nanotime(addon.threadCpuTime());
  },
};

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number;

  /** @param start nanoseconds @throws PageHeapError ERR_INVALID_ARGUMENT: it is no number */
  constructor(start = 0) {
    if (typeof start !== 'number' || !Number.isFinite(start))
      throw new PageHeapError('ERR_INVALID_ARGUMENT', `a clock starts at a number, not ${describe(start)}`, {
        value: start,
      });
    this.#now = start;
  }

  now(): Nanotime {
    return nanotime(this.#now);
  }

  /** Moves the clock on by `ns` ≥ 0 nanoseconds and answers the new time. @throws PageHeapError ERR_INVALID_ARGUMENT */
  advance(ns: number): Nanotime {
    if (typeof ns !== 'number' || !(ns >= 0) || !Number.isFinite(ns))
      throw new PageHeapError(
        'ERR_INVALID_ARGUMENT',
        `a clock moves on by nanoseconds from 0, not by ${describe(ns)}`,
        { value: ns },
      );
    this.#now += ns;
    return nanotime(this.#now);
  }
}
