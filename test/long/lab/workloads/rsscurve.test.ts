/** The counts are those that the recorded program printed. */
import { describe, expect, it } from 'vitest';
import { record } from '../../../lab/workloads/recording.ts';

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
