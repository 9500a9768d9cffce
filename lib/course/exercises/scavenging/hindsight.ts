/**
 * What a demand costs who knows all of it: a bound that no policy is below, and no policy itself.
 *
 * What is resident is in use, or was so lately that it cannot have gone yet, since only so many pages go in a second: that is the
 * floor. Above it pages are told apart by level: the p-th is wanted in each second in which the floor is p pages or
 * higher. Between two such seconds it stays, at a page for each second, or it goes and is missed later, at the weight: whichever
 * is less, for each level and each gap by itself. The first time it is missed in any case, and after the last it goes.
 *
 * The gaps of a level hold those of each level below it. So what stays is always the lowest levels.
 */

export interface Hindsight {
  /** As of a policy: pages resident without use, and missed pages by their weight, a second. */
  readonly cost: number;
  readonly faults: number;
  readonly released: number;
  /** Resident pages after each second. */
  readonly resident: readonly number[];
}

export interface Prices {
  /** Pages that may go in a second. */
  readonly most: number;
  /** What a missed page costs, beside one that is resident for a second without use. */
  readonly weight: number;
}

/** @param inUse pages in each second */
export function hindsightOf(inUse: readonly number[], { most, weight }: Prices): Hindsight {
  const resident: number[] = [];
  /** When each level was wanted last. */
  const last: number[] = [];
  let [floor, faults, released] = [0, 0, 0];
  for (const [now, used] of inUse.entries()) {
    floor = Math.max(used, floor - most);
    resident.push(floor);
    for (let level = 0; level < floor; level++) {
      const since = last[level] ?? Number.NEGATIVE_INFINITY;
      if (now - since - 1 < weight) {
        for (let s = since + 1; s < now; s++) resident[s] = (resident[s] ?? 0) + 1;
      } else {
        faults++;
        if (level < last.length) released++;
      }
      last[level] = now;
    }
  }
  released += last.length - floor;
  const idle = resident.reduce((sum, pages, s) => sum + pages - (inUse[s] ?? 0), 0);
  return { cost: (idle + weight * faults) / inUse.length, faults, released, resident };
}
