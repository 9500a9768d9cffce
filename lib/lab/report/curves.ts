/**
 * The curves and marks of a run, thin enough to draw and to send: columns over its samples, and over slices of its time.
 *
 * Times are milliseconds since the start, sizes bytes; null is "not known". A column has one value
 * per kept sample, and null in each gap, where no sample was taken. The size of the whole is bounded: about 5,000 samples,
 * 2,000 collections and 2,000 scavenges (more are merged by time).
 *
 * Worked out where the report is made, and in the browser where a run is watched; so nothing of Node is used here.
 */

import { runFactsOf } from '../metrics/facts.ts';
import { beatOf, type Gap, gapsOf } from '../metrics/pace.ts';
import { belief } from '../metrics/rss.ts';
import type { RunCollection, RunSample, RunScavenge, RunSteer } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { rates, spread, thin } from './downsample.ts';
import { type Counter, counters, type Gauge, gauges, type Quantity } from './quantities.ts';

export type Column = (number | null)[];

/** A column a quantity, empty where no sample has it. */
export type Series = { readonly t: number[] } & Readonly<Record<Gauge, Column>>;

/** Growth a second; `t` are the slices' edges, one more than each of the columns. */
export type Activity = { readonly t: number[] } & Readonly<Record<Counter, Column>>;

export interface CollectionMark {
  readonly t: number;
  readonly n: number;
  readonly forced: boolean;
  readonly ms: number | null;
  readonly before: number | null;
  readonly live: number | null;
}

export interface ScavengeMark {
  readonly t: number;
  readonly kind: string;
  readonly bytes: number;
  /** How many scavenges were merged into this mark. */
  readonly count: number;
}

/** The end of a phase of a workload. */
export interface PhaseMark {
  readonly t: number;
  readonly name: string;
}

/** What a person changed. */
export interface SteerMark {
  readonly t: number;
  readonly what: string;
  readonly value?: string | number;
  readonly was?: string | number;
}

export interface Curves {
  readonly series: Series;
  readonly activity: Activity;
  readonly collections: CollectionMark[];
  readonly scavenges: ScavengeMark[];
  readonly phases: PhaseMark[];
  readonly steers: SteerMark[];
  /** Where the idle stretch begins, or null. */
  readonly idleFrom: number | null;
  /** How many samples the run has, and how many of them `series` shows. */
  readonly sampleCount: number;
  readonly drawnCount: number;
}

const slices = 600;
const rateSlices = 300;
const mostMarks = 2000;
const mostPhases = 200;

/** Carries the last known value forward: quantities that only detailed samples have. */
function carried(
  samples: readonly RunSample[],
  value: (sample: RunSample) => number | null | undefined,
): Column {
  let last: number | null = null;
  return samples.map((sample) => (last = value(sample) ?? last));
}

/** A column, or an empty one when no sample has the quantity. */
function unlessEmpty(column: Column): Column {
  return column.some((value) => value !== null) ? column : [];
}

/**
 * Rows of a series, with two rows of nothing in each gap: just behind the sample before it, and a beat before the
 * one that ends it, so that a bar there is as wide as others. A gap that is narrower than a slice would not be seen.
 */
function rowsWithGaps(
  times: readonly number[],
  kept: readonly number[],
  gaps: readonly Gap[],
  beat: number,
): Row[] {
  const width = (times[times.length - 1] - times[0]) / slices;
  const wide = gaps.filter(({ from, to }) => to - from > width);
  const ending = new Map(wide.map((gap) => [gap.to, gap]));
  return kept.flatMap((i): Row[] => {
    const gap = ending.get(times[i]);
    if (gap === undefined) return [{ t: times[i], i }];
    const behind = gap.from + Math.min(1, beat / 2);
    return [{ t: behind }, { t: Math.max(behind, gap.to - beat) }, { t: times[i], i }];
  });
}

/** A row of a series: a time, and the index of its sample; none in a gap. */
interface Row {
  readonly t: number;
  readonly i?: number;
}

