import type { ComparedRuns, Comparison } from '../../../lib/lab/metrics/comparison.ts';
import { metrics, metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { spreadOf } from '../../../lib/lab/metrics/spread.ts';
import { type RunData, toRunData } from '../../../lib/lab/record/run-data.ts';

export const mib = 2 ** 20;

export interface Made {
  readonly rss?: readonly number[];
  readonly header?: object;
  readonly options?: object;
  readonly faults?: number;
  readonly phases?: readonly string[];
  readonly end?: object | null;
  /** Milliseconds: a release by force. */
  readonly forcedAt?: number;
  /** Resident pages of four in use, in a page map. */
  readonly resident?: number;
}

/** A run with a sample each second, RSS in MiB; phases end one a second. */
export function runOf({
  rss = [10, 40, 20],
  header,
  options,
  faults = 10,
  phases = [],
  end,
  ...more
}: Made = {}): RunData {
  const { forcedAt, resident } = more;
  const bytes = (of: (i: number) => number): string => Buffer.from([0, 1, 2, 3].map(of)).toString('base64');
  return toRunData([
    {
      k: 'run',
      format: 'pageheap-run/1',
      name: 'x',
      trace: { name: 'made' },
      options: options ?? {},
      ...header,
    },
    ...rss.map((r, i) => ({
      k: 's',
      t: i * 1000,
      inuse: r * mib,
      free: 0,
      released: 0,
      rss: r * mib,
      ops: i * 100,
      minflt: i * faults,
      madvB: 4096 * i,
    })),
    ...phases.map((name, i) => ({ k: 'phase', t: (i + 1) * 1000, name, rss: mib })),
    ...(forcedAt === undefined ? [] : [{ k: 'scav', t: forcedAt, kind: 'forced', bytes: mib }]),
    ...(resident === undefined
      ? []
      : [
          {
            k: 'map',
            t: 0,
            label: 'A',
            origin: 0,
            pages: 4,
            ranges: [[0, 4]],
            bits: { state: bytes(() => 3), resident: bytes((i) => (i < resident ? 2 : 0)) },
          },
        ]),
    ...(end === null ? [] : [{ k: 'end', t: rss.length * 1000, reason: 'done', opsPerSec: 5000, ...end }]),
  ]);
}

export function configurationOf(label: string, runs: readonly RunData[]): ComparedRuns {
  const values = runs.map(metricsOf);
  const spread = Object.fromEntries(metrics.map(({ id }) => [id, spreadOf(values.map((v) => v[id]))]));
  return { label, files: runs.map((_, i) => `${label}-${i + 1}.jsonl`), runs, spread };
}

export function comparisonOf(configurations: readonly ComparedRuns[], more: object = {}): Comparison {
  const index = {
    format: 'pageheap-comparison/1',
    name: 'made',
    started: '2025-01-01',
    repeat: 1,
    seconds: 3,
    interrupted: false,
    failures: [],
    configurations: configurations.map(({ label, files }) => ({ label, runs: files })),
    ...more,
  };
  return {
    folder: '/nowhere',
    configurations,
    index,
    failures: index.failures,
    incomplete: [],
  } as unknown as Comparison;
}
