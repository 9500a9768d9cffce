/**
 * What a run comes to, worked out from its run file alone: so `run` says of a run what `report`
 * shows of it, and a run that was cut short is summed up as well.
 *
 * Not here: what answers "what happened to RSS" (facts.ts), what the program asked for (payload.ts), what is wrong
 * with its trace (trace-notes.ts), what is laid beside other runs (run-metrics.ts), how it is shown (cli/summary.ts).
 */

import type { RunHeader, RunSample, RunSteer, RunValue } from '../record/lines.ts';
import { rssPeak } from '../record/moments.ts';
import type { RunData } from '../record/run-data.ts';
import { countsOf, type MarkingTotals } from './counts.ts';
import { firstPeak } from './decay.ts';
import { factsOf, runFactsOf } from './facts.ts';
import { type Gap, gapsOf, type Pace, paceOf } from './pace.ts';
import { type Payload, payloadOf } from './payload.ts';
import { withRss } from './rss.ts';
import { type Irregular, irregularOf } from './trace-notes.ts';

/** The heap and the kernel at one moment; bytes. */
export interface Moment {
  /** `RSS peak`, `replayed` (the replay's end), `end`. */
  readonly label: string;
  /** Milliseconds since the start. */
  readonly t: number;
  /** Null where the allocator does not tell. */
  readonly inuse: number | null;
  readonly free: number | null;
  readonly released: number | null;
  /** Of the free what larger physical pages keep from being given back; absent where they are not larger. */
  readonly trapped?: number;
  /** Resident bytes of the heap's ranges; null where the kernel did not tell. */
  readonly rss: number | null;
  /** Resident bytes of the whole process, V8's heap included; null likewise. */
  readonly processRss: number | null;
  /** What the recorded program had when it was so far; absent where none was recorded, or it had ended. */
  readonly ranRss?: number;
}

/** The end of a phase of a workload; bytes. */
export interface PhaseMoment {
  readonly name: string;
  readonly t: number;
  /** Null where the allocator does not tell. */
  readonly inuse: number | null;
  readonly idle: number | null;
  readonly released: number | null;
  readonly sys: number | null;
  readonly rss: number | null;
  readonly alloc: number | null;
  readonly minorFaults: number;
}

export interface RunSummary {
  readonly name: string;
  /** `done`, `interrupted`, `error`, or `unfinished` when the file has no end. */
  readonly reason: string;
  readonly operations: number;
  /** Seconds of replay, and operations a second of them. */
  readonly seconds: number;
  /** How it went against the clock; null without a sample. */
  readonly pace: Pace | null;
  /** Stretches of time without a sample. */
  readonly gaps: readonly Gap[];
  readonly operationsPerSecond: number;
  readonly moments: readonly Moment[];
  /** Of a workload; of a trace none. */
  readonly phases: readonly PhaseMoment[];
  /** RSS of the heap's ranges at the end over its peak; 0 when there never was any. */
  readonly endShareOfPeak: number;
  /** LazyFree of the heap's ranges at the end, bytes; null where no sample tells. */
  readonly lazyFreeAtEnd: number | null;
  /** Bytes that are resident though released, because they lie in huge pages; null where no sample tells. */
  readonly hugeReleasedAtEnd: number | null;
  /** Null where the allocator tells of none. */
  readonly collections: number | null;
  /** Finalizers and cleanups: queued, called, and the most that waited in any sample. */
  readonly finalizers: { readonly queued: number; readonly run: number; readonly mostWaiting: number };
  /** What marking took where the heap traces; null where it does not. */
  readonly marking: MarkingTotals | null;
  /** Null where the allocator does not tell. */
  readonly madvise: { readonly calls: number; readonly bytes: number; readonly ns: number } | null;
  readonly faults: { readonly minor: number; readonly major: number };
  /** Samples taken, the nanoseconds that they took in all, beats missed. */
  readonly samples: { readonly count: number; readonly ns: number; readonly missed: number };
  /** What the program asked for; null where the run did not come to its end. */
  readonly payload: Payload | null;
  /** Irregularities of the trace that were counted, by name; those that are zero left out. */
  readonly irregular: Irregular;
  /** Numbers of the design and parts of it that are not Go's, by the names of their options, with their values. */
  readonly otherThanGo: Readonly<Record<string, RunValue>>;
  /** What the kernel did not show, a sentence each. */
  readonly leftOut: readonly string[];
  /** What a person changed while it ran, as the run file has it. */
  readonly steers: readonly RunSteer[];
  readonly remarks: readonly string[];
}

