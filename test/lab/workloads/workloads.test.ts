import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { turnMs } from '../../../lib/lab/run/pacing.ts';
import { findWorkload, workloadNamed, workloads } from '../../../lib/lab/workloads/index.ts';
import { FakeTurns } from '../support/fake-turns.ts';
import { RecordingHeap, record, WholeBytesHeap } from './recording.ts';

/** Those that say themselves when an object dies; the other: binary-trees.test.ts. */
const names = workloads.filter(({ heap }) => heap?.liveness === undefined).map(({ name }) => name);
const mib = 2 ** 20;

/** Those that allocate many times as many objects as the others are looked at on a smaller scale. */
const shares: Readonly<Record<string, number>> = { 'tiny-objects': 0.1, 'ledger-churn': 0.3, rsscurve: 0.3 };

/** Those whose sizes are not drawn. */
const fixed = new Set(['stripes', 'gcphys']);

/** The questions that the documents answer. */
const titles = [...readFileSync('docs/questions.md', 'utf8').matchAll(/^## (.*)$/gm)].map(
  ([, title]) => title,
);

describe('the built-in workloads', () => {
  it('are those that the questions need', () => {
    expect(workloads.map(({ name }) => name)).toEqual([
      'rsscurve',
      'stripes',
      'gcphys',
      'ramp-idle-ramp',
      'ledger-churn',
      'cache-refill',
      'large-bursts',
      'tiny-objects',
      'lru-cache',
      'binary-trees',
      'mutating-graph',
      'linked-list',
      'parser',
      'parser-arenas',
    ]);
  });

  it('are found by name, and only those', () => {
    for (const workload of workloads) expect(workloadNamed(workload.name)).toBe(workload);
    expect(findWorkload('rss')).toBeUndefined();
    expect(() => workloadNamed('rss')).toThrow(/no workload rss; there are rsscurve, stripes/);
  });

  it.each(workloads)('$name says what it is for', ({ name, description, questions, idleSeconds }) => {
    expect(description.length).toBeGreaterThan(150);
    expect(description).toMatch(/\.$/);
    expect(questions.length).toBeGreaterThan(0);
    for (const q of questions) expect(titles).toContain(q);
    expect(idleSeconds >= 5 && idleSeconds <= 60).toBe(names.includes(name));
  });
});

describe.each(names)('%s', (name) => {
  const share = shares[name] ?? 1;
  // What one test has recorded, another looks at.
  const known = new Map<number, ReturnType<typeof record>>();
  const recorded = (scale: number): ReturnType<typeof record> => {
    const found = known.get(scale) ?? record({ name, scale });
    known.set(scale, found);
    return found;
  };

  it('asks for the same in the same order for the same seed', async () => {
    const [one, other] = [
      await record({ name, seed: 7, scale: 0.02 * share }),
      await record({ name, seed: 7, scale: 0.02 * share }),
    ];
    expect(other.heap.hash).toBe(one.heap.hash);
    expect(other.phases).toEqual(one.phases);
    const third = await record({ name, seed: 8, scale: 0.02 * share });
    expect(third.heap.hash === one.heap.hash).toBe(fixed.has(name));
  });

  it('has the seed that it says it has', async () => {
    const { seed } = workloadNamed(name);
    const [one, other] = [await recorded(0.02 * share), await record({ name, seed, scale: 0.02 * share })];
    expect(other.heap.hash).toBe(one.heap.hash);
  });

  it('scales its memory, not its time', async () => {
    const [whole, half] = [await record({ name, scale: 0.2 * share }), await recorded(0.1 * share)];
    const ratio = Number(whole.drive.peakLiveBytes) / Number(half.drive.peakLiveBytes);
    // The last object of a fill may be as long as 8 MiB.
    expect(Math.abs(ratio - 2)).toBeLessThan(name === 'large-bursts' ? 0.5 : 0.15);
    expect(whole.phases.map((p) => p.name)).toEqual(half.phases.map((p) => p.name));
    const last = (r: typeof whole): number => r.phases[r.phases.length - 1].seconds;
    expect(last(whole)).toBeCloseTo(last(half), 0);
  });

  it('peaks and idles as it says', async () => {
    const { peakBytes, idleSeconds } = workloadNamed(name);
    const scale = 0.1 * share;
    const { drive, phases, shares } = await recorded(scale);
    const excess = Number(drive.peakLiveBytes) - scale * peakBytes;
    // The last object of a fill may be as long as 8 MiB.
    expect(Math.abs(excess)).toBeLessThan(0.1 * scale * peakBytes + (name === 'large-bursts' ? 8 * mib : 0));
    // Work takes hardly any of this clock's time.
    expect(phases[phases.length - 1].seconds).toBeCloseTo(idleSeconds, -0.5);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBe(0);
    expect(shares[shares.length - 1]).toBeCloseTo(1, 1);
  });

  it('idles longer by the time scale, and not at all at 0', async () => {
    const times: number[] = [];
    for (const timeScale of [0, 0.5, 1]) {
      const { phases } = await record({ name, scale: 0.02 * share, timeScale });
      times.push(phases[phases.length - 1].seconds);
    }
    expect(times[0]).toBeLessThan(0.2);
    expect(times[1] / times[2]).toBeCloseTo(0.5, 1);
  });

  // At larger ones: test/long/lab/workloads.
  it.each([0.001, 0.0137 * share])('runs at a scale of %d, in whole bytes', async (scale) => {
    const { phases } = await record({ name, scale, timeScale: 0 }, undefined, new WholeBytesHeap());
    expect(phases.at(-1)?.mallocs).toBeGreaterThan(0);
  });

  it('stops soon after it was told to, with what it held', async () => {
    const { phases, heap } = await record({ name, scale: 0.02 }, 1);
    expect(phases.length).toBe(1);
    expect(heap.mallocs).toBe(phases[0].mallocs);
  });

  it('gives the event loop a turn every few milliseconds of work', async () => {
    const turns = new FakeTurns();
    let last = turns.ms;
    let longest = 0;
    let largest = 0;
    // A write of a KiB takes a microsecond here, or as much longer as there is less to write.
    class Slow extends RecordingHeap {
      override touchEvery(_address: number, bytes: number): void {
        const ms = bytes / 1024 / 1000 / share;
        turns.ms += ms;
        largest = Math.max(largest, ms);
      }
      override step(): number {
        longest = Math.max(longest, turns.ms - last);
        last = turns.ms;
        return super.step();
      }
    }
    await record(
      { name, scale: name === 'gcphys' ? 1 : 0.1 * share, timeScale: 0 },
      undefined,
      new Slow(),
      turns,
    );
    // An object is written at once.
    expect(longest).toBeLessThan(turnMs + largest + 1);
    expect(longest).toBeGreaterThan(turnMs);
  });
});

describe('the drive of a workload', () => {
  it('refuses a name that is none', async () => {
    await expect(record({ name: 'nothing' })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });

  it('holds what it counts', async () => {
    const { drive, heap } = await record({ name: 'ledger-churn', scale: 0.01 });
    expect([drive.liveBytes, drive.liveObjects, heap.inUse]).toEqual([0, 0, 0]);
    expect(drive.ops).toBe(heap.mallocs + heap.drops);
    expect(drive.counts()).toEqual({ allocs: heap.mallocs, frees: heap.drops });
    expect(drive.peakLiveBytes).toBeLessThan(mib);
  });
});
