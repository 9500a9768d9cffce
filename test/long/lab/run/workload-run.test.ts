/** Each built-in workload on each generation of the real heap. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generations } from '../../../../lib/design/design.ts';
import { readRunFile } from '../../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../../lib/lab/run/run.ts';
import { workloads } from '../../../../lib/lab/workloads/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-workload-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(workloads.map(({ name }) => name))('%s', (name) => {
  // User arenas are of one design.
  const designs = generations.filter((generation) => generation === 'radix' || name !== 'parser-arenas');
  it.each(designs)('runs to its end on %s', async (generation) => {
    const output = join(folder, `${name}-${generation}.jsonl`);
    const heap = { environment: false, generation };
    await makeRun({ workload: { name, scale: 0.1, timeScale: 0 }, output, beatMs: 20, heap });
    const data = await readRunFile(output);
    expect(data.end?.reason).toBe('done');
    expect(data.phases.length).toBeGreaterThan(2);
    expect(data.collections.length).toBeGreaterThan(0);
  });
});
