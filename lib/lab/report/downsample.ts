/**
 * Thinning of long runs without losing what matters.
 *
 * `thin` cuts time into equal slices and keeps, of each slice, the first and the last sample and those
 * where a watched quantity is smallest or largest. What is kept are whole samples, so the areas of the
 * stacked chart always belong together, and no peak or dip of a watched quantity is lost. `spread`
 * picks members of a list evenly. `rates` turns counters into amounts per second in equal slices; a
 * counter only grows, so nothing between the slices' ends is lost.
 */

/** Indexes of at most about `slices` × (2 + 2 × watched.length) samples, ascending. */
export function thin(
  times: ArrayLike<number>,
  watched: readonly ((index: number) => number)[],
  slices: number,
): number[] {
  const count = times.length;
  if (count <= slices * 2) {
    return Array.from({ length: count }, (_, i) => i);
  }
  const start = times[0];
  const width = (times[count - 1] - start) / slices || 1;
  const kept: number[] = [];
  for (let from = 0; from < count; ) {
    const slice = Math.floor((times[from] - start) / width);
    let to = from + 1;
    while (to < count && Math.floor((times[to] - start) / width) === slice) {
      to++;
    }
    const chosen = new Set([from, to - 1]);
    for (const valueAt of watched) {
      let low = from;
      let high = from;
      for (let i = from + 1; i < to; i++) {
        low = valueAt(i) < valueAt(low) ? i : low;
        high = valueAt(i) > valueAt(high) ? i : high;
      }
      chosen.add(low).add(high);
    }
    kept.push(...[...chosen].sort((a, b) => a - b));
    from = to;
  }
  return kept;
}

/** At most `most` members, evenly spread, the first and the last among them, and all `must` keeps. */
export function spread<T>(list: readonly T[], most: number, must: (item: T) => boolean = () => false): T[] {
  if (list.length <= most) {
    return [...list];
  }
  const chosen = new Set<number>();
  for (let i = 0; i < most; i++) {
    chosen.add(Math.round((i * (list.length - 1)) / Math.max(1, most - 1)));
  }
  return list.filter((item, i) => chosen.has(i) || must(item));
}

export interface Rates {
  /** The slices' ends, milliseconds; the first is where the first slice begins. */
  readonly edges: number[];
  /** For each counter, its growth per second in each slice (one fewer than edges). */
  readonly perSecond: number[][];
}

/** Growth per second of counters, in at most `slices` slices of whole samples. */
export function rates(
  times: ArrayLike<number>,
  counters: readonly ((index: number) => number)[],
  slices: number,
): Rates {
  const count = times.length;
  const edges: number[] = count > 0 ? [times[0]] : [];
  const perSecond: number[][] = counters.map(() => []);
  const width = count > 1 ? (times[count - 1] - times[0]) / slices : 0;
  for (let from = 0; from + 1 < count; ) {
    let to = from + 1;
    while (to + 1 < count && times[to] - times[from] < width) {
      to++;
    }
    const seconds = (times[to] - times[from]) / 1000;
    edges.push(times[to]);
    for (let c = 0; c < counters.length; c++) {
      const growth = counters[c](to) - counters[c](from);
      perSecond[c].push(seconds > 0 ? growth / seconds : 0);
    }
    from = to;
  }
  return { edges, perSecond };
}
