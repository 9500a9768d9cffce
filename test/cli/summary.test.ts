import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { drawSummary, irregularityNotes } from '../../lib/cli/summary.ts';
import { widthOf } from '../../lib/cli/wrap.ts';
import { summarize } from '../../lib/lab/metrics/summary.ts';
import type { RunSample } from '../../lib/lab/record/lines.ts';
import { toRunData } from '../../lib/lab/record/run-data.ts';

const colors = picocolors.createColors(false);
const MiB = 2 ** 20;

function sample(t: number, phase: string, inuse: number, rss: number): RunSample {
  return {
    k: 's',
    t,
    phase,
    inuse: inuse * MiB,
    free: 2 * MiB,
    released: 3 * MiB,
    rss: rss * MiB,
    prss: (rss + 50) * MiB,
    ops: t,
    gcs: 4,
    madv: 7,
    madvB: 8 * MiB,
    madvNs: 9e6,
    minflt: 10,
    majflt: 1,
    cost: 500_000,
    missed: 2,
  };
}

const header = { k: 'run', format: 'pageheap-run/1', name: 'demo' };
const samples = [
  sample(0, 'replay', 1, 1),
  sample(1000, 'replay', 300, 310),
  sample(2000, 'replay', 200, 250),
  sample(3000, 'idle', 20, 31),
];

describe('what a run comes to', () => {
  const end = {
    k: 'end',
    t: 3000,
    reason: 'done',
    ops: 5000,
    seconds: 2,
    opsPerSec: 2500,
    trace: { lines: 9, allocs: 5, frees: 4, unknownFrees: 3, liveReuse: 0, failedReallocs: 1 },
  };
  const summary = summarize(toRunData([header, ...samples, end]));

  it('is its RSS peak, what it was when replayed and its end', () => {
    expect(
      summary.moments.map((m) => [
        m.label,
        m.t,
        (m.inuse ?? 0) / MiB,
        (m.rss ?? 0) / MiB,
        (m.processRss ?? 0) / MiB,
      ]),
    ).toEqual([
      ['RSS peak', 1000, 300, 310, 360],
      ['replayed', 2000, 200, 250, 300],
      ['end', 3000, 20, 31, 81],
    ]);
    expect(summary.endShareOfPeak).toBe(0.1);
  });

  it('counts', () => {
    expect(summary).toMatchObject({
      name: 'demo',
      reason: 'done',
      operations: 5000,
      seconds: 2,
      operationsPerSecond: 2500,
      collections: 4,
      madvise: { calls: 7, bytes: 8 * MiB, ns: 9e6 },
      faults: { minor: 10, major: 1 },
      samples: { count: 4, ns: 2e6, missed: 2 },
    });
  });

  it('tells what is irregular in the trace, and nothing else', () => {
    expect(summary.irregular).toEqual({ unknownFrees: 3, failedReallocs: 1 });
    expect(irregularityNotes(summary)).toEqual([
      'in the trace: 3 frees of what was not live: freed before, or allocated where the trace does not tell',
      'in the trace: 1 realloc failed in the program',
    ]);
  });

  it('counts one as one', () => {
    const one = { ...sample(0, 'replay', 1, 1), madv: 1, missed: 1 };
    const text = drawSummary(summarize(toRunData([header, one])), 120, colors);
    expect(text).toContain('in 1 call of madvise');
    expect(text).toContain('1 beat missed');
  });

  it.each([120, 80, 60, 40, 24])('fits %i columns', (columns) => {
    const text = drawSummary(summary, columns, colors);
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    const words = text.replaceAll(/\s+/g, ' ');
    for (const part of ['310 MiB', '10 % of the RSS peak', '7 calls']) expect(words).toContain(part);
  });
});

describe('a run of a workload', () => {
  const phase = (name: string, t: number, rss: number): object => ({
    k: 'phase',
    name,
    t,
    rss: rss * MiB,
    inuse: MiB,
    idle: 9 * MiB,
    released: 3 * MiB,
    sys: 10 * MiB,
    alloc: MiB,
    minflt: 8,
  });
  const worked = samples.map((s) => ({ ...s, phase: s.phase === 'replay' ? 'work' : 'idle' }));
  const summary = summarize(toRunData([header, ...worked, phase('A', 1000, 7), phase('B', 3000, 31)]));

  it('tells of the end of each phase', () => {
    expect(summary.phases).toEqual([
      expect.objectContaining({ name: 'A', t: 1000, rss: 7 * MiB, sys: 10 * MiB, minorFaults: 8 }),
      expect.objectContaining({ name: 'B', t: 3000, rss: 31 * MiB }),
    ]);
    expect(summary.moments.map((m) => m.label)).toEqual(['RSS peak', 'end']);
  });

  it.each([120, 80, 60, 40, 24])('fits %i columns', (columns) => {
    const text = drawSummary(summary, columns, colors);
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('7.00 MiB');
  });
});

describe('a run that did not come to its end', () => {
  it('is summed up from its samples', () => {
    const summary = summarize(toRunData([header, ...samples.slice(0, 2)]));
    expect(summary).toMatchObject({ reason: 'unfinished', operations: 1000, endShareOfPeak: 1 });
    expect(summary.moments.map((m) => m.label)).toEqual(['RSS peak', 'end']);
    expect(summary.remarks.length).toBe(1);
  });

  it('may not even have one', () => {
    const summary = summarize(toRunData([header]));
    expect(summary.moments).toEqual([]);
    expect(summary.endShareOfPeak).toBe(0);
    expect(drawSummary(summary, 80, colors)).toContain('operations');
  });
});
