/**
 * The background scavenger: gives memory back at the cost of 1 % of a CPU.
 *
 * It works in bursts of at least 1 ms, 64 KiB at a time, and sleeps in between for
 *
 *     time worked / ratio
 *
 * where a controller moves the ratio, from 0.001 at first, so that time worked / (time worked + slept)
 * over all Ps comes to 0.01. It reckons with the time it really slept, in wall time. Should the
 * controller overflow, the ratio goes back to 0.001 for 5 s, without the controller.
 *
 *                 released nothing
 *        ┌─────── parked ◄──────── working ◄───────┐
 *        │ ready()                    ▲  │         │ the time is up,
 *        └────────────────────────────┘  └──► sleeping   or ready()
 *                                      released something
 *
 * It parks when the goals are met or nothing is left, and only `ready()`, called when a cycle's sweep is
 * complete, starts it again.
 *
 * Nothing waits in here. `step()` does what is due and answers when more will be; `dueAt` says the same
 * without doing anything. The steps are taken wherever they fit: on the allocation slow path, by a timer.
 *
 *     const scavenger = new BackgroundScavenger(new Float64Array(backgroundStateLength), {
 *       now: () => clock.now(), scavenge: (n) => pages.scavenge(n), shouldStop: () => goals.met(…), procs: () => 1,
 *     });
 *     scavenger.init();
 *     scavenger.ready();                     // the sweep is done
 *     const ns = scavenger.step();           // works a millisecond or more; again in `ns`, or never (Infinity)
 *
 * Source: the runtime of Go 1.21, mgcscavenge.go; test/scavenge/background.test.ts replays real runs of
 * it. There, another thread looks every 20 µs to 10 ms whether to wake the scavenger; here the next step
 * does. Times are nanoseconds.
 *
 * Not here: the goals (goals.ts), choosing and releasing pages, the scavenging that allocations do.
 */
import { fatal } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import { PiController, type PiTuning, piStateLength } from './pi-controller.ts';

/** The share of CPU time to work, in percent. */
export const scavengePercent = 1;
/** Time worked to time slept, at first and when the controller fails. */
export const startingSleepRatio = 0.001;
/** A burst works at least this long, or is taken to have. */
export const minWorkTime = 1e6;
/** Bytes released at a time. */
export const scavengeQuantum = 64 * KiB;
/** How long the controller is left alone after it failed. */
export const controllerCooldown = 5e9;
/** What releasing a physical page is taken to cost where the clock saw no time pass. */
export const approxNsPerPhysPage = 10e3;

/** The controller's tuning; times in nanoseconds. */
export const scavengerTuning: PiTuning = { kp: 0.3375, ti: 3.2e6, tt: 1e9, min: 0.001, max: 1000 };

/** Where each number lies. Written by the thread that takes the steps, `ready` by any under the heap's lock. */
export const backgroundSlot = {
  /** 0 parked, 1 sleeping. */
  sleeping: 0,
  /** 1 once `ready` was called, until it is obeyed. */
  ready: 1,
  /** When it fell asleep, and when it is to wake. */
  sleepStart: 2,
  wakeAt: 3,
  /** What the last burst took. */
  worked: 4,
  sleepRatio: 5,
  /** Time left without the controller. */
  cooldown: 6,
  /** 1 when the controller failed since the last trace line. */
  controllerReset: 7,
  /** Bytes released since the last trace line, and in all. */
  released: 8,
  releasedTotal: 9,
  /** Time spent in all. */
  timeTotal: 10,
  /** Bursts worked. */
  bursts: 11,
  controller: 12,
} as const;

/** Slots the scavenger needs. */
export const backgroundStateLength = backgroundSlot.controller + piStateLength;

/** What the scavenger works with. */
export interface BackgroundWork {
  /** The clock, in nanoseconds. */
  now(): number;
  /** Releases at least this many bytes unless there are no more; answers how many. */
  scavenge(bytes: number): number;
  /** Whether the goals are met. */
  shouldStop(): boolean;
  /** How many Ps share the CPU time. */
  procs(): number;
}

export interface Burst {
  /** Bytes. */
  readonly released: number;
  /** Nanoseconds. */
  readonly worked: number;
}

const slot = backgroundSlot;

export class BackgroundScavenger {
  readonly #s: Float64Array;
  readonly #work: BackgroundWork;
  readonly #physPageSize: number;
  readonly #controller: PiController;

