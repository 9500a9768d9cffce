/**
 * Clocks. Everything that asks for the time is given one of these, so that tests can own time.
 *
 * The system's clock is CLOCK_MONOTONIC itself and not `performance.now()`, whose zero differs from
 * worker to worker: threads of one heap must agree on what time it is.
 */
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

  /** @param start nanoseconds */
  constructor(start = 0) {
    this.#now = start;
  }

  now(): Nanotime {
    return nanotime(this.#now);
  }

  /** Moves the clock on by `ns` ≥ 0 nanoseconds and answers the new time. */
  advance(ns: number): Nanotime {
    if (!(ns >= 0)) throw new RangeError(`a monotonic clock cannot move by ${ns} ns`);
    this.#now += ns;
    return nanotime(this.#now);
  }
}
