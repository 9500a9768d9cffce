/**
 * The decay of RSS: from the last sample at its peak (or from where it is told to begin) to the last sample.
 * Its amplitude is what lies between the two. A share of it is behind when RSS is down to begin − share ×
 * amplitude; that moment lies between two samples, and is taken from the straight line between them.
 *
 * Not here: what is made of it (facts.ts for one run, ../compare-metrics.ts for several).
 */

/** Milliseconds, and bytes of the heap's ranges that are resident. */
export interface RssAt {
  readonly t: number;
  readonly rss: number;
}

/** The index of the last sample at the largest RSS. There must be a sample. */
export function lastPeak(samples: readonly RssAt[]): number {
  let peak = 0;
  samples.forEach((s, i) => {
    if (s.rss >= samples[peak].rss) peak = i;
  });
  return peak;
}

/**
 * Milliseconds from sample `from` until `share` of the way to the last sample's RSS was behind; undefined when
 * RSS fell by less than `least` of what it was.
 */
export function decayTime(
  samples: readonly RssAt[],
  from: number,
  share: number,
  least = 0,
): number | undefined {
  const start = samples[from];
  const amplitude = start.rss - samples[samples.length - 1].rss;
  if (amplitude <= 0 || amplitude < start.rss * least) return undefined;
  const level = start.rss - amplitude * share;
  let i = from + 1;
  while (samples[i].rss > level) i++;
  const [before, after] = [samples[i - 1], samples[i]];
  const part = before.rss === after.rss ? 1 : (before.rss - level) / (before.rss - after.rss);
  return before.t + part * (after.t - before.t) - start.t;
}
