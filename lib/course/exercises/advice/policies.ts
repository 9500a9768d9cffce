/**
 * Plain policies, which are the baseline. They are published.
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

export interface Plain {
  readonly name: string;
  readonly advise: Advise;
}

export const plainPolicies = (weight: number): Plain[] => [
  { name: 'dontneed always', advise: always('dontneed') },
  { name: 'free always', advise: always('free') },
  { name: 'as it was the last time', advise: asLastTime(weight) },
];
