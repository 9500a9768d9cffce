/**
 * The judge's own proportional-integral controller: by the rule of the exercise, which differs from student to student.
 *
 * What differs from the package's own (scavenge/pi-controller.ts, which is Go's): a long period counts as a shorter one,
 * there are three ways to keep the integral from winding up, and a sample that is none changes nothing.
 */
export interface PiNumbers {
  readonly kp: number;
  readonly ti: number;
  readonly tt: number;
  readonly min: number;
  readonly max: number;
}

/** How the integral is kept from winding up while the output is clamped. */
export const windups = ['pull', 'hold', 'limit'] as const;
export type Windup = (typeof windups)[number];

export interface PiRule {
  /** Nanoseconds that a period counts at most. */
  readonly cap: number;
  readonly windup: Windup;
}

export interface PiSample {
  readonly input: number;
  readonly setpoint: number;
  readonly period: number;
}

/** An answer, and what it was made of. */
export interface PiStep {
  readonly output: number;
  readonly why: string;
}

const short = (n: number): string => String(Number(n.toPrecision(7)));

export class PiModel {
  readonly #numbers: PiNumbers;
  readonly #rule: PiRule;
  #integral = 0;
  #output: number;

  constructor(numbers: PiNumbers, rule: PiRule) {
    this.#numbers = numbers;
    this.#rule = rule;
    this.#output = numbers.min;
  }

  next({ input, setpoint, period }: PiSample): PiStep {
    const { kp, ti, tt, min, max } = this.#numbers;
    const { cap, windup } = this.#rule;
    if (![input, setpoint, period].every(Number.isFinite) || period <= 0)
      return { output: this.#output, why: 'this is no sample, so the last output stays' };
    const before = this.#integral;
    const counted = Math.min(period, cap);
    const error = setpoint - input;
    const raw = kp * error + before;
    const output = Math.max(min, Math.min(max, raw));
    const growth = ((kp * counted) / ti) * error;
    if (windup === 'pull') this.#integral = before + growth + (counted / tt) * (output - raw);
    else if (windup === 'limit') this.#integral = Math.max(min, Math.min(max, before + growth));
    else if (!((raw > max && error > 0) || (raw < min && error < 0))) this.#integral = before + growth;
    this.#output = output;
    const clamped = raw === output ? '' : `, clamped to ${short(output)}`;
    return {
      output,
      why: `kp × error is ${short(kp * error)}, the integral was ${short(before)}: ${short(raw)}${clamped}`,
    };
  }
}
