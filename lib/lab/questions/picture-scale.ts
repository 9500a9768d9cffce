/** The axis of a picture: places of its values, round values at which it is marked, and their words. */
import type { MetricUnit } from '../metrics/spread.ts';
import { formatCompact, formatTick } from '../report/client/format.ts';
import { nsInWords } from './answering.ts';
import type { PictureAxis } from './picture.ts';

/** A value at a tick of an axis. */
export function tickWords(unit: MetricUnit, value: number): string {
  switch (unit) {
    case 'bytes':
      return formatTick(value);
    case 'ns':
      return value === 0 ? '0' : nsInWords(value);
    case 'seconds':
      return Math.abs(value) < 0.005 ? '0 s' : `${Number(value.toPrecision(3))} s`;
    case 'share':
      return `${Number((100 * value).toPrecision(3))} %`;
    default:
      return formatCompact(value);
  }
}

/** With fewer ticks a logarithmic axis tells nothing. */
const fewestTicks = 3;

/** Round values within a range: of each power of the base these multiples. */
function powersOf(base: number, multiples: readonly number[], low: number, high: number): number[] {
  const exponent = (value: number): number => Math.log(value) / Math.log(base);
  const found: number[] = [];
  for (let power = Math.floor(exponent(low)); power <= Math.ceil(exponent(high)); power++)
    for (const multiple of multiples) {
      const value = multiple * base ** power;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) found.push(value);
    }
  return found;
}

/** Ticks of a logarithmic axis, the widest apart first. */
const logTicks: Readonly<
  Record<'bytes' | 'others', readonly (readonly [base: number, multiples: readonly number[]])[]>
> = {
  bytes: [
    [16, [1]],
    [4, [1]],
    [2, [1]],
  ],
  others: [
    [10, [1]],
    [10, [1, 3]],
    [10, [1, 2, 5]],
  ],
};

/** Places of an axis from a least to a most value. */
export class Scale {
  readonly #axis: PictureAxis;
  readonly #low: number;
  readonly #high: number;
  readonly #from: number;
  readonly #to: number;

  constructor(axis: PictureAxis, values: readonly number[], from: number, to: number) {
    this.#axis = axis;
    const known = values.filter((n) => Number.isFinite(n) && (axis.log !== true || n > 0));
    const most = known.reduce((a, b) => Math.max(a, b), axis.log === true ? 10 : 1e-9);
    const least = known.reduce((a, b) => Math.min(a, b), most);
    this.#high = axis.log === true ? most * 1.3 : most * 1.04;
    this.#low = axis.log === true ? Math.min(least / 1.3, this.#high / 10) : (axis.from ?? 0);
    this.#from = from;
    this.#to = to;
  }

  at(value: number): number {
    const { log } = this.#axis;
    const share =
      log === true
        ? Math.log(Math.max(value, this.#low) / this.#low) / Math.log(this.#high / this.#low)
        : (value - this.#low) / (this.#high - this.#low);
    return this.#from + share * (this.#to - this.#from);
  }

  /** Round values. */
  ticks(): number[] {
    const bytes = this.#axis.unit === 'bytes';
    const [low, high] = [this.#low, this.#high];
    if (this.#axis.log === true) {
      const choices = logTicks[bytes ? 'bytes' : 'others'].map(([base, of]) => powersOf(base, of, low, high));
      return choices.find(({ length }) => length >= fewestTicks) ?? choices.at(-1) ?? [];
    }
    const base = bytes ? 2 : 10;
    const rough = (high - low) / 5;
    const power = base ** Math.floor(Math.log(rough) / Math.log(base));
    const step = bytes
      ? rough > power * 1.5
        ? 2 * power
        : power
      : ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power;
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  }
}
