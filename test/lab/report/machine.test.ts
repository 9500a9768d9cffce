/** What the report of a run says of the machine: gaps, a busy CPU, looks that were refused, huge pages. */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../lib/lab/metrics/facts.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { payloadOf } from '../../../lib/lab/report/payload.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';

describe('where no sample was taken', () => {
  const sample = (t: number, extra: object = {}) => ({
    k: 's',
    t,
    inuse: 5,
    free: 1,
    released: 2,
    rss: 6,
    ops: t,
    ...extra,
  });
  const header = {
    k: 'run',
    format: 'pageheap-run/2',
    trace: { name: 'x' },
    pace: { seconds: 1, beatMs: 100 },
  };
  const times = [0, 100, 200, 300, 2300, 2400, 2500];

  it('the series have nothing, and the page says so', () => {
    const run = toRunData([header, ...times.map((t) => sample(t))]);
    const { series, sampleCount, drawnCount } = payloadOf(run, factsOf(run));
    expect(series.t).toEqual([0, 100, 200, 300, 301, 2200, 2300, 2400, 2500]);
    expect(series.rss).toEqual([6, 6, 6, 6, null, null, 6, 6, 6]);
    expect([sampleCount, drawnCount]).toEqual([7, 7]);
    expect(renderReport(run)).toContain('Once no sample could be taken');
  });

  it('the page says that the machine was busy', () => {
    const run = toRunData([
      header,
      ...times.map((t) => sample(t, { waitNs: t * 5e5, missed: t > 300 ? 18 : 0 })),
      { k: 'end', t: 2500, seconds: 2.5, ops: 2500, opsPerSec: 1000 },
    ]);
    const page = renderReport(run).replaceAll('&nbsp;', ' ').replaceAll('\u00a0', ' ');
    expect(page).toContain('This machine was busy: the run waited for a CPU for 1.25 s, 50 % of the time');
    expect(page).toContain('2.50 s, asked 1.00 s');
  });

  it('a page is made of a run in which nobody knew what was resident', () => {
    const run = toRunData([header, ...times.map((t) => sample(t, { rss: null, prss: null }))]);
    expect(factsOf(run)).toBeUndefined();
    const page = renderReport(run);
    expect(page).toContain('No sample tells what is resident');
    expect(page).toContain('No sample tells what was resident.');
    expect(page.slice(page.indexOf('<main>'), page.indexOf('</main>'))).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('huge pages', () => {
  it('explain what is resident though it was released', () => {
    const mib = 2 ** 20;
    const at = (t: number, extra: object) => ({
      k: 's',
      t,
      inuse: 10 * mib,
      free: 0,
      sys: 100 * mib,
      ...extra,
    });
    const run = toRunData([
      { k: 'run', format: 'pageheap-run/2' },
      at(0, { released: 0, rss: 100 * mib, huge: 90 * mib }),
      at(1000, { released: 90 * mib, rss: 60 * mib, huge: 56 * mib, lazy: 8 * mib }),
    ]);
    // 60 MiB resident where 10 are believed; 8 of them are LazyFree.
    expect(factsOf(run)?.hugeAtEnd).toBe(42 * mib);
    expect(renderReport(run).replaceAll('\u00a0', ' ')).toContain(
      '42.0 MiB of it was released and is resident all the same',
    );
  });
});
