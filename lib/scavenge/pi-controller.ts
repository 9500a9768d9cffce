/**
 * A proportional-integral controller with anti-windup, after Go's.
 *
 *     output = clamp(kp × error + integral)         error = setpoint − input
 *     integral += kp × period / ti × error  +  period / tt × (output − unclamped output)
 *
 * The last term pulls the integral back while the output is clamped, so that it does not wind up. When
 * a sum overflows the controller forgets its integral, answers its least output and says that it
 * failed; the caller falls back on something conservative.
 *
 *     const controller = new PiController(new Float64Array(piStateLength), scavengerTuning);
 *     const ok = controller.next(measured, wanted, nanosecondsSince);
 *     ratio = controller.output;
 *
 * Every sum is written in the order in which the source computes it: results are equal to Go's on
 * amd64 bit for bit (test/scavenge/pi-controller.test.ts holds 2000 of its answers).
 * Source: the runtime of Go 1.21, mgcscavenge.go.
 */

/** What the controller is tuned by. */
export interface PiTuning {
  /** The proportional factor. */
  readonly kp: number;
  /** The integral time constant, in the unit of `period`; 0 turns the integral off. */
  readonly ti: number;
  /** The reset time constant, in the unit of `period`; 0 turns the integral off. */
  readonly tt: number;
  /** Bounds of the output. */
  readonly min: number;
  readonly max: number;
}

/** Where each number lies. Written by the controller's owner alone. */
export const piSlot = {
  integral: 0,
  output: 1,
  /** 1 once the integral has overflowed. */
  errorOverflow: 2,
  /** 1 once an input has overflowed. */
  inputOverflow: 3,
} as const;

/** Slots the controller needs. */
export const piStateLength = 4;

export class PiController {
  readonly #s: Float64Array;
  readonly #tuning: PiTuning;

  /** @param state `piStateLength` slots, zeros to begin with. */
  constructor(state: Float64Array, tuning: PiTuning) {
    this.#s = state;
    this.#tuning = tuning;
  }

  /** The output that the last `next` computed. */
  get output(): number {
    return this.#s[piSlot.output];
  }

  /** The integral of the error. */
  get integral(): number {
    return this.#s[piSlot.integral];
  }

  /**
   * Takes a sample and computes the next output.
   *
   * @param input what was measured. @param setpoint what was wanted.
   * @param period time since the last sample, in the unit of ti and tt.
   * @returns false when it overflowed: the output is then the least.
   */
  next(input: number, setpoint: number, period: number): boolean {
    const s = this.#s;
    const { kp, ti, tt, min, max } = this.#tuning;
    const error = setpoint - input;
    const raw = kp * error + s[piSlot.integral];
    if (!Number.isFinite(raw)) {
      return this.#fail(piSlot.inputOverflow);
    }
    const output = raw < min ? min : raw > max ? max : raw;
    if (ti !== 0 && tt !== 0) {
      s[piSlot.integral] += ((kp * period) / ti) * error + (period / tt) * (output - raw);
      if (!Number.isFinite(s[piSlot.integral])) {
        return this.#fail(piSlot.errorOverflow);
      }
    }
    s[piSlot.output] = output;
    return true;
  }

  /** Forgets the integral, but not that it overflowed. */
  reset(): void {
    this.#s[piSlot.integral] = 0;
  }

  #fail(flag: number): false {
    this.reset();
    this.#s[flag] = 1;
    this.#s[piSlot.output] = this.#tuning.min;
    return false;
  }
}
