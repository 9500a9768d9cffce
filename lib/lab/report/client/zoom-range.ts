/**
 * Stretches of time under fingers, buttons and keys: arithmetic only. What lies outside the run is the chart group's
 * business (chart-group.ts), which keeps every stretch within it.
 */

export type TimeRange = readonly [number, number];

/** Fingers nearer than this many pixels give no measure. */
const leastApart = 12;

/** A stretch `factor` times as long around a time that keeps its place in it. */
export function scaledRange([from, to]: TimeRange, factor: number, around: number): TimeRange {
  return [around - (around - from) * factor, around + (to - around) * factor];
}

/** A stretch later by a share of itself; earlier by a negative one. */
export function shiftedRange([from, to]: TimeRange, share: number): TimeRange {
  const by = (to - from) * share;
  return [from + by, to + by];
}

/** The stretch whose content followed a finger from one place to another; pixels from the plot's left. */
export function pannedRange(range: TimeRange, width: number, before: number, after: number): TimeRange {
  return shiftedRange(range, (before - after) / Math.max(1, width));
}

/** The stretch in which the times that were under two fingers are under them still. */
export function pinchedRange(
  [from, to]: TimeRange,
  width: number,
  before: readonly [number, number],
  after: readonly [number, number],
): TimeRange {
  const apart = (pair: readonly [number, number]): number =>
    Math.max(leastApart, Math.abs(pair[1] - pair[0]));
  const perPixel = (to - from) / Math.max(1, width);
  const middle = from + ((before[0] + before[1]) / 2) * perPixel;
  const scale = perPixel * (apart(before) / apart(after));
  const start = middle - ((after[0] + after[1]) / 2) * scale;
  return [start, start + width * scale];
}