/** The samples that are drawn, by their indexes. */
function keptSamples(samples: readonly RunSample[]): number[] {
  const watched = [
    (i: number) => samples[i].rss ?? 0,
    (i: number) => samples[i].inuse ?? 0,
    (i: number) => samples[i].released ?? 0,
    (i: number) => (samples[i].rss ?? 0) - (belief(samples[i]) ?? 0),
  ];
  return thin(
    samples.map(({ t }) => t),
    watched,
    slices,
  );
}

function seriesOf(run: RunData, kept: readonly number[]): Series {
  const { samples } = run;
  const times = samples.map(({ t }) => t);
  const rows = rowsWithGaps(times, kept, gapsOf(run), beatOf(run));
  const column = ({ of, isSeldom }: Quantity): Column => {
    const known = isSeldom === true ? carried(samples, of) : undefined;
    return unlessEmpty(
      rows.map(({ i }) =>
        i === undefined ? null : ((known === undefined ? of(samples[i]) : known[i]) ?? null),
      ),
    );
  };
  const columns = Object.entries(gauges).map(([name, quantity]) => [name, column(quantity)]);
  return { ...Object.fromEntries(columns), t: rows.map(({ t }) => Math.round(t * 10) / 10) };
}

function activityOf(samples: readonly RunSample[]): Activity {
  const names = Object.keys(counters) as Counter[];
  const times = samples.map((sample) => sample.t);
  const counted = names.map((name) => (i: number) => counters[name].of(samples[i]) ?? 0);
  const { edges, perSecond } = rates(times, counted, rateSlices);
  const columns = names.map((name, c) => [name, perSecond[c].map((n) => Number(n.toPrecision(4)))]);
  return { ...Object.fromEntries(columns), t: edges.map((t) => Math.round(t * 10) / 10) };
}

function collectionMarks(collections: readonly RunCollection[]): CollectionMark[] {
  const marks = collections.map((gc, i) => ({
    t: gc.t,
    n: gc.n ?? i + 1,
    forced: gc.forced === true,
    ms: gc.ms ?? null,
    before: gc.heap0 ?? null,
    live: gc.live ?? null,
  }));
  return spread(marks, mostMarks);
}

const steerMark = ({ t, what, value, was }: RunSteer): SteerMark => ({
  ...{ t, what },
  ...(value === undefined ? {} : { value }),
  ...(was === undefined ? {} : { was }),
});

/** Scavenges of one kind that fall into the same slice of time become one mark with their sum. */
function scavengeMarks(scavenges: readonly RunScavenge[]): ScavengeMark[] {
  const plain = scavenges.map((s) => ({ t: s.t, kind: s.kind ?? 'bg', bytes: s.bytes ?? 0, count: 1 }));
  if (plain.length <= mostMarks) {
    return plain;
  }
  const start = plain[0].t;
  const width = (plain[plain.length - 1].t - start) / (mostMarks / 4) || 1;
  const merged = new Map<string, ScavengeMark>();
  for (const mark of plain) {
    const slice = `${Math.floor((mark.t - start) / width)} ${mark.kind}`;
    const former = merged.get(slice);
    merged.set(slice, {
      t: former?.t ?? mark.t,
      kind: mark.kind,
      bytes: mark.bytes + (former?.bytes ?? 0),
      count: 1 + (former?.count ?? 0),
    });
  }
  return [...merged.values()];
}

export function curvesOf(run: RunData): Curves {
  const kept = keptSamples(run.samples);
  return {
    series: seriesOf(run, kept),
    activity: activityOf(run.samples),
    collections: collectionMarks(run.collections),
    scavenges: scavengeMarks(run.scavenges),
    phases: spread(
      run.phases.map(({ t, name }) => ({ t, name })),
      mostPhases,
    ),
    steers: spread((run.steers ?? []).map(steerMark), mostMarks),
    idleFrom: runFactsOf(run)?.idleFrom ?? null,
    sampleCount: run.samples.length,
    drawnCount: kept.length,
  };
}
