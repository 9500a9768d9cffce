/** What rsscurve asks for; with the counts that the recorded program printed: test/long/lab/workloads. */
import { describe, expect, it } from 'vitest';
import { record } from './recording.ts';

describe('rsscurve at scale 0.05', () => {
  it('asks for a twentieth of what the recorded program asked for, phase by phase', async () => {
    const { phases, heap, drive } = await record({ name: 'rsscurve', scale: 0.05 });
    expect(phases.map((p) => p.name).join('')).toBe('ABCDEFG');
    const [a, b, c, d, e, f, g] = phases;
    expect(a).toMatchObject({ drops: 0, collections: 0, liveBytes: drive.peakLiveBytes });
    // A fill ends with the object that reaches its goal.
    expect(Math.abs(a.liveBytes / (0.05 * 536_882_974) - 1)).toBeLessThan(0.02);
    expect(Math.abs(a.mallocs / (0.05 * 898_311) - 1)).toBeLessThan(0.05);
    expect(Math.abs(b.liveBytes / (0.05 * 55_155_926) - 1)).toBeLessThan(0.1);
    expect(b.collections).toBe(1);
    expect(c).toMatchObject({ liveBytes: b.liveBytes, collections: 1, forced: 0 });
    expect(d.mallocs - a.mallocs).toBeLessThanOrEqual(56);
    expect(Math.abs((d.liveBytes - c.liveBytes) / (0.05 * 269_669_935) - 1)).toBeLessThan(0.3);
    expect(e).toMatchObject({ liveBytes: 0, collections: 2, forced: 0 });
    expect([f.forced, g.forced]).toEqual([1, 2]);
    // The printer's stack, given back when two collections were over.
    expect(heap.stacksFreed).toBe(1);
    expect([heap.inUse, drive.liveObjects]).toEqual([0, 0]);
  });
});

describe('the time of rsscurve', () => {
  it.each([
    ['plain', false, [1, 1, 2]],
    ['with more collections', true, [1, 3, 6]],
  ])('%s: 20 s idle in C, 30 in E, 1 before G', async (_what, moreCollections, collections) => {
    const { phases } = await record({ name: 'rsscurve', scale: 0.01, moreCollections });
    const seconds = (i: number): number => phases[i].seconds - phases[i - 1].seconds;
    expect(seconds(2)).toBeCloseTo(20, 0);
    expect(seconds(4)).toBeCloseTo(30, 0);
    expect(seconds(6)).toBeCloseTo(1, 0);
    // At the ends of B, C and E.
    expect([1, 2, 4].map((i) => phases[i].collections)).toEqual(collections);
  });
});
