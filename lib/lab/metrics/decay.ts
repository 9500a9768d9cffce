/**
 * The decay of RSS, by two beginnings:
 *
 *   a decay        from the last sample at the RSS peak (decay start)
 *   the idle one   from the first sample of the idle stretch that a trace ends with
 *
 * Both go to the last sample, or to the last one before memory was forced back. What a program returns by force
 * (`freeOSMemory`) falls at once, whatever the design; so the first forced release after the beginning ends the decay, and what
 * RSS was just before it is the decay's end.
 *
 * Its amplitude is what lies between the two. A share of it is behind when RSS is down to begin − share ×
 * amplitude; that moment lies between two samples, and is taken from the straight line between them.
 *
 * Why two. The RSS peak of a program that works on is where a collection came late: of the same program on the same heap it may
 * be one cycle or another, seconds apart and hardly different in height, so the time from it is by as much longer or shorter. It is
 * all there is where nothing idles. From the idle stretch on nothing is allocated, and what is left to see is how fast memory goes
 * back. Both take the last sample for the end: where memory still goes back then, half of what went is behind
 * in half the time, however fast it goes; RSS at the end tells the rest.
 *
 * Not here: what is made of it (facts.ts, run-metrics.ts).
 */
import type { RunData } from '../record/run-data.ts';

/** Milliseconds, and bytes of the heap's ranges that are resident. */
export interface RssAt {
  readonly t: number;
  readonly rss: number;
}

/** A release, as a run file tells of it. */
export interface ReleaseAt {
  readonly t: number;
  readonly kind?: string;
  readonly bytes?: number;
}

/** A decay by the indexes of its first and last sample. */
export interface DecayStretch {
  readonly from: number;
  readonly to: number;
  /** Milliseconds: the forced release that ended it; undefined where the run did. */
  readonly forcedAt: number | undefined;
}

/** A fall by less than this share of the RSS peak is no decay. */
export const leastDecay = 1 / 20;

/** The index of the first sample at the largest RSS. There must be a sample. */
export function firstPeak(samples: readonly RssAt[]): number {
  return samples.reduce((peak, { rss }, i) => (rss > samples[peak].rss ? i : peak), 0);
}

/** Where a decay ends that begins before `after`, milliseconds. */
function endAfter(
  samples: readonly RssAt[],
  releases: readonly ReleaseAt[],
  after: number,
): Omit<DecayStretch, 'from'> {
  const forced = releases.find(({ t, kind, bytes = 0 }) => kind === 'forced' && bytes > 0 && t > after);
  const to = forced === undefined ? samples.length - 1 : samples.findLastIndex(({ t }) => t < forced.t);
  return { to, forcedAt: forced?.t };
}

/** The stretch of a run's decay. There must be a sample; releases are in order of time. */
export function decayStretch(samples: readonly RssAt[], releases: readonly ReleaseAt[]): DecayStretch {
  const { t: reached, rss } = samples[firstPeak(samples)];
  const end = endAfter(samples, releases, reached);
  return { from: samples.findLastIndex((s, i) => i <= end.to && s.rss === rss), ...end };
}

/** Milliseconds: where the idle stretch of a trace begins; undefined without one. A workload idles more than once: its phases tell of each. */
export function idleBegin({ samples, phases }: Pick<RunData, 'samples' | 'phases'>): number | undefined {
  return phases.length > 0 ? undefined : samples.find(({ phase }) => phase === 'idle')?.t;
}

/** The stretch of the decay from `idleFrom` on, milliseconds; undefined where no sample is as late, or there is no idle stretch. */
export function idleDecayStretch(
  samples: readonly RssAt[],
  releases: readonly ReleaseAt[],
  idleFrom: number | undefined,
): DecayStretch | undefined {
  const from = idleFrom === undefined ? -1 : samples.findIndex(({ t }) => t >= idleFrom);
  return from < 0 ? undefined : { from, ...endAfter(samples, releases, samples[from].t) };
}

/**
 * Milliseconds from sample `from` until `share` of the way to the RSS of sample `to` was behind; undefined when
 * RSS fell by less than `least` of what it was.
 */
export function decayTime(
  samples: readonly RssAt[],
  { from, to }: Pick<DecayStretch, 'from' | 'to'>,
  share: number,
  least = 0,
): number | undefined {
  const start = samples[from];
  const amplitude = start.rss - samples[to].rss;
  if (amplitude <= 0 || amplitude < start.rss * least) return undefined;
  const level = start.rss - amplitude * share;
  let i = from + 1;
  // The level may be below the end by what a subtraction rounds.
  while (i < to && samples[i].rss > level) i++;
  const [before, after] = [samples[i - 1], samples[i]];
  const part = before.rss === after.rss ? 1 : Math.min(1, (before.rss - level) / (before.rss - after.rss));
  return before.t + part * (after.t - before.t) - start.t;
}
