import { describe, expect, it } from 'vitest';
import { decayTime } from '../../../lib/lab/metrics/decay.ts';
import { metrics, metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { spreadOf } from '../../../lib/lab/metrics/spread.ts';
import type { RunSample } from '../../../lib/lab/record/lines.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';

import { linesOf, mib, runOf } from '../support/made-runs.ts';

describe('the metrics of a run', () => {
  const decay = [0, 50, 100, 100, 80, 60, 40, 20, 4, 0, 0];
  const m = metricsOf(runOf(decay));

  it.each<[string, number | undefined]>([
    ['rssPeak', 100 * mib],
    ['rssMean', 45.4 * mib],
    ['rssEnd', 0],
    // Between the samples at 60 and 40 MiB, and those at 20 and 4 MiB.
    ['decayHalf', 2.5],
    ['decay95', 4.9375],
    ['decayEnd', 0],
    ['idleHalf', undefined],
    ['released', 100 * mib],
    ['trapped', undefined],
    ['lazyFree', undefined],
    ['heapSys', 100 * mib],
    ['faults', 100],
    ['addedPeak', undefined],
    ['addedMean', undefined],
    ['addedEnd', undefined],
    ['overPayload', undefined],
    ['majorFaults', undefined],
    ['cpuTime', undefined],
    ['busy', undefined],
    ['madviseCalls', 10],
    ['madviseBytes', 40_960],
    ['madviseTime', 10_000],
    ['vmas', 50],
    ['vmasAdded', 10],
    ['opsPerSec', 5000],
    ['elapsed', 10],
    ['waited', undefined],
    ['missed', 0],
    ['collections', 2],
    ['fragmentation', 0.5],
    ['utilisation', 0.5],
    ['metadata', 6],
  ])('%s', (id, value) => {
    if (value === undefined) expect(m[id]).toBeUndefined();
    else expect(m[id]).toBeCloseTo(value, 3);
  });

  it('are all tested here', () => {
    expect(Object.keys(m).sort()).toEqual(metrics.map(({ id }) => id).sort());
    expect(metrics).toHaveLength(32);
  });

  it('have no decay where RSS hardly falls', () => {
    expect(metricsOf(runOf([10, 100, 98, 97])).decayHalf).toBeUndefined();
    expect(metricsOf(runOf([10, 100]))).toMatchObject({
      decayHalf: undefined,
      decay95: undefined,
      decayEnd: undefined,
    });
  });

  it('end where the samples end, also where a difference is rounded', () => {
    const samples = [2 ** 80, 1, 5].map((rss, i) => ({ t: i * 1000, rss }));
    expect(decayTime(samples, { from: 0, to: 2 }, 1)).toBeLessThanOrEqual(2000);
    const rising = [2 ** 80, 7, 5].map((rss, i) => ({ t: i * 1000, rss }));
    expect(decayTime(rising, { from: 0, to: 2 }, 1)).toBe(2000);
  });

  it('are none of a run without samples', () => {
    expect(metricsOf(toRunData(linesOf([])))).toEqual({});
  });
});

it('a spread is mean, range and standard deviation of what is known', () => {
  expect(spreadOf([2, undefined, 4, 6])).toEqual({
    ...{ n: 3, median: 4, low: 2, high: 6, mean: 4, min: 2, max: 6, sd: 2 },
    values: [2, null, 4, 6],
  });
  expect(spreadOf([5])).toEqual({
    ...{ n: 1, median: 5, low: 5, high: 5, mean: 5, min: 5, max: 5, sd: null },
    values: [5],
  });
  expect(spreadOf([undefined])).toBeUndefined();
});

it('samples of every kind stay what they are', () => {
  const run = runOf([1, 2]);
  expect(run.samples.map(({ rss }: RunSample) => rss)).toEqual([mib, 2 * mib]);
});
