/**
 * Bursts of scavenging: when the background scavenger works and for how long it sleeps, so that it costs 1 % of a CPU
 * (what is said of numbers here is Go's, and each can be told otherwise).
 *
 * It works in bursts of at least 1 ms, 64 KiB at a time, and sleeps in between for
 *
 *     time worked / ratio
 *
 * where a controller moves the ratio, from 0.001 at first, so that time worked / (time worked + slept)
 * over all Ps comes to 0.01. It reckons with the time it really slept, in wall time; its work it measures by wall time
 * as well, so that a burst whose CPU others took counts as long work, or, where it is asked, by the CPU time it had. Should the
 * controller overflow, the ratio goes back to 0.001 for 5 s, without the controller.
 *
 *                 released nothing
 *        ┌─────── parked ◄──────── working ◄───────┐
 *        │ ready()                    ▲  │         │ the time is up,
 *        └────────────────────────────┘  └──► sleeping   or ready()
 *                                      released something
 *
 * It parks when the goals are met or nothing is left, and only `ready()` starts it again, called when a cycle's sweep is
 * complete, and once more when the next cycle begins; or, where nothing is left yet, the time at which the page heap says
 * it has more. So each cycle brings two bursts at least, however long the last one made it sleep.
 *
 * Nothing waits in here. `step()` does what is due and answers when more will be; `dueAt` says the same
 * without doing anything. The steps are taken wherever they fit: on the allocation slow path, by a timer.
 *
 *     const scavenger = new ScavengeBursts(meta.views(burstTable), meta.views(piTable), {
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
 * Not here: the goals (goals.ts), choosing and releasing pages, the scavenging that allocations do (background.ts).
 */
import { fatal } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import { f64, table, type Views } from '../meta/column.ts';
import type { BurstController } from './controller.ts';
import { PiController, type PiTuning, type piTable } from './pi-controller.ts';

/** The share of CPU time to work in Go, in percent. */
export const scavengePercent = 1;
/** Time worked to time slept, at first and when the controller fails. */
export const startingSleepRatio = 0.001;
/** A burst works at least this long, or is taken to have. */
export const minWorkTime = 1e6;
/** Bytes released at a time in Go. */
export const scavengeQuantum = 64 * KiB;
/** How long the controller is left alone after it failed. */
export const controllerCooldown = 5e9;
/** What releasing a physical page is taken to cost where the clock saw no time pass. */
export const approxNsPerPhysPage = 10e3;

/** The controller's tuning in Go; times in nanoseconds. */
export const scavengerTuning: PiTuning = { kp: 0.3375, ti: 3.2e6, tt: 1e9, min: 0.001, max: 1000 };

/** The numbers that bursts go by. */
export interface BurstTuning {
  /** The share of CPU time to work, in percent. */
  readonly percent: number;
  /** Bytes released at a time. */
  readonly quantum: number;
  /** The controller's; its least output is also the ratio at first, and when it has failed. */
  readonly pi: PiTuning;
}

export const goBurstTuning: BurstTuning = {
  percent: scavengePercent,
  quantum: scavengeQuantum,
  pi: scavengerTuning,
};

/** Written by the thread that takes the steps, `ready` by any under the heap's lock. */
export const burstTable = table('scavengeBursts', 'other', {
  /** 0 parked, 1 sleeping. */
  sleeping: f64('heap'),
  /** 1 once `ready` was called, until it is obeyed. */
  ready: f64('heap'),
  /** When it fell asleep, and when it is to wake. */
  sleepStart: f64('heap'),
  wakeAt: f64('heap'),
  /** Parked: when the page heap has more to release by itself; Infinity: it does not say. */
  moreAt: f64('heap'),
  /** What the last burst took. */
  worked: f64('heap'),
  sleepRatio: f64('heap'),
  /** Time left without the controller. */
  cooldown: f64('heap'),
  /** 1 when the controller failed since the last trace line. */
  controllerReset: f64('heap'),
  /** Bytes released since the last trace line, and in all. */
  released: f64('heap'),
  releasedTotal: f64('heap'),
  /** Time spent in all. */
  timeTotal: f64('heap'),
  /** Bursts worked. */
  bursts: f64('heap'),
});

/** What the scavenger works with. */
export interface BurstWork {
  /** The clock, in nanoseconds. */
  now(): number;
  /** What work is measured by, in nanoseconds; without it the clock. The real runtime has no other. */
  worked?(): number;
  /** Releases at least this many bytes unless there are no more; answers how many. */
  scavenge(bytes: number): number;
  /** Whether the goals are met. */
  shouldStop(): boolean;
  /** How many Ps share the CPU time. */
  procs(): number;
  /** After `scavenge` answered 0: when it may have more although nothing happens, Infinity for never. Default: never. */
  moreAt?(): number;
}

export interface Burst {
  /** Bytes. */
  readonly released: number;
  /** Nanoseconds. */
  readonly worked: number;
}

export class ScavengeBursts {
  readonly #columns: Views<typeof burstTable>;
  readonly #work: BurstWork;
  readonly #physPageSize: number;
  readonly #controller: BurstController;
  readonly #quantum: number;
  readonly #share: number;
  readonly #startingRatio: number;

  /**
   * The creator of the columns calls `init`.
   * @param physPageSize bytes @param around puts another controller before the built-in one
   */
  constructor(
    columns: Views<typeof burstTable>,
    controller: Views<typeof piTable>,
    work: BurstWork,
    physPageSize = 4096,
    tuning = goBurstTuning,
    around: (own: BurstController) => BurstController = (own) => own,
  ) {
    this.#columns = columns;
    this.#work = work;
    this.#physPageSize = physPageSize;
    this.#controller = around(new PiController(controller, tuning.pi));
    this.#quantum = tuning.quantum;
    this.#share = tuning.percent / 100;
    this.#startingRatio = tuning.pi.min;
  }

