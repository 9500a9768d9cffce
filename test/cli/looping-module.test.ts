import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-loops-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['run', 'git'],
  ['compare', 'git'],
  ['grid', 'git', '--gogc', '50,100'],
])('%s ends at Ctrl-C while the module of a page heap keeps its thread', async (...args) => {
  const loop = join(folder, 'loop.mjs');
  writeFileSync(loop, "console.error('it loops'); while (true);");
  const outcome = await pageheap([...args, '--page-heap', loop, '--out', join(folder, 'loops')], {
    started: (child) => void child.stderr?.once('data', () => child.kill('SIGINT')),
  });
  // As a shell counts, 130.
  expect([outcome.signal, outcome.out]).toEqual(['SIGINT', '']);
  // A grid has its plan before.
  const runs = args[0] === 'grid' ? join(folder, 'loops', 'runs') : join(folder, 'loops');
  expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
});
