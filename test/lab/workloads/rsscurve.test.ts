/** The counts are those that the recorded program printed. */
import { describe, expect, it } from 'vitest';
import { record } from './recording.ts';

const kept = 90_064;
const keptBytes = 55_155_926;

describe('rsscurve at scale 1', () => {
  it('asks for what the recorded program asked for, phase by phase', async () => {
    const { phases, heap, drive } = await record({ name: 'rsscurve' });
    expect(phases.map((p) => p.name).join('')).toBe('ABCDEFG');
    const [a, b, c, d, e, f, g] = phases;
    expect(a).toMatchObject({ mallocs: 898_311, drops: 0, liveBytes: 536_882_974, collections: 0 });
    expect(b).toMatchObject({ drops: 898_311 - kept, liveBytes: keptBytes, collections: 1 });
    expect(c).toMatchObject({ liveBytes: keptBytes, collections: 1, forced: 0 });
    expect(d).toMatchObject({ mallocs: 898_311 + 56, liveBytes: keptBytes + 269_669_935 });
    expect(e).toMatchObject({ liveBytes: 0, collections: 2, forced: 0 });
    expect([f.forced, g.forced]).toEqual([1, 2]);
    // The printer's stack, given back when two collections were over.
    expect(heap.stacksFreed).toBe(1);
    expect([heap.inUse, drive.liveObjects, drive.peakLiveBytes]).toEqual([0, 0, 536_882_974]);
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
