/**
 * The judge's own policies: two plain ones, which are the baseline, and the reference.
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

/** Calls that a page may be away for, for each unit of what a fault costs: there are ten to sixteen in a second. */
const callsPerWeight = 12;

/**
 * What came back soon the last time will do so again: lazily freed it costs no fault. What did not goes at once. Of a range that
 * was not away yet, ranges of its size tell.
 */
export function byHistory(weight: number): Advise {
  const most = callsPerWeight * weight;
  const away = new Map<number, number>();
  const left = new Map<number, number>();
  const bySize = new Map<number, number>();
  let calls = 0;
  return ({ address, bytes }, state) => {
    calls++;
    const size = Math.round(Math.log2(bytes));
    if (state === 'reused') {
      const gap = calls - (left.get(address) ?? calls);
      away.set(address, gap);
      bySize.set(size, gap);
      left.delete(address);
    }
    if (state !== 'released') return 'none';
    left.set(address, calls);
    return (away.get(address) ?? bySize.get(size) ?? Number.POSITIVE_INFINITY) <= most ? 'free' : 'dontneed';
  };
}
