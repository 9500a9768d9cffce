/**
 * What is best to say of each range that is given back, by who knows when it is used again, and when the kernel will need memory.
 *
 * Each time is for itself: what is said of a range now changes nothing of what it costs later. So the cheaper of the two ways each
 * time is the least that the whole can cost, and no policy is below it. No policy knows what is asked here.
 */
import type { Program } from './programs.ts';
import type { ExerciseAdvice } from './real-memory.ts';

/** @param weight what a fault costs, beside a page that is resident for a second in vain @returns for each event, in turn */
export function foreseen({ events, pressure }: Program, weight: number): ExerciseAdvice[] {
  const shortages = [...pressure].sort((a, b) => a - b);
  const said = events.map((): ExerciseAdvice => 'none');
  /** When each range is used again, seen from behind. */
  const uses = new Map<number, number>();
  for (let i = events.length - 1; i >= 0; i--) {
    const { second, range, to } = events[i] as (typeof events)[number];
    if (to !== 'released') {
      uses.set(range, second);
      continue;
    }
    const again = uses.get(range) ?? Number.POSITIVE_INFINITY;
    const taken = shortages.find((one) => one >= second && one < again);
    const staying =
      (taken ?? again) - second + (taken !== undefined && again < Number.POSITIVE_INFINITY ? weight : 0);
    const going = again < Number.POSITIVE_INFINITY ? weight : 0;
    said[i] = staying < going ? 'free' : 'dontneed';
  }
  return said;
}
