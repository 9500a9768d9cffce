/** What a run asks of kernels that are otherwise than this one: huge pages always, looks that are forbidden. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { summarize } from '../../../lib/lab/metrics/summary.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { makeRun, type RunHooks } from '../../../lib/lab/run/run.ts';
import { type RunKernel, SystemKernel, smapsTell } from '../../../lib/lab/run/run-kernel.ts';
import type { LabHeapOptions } from '../../../lib/lab/subject/heap-target.ts';
import { inspectMachine } from '../../../lib/os/machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-run-kernel-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const machine = inspectMachine();
const withThp = (enabled: string | undefined): typeof machine => ({
  ...machine,
  hugePages: { ...machine.hugePages, enabled, pmdSize: 2 ** 21 },
});

async function made(hooks: RunHooks, heap: LabHeapOptions = {}): Promise<RunData> {
  const output = join(folder, `${++files}.jsonl`);
  const options = { environment: false, reach: 256 * 2 ** 20, ...heap };
  await makeRun(
    { trace: 'traces/git.mtrace.gz', output, seconds: 0, idle: 0, beatMs: 20, heap: options },
    hooks,
  );
  return readRunFile(output);
}

describe('smaps is asked', () => {
  it.each([
    ['always', {}, true],
    ['always', { disableHugePages: true }, false],
    ['madvise', {}, false],
    ['madvise', { hugePageHints: true }, true],
    ['never', { hugePageHints: true }, false],
    ['never', { advise: 'free' }, true],
    // It cannot be read: it may be anything.
    [undefined, {}, true],
  ])('with huge pages %s and %j: %s', (enabled, settings, wanted) => {
    expect(smapsTell(withThp(enabled), settings)).toBe(wanted);
  });

  it('never for huge pages where the kernel has none', () => {
    expect(smapsTell({ hugePages: { ...machine.hugePages, enabled: 'always', pmdSize: 0 } }, {})).toBe(false);
  });

  it.each([
    ['always', {}],
    ['madvise', { generation: 'treap', advise: 'dontneed', hugePageHints: true }],
  ] as const)('by a run: %s, %j', async (enabled, heap) => {
    const { samples } = await made({ machine: withThp(enabled) }, heap);
    expect(samples.at(-1)).toMatchObject({ huge: expect.any(Number) });
  });
});

const refuse = (code: 'ERR_SYSTEM' | 'ERR_FAULT', syscall: string, errno: number): (() => never) => {
  return () => {
    throw new PageHeapError(code, `${syscall} refused`, { syscall, errno });
  };
};

describe('a run that may look at nothing', () => {
  it('goes on to its end, leaves out what it cannot see, and says so', async () => {
    const blind: RunKernel = Object.assign(new SystemKernel(), {
      cpu: () => undefined,
      residentBytes: refuse('ERR_FAULT', 'mincore', 1),
      residentPages: refuse('ERR_FAULT', 'mincore', 1),
      processMemory: refuse('ERR_SYSTEM', 'statm', 2),
      mappingCount: refuse('ERR_SYSTEM', 'maps', 2),
      mappedUse: refuse('ERR_SYSTEM', 'smaps', 2),
    });
    const data = await made({ kernel: blind }, { advise: 'free' });
    expect(data.end).toMatchObject({ reason: 'done', ops: 8655, summary: { peakRss: null, endRss: null } });
    expect(data.samples.every(({ rss, prss }) => rss === null && prss === null)).toBe(true);
    // What the heap believes is known all the same.
    expect(data.samples.at(-1)?.inuse).toBeGreaterThan(2 ** 20);
    const resident = Buffer.from(data.maps.at(-1)?.bits.resident ?? '', 'base64');
    expect(new Set(resident)).toEqual(new Set([255]));
    const { leftOut, moments, endShareOfPeak } = summarize(data);
    expect(leftOut.map((text) => text.split(':')[0]).sort()).toEqual([
      'maps',
      'mincore',
      'schedstat',
      'smaps',
      'statm',
    ]);
    expect([moments.map(({ rss }) => rss), endShareOfPeak]).toEqual([moments.map(() => null), 0]);
    expect(renderReport(data)).toContain('No sample tells what is resident');
  });
});
