import { type RunData, toRunData } from '../../../lib/lab/record/run-data.ts';

export const mib = 2 ** 20;

/** A page map of a page for each MiB, all in use; the first `resident` of them are. */
export function mapOf(label: string, resident: number): unknown {
  const bytes = (of: (i: number) => number): string =>
    Buffer.from(Array.from({ length: 100 }, (_, i) => of(i))).toString('base64');
  return {
    k: 'map',
    t: 0,
    label,
    origin: 2 ** 40,
    pages: 100,
    ranges: [[0, 100]],
    bits: { state: bytes(() => 3), resident: bytes((i) => (i < resident ? 2 : 0)) },
  };
}

/** A run whose RSS follows given MiB, a sample each second. */
export function linesOf(rss: readonly number[], extra: Record<string, unknown> = {}): unknown[] {
  return [
    {
      k: 'run',
      format: 'pageheap-run/1',
      name: 'x',
      options: { advise: 'dontneed', ...extra },
      trace: { name: 'made' },
    },
    ...rss.map((r, i) => ({
      k: 's',
      t: i * 1000,
      inuse: r * mib,
      alloc: (r * mib) / 2,
      free: 0,
      released: (100 - r) * mib,
      sys: 100 * mib,
      rss: r * mib,
      minflt: 10 * i,
      madv: i,
      madvB: i * 4096,
      madvNs: i * 1000,
      gcs: 2,
      vmas: 40 + i,
      lazy: null,
    })),
    ...rss.map((r, i) => mapOf(`after ${i}`, r)),
    mapOf('peak', 1),
    mapOf('peak', 2),
    ...rss.map((r, i) => ({ k: 'phase', t: i * 1000, name: `after ${i}`, rss: r * mib, sys: 100 * mib })),
    {
      k: 'end',
      t: rss.length * 1000,
      opsPerSec: 5000,
      summary: { peakLiveBytes: 50 * mib, MSpanSys: 1, GCSys: 2, OtherSys: 3 },
    },
  ];
}

export const runOf = (rss: readonly number[]): RunData => toRunData(linesOf(rss));
