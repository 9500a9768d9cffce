/**
 * What a run comes to when it is laid beside others: one number a metric, from its run file alone.
 *
 * The decay, and that of the idle stretch, are those of decay.ts: they end where memory is forced back, and a run whose RSS had
 * fallen by less than a twentieth of what it was at the beginning has none.
 *
 * Not here: the spread over repeated runs (spread.ts), phases (phases.ts), how numbers are shown.
 */

import type { RunSample, RunScavenge, RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { decayStretch, decayTime, idleBegin, idleDecayStretch, leastDecay } from './decay.ts';
import { lazyIsKnown } from './lazy-free.ts';
import { type Pace, paceOf } from './pace.ts';
import { payloadOf } from './payload.ts';
import { type KnownSample, withRss } from './rss.ts';
import type { MetricUnit } from './spread.ts';

export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: MetricUnit;
  /** How it is worked out: stands in docs/numbers.md too. */
  readonly formula: string;
  /** Undefined where the run does not have it. */
  readonly of: (run: MetricInput) => number | undefined;
}

/** A run with at least one sample. */
export interface MetricInput {
  readonly samples: readonly RunSample[];
  /** Those that tell of RSS. */
  readonly known: readonly KnownSample[];
  readonly scavenges: readonly RunScavenge[];
  /** Milliseconds: where the idle stretch of a trace begins. */
  readonly idleFrom: number | undefined;
  readonly pace: Pace | undefined;
  readonly last: RunSample;
  readonly summary: Readonly<Record<string, RunValue>>;
  readonly opsPerSec: number | undefined;
  readonly utilisation: number | undefined;
}

/** RSS where a decay ends; undefined where there is none. */
function decayEnd({ known: samples, scavenges }: MetricInput): number | undefined {
  if (samples.length === 0) return undefined;
  const stretch = decayStretch(samples, scavenges);
  const isDecay = decayTime(samples, stretch, 1, leastDecay) !== undefined;
  return isDecay ? samples[stretch.to].rss : undefined;
}

/** Seconds from decay start until a share of the decay is done. */
function decaySeconds({ known: samples, scavenges }: MetricInput, share: number): number | undefined {
  if (samples.length === 0) return undefined;
  const ms = decayTime(samples, decayStretch(samples, scavenges), share, leastDecay);
  return ms === undefined ? undefined : ms / 1000;
}

/** Seconds from the first sample of the idle stretch until half of what went in it was gone. */
function idleHalf({ known: samples, scavenges, idleFrom }: MetricInput): number | undefined {
  const stretch = idleDecayStretch(samples, scavenges, idleFrom);
  const ms = stretch && decayTime(samples, stretch, 0.5, leastDecay);
  return ms === undefined ? undefined : ms / 1000;
}

/** Mean over time of samples, of which there is one: each value holds until the next. */
function meanOverTime<S extends { readonly t: number }>(samples: readonly S[], of: (s: S) => number): number {
  const span = samples[samples.length - 1].t - samples[0].t;
  if (span <= 0) return of(samples[0]);
  let sum = 0;
  for (let i = 1; i < samples.length; i++) sum += of(samples[i - 1]) * (samples[i].t - samples[i - 1].t);
  return sum / span;
}

function most(
  samples: readonly RunSample[],
  of: (s: RunSample) => number | null | undefined,
): number | undefined {
  const known = samples.map(of).filter((n): n is number => typeof n === 'number');
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
}

