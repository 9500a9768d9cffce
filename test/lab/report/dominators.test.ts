/** What keeps memory: the heap dumps of a run, in its file, in a file of their own, and in the report. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readDump } from '../../../lib/lab/metrics/heap-graph.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-dumps-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a run with dumps tells what keeps memory, and one without says nothing', async () => {
  const output = join(folder, 'run.jsonl');
  const heapDump = join(folder, 'heap.jsonl');
  const run = { workload: { name: 'binary-trees', depth: 8 }, output, heap: { environment: false } };
  await makeRun({ ...run, heapDump });
  const data = await readRunFile(output);
  expect(data.remarks).toEqual([]);
  expect(data.dominators?.map(({ label }) => label)).toEqual([
    'stretched',
    'depth 4',
    'depth 6',
    'depth 8',
    'done',
  ]);
  const last = data.dominators?.[3];
  // The tree that lives to the end, and the node that was made last.
  expect(last).toMatchObject({ objects: 512, bytes: 512 * 16 });
  expect(last?.tree[0]).toMatchObject({ size: 16, pointers: 2, count: 1, kept: 511 * 16 });
  expect(last?.tree[0]?.children).toHaveLength(2);
  const page = renderReport(data);
  expect(page).toContain('<h2 id="h-kept">What keeps memory</h2>');
  expect(page).toContain('depth 8: 8.00 KiB in 512 objects');
  const lines = readFileSync(heapDump, 'utf8').trimEnd().split('\n');
  const at = lines.indexOf('{"k":"moment","label":"depth 8"}');
  const end = lines.findIndex((line, i) => i > at && line.startsWith('{"k":"moment"'));
  expect(readDump(lines.slice(at, end)).count).toBeGreaterThanOrEqual(512);

  await makeRun(run);
  const without = await readRunFile(output);
  expect(without.dominators).toEqual([]);
  expect(renderReport(without)).not.toContain('h-kept');
});
