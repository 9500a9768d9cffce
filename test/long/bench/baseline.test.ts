import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { copyOfBuild, runBuilt } from '../../bench/built.ts';

it('--baseline measures a copy of this build, and names what is new', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-baseline-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const same = copyOfBuild(folder, 'same');
  rmSync(join(same, 'dist', 'bench', 'ours', 'scavenge.js'));
  const { status, stdout, stderr } = runBuilt('compare.js', [
    '--baseline',
    same,
    '--quick',
    '--cases',
    'metadata',
    '--cases',
    'scav',
    '--json',
  ]);
  expect(status, stderr).toBe(0);
  const told = JSON.parse(stdout) as { rows: unknown[] };
  expect(told).toMatchObject({ format: 'pageheap-change/1', rounds: 7, exitCode: 0, failures: [] });
  expect(told.rows).toMatchObject([
    { name: 'scavenge', verdict: 'new', stages: [] },
    { name: 'metadata', verdict: 'not slower', stages: [{ ratio: 1 }] },
  ]);
});