const numberOf = (value: RunValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

/** What spans in use hold beside objects, garbage counted as objects until it is swept. */
function fragmentation({ samples }: MetricInput): number | undefined {
  const known = samples.filter((s) => s.alloc !== undefined && s.inuse !== undefined);
  if (known.length === 0) return undefined;
  const inUse = meanOverTime(known, (s) => s.inuse ?? 0);
  return inUse === 0 ? undefined : 1 - meanOverTime(known, (s) => s.alloc ?? 0) / inUse;
}

function metadata({ summary }: MetricInput): number | undefined {
  const parts = [summary.MSpanSys, summary.GCSys, summary.OtherSys].map(numberOf);
  return parts.includes(undefined) ? undefined : parts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
}

const endOfDecay =
  '; the end is the last sample before the first forced release after the RSS peak, or the run’s last';

/** Mappings beyond those of the first sample that counted them. */
function addedMappings(samples: readonly RunSample[]): number | undefined {
  const first = samples.find(({ vmas }) => typeof vmas === 'number')?.vmas;
  const highest = most(samples, (s) => s.vmas);
  return typeof first !== 'number' || highest === undefined ? undefined : highest - first;
}

/** A sample of what the process has beyond its first, without the replayer's own. */
interface Added {
  readonly t: number;
  readonly bytes: number;
}

function addedOf({ samples }: MetricInput): Added[] {
  const known = samples.flatMap(({ t, prss, own = 0 }): Added[] =>
    typeof prss === 'number' ? [{ t, bytes: prss - own }] : [],
  );
  return known.map(({ t, bytes }) => ({ t, bytes: Math.max(0, bytes - known[0].bytes) }));
}

/** RSS over what the program has asked for and not freed, each averaged over time. */
function overPayload({ known }: MetricInput): number | undefined {
  const told = known.filter(({ live }) => live !== undefined);
  if (told.length === 0) return undefined;
  const live = meanOverTime(told, (s) => s.live ?? 0);
  return live === 0 ? undefined : meanOverTime(told, (s) => s.rss) / live;
}

const secondsOf = (ns: number | null | undefined): number | undefined =>
  typeof ns === 'number' ? ns / 1e9 : undefined;

const withoutFirst =
  'resident bytes of the process less those of its first sample, and less the replayer’s tables';

export const metrics: readonly Metric[] = [
  {
    id: 'rssPeak',
    label: 'RSS peak',
    unit: 'bytes',
    formula:
      'the most RSS of the heap’s ranges in any sample; of a contender without ranges, RSS of its process less what that had before the first operation, and less the replayer’s tables',
    of: ({ samples }) => most(samples, (s) => s.rss),
  },
  {
    id: 'rssMean',
    label: 'RSS mean',
    unit: 'bytes',
    formula: 'RSS of the heap’s ranges, averaged over time',
    of: ({ known }) => (known.length === 0 ? undefined : meanOverTime(known, (s) => s.rss)),
  },
  {
    id: 'rssEnd',
    label: 'RSS end',
    unit: 'bytes',
    formula: 'RSS of the heap’s ranges in the last sample',
    of: ({ known }) => known.at(-1)?.rss,
  },
  {
    id: 'decayHalf',
    label: 'time to half decay',
    unit: 'seconds',
    formula: `from decay start, the last sample at the RSS peak, until RSS was down to peak − (peak − end) / 2${endOfDecay}`,
    of: (run) => decaySeconds(run, 0.5),
  },
  {
    id: 'decay95',
    label: 'time to 95 % decay',
    unit: 'seconds',
    formula: `from decay start, the last sample at the RSS peak, until RSS was down to peak − 0.95 (peak − end)${endOfDecay}`,
    of: (run) => decaySeconds(run, 0.95),
  },
  {
    id: 'decayEnd',
    label: 'RSS after decay',
    unit: 'bytes',
    formula: `RSS of the heap’s ranges at the decay’s end${endOfDecay}`,
    of: decayEnd,
  },
  {
    id: 'idleHalf',
    label: 'half in the idle stretch',
    unit: 'seconds',
    formula:
      'from the first sample of the idle stretch that a trace ends with until RSS was down to the middle between it and the run’s last, or the last before the first forced release',
    of: idleHalf,
  },
  {
    id: 'released',
    label: 'HeapReleased end',
    unit: 'bytes',
    formula: 'HeapReleased in the last sample',
    of: ({ last }) => last.released,
  },
  {
    id: 'trapped',
    label: 'trapped most',
    unit: 'bytes',
    formula:
      'the most free memory in any sample that could not be given back, since its physical page was not free as a whole; only with `physPageSize` above 8 KiB',
    of: ({ samples }) => most(samples, (s) => s.trapped),
  },
  {
    id: 'lazyFree',
    label: 'LazyFree most',
    unit: 'bytes',
    formula:
      'the most LazyFree of the heap’s ranges in the detailed samples: taken rarely and at the end, and only where there can be any',
    of: ({ samples }) => (lazyIsKnown(samples) ? most(samples, (s) => s.lazy) : undefined),
  },
  {
    id: 'heapSys',
    label: 'HeapSys end',
    unit: 'bytes',
    formula: 'HeapSys in the last sample',
    of: ({ last }) => last.sys,
  },
  {
    id: 'addedPeak',
    label: 'process RSS added, peak',
    unit: 'bytes',
    formula: `the most ${withoutFirst}; one basis for all, but with a heap of here it is Node’s process, with what V8 and the replay need`,
    of: (run) => {
      const added = addedOf(run);
      return added.length === 0 ? undefined : added.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    },
  },
  {
    id: 'addedMean',
    label: 'process RSS added, mean',
    unit: 'bytes',
    formula: `${withoutFirst}, averaged over time`,
    of: (run) => {
      const added = addedOf(run);
      return added.length === 0 ? undefined : meanOverTime(added, ({ bytes }) => bytes);
    },
  },
  {
    id: 'addedEnd',
    label: 'process RSS added, end',
    unit: 'bytes',
    formula: `${withoutFirst}, in the last sample`,
    of: (run) => addedOf(run).at(-1)?.bytes,
  },
  {
    id: 'overPayload',
    label: 'RSS over payload',
    unit: 'share',
    formula: 'RSS ÷ the bytes that the program had asked for and not freed, each averaged over time',
    of: overPayload,
  },
  {
    id: 'faults',
    label: 'minor faults',
    unit: 'count',
    formula: 'minor page faults of the process since the run began',
    of: ({ last }) => last.minflt,
  },
  {
    id: 'majorFaults',
    label: 'major faults',
    unit: 'count',
    formula: 'major page faults of the process since the run began',
    of: ({ last }) => last.majflt,
  },
  {
    id: 'madviseCalls',
    label: 'madvise calls',
    unit: 'count',
    formula: 'calls that gave memory back',
    of: ({ last }) => last.madv,
  },
  {
    id: 'madviseBytes',
    label: 'madvise bytes',
    unit: 'bytes',
    formula: 'bytes of those calls',
    of: ({ last }) => last.madvB,
  },
  {
    id: 'madviseTime',
    label: 'madvise time',
    unit: 'ns',
    formula: 'nanoseconds of those calls',
    of: ({ last }) => last.madvNs,
  },
  {
    id: 'vmas',
    label: 'VMAs most',
    unit: 'count',
    formula:
      'the most mappings of the process in any sample that counted them; of a heap of here most are V8’s',
    of: ({ samples }) => most(samples, (s) => s.vmas),
  },
  {
    id: 'vmasAdded',
    label: 'VMAs added',
    unit: 'count',
    formula: 'the most mappings of the process less those in the first sample that counted them',
    of: ({ samples }) => addedMappings(samples),
  },
  {
    id: 'opsPerSec',
    label: 'operations/s',
    unit: 'rate',
    formula:
      'operations by the seconds spent on them; of a paced trace the pace, or less where it was not kept',
    of: ({ opsPerSec }) => opsPerSec,
  },
  {
    id: 'elapsed',
    label: 'time',
    unit: 'seconds',
    formula: 'from the start to the last sample',
    of: ({ pace }) => pace?.elapsed,
  },
  {
    id: 'cpuTime',
    label: 'CPU time',
    unit: 'seconds',
    formula:
      'the time for which the run’s thread had a CPU, reading the trace included; of a contender all threads of its process, which reads none',
    of: ({ last }) => secondsOf(last.cpuNs),
  },
  {
    id: 'busy',
    label: 'time at work',
    unit: 'seconds',
    formula: 'the time in which a contender’s replayer carried out operations, and did not wait for more',
    of: ({ last }) => secondsOf(last.busyNs),
  },
  {
    id: 'waited',
    label: 'waited for a CPU',
    unit: 'seconds',
    formula:
      'the time for which the run’s thread was ready and others had the CPUs, by the scheduler’s account; of a contender all threads of its process',
    of: ({ pace }) => pace?.waited ?? undefined,
  },
  {
    id: 'missed',
    label: 'missed beats',
    unit: 'count',
    formula: 'beats at which no sample was taken',
    of: ({ pace }) => pace?.missed,
  },
  {
    id: 'collections',
    label: 'collections',
    unit: 'count',
    formula: 'collections in the last sample',
    of: ({ last }) => last.gcs,
  },
  {
    id: 'fragmentation',
    label: 'fragmentation',
    unit: 'share',
    formula:
      '1 − HeapAlloc / HeapInuse, each averaged over time: what spans in use hold beside objects, garbage included',
    of: fragmentation,
  },
  {
    id: 'utilisation',
    label: 'utilisation',
    unit: 'share',
    formula:
      'the most bytes alive at once ÷ the most HeapSys in any sample: the payload’s share of the heap’s high-water mark',
    of: ({ utilisation }) => utilisation,
  },
  {
    id: 'metadata',
    label: 'metadata',
    unit: 'bytes',
    formula: 'MSpanSys + GCSys + OtherSys at the end',
    of: metadata,
  },
];

/** Every metric of a run, by id; undefined where the run does not have it. */
export function metricsOf(run: RunData): Readonly<Record<string, number | undefined>> {
  const { samples, scavenges, end } = run;
  if (samples.length === 0) return {};
  const input: MetricInput = {
    samples,
    known: withRss(samples),
    pace: paceOf(run),
    scavenges,
    idleFrom: idleBegin(run),
    last: samples[samples.length - 1],
    summary: end?.summary ?? {},
    opsPerSec: end?.opsPerSec,
    utilisation: payloadOf(run)?.utilisation ?? undefined,
  };
  return Object.fromEntries(metrics.map((metric) => [metric.id, metric.of(input)]));
}
