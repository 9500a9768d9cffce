// The reference of exercise 8: the rule; and, for the loop, proportional and integral in the logarithm.
const CAP = {{cap}}e6;
const WINDUP = '{{windup}}';

const within = (x, least, most) => Math.max(least, Math.min(most, x));

export class Pi {
  constructor({ kp, ti, tt, min, max }) {
    Object.assign(this, { kp, ti, tt, min, max });
    this.integral = 0;
    this.output = min;
  }

  next(input, setpoint, period) {
    const { kp, ti, tt, min, max } = this;
    if (!Number.isFinite(input) || !Number.isFinite(setpoint) || !Number.isFinite(period) || period <= 0) return this.output;
    const counted = Math.min(period, CAP);
    const error = setpoint - input;
    const raw = kp * error + this.integral;
    this.output = within(raw, min, max);
    const growth = ((kp * counted) / ti) * error;
    if (WINDUP === 'pull') this.integral += growth + (counted / tt) * (this.output - raw);
    else if (WINDUP === 'limit') this.integral = within(this.integral + growth, min, max);
    else if (!(raw > max && error > 0) && !(raw < min && error < 0)) this.integral += growth;
    return this.output;
  }
}

const KP = 0.05;
const KI = 0.4;
const LEAST = Math.log(1e-5);
const MOST = Math.log(30);

// The share over the rest: twice the ratio is twice of it.
const odds = (share) => Math.log(share / (1 - share));

export class ScavengeController {
  constructor({ startingRatio }) {
    this.integral = Math.log(startingRatio);
  }

  next(measured, wanted) {
    const seen = Math.min(measured, 1 - 1e-9);
    const error = within(odds(wanted) - odds(seen), -5, 1);
    this.integral = within(this.integral + KI * error, LEAST, MOST);
    return Math.exp(within(this.integral + KP * error, LEAST, MOST));
  }
}