  /** Starts afresh, parked. */
  init(): void {
    const c = this.#columns;
    for (const column of Object.values(c)) column[0] = 0;
    c.moreAt[0] = Infinity;
    c.sleepRatio[0] = this.#startingRatio;
    this.#controller.init();
  }

  /** Whether it neither works nor sleeps. */
  get parked(): boolean {
    return this.#columns.sleeping[0] === 0 && this.#columns.ready[0] === 0;
  }

  /** When the next step is due by the clock: 0 at once, Infinity never. */
  get dueAt(): number {
    const c = this.#columns;
    return c.ready[0] !== 0 ? 0 : c.sleeping[0] === 0 ? c.moreAt[0] : c.wakeAt[0];
  }

  /** Time worked to time slept, as the controller has it now. */
  get sleepRatio(): number {
    return this.#columns.sleepRatio[0];
  }

  /** Nanoseconds for which the controller is still left alone; 0 normally. */
  get cooldown(): number {
    return this.#columns.cooldown[0];
  }

  /** Bytes released, nanoseconds spent and bursts worked since the beginning. */
  totals(): { released: number; time: number; bursts: number } {
    const c = this.#columns;
    return { released: c.releasedTotal[0], time: c.timeTotal[0], bursts: c.bursts[0] };
  }

  /** Bytes released since the last call: what a trace line tells. */
  takeReleased(): number {
    const bytes = this.#columns.released[0];
    this.#columns.released[0] = 0;
    return bytes;
  }

  /** Whether the controller failed since the last call: what a trace line tells. */
  takeControllerReset(): boolean {
    const reset = this.#columns.controllerReset[0] !== 0;
    this.#columns.controllerReset[0] = 0;
    return reset;
  }

  /** There is work again: ends the parking, or a sleep before its time. */
  ready(): void {
    this.#columns.ready[0] = 1;
  }

  /** Does what is due. @returns nanoseconds until more is; Infinity when parked. */
  step(): number {
    const c = this.#columns;
    if (c.ready[0] === 0) {
      const at = c.sleeping[0] === 0 ? c.moreAt[0] : c.wakeAt[0];
      if (at === Infinity) {
        return Infinity;
      }
      const left = at - this.#work.now();
      if (left > 0) {
        return left;
      }
    }
    c.ready[0] = 0;
    if (c.sleeping[0] !== 0) {
      c.sleeping[0] = 0;
      this.adjust(c.worked[0], this.#work.now() - c.sleepStart[0]);
    }
    c.moreAt[0] = Infinity;
    const { released, worked } = this.run();
    if (released === 0) {
      return this.#park();
    }
    c.released[0] += released;
    c.releasedTotal[0] += released;
    c.bursts[0]++;
    const start = this.#work.now();
    const ns = this.sleepTime(worked);
    c.sleeping[0] = 1;
    c.worked[0] = worked;
    c.sleepStart[0] = start;
    c.wakeAt[0] = start + ns;
    return ns;
  }

  /** Nothing was released. @returns nanoseconds until the page heap has more; Infinity where it does not say */
  #park(): number {
    const work = this.#work;
    // With the goals met there is nothing to come back for.
    if (work.moreAt === undefined || work.shouldStop()) return Infinity;
    const at = work.moreAt();
    if (at === Infinity) return Infinity;
    const start = work.now();
    // A time that is over, and nothing released: that must not keep the process busy.
    const ns = at > start ? Math.max(at - start, minWorkTime) : this.sleepTime(minWorkTime);
    this.#columns.moreAt[0] = start + ns;
    return ns;
  }

  /** One burst: releases 64 KiB at a time until 1 ms is worked, the goals are met or nothing is left. */
  run(): Burst {
    let released = 0;
    let worked = 0;
    while (worked < minWorkTime && !this.#work.shouldStop()) {
      const start = this.#worked();
      const got = this.#work.scavenge(this.#quantum);
      const ns = this.#worked() - start;
      if (ns > 0) {
        worked += ns;
        this.#columns.timeTotal[0] += ns;
      } else {
        // Too fast for the clock.
        worked += approxNsPerPhysPage * Math.floor(got / this.#physPageSize);
      }
      released += got;
      if (got < this.#quantum) {
        break;
      }
    }
    if (released > 0 && released < this.#physPageSize) {
      fatal('scavenged less than a physical page', { released, physPageSize: this.#physPageSize });
    }
    return { released, worked };
  }

  #worked(): number {
    return this.#work.worked?.() ?? this.#work.now();
  }

  /** How long to sleep after a burst that took this long, in whole nanoseconds. */
  sleepTime(worked: number): number {
    return Math.trunc(Math.max(worked, minWorkTime) / this.#columns.sleepRatio[0]);
  }

  /** Moves the ratio by what a burst took and how long was really slept after it. */
  adjust(burst: number, slept: number): void {
    const c = this.#columns;
    const worked = Math.max(burst, minWorkTime);
    const period = slept + worked;
    if (c.cooldown[0] > 0) {
      c.cooldown[0] = Math.max(0, c.cooldown[0] - period);
      return;
    }
    const fraction = worked / (period * this.#work.procs());
    if (this.#controller.next(fraction, this.#share, period)) {
      c.sleepRatio[0] = this.#controller.output;
    } else {
      c.sleepRatio[0] = this.#startingRatio;
      c.cooldown[0] = controllerCooldown;
      c.controllerReset[0] = 1;
    }
  }
}