  /** @param state `backgroundStateLength` slots; the creator calls `init`. @param physPageSize bytes. */
  constructor(state: Float64Array, work: BackgroundWork, physPageSize = 4096) {
    this.#s = state;
    this.#work = work;
    this.#physPageSize = physPageSize;
    this.#controller = new PiController(
      state.subarray(slot.controller, slot.controller + piStateLength),
      scavengerTuning,
    );
  }

  /** Starts afresh, parked. */
  init(): void {
    this.#s.fill(0, 0, backgroundStateLength);
    this.#s[slot.sleepRatio] = startingSleepRatio;
  }

  /** Whether only `ready` can start it. */
  get parked(): boolean {
    return this.#s[slot.sleeping] === 0 && this.#s[slot.ready] === 0;
  }

  /** When the next step is due by the clock: 0 at once, Infinity never. */
  get dueAt(): number {
    const s = this.#s;
    return s[slot.ready] !== 0 ? 0 : s[slot.sleeping] === 0 ? Infinity : s[slot.wakeAt];
  }

  /** Time worked to time slept, as the controller has it now. */
  get sleepRatio(): number {
    return this.#s[slot.sleepRatio];
  }

  /** Nanoseconds for which the controller is still left alone; 0 normally. */
  get cooldown(): number {
    return this.#s[slot.cooldown];
  }

  /** Bytes released, nanoseconds spent and bursts worked since the beginning. */
  totals(): { released: number; time: number; bursts: number } {
    const s = this.#s;
    return { released: s[slot.releasedTotal], time: s[slot.timeTotal], bursts: s[slot.bursts] };
  }

  /** Bytes released since the last call: what a trace line tells. */
  takeReleased(): number {
    const bytes = this.#s[slot.released];
    this.#s[slot.released] = 0;
    return bytes;
  }

  /** Whether the controller failed since the last call: what a trace line tells. */
  takeControllerReset(): boolean {
    const reset = this.#s[slot.controllerReset] !== 0;
    this.#s[slot.controllerReset] = 0;
    return reset;
  }

  /** There is work again: ends the parking, or a sleep before its time. */
  ready(): void {
    this.#s[slot.ready] = 1;
  }

  /** Does what is due. @returns nanoseconds until more is; Infinity when parked. */
  step(): number {
    const s = this.#s;
    if (s[slot.ready] === 0) {
      if (s[slot.sleeping] === 0) {
        return Infinity;
      }
      const left = s[slot.wakeAt] - this.#work.now();
      if (left > 0) {
        return left;
      }
    }
    s[slot.ready] = 0;
    if (s[slot.sleeping] !== 0) {
      s[slot.sleeping] = 0;
      this.adjust(s[slot.worked], this.#work.now() - s[slot.sleepStart]);
    }
    const { released, worked } = this.run();
    if (released === 0) {
      return Infinity;
    }
    s[slot.released] += released;
    s[slot.releasedTotal] += released;
    s[slot.bursts]++;
    const start = this.#work.now();
    const ns = this.sleepTime(worked);
    s[slot.sleeping] = 1;
    s[slot.worked] = worked;
    s[slot.sleepStart] = start;
    s[slot.wakeAt] = start + ns;
    return ns;
  }

  /** One burst: releases 64 KiB at a time until 1 ms is worked, the goals are met or nothing is left. */
  run(): Burst {
    let released = 0;
    let worked = 0;
    while (worked < minWorkTime && !this.#work.shouldStop()) {
      const start = this.#work.now();
      const got = this.#work.scavenge(scavengeQuantum);
      const ns = this.#work.now() - start;
      if (ns > 0) {
        worked += ns;
        this.#s[slot.timeTotal] += ns;
      } else {
        // Too fast for the clock.
        worked += approxNsPerPhysPage * Math.floor(got / this.#physPageSize);
      }
      released += got;
      if (got < scavengeQuantum) {
        break;
      }
    }
    if (released > 0 && released < this.#physPageSize) {
      fatal('scavenged less than a physical page', { released, physPageSize: this.#physPageSize });
    }
    return { released, worked };
  }

  /** How long to sleep after a burst that took this long, in whole nanoseconds. */
  sleepTime(worked: number): number {
    return Math.trunc(Math.max(worked, minWorkTime) / this.#s[slot.sleepRatio]);
  }

  /** Moves the ratio by what a burst took and how long was really slept after it. */
  adjust(burst: number, slept: number): void {
    const s = this.#s;
    const worked = Math.max(burst, minWorkTime);
    const period = slept + worked;
    if (s[slot.cooldown] > 0) {
      s[slot.cooldown] = Math.max(0, s[slot.cooldown] - period);
      return;
    }
    const fraction = worked / (period * this.#work.procs());
    if (this.#controller.next(fraction, scavengePercent / 100, period)) {
      s[slot.sleepRatio] = this.#controller.output;
    } else {
      s[slot.sleepRatio] = startingSleepRatio;
      s[slot.cooldown] = controllerCooldown;
      s[slot.controllerReset] = 1;
    }
  }
}
