import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findGo } from '../../../bench/rivals/go.ts';
import { runBuilt } from '../../bench/built.ts';

// Whether all did the same work is asked of each case: a rival that says nothing of its work is as good as none.
it.skipIf(findGo() === undefined)('the programs in Go and C do the same work as ours, in every case', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-rivals-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const out = join(folder, 'bench.json');
  const { stderr } = runBuilt('compare.js', ['--quick', '--rounds', '1', '--out', out]);
  const told = JSON.parse(readFileSync(out, 'utf8')) as {
    participants: { id: string }[];
    rows: unknown[];
    failures: unknown[];
  };
  expect(told.failures, stderr).toEqual([]);
  expect(told.participants.map(({ id }) => id)).toEqual(['ours', 'addon', 'go', 'c']);
  expect(told.rows.length).toBeGreaterThan(40);
});
