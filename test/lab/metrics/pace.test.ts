import { describe, expect, it } from 'vitest';
import {
  gapsOf,
  paceOf,
  treatmentsOf,
  wasHeldUp,
  wasLate,
  wereTreatedAlike,
} from '../../../lib/lab/metrics/pace.ts';
import { summarize } from '../../../lib/lab/metrics/summary.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import {
  cellTreatmentWords,
  gapWords,
  heldUpWords,
  treatmentWords,
} from '../../../lib/lab/report/pace-words.ts';

interface Made {
  /** Milliseconds of the samples, and how long the run had waited by the end of them. */
  readonly times: readonly number[];
  readonly waitedMs?: number;
  readonly missed?: number;
  readonly end?: boolean;
}

/** A replay of 5 s that was to be, then 2 s of idleness. */
function run({ times, waitedMs, missed = 0, end = true }: Made): RunData {
  const last = times[times.length - 1];
  return toRunData([
    {
      k: 'run',
      format: 'pageheap-run/2',
      trace: { name: 'x' },
      pace: { seconds: 5, idle: 2, beatMs: 100 },
    },
    ...times.map((t) => ({
      k: 's',
      t,
      phase: t < last - 2000 ? 'replay' : 'idle',
      ops: Math.min(t, last - 2000),
      inuse: 1,
      free: 0,
      released: 0,
      rss: 1,
      missed,
      ...(waitedMs === undefined ? {} : { waitNs: (waitedMs * 1e6 * t) / last, cpuNs: 1 }),
    })),
    ...(end
      ? [{ k: 'end', t: last, ops: 5000, seconds: (last - 2000) / 1000, idleSeconds: 2.01, idleAsked: 2 }]
      : []),
  ]);
}

const every = (step: number, to: number): number[] =>
  Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step);

describe('a run against the clock', () => {
  it('that went as asked', () => {
    const pace = paceOf(run({ times: every(100, 7000), waitedMs: 35 }));
    expect(pace).toMatchObject({
      work: { asked: 5, took: 5 },
      idle: { asked: 2, took: 2.01 },
      elapsed: 7,
      waited: 0.035,
      missed: 0,
      missedShare: 0,
    });
    expect(heldUpWords(pace!)).toBeUndefined();
  });

  it('that others held up', () => {
    const pace = paceOf(run({ times: every(200, 19_000), waitedMs: 9500, missed: 90 }))!;
    expect([wasHeldUp(pace), wasLate(pace)]).toEqual([true, true]);
    expect(heldUpWords(pace)).toMatch(
      /^this machine was busy: the run waited for a CPU for 9\.50 s, 50 % of the time; the replay took 17\.0 s where 5\.00 s were asked; 90 beats were missed, 48 % of all\./,
    );
  });

  it('whose own work was too much', () => {
    const pace = paceOf(run({ times: every(100, 12_000), waitedMs: 10 }))!;
    expect([wasHeldUp(pace), wasLate(pace)]).toEqual([false, true]);
    expect(heldUpWords(pace)).toMatch(/^the replay took 10\.0 s where 5\.00 s were asked: the work itself/);
  });

  it('that was killed: its times are those of its samples', () => {
    const killed = run({ times: every(100, 7000), end: false });
    expect(paceOf(killed)).toMatchObject({
      work: { asked: 5, took: 5 },
      idle: { asked: 2, took: 2 },
      waited: null,
    });
    const { operations, seconds, operationsPerSecond } = summarize(killed);
    expect([operations, seconds, operationsPerSecond]).toEqual([5000, 5, 1000]);
  });
});

describe('gaps', () => {
  it('are where no sample was taken for longer than a few beats', () => {
    const data = run({ times: [0, 100, 200, 450, 1650, 1700, 1800] });
    expect(gapsOf(data)).toEqual([{ from: 450, to: 1650 }]);
    expect(gapWords(gapsOf(data))).toMatch(/^Once no sample could be taken .* \(at most 1\.20 s\)/);
    expect(gapWords([])).toBe('');
  });

  it('are none where the beat itself is long, or short', () => {
    const slow = run({ times: [0, 100] });
    expect(
      gapsOf({
        ...slow,
        header: { ...slow.header, pace: { beatMs: 2000 } },
        samples: run({ times: every(2000, 9000) }).samples,
      }),
    ).toEqual([]);
    expect(
      gapsOf({
        ...slow,
        header: { ...slow.header, pace: { beatMs: 1 } },
        samples: run({ times: every(50, 900) }).samples,
      }),
    ).toEqual([]);
  });
});

describe('configurations of a comparison', () => {
  const idle = run({ times: every(100, 7000), waitedMs: 20 });
  const busy = run({ times: every(100, 7000), waitedMs: 2100, missed: 30 });
  const silent = run({ times: every(100, 7000) });
  const silentBusy = run({ times: every(100, 7000), missed: 30 });
  const of = (...runs: RunData[]) => treatmentsOf(runs.map((r, i) => ({ label: 'abc'[i], runs: [r] })));

  it('are treated alike on an idle machine, and on one that is busy all along', () => {
    expect(wereTreatedAlike(of(idle, idle))).toBe(true);
    expect(wereTreatedAlike(of(busy, busy))).toBe(true);
    expect(wereTreatedAlike(of(idle))).toBe(true);
    expect(wereTreatedAlike([])).toBe(true);
    expect(treatmentWords(of(idle, idle))).toBeUndefined();
  });

  it('are not where one had to wait', () => {
    expect(wereTreatedAlike(of(idle, busy))).toBe(false);
    expect(treatmentWords(of(idle, busy))).toMatch(
      /a waited for a CPU 0\.3 % of the time and took 7\.00 s; b waited for a CPU 30 % of the time/,
    );
  });

  it('are judged without a curve that was not run here, which nobody knows a wait of', () => {
    expect(wereTreatedAlike(of(idle, busy, silent))).toBe(false);
    expect(treatmentWords(of(idle, busy, silent))).not.toContain('c missed');
    expect(wereTreatedAlike(of(idle, silentBusy))).toBe(true);
  });

  it('may have threads that waited at once, for longer than the run took', () => {
    const threads = run({ times: every(100, 7000), waitedMs: 10_150 });
    expect(treatmentWords(of(idle, threads))).toContain(
      'b waited for a CPU 1.45 times as long as it ran, its threads taken together',
    );
  });

  it('are named by the least and the most where they are the cells of a grid', () => {
    expect(cellTreatmentWords(of(idle, idle))).toBeUndefined();
    expect(cellTreatmentWords(of(busy, idle, idle))).toMatch(
      /one waited for a CPU 0\.3 % of the time \([bc]\), another 30 % of the time \(a\)\./,
    );
    expect(cellTreatmentWords(of(silent, silentBusy))).toMatch(
      /one missed 0 % of its beats \(a\), another 30 % of its/,
    );
  });

  it('are judged by their beats where the kernel keeps no account', () => {
    expect(wereTreatedAlike(of(silent, silentBusy))).toBe(false);
    expect(treatmentWords(of(silent, silentBusy))).toMatch(/b missed 30 % of its beats/);
  });
});
