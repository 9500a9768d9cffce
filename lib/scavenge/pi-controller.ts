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
 *     const controller = new PiController(plainViews(piTable), scavengerTuning);
 *     const ok = controller.next(measured, wanted, nanosecondsSince);
 *     ratio = controller.output;
 *
 * Every sum is written in the order in which the source computes it: results are equal to Go's on
 * amd64 bit for bit (test/scavenge/pi-controller.test.ts holds 2000 of its answers).
 * Source: the runtime of Go 1.21, mgcscavenge.go.
 */

import { f64, table, type Views } from '../meta/column.ts';

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

/** Written by the controller's owner alone. */
export const piTable = table('piController', 'other', {
  integral: f64('heap'),
  output: f64('heap'),
  /** 1 once the integral has overflowed. */
  errorOverflow: f64('heap'),
  /** 1 once an input has overflowed. */
  inputOverflow: f64('heap'),
});

export class PiController {
  readonly #columns: Views<typeof piTable>;
  readonly #tuning: PiTuning;

  /** @param columns zeros to begin with. */
  constructor(columns: Views<typeof piTable>, tuning: PiTuning) {
    this.#columns = columns;
    this.#tuning = tuning;
  }

  /** Starts afresh. */
  init(): void {
    for (const column of Object.values(this.#columns)) column[0] = 0;
  }

  /** The output that the last `next` computed. */
  get output(): number {
    return this.#columns.output[0];
  }

  /** The integral of the error. */
  get integral(): number {
    return this.#columns.integral[0];
  }

  /**
   * Takes a sample and computes the next output.
   *
   * @param input what was measured. @param setpoint what was wanted.
   * @param period time since the last sample, in the unit of ti and tt.
   * @returns false when it overflowed: the output is then the least.
   */
  next(input: number, setpoint: number, period: number): boolean {
    const c = this.#columns;
    const { kp, ti, tt, min, max } = this.#tuning;
    const error = setpoint - input;
    const raw = kp * error + c.integral[0];
    if (!Number.isFinite(raw)) {
      return this.#fail('inputOverflow');
    }
    const output = raw < min ? min : raw > max ? max : raw;
    if (ti !== 0 && tt !== 0) {
      c.integral[0] += ((kp * period) / ti) * error + (period / tt) * (output - raw);
      if (!Number.isFinite(c.integral[0])) {
        return this.#fail('errorOverflow');
      }
    }
    c.output[0] = output;
    return true;
  }

  /** Forgets the integral, but not that it overflowed. */
  reset(): void {
    this.#columns.integral[0] = 0;
  }

  #fail(flag: 'inputOverflow' | 'errorOverflow'): false {
    this.reset();
    this.#columns[flag][0] = 1;
    this.#columns.output[0] = this.#tuning.min;
    return false;
  }
}
