/**
 * Points for a cost. It is held against two: what is *plain*, the best of the policies that an exercise publishes; and
 * *hindsight*, what it would have cost who knew what comes. A hand-in is so much of the way from the one to the other, and how much has how
 * many points is published.
 *
 * Hindsight is no policy: it is worked out from the whole program, event by event or by search, and nobody can hand it in. So what is
 * here to measure with solves no exercise. Nor need anybody get there: the buckets are set where a good policy is.
 */

export interface Way {
  readonly plain: number;
  readonly hindsight: number;
}

/** 0 at the plain policy, 1 with hindsight; below 0 for who is worse than plain. */
export const wayOf = (cost: number, { plain, hindsight }: Way): number =>
  hindsight < plain ? (plain - cost) / (plain - hindsight) : 0;

/** `40 % of the way`, rounded down, as buckets are. */
export function wayText(cost: number, way: Way): string {
  const percent = Math.floor(100 * wayOf(cost, way) + rounding);
  return percent < 0 ? 'worse than plain' : `${Math.min(100, percent)} % of the way`;
}

/** In a grade: `cost 2166 (plain 1891, hindsight 1300): worse than plain`. */
export const costText = (cost: number, way: Way): string =>
  `cost ${Math.round(cost)} (plain ${Math.round(way.plain)}, hindsight ${Math.round(way.hindsight)}): ${wayText(cost, way)}`;

/** Of a percent: sums of fractions are not exact. */
const rounding = 1e-6;

/** So many per cent of the way have a quarter, half, three quarters and all of the points. */
export type WayBuckets = readonly [quarter: number, half: number, threeQuarters: number, all: number];

export const wayShare = (cost: number, way: Way, buckets: WayBuckets): number =>
  buckets.filter((least) => 100 * wayOf(cost, way) + rounding >= least).length / buckets.length;

/** The buckets as they are published, after what is measured. @param plain what that is, in words; and what the other end is */
export const wayBucketsText = (buckets: WayBuckets, plain: string, end = 'hindsight'): string =>
  `the way from ${plain} to ${end}: ${buckets.slice(0, -1).join(', ')} and ${buckets.at(-1)} % of it have a quarter, half, three quarters and all of the points`;

const mostTries = 40;
/** Of the plain cost: hindsight costs that at most, if nothing else is said. */
export const clearly = 0.9;

/**
 * Of the programs of a seed the first on which hindsight costs clearly less than what is plain. So the way has a length, whatever the seed.
 *
 * @param play a program of this seed, with what it costs
 * @param share of the plain cost, which hindsight is below
 */
export async function firstWithRoom<T extends Way>(
  seed: string,
  play: (seed: string) => Promise<T>,
  share = clearly,
): Promise<T> {
  for (let i = 1; ; i++) {
    const way = await play(`${seed} ${i}`);
    if (way.hindsight <= share * way.plain || i === mostTries) return way;
  }
}
