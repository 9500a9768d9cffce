/**
 * A clock that goes on by chance, and by a seed: what depends on how long something took happens again with the seed. Mostly
 * a look at it takes up to two microseconds, at times as long as where the machine is busy.
 */
import { type Nanotime, nanotime } from '../../lib/base/units.ts';
import type { Clock } from '../../lib/os/clock.ts';
import { Random } from './random.ts';

export class RandomClock implements Clock {
  readonly #random: Random;
  #now = 1e9;

  constructor(seed: number) {
    // Another sequence than that of who draws with the same seed.
    this.#random = new Random(seed ^ 0x5bd1e995);
  }

  now(): Nanotime {
    const random = this.#random;
    this.#now += random.below(20) === 0 ? random.below(400_000) : random.below(2000);
    return nanotime(this.#now);
  }
}
