/**
 * The few numbers that answer "what happened to RSS", from all samples of a run (never from the
 * thinned ones that the charts draw).
 *
 * RSS means the resident bytes of the heap's own ranges, in the samples that tell of it. The *peak* is the first sample with the
 * largest RSS, the *end* the last sample; where a decay begins and ends, and what half of it is, tells
 * decay.ts. Belief is HeapSys − HeapReleased, or in use plus free where a sample has no sys.
 */

import type { RunSample } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import {
  type DecayStretch,
  decayStretch,
  decayTime,
  firstPeak,
  idleBegin,
  idleDecayStretch,
  leastDecay,
} from './decay.ts';
import { releasedInHugePages } from './huge-pages.ts';
import { lazyIsKnown } from './lazy-free.ts';
import { belief, type KnownSample, withRss } from './rss.ts';

export interface Point {
  /** Milliseconds since the start. */
  readonly t: number;
  /** Bytes. */
  readonly bytes: number;
}

export interface Decay {
  readonly from: Point;
  readonly to: Point;
  /** The time to half decay: milliseconds from `from`; undefined when RSS fell by less than a twentieth. */
  readonly halfAfter: number | undefined;
  /** Milliseconds since the start: the forced release that ended it; undefined where the run did. */
  readonly forcedAt: number | undefined;
}

/** What is known of every run with samples. */
export interface RunFacts {
  readonly first: RunSample;
  readonly last: RunSample;
  /** Milliseconds since the start: where the idle stretch of a trace begins; undefined without one. */
  readonly idleFrom: number | undefined;
  /** Bytes that scavenging released, all kinds together. */
  readonly scavenged: number;
  /** LazyFree in the last detailed sample; undefined when there was none since memory was given back. */
  readonly lazyAtEnd: number | undefined;
  /** Bytes that are resident at the end though released, because they lie in huge pages (huge-pages.ts). */
  readonly hugeAtEnd: number | undefined;
  /** Nanoseconds that samples took: all of them, and the longest. */
  readonly samplingTotal: number;
  readonly samplingMax: number;
}

/** What is known where samples tell of RSS as well. */
export interface Facts extends RunFacts {
  readonly peak: Point;
  readonly end: Point;
  /** From the last sample at the peak to the end, or until memory was forced back. */
  readonly decay: Decay;
  /**
   * From the start of the idle stretch to the end, or until memory was forced back; undefined without one. A workload idles
   * more than once, and its phases tell of each.
   */
  readonly idle: Decay | undefined;
  /** The largest and the smallest of RSS − belief; undefined where nothing is believed. */
  readonly excess: Point | undefined;
  readonly shortfall: Point | undefined;
}

/** A limit or goal as a number, or undefined when there is none (absent, not finite, or 2^53 and more). */
export function bound(value: number | null | undefined): number | undefined {
  return value !== undefined && value !== null && value > 0 && value < 2 ** 53 ? value : undefined;
}

function decayOver(samples: readonly KnownSample[], stretch: DecayStretch): Decay {
  const from = samples[stretch.from];
  const to = samples[stretch.to];
  return {
    from: { t: from.t, bytes: from.rss },
    to: { t: to.t, bytes: to.rss },
    halfAfter: decayTime(samples, stretch, 0.5, leastDecay),
    forcedAt: stretch.forcedAt,
  };
}

/** The facts of a run that do not need RSS, or undefined when it has no sample. */
export function runFactsOf(run: RunData): RunFacts | undefined {
  const { samples } = run;
  if (samples.length === 0) return undefined;
  let samplingTotal = 0;
  let samplingMax = 0;
  for (const { cost = 0 } of samples) {
    samplingTotal += cost;
    samplingMax = Math.max(samplingMax, cost);
  }
  return {
    first: samples[0],
    last: samples[samples.length - 1],
    idleFrom: idleBegin(run),
    scavenged: run.scavenges.reduce((sum, scavenge) => sum + (scavenge.bytes ?? 0), 0),
    lazyAtEnd: lazyIsKnown(samples)
      ? (samples.findLast((sample) => typeof sample.lazy === 'number')?.lazy ?? undefined)
      : undefined,
    hugeAtEnd: releasedInHugePages(samples),
    samplingTotal,
    samplingMax,
  };
}

/** The facts of a run, or undefined when no sample tells of RSS. */
export function factsOf(run: RunData): Facts | undefined {
  const facts = runFactsOf(run);
  const samples = withRss(run.samples);
  if (facts === undefined || samples.length === 0) return undefined;
  const peak = samples[firstPeak(samples)];
  const last = samples[samples.length - 1];
  let excess: Point | undefined;
  let shortfall: Point | undefined;
  for (const sample of samples) {
    const believed = belief(sample);
    if (believed === undefined) continue;
    const difference = { t: sample.t, bytes: sample.rss - believed };
    if (excess === undefined || difference.bytes > excess.bytes) excess = difference;
    if (shortfall === undefined || difference.bytes < shortfall.bytes) shortfall = difference;
  }
  const idle = idleDecayStretch(samples, run.scavenges, facts.idleFrom);
  return {
    ...facts,
    peak: { t: peak.t, bytes: peak.rss },
    end: { t: last.t, bytes: last.rss },
    decay: decayOver(samples, decayStretch(samples, run.scavenges)),
    idle: idle === undefined ? undefined : decayOver(samples, idle),
    excess,
    shortfall,
  };
}
