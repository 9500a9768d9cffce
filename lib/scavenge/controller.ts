/**
 * The contract of a controller of the background scavenger, and what plugs one in: how long it sleeps after it worked.
 *
 *     export default class Fixed {
 *       next(measured, wanted) { return wanted / (1 - wanted); }      // 1 % of the time, whatever was measured
 *     }
 *
 * The scavenger works in bursts of a millisecond or more and sleeps `worked / ratio` after each; when it wakes, the
 * controller is told what share of the time it took and answers the next ratio. The built-in one, a
 * proportional-integral controller (pi-controller.ts), stands behind the same interface, `BurstController`.
 *
 * Not here: bursts (bursts.ts); failing (base/part.ts): then the built-in one goes on.
 */
import type { AnswerKind, Part, PartClass } from '../base/part.ts';

/** What the bursts ask. */
export interface BurstController {
  /** The ratio of time worked to time slept, as last computed. */
  readonly output: number;
  /** Starts afresh. */
  init(): void;
  /**
   * @param input the share of the time that was worked @param setpoint the share that is wanted
   * @param period nanoseconds since the last call
   * @returns false where it failed, and is to be left alone for a while
   */
  next(input: number, setpoint: number, period: number): boolean;
}

export interface ScavengeController {
  /**
   * @param measured the share of the time, 0 to 1, that the last burst took of burst and sleep
   * @param wanted the share that it is to take: 0.01 unless the option `scavengePercent` says otherwise
   * @param period nanoseconds of burst and sleep together
   * @returns time worked to time slept from now on, 0.000001 to 1000000
   */
  next(measured: number, wanted: number, period: number): number;
}

/** What a controller has from the heap when it is made; frozen. */
export interface ControllerHost {
  /** The ratio that counts until it was asked first. */
  readonly startingRatio: number;
}

export type ScavengeControllerClass = PartClass<ScavengeController, ControllerHost>;

export const scavengeControllerPart = {
  option: 'scavengeController',
  kind: 'scavenge controller',
  methods: ['next'],
} as const;

const least = 1e-6;
const most = 1e6;

const ratio: AnswerKind<number> = {
  expected: `time worked to time slept, a number from ${least} to ${most}`,
  read: (answer) => (typeof answer === 'number' && answer >= least && answer <= most ? answer : undefined),
};

/** A controller of the user's where the built-in one stood; that one goes on where it has failed. */
export class CustomController implements BurstController {
  readonly #part: Part<ScavengeController>;
  readonly #own: BurstController;
  #output = 0;

  constructor(part: Part<ScavengeController>, own: BurstController) {
    this.#part = part;
    this.#own = own;
  }

  get output(): number {
    return this.#part.usable ? this.#output : this.#own.output;
  }

  init(): void {
    this.#own.init();
  }

  next(input: number, setpoint: number, period: number): boolean {
    if (this.#part.usable) {
      this.#output = this.#part.ask('next', [input, setpoint, period], ratio, 0);
      if (this.#part.usable) return true;
    }
    return this.#own.next(input, setpoint, period);
  }
}
