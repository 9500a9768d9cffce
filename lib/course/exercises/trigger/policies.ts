/**
 * The judge's own policies: two plain ones, which are the baseline, and the reference.
 */
import { MiB, second } from '../../../base/units.ts';
import type { Pace, View } from './collector.ts';

export interface Prices {
  /** Bytes that a collection marks in a second. */
  readonly speed: number;
  /** MiB that a percent of the time is worth. */
  readonly weight: number;
}

type Policy = (view: View) => Pace;

const goalAt = (goal: number): Pace => ({ goal, start: goal, again: Number.POSITIVE_INFINITY });

/** What GOGC says: as much again as was marked, 4 MiB at least. */
export const asMuchAgain = (): Policy => (view) => goalAt(Math.max(4 * MiB, 2 * view.heapMarked));

/** So much more, whatever lives. */
export const alwaysMore = (): Policy => (view) => goalAt(view.heapMarked + 16 * MiB);

/**
 * With `extra` bytes between two collections these take `marked / speed` of every `extra / rate` seconds. A percent of that costs
 * `weight` MiB: the sum is least where the extra is the root of 100 × weight × MiB × marked × rate / speed. What is allocated in a
 * second is seen from one collection to the next, and looked at anew within the cycle, since it may have fallen.
 *
 * Under a limit the goal is what fits; but not so little that collections take nearly half of the time.
 */
export function byRate({ speed, weight }: Prices): Policy {
  let [since, live, rate] = [0, 0, 100 * MiB];
  let cycles = -1;
  return (view) => {
    const { now, heapMarked, heapLive, lastHeapGoal, memoryLimit, mappedReady, heapFree, heapAlloc } = view;
    const collected = view.cycles !== cycles;
    cycles = view.cycles;
    const allocated = (collected ? lastHeapGoal : heapLive) - live;
    const time = now - since - (collected ? (heapMarked / speed) * second : 0);
    if (since > 0 && time > 0 && allocated > 0) rate = (allocated / time) * second;
    [since, live] = [now, heapLive];
    const extra = Math.sqrt((100 * weight * MiB * Math.max(heapMarked, MiB) * rate) / speed);
    const best = heapMarked + Math.max(extra, 2 * MiB);
    const again = heapLive + Math.max(extra / 3, MiB);
    if (memoryLimit === Number.POSITIVE_INFINITY) return { goal: best, start: best, again };
    const room = memoryLimit - Math.max(0, mappedReady - heapFree - heapAlloc);
    const needed = heapMarked + 1.5 * (heapMarked / speed) * rate;
    const goal = Math.max(Math.min(best, 0.98 * room), Math.min(needed, best));
    return { goal: Math.max(goal, heapLive), start: Math.max(goal, heapLive), again };
  };
}
