/** The report of a workload: its phases, its name. */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../lib/lab/metrics/facts.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { header, payloadIn, sample } from './made-report.ts';

const mib = 1024 * 1024;

describe('the report of a workload', () => {
  const phase = (name: string, t: number, more: object = {}): object => ({
    k: 'phase',
    name,
    t,
    rss: mib,
    ...more,
  });
  const workload = { name: 'rsscurve', seed: 12345, scale: 0.5 };
  const lines = [
    { ...header, workload },
    ...[0, 10, 20, 30].map((t) => sample(t, mib, { phase: t < 15 ? 'work' : 'idle' })),
    phase('A', 10, { minflt: 1500, lazy: null }),
    phase('<b>', 30, { minflt: 1700, inuse: 2 * mib, lazy: null }),
  ];
  const run = toRunData(lines);
  const page = renderReport(run);

  it('has a table of its phases, with what is known of them', () => {
    const table = /<table id="phases"[^>]*>(.*?)<\/table>/s.exec(page)?.[1] ?? '';
    const cells = [...table.matchAll(/<t[hd](?: [^>]*)?>(.*?)<\/t[hd]>/g)].map(([, text]) => text);
    expect(cells).toEqual([
      ...['phase', 'ended at', 'RSS of the heap', 'in use', 'minor faults in it'],
      ...['A', '0.01 s', '1.00 MiB', '–', '1,500'],
      ...['&lt;b&gt;', '0.03 s', '1.00 MiB', '2.00 MiB', '200'],
    ]);
  });

  it('marks them in the timeline, and takes no pause of many for the idle stretch', () => {
    expect(payloadIn(page)).toMatchObject({
      phases: [
        { t: 10, name: 'A' },
        { t: 30, name: '<b>' },
      ],
      idleFrom: null,
    });
    expect(factsOf(run)?.idle).toBeUndefined();
  });

  it('names the workload', () => {
    expect(page).toContain('workload rsscurve, seed 12345, scale 0.5');
    expect(page).toContain('<h3>Workload and pace</h3>');
  });

  it('has no such section for a trace', () => {
    expect(renderReport(toRunData([header, sample(0, 1)]))).not.toContain('h-phases');
  });
});
