/**
 * The judge's own policies: three plain ones, which are the baseline, and the reference.
 */
import type { RangeState } from '../../../os/advice-policy.ts';
import type { ExerciseAdvice } from './real-memory.ts';

export interface Asked {
  readonly address: number;
  readonly bytes: number;
  readonly changing: number;
}

export type Advise = (range: Asked, state: RangeState) => ExerciseAdvice;

export const always =
  (advice: ExerciseAdvice): Advise =>
  (_, state) =>
    state === 'released' ? advice : 'none';

/** Calls that a page may be away for, for each unit of what a fault costs: there are some twelve in a second. */
const callsPerWeight = 12;

/** How long each range was away, in calls, told to `note` when it comes back. */
function noting(note: (range: Asked, gap: number) => void): Advise {
  const left = new Map<number, number>();
  let calls = 0;
  return (range, state) => {
    calls++;
    const since = left.get(range.address);
    if (state === 'reused' && since !== undefined) note(range, calls - since);
    if (state === 'released') left.set(range.address, calls);
    return 'none';
  };
}

/** As it was the last time: what came back soon then is lazily freed, all else goes at once. */
export function asLastTime(weight: number): Advise {
  const soon = new Map<number, boolean>();
  const note = noting(({ address }, gap) => soon.set(address, gap <= callsPerWeight * weight));
  return (range, state) => {
    note(range, state);
    if (state !== 'released') return 'none';
    return soon.get(range.address) === true ? 'free' : 'dontneed';
  };
}

/** Longer than that nothing stays resident: then the kernel was short of memory. Calls. */
const longest = 20 * callsPerWeight;

/** A mean that forgets: the last counts as one of all, and never less than a part. */
class Mean {
  #value: number;
  #times: number;
  readonly #least: number;

  /** @param times how often `value` counts */
  constructor(value: number, times: number, least: number) {
    this.#value = value;
    this.#times = times;
    this.#least = least;
  }

  get value(): number {
    return this.#value;
  }

  add(n: number): void {
    this.#times++;
    this.#value += Math.max(this.#least, 1 / this.#times) * (n - this.#value);
  }
}

/**
 * A page that is lazily freed costs the seconds that it lies about, one that goes at once costs a fault: so what counts is how long a
 * range is away on average, and not the last time. Of a range that was not away yet those of its size tell: of each how long it was
 * away the first time, since the later times are for the most part of ranges that come back at once.
 */
export function byHabit(weight: number): Advise {
  const ranges = new Map<number, Mean>();
  const sizes = new Map<number, Mean>();
  const sizeOf = ({ bytes }: Asked): number => Math.round(Math.log2(bytes));
  const note = noting((range, gap) => {
    const away = Math.min(gap, longest);
    // Who comes back soon comes back first: until ten more did, they are taken for ones that stay away.
    const ofSize = sizes.get(sizeOf(range)) ?? new Mean(longest, 10, 0.1);
    sizes.set(sizeOf(range), ofSize);
    const known = ranges.get(range.address);
    const mean = known ?? new Mean(ofSize.value, 1, 0.16);
    if (known === undefined) ofSize.add(away);
    ranges.set(range.address, mean);
    mean.add(away);
  });
  return (range, state) => {
    note(range, state);
    if (state !== 'released') return 'none';
    const mean = ranges.get(range.address) ?? sizes.get(sizeOf(range));
    return (mean?.value ?? longest) <= callsPerWeight * weight ? 'free' : 'dontneed';
  };
}
