/** Workloads on the real heap, through the run: what the run file says of them, also of their time. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunPhaseEnd } from '../../../lib/lab/record/lines.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions, RunProgress, RunResult } from '../../../lib/lab/run/run-options.ts';
import { FakeHeap } from '../support/fake-heap.ts';
import { phase, workloadRuns } from '../support/workload-runs.ts';

const mib = 2 ** 20;
const { folder, options, made } = workloadRuns();

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
