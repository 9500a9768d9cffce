/**
 * What a run had counted by its end: collections, faults, and what madvise gave back. The terminal, the report and
 * `--json` all take these numbers from here, so that they are the same everywhere.
 *
 * Counters of a sample count from the start of the run; so the last sample has the sum. A run file without the
 * counter of collections, or of madvise, has their lines.
 */
import type { RunData } from '../record/run-data.ts';

export interface MarkingTotals {
  /** Marking by those who allocated, and in the background. */
  readonly assist: number;
  readonly background: number;
  /** Pauses in all, and the longest stretch that the program was kept waiting. */
  readonly pauses: number;
  readonly longest: number;
}

export interface RunCounts {
  /** Null where the allocator tells of none: it may have no collections. */
  readonly collections: number | null;
  /** Page faults of the process since the run began. */
  readonly faults: { readonly minor: number; readonly major: number };
  /** Calls that gave memory back, their bytes and nanoseconds; null where the allocator does not tell. */
  readonly madvise: { readonly calls: number; readonly bytes: number; readonly ns: number } | null;
  /** Finalizers and cleanups: queued, called, and the most that waited in any sample. */
  readonly finalizers: { readonly queued: number; readonly run: number; readonly mostWaiting: number };
  /** What marking took where the heap traces, milliseconds; null where it does not. */
  readonly marking: MarkingTotals | null;
  /** Beats at which no sample was taken. */
  readonly missed: number;
}

export function countsOf({ header, samples, collections, scavenges }: RunData): RunCounts {
  const last = samples[samples.length - 1];
  const scavenged = scavenges.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const isOthers = header.contender !== undefined;
  return {
    collections: last?.gcs ?? (isOthers ? null : collections.length),
    faults: { minor: last?.minflt ?? 0, major: last?.majflt ?? 0 },
    madvise:
      isOthers && last?.madv === undefined
        ? null
        : { calls: last?.madv ?? 0, bytes: last?.madvB ?? scavenged, ns: last?.madvNs ?? 0 },
    finalizers: {
      queued: last?.fin ?? 0,
      run: last?.finRun ?? 0,
      mostWaiting: samples.reduce((most, { fin = 0, finRun = 0 }) => Math.max(most, fin - finRun), 0),
    },
    marking: markingOf(collections),
    missed: last?.missed ?? 0,
  };
}

function markingOf(collections: RunData['collections']): MarkingTotals | null {
  const traced = collections.filter(({ pauseMs }) => pauseMs !== undefined);
  if (traced.length === 0) return null;
  const sum = (of: 'pauseMs' | 'assistMs' | 'backgroundMs'): number =>
    traced.reduce((total, gc) => total + (gc[of] ?? 0), 0);
  return {
    assist: sum('assistMs'),
    background: sum('backgroundMs'),
    pauses: sum('pauseMs'),
    longest: traced.reduce((most, { longestMs = 0 }) => Math.max(most, longestMs), 0),
  };
}
