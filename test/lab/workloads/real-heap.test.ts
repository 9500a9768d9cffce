/** Workloads on the real heap, as fast as they go: each comes to its end, and shows what it is for. */
import { describe, expect, it } from 'vitest';
import { generations } from '../../../lib/design/design.ts';
import { workloads } from '../../../lib/lab/workloads/index.ts';
import { those } from '../../support/extent.ts';
import { phase, workloadRuns } from '../support/workload-runs.ts';

const mib = 2 ** 20;
const { made } = workloadRuns();

/** Those with many objects are smaller. */
const scales: Readonly<Record<string, number>> = {
  'tiny-objects': 0.005,
  'binary-trees': 0.005,
  parser: 0.005,
  'parser-arenas': 0.005,
};

// Each with each generation, and larger: test/long/lab/run/workload-run.test.ts.
it.each(
  // User arenas are of one design.
  workloads.map(({ name }, i) => [name, name === 'parser-arenas' ? 'radix' : generations[i % 3]] as const),
)('%s runs to its end on %s', async (name, generation) => {
  const data = await made(
    { name, scale: scales[name] ?? 0.01, timeScale: 0 },
    { heap: { environment: false, generation } },
  );
  expect(data.end?.reason).toBe('done');
  expect(data.phases.length).toBeGreaterThan(2);
  expect(data.collections.length).toBeGreaterThan(0);
});

describe('what a workload is for can be seen', () => {
  it('stripes: eight of nine pages are free, and the heap grows for large objects', async () => {
    const data = await made({ name: 'stripes', scale: 0.25, timeScale: 0 });
    const [stripes, large] = [phase(data, 'stripes'), phase(data, 'large objects')];
    expect(stripes.inuse / stripes.sys).toBeCloseTo(1 / 9, 2);
    expect(large.sys - stripes.sys).toBeGreaterThanOrEqual(14 * mib);
  });

  it.each(those(['lists', 'treap'] as const, (each) => each === 'treap'))(
    'stripes: so it is with %s',
    async (generation) => {
      const heap = { environment: false, generation } as const;
      const data = await made({ name: 'stripes', scale: 0.25, timeScale: 0 }, { heap });
      const [stripes, large] = [phase(data, 'stripes'), phase(data, 'large objects')];
      expect(stripes.inuse).toBeLessThan(0.15 * 64 * mib);
      // Growth is by 64 MiB in the one, and a reserve of it may be free already.
      const grown = large.sys - stripes.sys;
      const reserve = stripes.sys - 64 * mib;
      expect(grown + reserve).toBeGreaterThanOrEqual(14 * mib);
      expect(large.alloc - stripes.alloc).toBeGreaterThanOrEqual(16 * mib);
    },
  );

  it('gcphys: growth scavenging gives as much back as the heap grew by', async () => {
    const grows = await made({ name: 'gcphys', timeScale: 0 });
    const [holes, large] = [phase(grows, 'holes 1'), phase(grows, 'large 1')];
    expect(large.sys - holes.sys).toBe(16 * mib);
    expect(large.released - holes.released).toBeGreaterThan(14 * mib);
    const stays = await made(
      { name: 'gcphys', timeScale: 0 },
      { heap: { environment: false, scavenger: 'none' } },
    );
    // The last growth may have mapped a little more than it needed.
    expect(phase(stays, 'large 1').released).toBeLessThan(mib);
  });

  it('tiny-objects: most blocks live for one object', async () => {
    const data = await made({ name: 'tiny-objects', scale: 0.02, timeScale: 0 });
    const [filled, kept] = [phase(data, 'filled'), phase(data, 'one of eight kept')];
    expect(kept.alloc).toBeGreaterThan((filled.alloc * 1.2) / 8);
    expect(kept.inuse).toBeGreaterThan(0.9 * filled.inuse);
  });
});
