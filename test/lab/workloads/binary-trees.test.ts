/** The workload binary-trees: its sums, on all designs, and what it needs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generations } from '../../../lib/design/design.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions } from '../../../lib/lab/run/run-options.ts';
import { runLiveness } from '../../../lib/lab/subject/run-liveness.ts';
import { workloads } from '../../../lib/lab/workloads/index.ts';
import { codeOf } from '../../support/codes.ts';
import { those } from '../../support/extent.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-trees-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the program prints, as it is known. */
const known: Readonly<Record<number, readonly string[]>> = {
  6: [
    'stretch tree of depth 7\t check: 255',
    '64\t trees of depth 4\t check: 1984',
    '16\t trees of depth 6\t check: 2032',
    'long lived tree of depth 6\t check: 127',
  ],
  8: [
    'stretch tree of depth 9\t check: 1023',
    '256\t trees of depth 4\t check: 7936',
    '64\t trees of depth 6\t check: 8128',
    '16\t trees of depth 8\t check: 8176',
    'long lived tree of depth 8\t check: 511',
  ],
  10: [
    'stretch tree of depth 11\t check: 4095',
    '1024\t trees of depth 4\t check: 31744',
    '256\t trees of depth 6\t check: 32512',
    '64\t trees of depth 8\t check: 32704',
    '16\t trees of depth 10\t check: 32752',
    'long lived tree of depth 10\t check: 2047',
  ],
};

describe.each(generations)('binary-trees, %s', (generation) => {
  it.each(['objects', 'spans'] as const)('prints the known sums, marked by %s', async (markOrder) => {
    for (const depth of those([6, 8, 10], (each) => each === 8)) {
      const output = join(folder, `${generation}-${markOrder}-${depth}.jsonl`);
      const run: RunOptions = {
        workload: { name: 'binary-trees', depth },
        output,
        heap: { environment: false, generation, markOrder, gcPercent: 25 },
      };
      await makeRun(run);
      const { header, end, phases } = await readRunFile(output);
      expect(end?.output).toEqual(known[depth]);
      expect(header.workload).toMatchObject({ name: 'binary-trees', depth });
      expect(header.options).toMatchObject({ liveness: 'tracing', markOrder });
      expect(phases.at(-1)?.name).toBe('done');
      // Every node of every tree.
      expect(end?.ops).toBe(known[depth]!.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0));
    }
  });
});

it.each<[string, RunOptions['workload'], string | undefined, string | undefined, string]>([
  ['a trace', undefined, 'a.mtrace', undefined, 'explicit'],
  ['a workload', { name: 'stripes' }, undefined, 'explicit', 'explicit'],
  ['trees', { name: 'binary-trees' }, undefined, 'tracing', 'tracing'],
  ['a trace that should trace', undefined, 'a.mtrace', 'tracing', 'ERR_INVALID_OPTION'],
  ['a workload that should trace', { name: 'stripes' }, undefined, 'tracing', 'ERR_INVALID_OPTION'],
  ['trees that should drop', { name: 'binary-trees' }, undefined, 'explicit', 'ERR_INVALID_OPTION'],
])('the liveness of %s', (_what, workload, trace, asked, wanted) => {
  let found = '';
  const code = codeOf(() => {
    found = runLiveness(
      { ...(workload === undefined ? {} : { workload }), ...(trace === undefined ? {} : { trace }) },
      asked,
      workloads,
    );
  });
  expect(code === 'none' ? found : code).toBe(wanted);
});
