/** The script for Slurm as Slurm starts it, without Slurm (with it: test/long/slurm.test.ts); and the example for CI. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { executable } from './spawn.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pageheap-array-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('tasks of an array do shares of one grid, whatever their numbers begin with', () => {
  const trace = join(folder, 'small.mtrace');
  writeFileSync(trace, '= Start\n@ ./a:[0x1] + 0x10 0x100\n@ ./a:[0x1] - 0x10\n= End\n');
  const task = (id: number) =>
    spawnSync(
      'bash',
      [
        join(examples, 'slurm/grid.sbatch'),
        trace,
        '--gogc',
        '50,100',
        '--duration',
        '0',
        '--idle',
        '0',
        '-r',
        '1',
      ],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          PAGEHEAP: `${process.execPath} ${executable}`,
          ...{ SLURM_ARRAY_TASK_ID: String(id), SLURM_ARRAY_TASK_COUNT: '2', SLURM_ARRAY_TASK_MIN: '5' },
        },
      },
    );
  for (const id of [5, 6]) {
    const { status, stderr } = task(id);
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
  }
  expect(readdirSync(join(folder, 'grid-results/runs'))).toHaveLength(2);
});

it('the matrix shares out as many shares as it has jobs', () => {
  const text = readFileSync(join(examples, 'ci/grid.yml'), 'utf8');
  const [, jobs = ''] = /share: \[([^\]]*)\]/.exec(text) ?? [];
  const of = Number(/--shard \$\{\{ matrix\.share \}\}\/(\d+)/.exec(text)?.[1]);
  expect(jobs.split(',').map(Number)).toEqual(Array.from({ length: of }, (_, i) => i + 1));
});
