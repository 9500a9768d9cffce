/**
 * The tempo of a run that a person steers: it can stand still, go operation by operation, slower and faster.
 *
 * A run has a clock of its own, the *run's time*: what paces the replay, what the samples tell, and what the heap takes for
 * the time. While something is done it goes as the system's does, so that what work costs is measured as always. Only
 * waiting is changed:
 *
 *   paused        the run's time stands still; steps that are allowed are carried out, and it goes on while they last
 *   faster, s×    a sleep of the program lasts 1/s of its time on the wall
 *   slower, 1/s×  a sleep lasts s times as long; work is followed by s − 1 times as long a rest, which does not count
 *
 * So a pause of an hour leaves no trace in pace, samples, waits or the scavenger's view, and a heap that goes slower
 * still spends on its scavenging the share that it would.
 *
 * Invariants: the run's time never runs back. Whoever sleeps is woken when the tempo changes, or the run is to end.
 */
import { nanotime } from '../../base/units.ts';
import type { Clock } from '../../os/clock.ts';
import type { Gate, Turns } from './pacing.ts';

/** How many times as fast a run may go. */
export const speeds = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8] as const;

export class Tempo implements Turns {
  /** The wall's clock, ms. */
  readonly #wall: () => number;
  readonly #stopped: () => boolean;
  /** The run's time at `#since`, and what passes of it in a millisecond of the wall. */
  #at: number;
  #since: number;
  #rate = 1;
  #speed = 1;
  #paused = false;
  #steps = 0;
  /** When the work at hand began, by the wall. */
  #workedFrom: number;
  #wake: (() => void) | undefined;
  #isHeld = false;
  /** What the last step did, in words, where that is known. */
  lastStep: string | undefined;
  /** Called when it comes to a stand: paused, and no step left. */
  onHeld: (() => void) | undefined;
  /** Called when the run's time goes on at another rate than before: 0 while it stands still. */
  onRate: ((rate: number) => void) | undefined;

  /** @param stopped whether the run is to end: then nothing waits */
  constructor(stopped: () => boolean, wall: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#stopped = stopped;
    this.#at = this.#since = this.#workedFrom = wall();
  }

  get paused(): boolean {
    return this.#paused;
  }

  get speed(): number {
    return this.#speed;
  }

  now(): number {
    return this.#at + (this.#wall() - this.#since) * this.#rate;
  }

  /** The run's time, for its heap. */
  readonly clock: Clock = { now: () => nanotime(Math.round(this.now() * 1e6)) };

  pause(): void {
    this.#paused = true;
    this.#steps = 0;
    this.#go(0);
    this.wake();
  }

  resume(): void {
    this.#paused = false;
    this.#steps = 0;
    this.#go(1);
    this.wake();
  }

  /** @param speed one of `speeds` */
  setSpeed(speed: number): void {
    this.#speed = speed;
    this.wake();
  }

  /** Allows so many operations more, while it is paused. */
  step(count: number): void {
    this.#steps += count;
    this.wake();
  }

  /** Whoever sleeps looks at the tempo again: also when the run is to end. */
  wake(): void {
    this.#wake?.();
  }

  /** Does what a person asked for: the run's time goes on meanwhile, also while it is paused. */
  during(act: () => void): void {
    const before = this.#rate;
    const wasPaused = this.#paused;
    this.#go(1);
    try {
      act();
    } finally {
      // Whoever pauses or resumes has set the clock.
      if (this.#paused === wasPaused) this.#go(before);
    }
  }

  readonly gate: Gate = {
    room: () => (this.#paused && !this.#stopped() ? this.#steps : Number.POSITIVE_INFINITY),
    took: (count, last) => {
      if (this.#paused) this.#steps = Math.max(0, this.#steps - count);
      this.lastStep = last;
    },
    skip: (ms) => {
      this.#at = this.now() + ms;
      this.#since = this.#wall();
    },
  };

  async turn(): Promise<void> {
    const worked = this.#wall() - this.#workedFrom;
    await this.#whilePaused();
    if (this.#speed < 1 && !this.#paused) await this.#rest(worked * (1 / this.#speed - 1));
    await new Promise((resolve) => setImmediate(resolve));
    this.#work();
  }

  async sleep(ms: number): Promise<void> {
    const until = this.now() + ms;
    while (this.now() < until && !this.#stopped()) {
      await this.#whilePaused();
      // What is allowed while it is paused is done now, not after the sleep.
      if (this.#paused || this.#stopped()) break;
      this.#go(this.#speed);
      await this.#wait((until - this.now()) / this.#speed);
    }
    this.#work();
  }

  /** Time on the wall of which the run knows nothing. */
  async #rest(ms: number): Promise<void> {
    this.#go(0);
    const until = this.#wall() + ms;
    for (let left = ms; left > 0 && this.#speed < 1 && !this.#stopped(); left = until - this.#wall()) {
      await this.#wait(left);
      if (this.#paused) return;
    }
  }

  async #whilePaused(): Promise<void> {
    while (this.gate.room() === 0) {
      this.#go(0);
      if (!this.#isHeld) this.onHeld?.();
      this.#isHeld = true;
      await this.#wait(undefined);
    }
  }

  /** Until so many milliseconds of the wall have passed, or somebody wakes it. */
  #wait(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #work(): void {
    this.#go(1);
    this.#isHeld = false;
    this.#workedFrom = this.#wall();
  }

  #go(rate: number): void {
    const wall = this.#wall();
    this.#at += (wall - this.#since) * this.#rate;
    this.#since = wall;
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.onRate?.(rate);
  }
}
