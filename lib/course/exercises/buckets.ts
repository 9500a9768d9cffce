/**
 * Points by buckets: the first bound that a figure keeps says which share of the points it has. Less is better.
 */

export type Bucket = readonly [most: number, share: number];

/** `1 point`, `0.75 points`. */
export function pointsWord(n: number): string {
  const points = Math.round(100 * n) / 100;
  return `${points} ${points === 1 ? 'point' : 'points'}`;
}

/** The buckets as they are published. @param told a bound in words */
export const bucketsText = (
  buckets: readonly Bucket[],
  points: number,
  told = (most: number): string => `up to ${most}`,
): string => buckets.map(([most, share]) => `${told(most)}: ${pointsWord(points * share)}`).join(', ');

export const shareOf = (buckets: readonly Bucket[], n: number): number =>
  buckets.find(([most]) => n <= most)?.[1] ?? 0;
