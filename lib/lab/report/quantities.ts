/**
 * The quantities of a run's samples: what each is called, its unit, and where it is found. Charts name them (charts.ts), in
 * the report, on the live page, in comparisons and on the terminal.
 */
import { bound } from '../metrics/facts.ts';
import { belief } from '../metrics/rss.ts';
import type { RunSample } from '../record/lines.ts';

export interface Quantity {
  /** As the heading of a chart of its own. */
  readonly title: string;
  readonly unit: 'bytes' | 'count';
  readonly of: (sample: RunSample) => number | null | undefined;
  /** Told by detailed samples alone: what the last one told counts on. */
  readonly isSeldom?: true;
}

/** What is so much at a moment. */
export const gauges = {
  inuse: { title: 'In use', unit: 'bytes', of: (s) => s.inuse },
  free: { title: 'Free', unit: 'bytes', of: (s) => s.free },
  released: { title: 'HeapReleased', unit: 'bytes', of: (s) => s.released },
  belief: { title: 'HeapSys − HeapReleased', unit: 'bytes', of: belief },
  sys: { title: 'HeapSys', unit: 'bytes', of: (s) => s.sys },
  rss: { title: 'RSS of the heap’s ranges', unit: 'bytes', of: (s) => s.rss },
  prss: { title: 'RSS of the process', unit: 'bytes', of: (s) => s.prss },
  /** Without the tables of a replayer. */
  processRss: {
    title: 'RSS of the process, without the replayer’s tables',
    unit: 'bytes',
    of: (s) => (typeof s.prss === 'number' ? s.prss - (s.own ?? 0) : null),
  },
  ranRss: { title: 'RSS as it ran', unit: 'bytes', of: (s) => s.ranRss },
  ranAnon: { title: 'RSS as it ran, its own', unit: 'bytes', of: (s) => s.ranAnon },
  lazy: { title: 'LazyFree', unit: 'bytes', of: (s) => s.lazy, isSeldom: true },
  huge: { title: 'Huge pages', unit: 'bytes', of: (s) => s.huge, isSeldom: true },
  alloc: { title: 'Objects', unit: 'bytes', of: (s) => s.alloc },
  goal: { title: 'Goal', unit: 'bytes', of: (s) => bound(s.goal) },
  limit: { title: 'Limit', unit: 'bytes', of: (s) => bound(s.limit) },
  vmas: { title: 'Mappings of the process', unit: 'count', of: (s) => s.vmas, isSeldom: true },
  finalizers: {
    title: 'Finalizers that wait',
    unit: 'count',
    of: ({ fin, finRun }) => (fin === undefined ? null : fin - (finRun ?? 0)),
  },
} as const satisfies Readonly<Record<string, Quantity>>;
export type Gauge = keyof typeof gauges;

/** What has been so much since the run began, and only grows. */
export const counters = {
  minflt: { title: 'Minor page faults', unit: 'count', of: (s) => s.minflt },
  majflt: { title: 'Major page faults', unit: 'count', of: (s) => s.majflt },
  madv: { title: 'Calls of madvise', unit: 'count', of: (s) => s.madv },
  madvB: { title: 'Given back by madvise', unit: 'bytes', of: (s) => s.madvB },
} as const satisfies Readonly<Record<string, Quantity>>;
export type Counter = keyof typeof counters;
