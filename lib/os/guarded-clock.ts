/**
 * The guarded clock: the user's clock, from which nothing comes that could break a heap.
 *
 * An operation looks at the clock in its middle, where it can neither fail nor be entered again. So `now` always
 * answers a time, and time never runs back: where the user's clock throws, or answers what is no time, or an earlier
 * one, the last good reading stands. What was wrong is remembered once, and told among the fallbacks. Operations that
 * are about time `read` the clock before anything changes, and fail there.
 *
 * Not here: the system's own clock, which needs no guard.
 */

import { describe } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import type { ForeignCode } from '../base/foreign-code.ts';
import { type Nanotime, nanotime } from '../base/units.ts';
import type { Clock } from './clock.ts';

/** No time lies beyond this: 292 years in nanoseconds. */
const endOfTime = 2 ** 63;

export class GuardedClock implements Clock {
  readonly #clock: Clock;
  readonly #foreign: ForeignCode;
  #last = nanotime(0);
  #complaint: PageHeapError | undefined;

  /** Reads it once. @throws ERR_CLOCK */
  constructor(clock: Clock, foreign: ForeignCode) {
    this.#clock = clock;
    this.#foreign = foreign;
    const first = this.#ask();
    if (first instanceof PageHeapError) throw first;
    this.#last = first;
  }

  now(): Nanotime {
    const time = this.#ask();
    if (time instanceof PageHeapError) this.#complaint ??= time;
    else if (time > this.#last) this.#last = time;
    return this.#last;
  }

  /** @throws ERR_CLOCK where it throws, or answers no time · ERR_REENTRANT where it uses the heap */
  read(): Nanotime {
    const time = this.#ask();
    if (time instanceof PageHeapError) throw time;
    if (time > this.#last) this.#last = time;
    return this.#last;
  }

  /** What was wrong when it was looked at within an operation, and what was done; undefined: nothing. */
  get fallback(): string | undefined {
    return this.#complaint && `${this.#complaint.message}: its last reading stood`;
  }

  #ask(): Nanotime | PageHeapError {
    let time: unknown;
    try {
      time = this.#foreign.call(() => this.#clock.now());
    } catch (cause) {
      // It is the heap's own: the clock tried to use it.
      if (cause instanceof PageHeapError && cause.code === 'ERR_REENTRANT') return cause;
      const reason = cause instanceof Error ? cause.message : describe(cause);
      return new PageHeapError('ERR_CLOCK', `the clock threw: ${reason}`, { cause });
    }
    if (typeof time === 'number' && time >= -endOfTime && time <= endOfTime) return nanotime(time);
    return new PageHeapError(
      'ERR_CLOCK',
      `the clock answered ${describe(time)}, and must answer nanoseconds`,
      {
        value: time,
      },
    );
  }
}
