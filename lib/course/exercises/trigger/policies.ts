/**
 * The judge's own policies: plain ones, which know no rate and are the baseline, and the reference.
 */
import { MiB, second } from '../../../base/units.ts';
import { type Pace, tables, type View } from './collector.ts';

export interface Prices {
  /** Bytes that a collection marks in a second. */
  readonly speed: number;
  /** What a processor costs: as much as so many MiB. */
  readonly price: number;
}

export type Policy = (view: View) => Pace;

const goalAt = (goal: number): Pace => ({ goal, start: goal, again: Number.POSITIVE_INFINITY });

/** Of the room under a limit so much is used: what is beside the objects may grow a little. */
const ofRoom = 0.98;

const roomOf = ({ memoryLimit, mappedReady, heapFree, heapAlloc }: View): number =>
  ofRoom * (memoryLimit - Math.max(0, mappedReady - heapFree - heapAlloc));

/** A size by what was marked alone, in bytes; or what fits under a limit, where that is less. */
export const bySize =
  (size: (marked: number) => number): Policy =>
  (view) =>
    goalAt(Math.max(Math.min(size(view.heapMarked), roomOf(view)), view.heapLive));

/** So many MiB more, whatever lives. */
const constants = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** So many times what lives. */
const factors = [1.1, 1.25, 1.5, 2, 3, 4];

/** What knows no rate: constants, factors, both together, and the root of what lives. */
export const plainPolicies: readonly { readonly name: string; readonly policy: Policy }[] = [
  ...constants.map((n) => ({ name: `${n} MiB more`, policy: bySize((marked) => marked + n * MiB) })),
  ...factors.map((f) => ({ name: `${f} times`, policy: bySize((marked) => f * Math.max(marked, 2 * MiB)) })),
  ...[8, 64].flatMap((n) =>
    [1.25, 2].map((f) => ({
      name: `${f} times and ${n} MiB more`,
      policy: bySize((marked) => f * marked + n * MiB),
    })),
  ),
  ...[16, 64, 256, 1024].map((n) => ({
    name: `the root of ${n} MiB times what lives more`,
    policy: bySize((marked) => marked + Math.sqrt(n * MiB * marked)),
  })),
];

/**
 * Bytes between two collections that waste least. With E of them a collection comes every E / rate seconds and takes marked /
 * speed: of each second that the program runs, marked × rate / (speed × E) more. Memory, E included, and the processor are paid for in all of that
 * time. (marked + E + price) × (1 + marked × rate / (speed × E)) is least where E is the root of (marked + price) × marked × rate /
 * speed; tables are memory that lives, too.
 */
export function bestBetween({ speed, price }: Prices, marked: number, rate: number): number {
  return Math.sqrt(((marked + tables + price * MiB) * marked * rate) / speed);
}

/**
 * What is allocated in a second is seen from one collection to the next, and looked at anew within the cycle, since it may have
 * fallen.
 *
 * Under a limit the goal is what fits; but not so little that collections take nearly half of the time.
 */
export function byRate(prices: Prices): Policy {
  let [since, live, rate] = [0, 0, 100 * MiB];
  let cycles = -1;
  return (view) => {
    const { now, heapMarked, heapLive, lastHeapGoal, memoryLimit } = view;
    const collected = view.cycles !== cycles;
    cycles = view.cycles;
    const marking = heapMarked / prices.speed;
    const allocated = (collected ? lastHeapGoal : heapLive) - live;
    const time = now - since - (collected ? marking * second : 0);
    if (since > 0 && time > 0 && allocated > 0) rate = (allocated / time) * second;
    [since, live] = [now, heapLive];
    const extra = Math.max(bestBetween(prices, heapMarked, rate), MiB / 2);
    const best = heapMarked + extra;
    const again = heapLive + Math.max(extra / 16, MiB / 4);
    if (memoryLimit === Number.POSITIVE_INFINITY) return { goal: best, start: best, again };
    const needed = heapMarked + 1.5 * marking * rate;
    const goal = Math.max(Math.min(best, roomOf(view)), Math.min(needed, best), heapLive);
    return { goal, start: goal, again };
  };
}
