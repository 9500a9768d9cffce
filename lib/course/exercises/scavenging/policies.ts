/**
 * The judge's own policies: two plain ones, which are the baseline, and the reference.
 */
import type { SecondView } from './real-heap.ts';

export type Decide = (view: SecondView) => number;

/** Nothing goes back. */
export const never = (): Decide => () => 0;

/** All that is free goes back, each second, as far as it may. */
export const atOnce =
  (most: number): Decide =>
  ({ free }) =>
    Math.min(free, most);

/** What was not needed within the last seconds goes back: all above the most in use in them. */
export function above(most: number, window: number): Decide {
  const recent: number[] = [];
  return ({ inUse, free }) => {
    recent.push(inUse);
    if (recent.length > window) recent.shift();
    const kept = Math.max(...recent) - inUse;
    return Math.max(0, Math.min(free - kept, most));
  };
}

export const referenceWindow = 9;
