import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../lib/lab/metrics/facts.ts';
import { metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { summarize } from '../../../lib/lab/metrics/summary.ts';
import { type RunData, toRunData } from '../../../lib/lab/record/run-data.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';

const mib = 2 ** 20;
const header = { k: 'run', format: 'pageheap-run/1', name: 'x' };

/** A run with a sample each second: its RSS in MiB, and what else is given by index. */
function runOf(
  rss: readonly number[],
  more: (i: number) => object = () => ({}),
  lines: object[] = [],
): RunData {
  const samples = rss.map((r, i) => ({
    k: 's',
    t: i * 1000,
    inuse: 1,
    free: 0,
    released: 0,
    rss: r * mib,
    ...more(i),
  }));
  return toRunData([header, ...samples, ...lines, { k: 'end', t: rss.length * 1000, reason: 'done' }]);
}

const forced = (t: number, bytes = mib): object => ({ k: 'scav', t, kind: 'forced', bytes });
const words = (run: RunData): string =>
  renderReport(run)
    .replace(/\u00a0/g, ' ')
    .replace(/<\/?b>/g, '');

it('a decay ends where memory is forced back: a peak that lasts until then has none', () => {
  const run = runOf([50, 100, 100, 100, 0, 0], () => ({}), [forced(3500)]);
  expect(metricsOf(run)).toMatchObject({ decayHalf: undefined, decay95: undefined, rssEnd: 0 });
  const facts = factsOf(run);
  expect(facts?.decay).toEqual({
    from: { t: 3000, bytes: 100 * mib },
    to: { t: 3000, bytes: 100 * mib },
    halfAfter: undefined,
    forcedAt: 3500,
  });
  expect(facts?.end.bytes).toBe(0);
  expect(words(run)).toContain('RSS had hardly fallen when memory was forced back at 3.50 s.');
  expect(words(run)).toContain('not before it was forced');
});

it('what fell until then is the decay', () => {
  const run = runOf([100, 100, 80, 60, 60, 0], () => ({}), [forced(4500), forced(4900)]);
  // Half of the way from 100 to 60 MiB, on the line between the samples.
  expect(metricsOf(run).decayHalf).toBeCloseTo(1, 6);
  expect(metricsOf(run).decay95).toBeCloseTo(1.9, 6);
  expect(words(run)).toContain(
    'RSS reached half decay 1.00 s after decay start, at 1.00 s. The decay ended at 60.0 MiB: memory was forced back at 4.50 s.',
  );
});

it.each([
  ['in the background', { k: 'scav', t: 1500, kind: 'bg', bytes: mib }],
  ['of nothing', forced(1500, 0)],
  ['before the peak', forced(500)],
])('a release %s ends no decay', (_what, line) => {
  expect(metricsOf(runOf([10, 100, 50, 0], () => ({}), [line])).decayHalf).toBeCloseTo(1, 6);
});

it.each([
  [95.5, undefined],
  [94, 1],
])('a fall to %d of 100 MiB before the force has a decay of %s', (before, seconds) => {
  const run = runOf([10, 100, (100 + before) / 2, before, 0], () => ({}), [forced(3500)]);
  if (seconds === undefined) expect(metricsOf(run).decayHalf).toBeUndefined();
  else expect(metricsOf(run).decayHalf).toBeCloseTo(seconds, 6);
  expect(factsOf(run)?.decay.halfAfter).toBe(seconds === undefined ? undefined : 1000);
});

describe('the decay of the idle stretch', () => {
  const idleFrom = (first: number) => (i: number) => ({ phase: i < first ? 'replay' : 'idle' });

  it('begins with that stretch, wherever the peak was before', () => {
    const late = runOf([10, 100, 90, 90, 80, 40, 0], idleFrom(4));
    const early = runOf([100, 90, 90, 90, 80, 40, 0], idleFrom(4));
    expect([late, early].map((run) => metricsOf(run).idleHalf)).toEqual([1, 1]);
    expect(metricsOf(early).decayHalf).toBeGreaterThan(metricsOf(late).decayHalf ?? 0);
    expect(factsOf(late)?.idle).toMatchObject({ from: { t: 4000 }, to: { t: 6000, bytes: 0 } });
    expect(words(late)).toContain('RSS went from 80.0 MiB to 0 B, half of that within 1.00 s.');
  });

  it('ends where memory is forced back', () => {
    const run = runOf([100, 100, 80, 60, 0], idleFrom(1), [forced(3500)]);
    expect(metricsOf(run).idleHalf).toBeCloseTo(1, 6);
    expect(factsOf(run)?.idle).toMatchObject({ to: { t: 3000, bytes: 60 * mib }, forcedAt: 3500 });
    expect(words(run)).toContain('RSS went from 100 MiB to 60.0 MiB, until memory was forced back, half');
  });

  it.each<[string, RunData]>([
    ['nothing idles', runOf([100, 50, 0])],
    ['RSS falls by less than a twentieth', runOf([100, 100, 98, 96], idleFrom(1))],
    ['the idle stretch has but one sample', runOf([100, 50, 40], idleFrom(2))],
    [
      'phases tell of a workload',
      runOf([100, 50, 0], idleFrom(1), [{ k: 'phase', t: 0, name: 'a', rss: 1 }]),
    ],
    [
      'RSS is not told',
      toRunData([header, { k: 's', t: 0, phase: 'idle', inuse: 1, free: 0, released: 0, rss: null }]),
    ],
  ])('is none where %s', (_what, run) => {
    expect(metricsOf(run).idleHalf).toBeUndefined();
  });
});

it('the peak is where RSS first was as high, in the words of the report as on the terminal', () => {
  const run = runOf([10, 100, 100, 100]);
  expect(factsOf(run)?.peak.t).toBe(1000);
  expect(factsOf(run)?.decay.from.t).toBe(3000);
  expect(words(run)).toContain('reached 100 MiB at 1.00 s');
});

it.each<[string, (i: number) => object, number | undefined]>([
  ['a look after memory was given back', (i) => ({ madv: i, lazy: i === 2 ? 7 : null }), 7],
  ['none since', (i) => ({ madv: i, lazy: i === 0 ? 0 : null }), undefined],
  ['nothing given back', (i) => ({ madv: 0, lazy: i === 0 ? 0 : null }), 0],
  ['no look at all', (i) => ({ madv: i }), undefined],
])('LazyFree with %s', (_what, more, value) => {
  const run = runOf([10, 10, 10], more);
  expect(metricsOf(run).lazyFree).toBe(value);
  expect(factsOf(run)?.lazyAtEnd).toBe(value);
});

it('trapped memory is the most of any sample, and a run of small physical pages has none', () => {
  const trapped = [0, 3 * mib, mib];
  const run = runOf([10, 10, 10], (i) => ({ trapped: trapped[i] }));
  expect(metricsOf(run).trapped).toBe(3 * mib);
  expect(summarize(run).moments.map((moment) => moment.trapped)).toEqual([0, mib]);
  expect(words(run)).toContain('1.00 MiB of that trapped');
  expect(metricsOf(runOf([10])).trapped).toBeUndefined();
  expect(summarize(runOf([10])).moments[0]).not.toHaveProperty('trapped');
});

it('mappings are counted in all, and beyond the first count', () => {
  const counts = [null, 200, null, 260, 230];
  expect(metricsOf(runOf([1, 1, 1, 1, 1], (i) => ({ vmas: counts[i] })))).toMatchObject({
    vmas: 260,
    vmasAdded: 60,
  });
  expect(metricsOf(runOf([1, 1])).vmasAdded).toBeUndefined();
});

it('what a process has beyond its first sample is without the tables of a replayer', () => {
  const prss = [100, 150, 130, 90];
  const own = [10, 20, 20, 20];
  const run = runOf([0, 40, 20, 0], (i) => ({ prss: prss[i] * mib, own: own[i] * mib, live: 10 * mib }));
  expect(metricsOf(run)).toMatchObject({
    addedPeak: 40 * mib,
    addedMean: 20 * mib,
    addedEnd: 0,
    // 0, 40 and 20 over three seconds, beside 10.
    overPayload: 2,
  });
});

it('time on a CPU, time at work and major faults are those of the last sample', () => {
  const run = runOf([1, 1], (i) => ({ cpuNs: i * 2e9, busyNs: i * 1e9, majflt: 3 * i }));
  expect(metricsOf(run)).toMatchObject({ cpuTime: 2, busy: 1, majorFaults: 3 });
  expect(metricsOf(runOf([1], () => ({ cpuNs: null })))).toMatchObject({
    cpuTime: undefined,
    busy: undefined,
  });
});
