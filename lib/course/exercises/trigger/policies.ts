/**
 * Plain policies, which know no rate: the README of the exercise has them, and points begin at the best of them.
 */
import { MiB } from '../../../base/units.ts';
import type { Pace, View } from './collector.ts';

export type Policy = (view: View) => Pace;

const goalAt = (goal: number): Pace => ({ goal, start: goal, again: Number.POSITIVE_INFINITY });

const roomOf = ({ memoryLimit, mappedReady, heapFree, heapAlloc }: View): number =>
  memoryLimit - Math.max(0, mappedReady - heapFree - heapAlloc);

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
