/** Workloads on the real heap, through the run: what the run file says of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generations } from '../../../lib/design/design.ts';
import type { RunPhaseEnd } from '../../../lib/lab/record/lines.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions, RunProgress, RunResult } from '../../../lib/lab/run/run-options.ts';
import type { WorkloadOptions } from '../../../lib/lab/subject/subject-request.ts';
import { workloads } from '../../../lib/lab/workloads/index.ts';
import { FakeHeap } from '../support/fake-heap.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-workload-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const mib = 2 ** 20;

function options(workload: WorkloadOptions, more: Partial<RunOptions> = {}): RunOptions {
  return {
    workload,
    output: join(folder, `${++files}.jsonl`),
    beatMs: 20,
    // Huge pages, where the kernel makes them unasked, are not what is looked at here.
    heap: { environment: false, disableHugePages: true },
    ...more,
  };
}

async function made(workload: WorkloadOptions, more: Partial<RunOptions> = {}): Promise<RunData> {
  const run = options(workload, more);
  await makeRun(run);
  return readRunFile(run.output);
}

function phase(data: RunData, name: string): Required<RunPhaseEnd> & { readonly rss: number } {
  const found = data.phases.find((p) => p.name === name);
  expect(found).toMatchObject({ rss: expect.any(Number) });
  return found as Required<RunPhaseEnd> & { readonly rss: number };
}

describe('rsscurve, small and in a hurry', () => {
  const workload = { name: 'rsscurve', scale: 0.1, timeScale: 0.02 };
  let run: RunOptions;
  let result: RunResult;
  let data: RunData;
  const seen: RunProgress[] = [];
  beforeAll(async () => {
    run = options(workload);
    result = await makeRun(run, { onProgress: (progress) => seen.push(progress) });
    data = await readRunFile(run.output);
  });

  it('fills a run file that tells everything', () => {
    expect(data.remarks).toEqual([]);
    expect(data.header).toMatchObject({
      name: 'rsscurve',
      workload: { name: 'rsscurve', seed: 12345, scale: 0.1, timeScale: 0.02, moreCollections: false },
      pace: { beatMs: 20 },
    });
    expect(data.header.trace).toBeUndefined();
    expect(data.header.options).not.toHaveProperty('touch');
    expect(data.phases.map((p) => p.name).join('')).toBe('ABCDEFG');
    expect(data.end).toMatchObject({ reason: 'done', ops: result.ops, trace: result.counts });
    expect(new Set(data.samples.map((s) => s.phase))).toEqual(new Set(['work', 'idle']));
    expect(seen.map((p) => p.phase)).toContain('idle');
    for (const label of 'ABCDEFG') expect(data.maps.map((m) => m.label)).toContain(label);
  });

  it('has in each phase line the sample of that moment', () => {
    for (const p of data.phases as Required<RunPhaseEnd>[]) {
      const sample = data.samples.find((s) => s.t === p.t);
      expect(sample).toBeDefined();
      const { rss, prss, sys, inuse, free, released, alloc, minflt, ops } = sample as NonNullable<
        typeof sample
      >;
      expect(p).toMatchObject({ rss, prss, sys, inuse, released, alloc, minflt, ops });
      expect(p.idle).toBe((free ?? 0) + (released ?? 0));
      expect(p.sys).toBe(p.inuse + p.idle);
    }
    const [a, b, , d, e, f] = 'ABCDEF'.split('').map((name) => phase(data, name));
    expect(a.alloc).toBeGreaterThan(50 * mib);
    expect(b.alloc).toBeLessThan(0.15 * a.alloc);
    expect(d.alloc - b.alloc).toBeGreaterThan(25 * mib);
    expect(e.alloc).toBe(0);
    // The page caches keep up to half a MiB each.
    expect(f.sys - f.released).toBeLessThan(3 * mib);
    expect(f.rss).toBeLessThan(3 * mib);
    // Under DONTNEED there is nothing lazy to look for.
    expect(a.lazy).toBeNull();
  });

  it('takes a detailed sample at the end of each phase under MADV_FREE', async () => {
    const data = await made(
      { ...workload, timeScale: 0 },
      { heap: { environment: false, advise: 'free', disableHugePages: true } },
    );
    const f = phase(data, 'F');
    expect(f.sys - f.released).toBeLessThan(3 * mib);
    // What the kernel has not taken by then counts as resident and as lazily free.
    expect(f.lazy).toBeLessThanOrEqual(f.rss);
    expect(f.lazy).toBeGreaterThan(0.9 * f.rss);
    for (const p of data.phases) expect(typeof p.lazy).toBe('number');
  });

  it('says so when it was interrupted', async () => {
    const stop = new AbortController();
    const run = options({ name: 'rsscurve', scale: 0.05 });
    const result = await makeRun(run, {
      signal: stop.signal,
      onProgress: ({ phase: at }) => {
        if (at === 'idle') stop.abort();
      },
    });
    expect(result.reason).toBe('interrupted');
    const data = await readRunFile(run.output);
    expect([data.end?.reason, data.phases.length]).toEqual(['interrupted', 2]);
  });
});

// Each with each generation, and larger: test/long/lab/run/workload-run.test.ts.
it.each(
  // User arenas are of one design.
  workloads.map(({ name }, i) => [name, name === 'parser-arenas' ? 'radix' : generations[i % 3]] as const),
)('%s runs to its end on %s', async (name, generation) => {
  const data = await made(
    { name, scale: name === 'tiny-objects' ? 0.01 : 0.05, timeScale: 0 },
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

  it.each(['lists', 'treap'] as const)('stripes: so it is with %s', async (generation) => {
    const heap = { environment: false, generation } as const;
    const data = await made({ name: 'stripes', scale: 0.25, timeScale: 0 }, { heap });
    const [stripes, large] = [phase(data, 'stripes'), phase(data, 'large objects')];
    expect(stripes.inuse).toBeLessThan(0.15 * 64 * mib);
    // Growth is by 64 MiB in the one, and a reserve of it may be free already.
    const grown = large.sys - stripes.sys;
    const reserve = stripes.sys - 64 * mib;
    expect(grown + reserve).toBeGreaterThanOrEqual(14 * mib);
    expect(large.alloc - stripes.alloc).toBeGreaterThanOrEqual(16 * mib);
  });

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

describe('a run refuses', () => {
  it.each([
    ['a workload that is none', { workload: { name: 'nothing' } }, /no workload nothing/],
    ['a scale of 0', { workload: { name: 'rsscurve', scale: 0 } }, /option scale/],
    ['a time scale below 0', { workload: { name: 'rsscurve', timeScale: -1 } }, /option timeScale/],
    [
      'a variant that it does not have',
      { workload: { name: 'stripes', moreCollections: true } },
      /moreCollections: stripes/,
    ],
    ['half a seed', { workload: { name: 'rsscurve', seed: 0.5 } }, /option seed/],
    ['a trace and a workload', { workload: { name: 'rsscurve' }, trace: 'x' }, /option trace/],
    ['neither', {}, /option trace/],
  ] as const)('%s', async (_what, what, message) => {
    const run: RunOptions = { output: join(folder, 'none.jsonl'), ...what };
    const hooks = { makeHeap: () => new FakeHeap() };
    await expect(makeRun(run, hooks)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});