function momentOf(label: string, s: RunSample): Moment {
  const { t, inuse = null, free = null, released = null, rss } = s;
  const trapped = s.trapped === undefined ? {} : { trapped: s.trapped };
  const ran = s.ranRss === undefined ? {} : { ranRss: s.ranRss };
  return { label, t, inuse, free, ...trapped, released, rss, processRss: s.prss ?? null, ...ran };
}

const textsIn = (value: RunValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];

/** What of its design a run tells as other than Go's. */
export function otherThanGoOf({
  otherThanGo = [],
  options = {},
}: RunHeader): Readonly<Record<string, RunValue>> {
  return Object.fromEntries(otherThanGo.map((name) => [name, options[name] ?? null]));
}

export function summarize(data: RunData): RunSummary {
  const { samples, end } = data;
  const facts = runFactsOf(data);
  const counts = countsOf(data);
  // A heap of here whose file lacks a figure has none of it.
  const none = data.header.contender === undefined ? 0 : null;
  const last: RunSample | undefined = samples[samples.length - 1];
  const moments: Moment[] = [];
  if (last !== undefined) {
    const known = withRss(samples);
    // Where nothing is known of RSS, the peak is that of the memory in use.
    const peak =
      known.length > 0
        ? known[firstPeak(known)]
        : samples.reduce((a, b) => ((b.inuse ?? 0) > (a.inuse ?? 0) ? b : a));
    const replayed = samples.findLast((s) => s.phase === 'replay');
    moments.push(momentOf(rssPeak, peak));
    if (replayed !== undefined && replayed !== last) moments.push(momentOf('replayed', replayed));
    moments.push(momentOf('end', last));
  }
  const pace = paceOf(data);
  const operations = end?.ops ?? last?.ops ?? 0;
  const seconds = end?.seconds ?? pace?.work.took ?? 0;
  const { peak, end: rssEnd } = factsOf(data) ?? {};
  return {
    name: data.header.name ?? data.header.trace?.name ?? '',
    reason: end === undefined ? 'unfinished' : (end.reason ?? 'done'),
    operations,
    seconds,
    operationsPerSecond: end?.opsPerSec ?? (seconds > 0 ? operations / seconds : 0),
    pace: pace ?? null,
    gaps: gapsOf(data),
    moments,
    phases: data.phases.map((p) => ({
      name: p.name,
      t: p.t,
      inuse: p.inuse ?? none,
      idle: p.idle ?? none,
      released: p.released ?? none,
      sys: p.sys ?? none,
      rss: p.rss,
      alloc: p.alloc ?? none,
      minorFaults: p.minflt ?? 0,
    })),
    endShareOfPeak:
      peak !== undefined && rssEnd !== undefined && peak.bytes > 0 ? rssEnd.bytes / peak.bytes : 0,
    lazyFreeAtEnd: facts?.lazyAtEnd ?? null,
    hugeReleasedAtEnd: facts?.hugeAtEnd ?? null,
    collections: counts.collections,
    finalizers: counts.finalizers,
    marking: counts.marking,
    madvise: counts.madvise,
    faults: counts.faults,
    samples: {
      count: samples.length,
      ns: facts?.samplingTotal ?? 0,
      missed: counts.missed,
    },
    payload: payloadOf(data) ?? null,
    irregular: irregularOf([data]),
    otherThanGo: otherThanGoOf(data.header),
    leftOut: textsIn(end?.summary?.leftOut),
    steers: data.steers ?? [],
    remarks: data.remarks,
  };
}
