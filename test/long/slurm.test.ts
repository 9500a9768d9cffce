/**
 * The example for Slurm on a real slurmctld and slurmd of this machine, on loopback. Where they are not installed
 * (Debian: slurm-wlm, munge), or this is not root, it is skipped; test/cli/slurm-example.test.ts runs the script itself.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, sendSignal } from '../support/signals.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const isReady = process.getuid?.() === 0 && ['slurmctld', 'slurmd', 'sbatch', 'munged'].every(has);
const folder = mkdtempSync(join(tmpdir(), 'pageheap-slurm-'));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };

const configuration = `ClusterName=pageheap
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
SlurmUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/ctld.pid
SlurmdPidFile=${folder}/d.pid
SlurmctldLogFile=${folder}/ctld.log
SlurmdLogFile=${folder}/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=${hostname()} Default=YES MaxTime=INFINITE State=UP
`;

/** Ends what was started here, by the numbers that it wrote down. */
function end(file: string): number[] {
  if (!existsSync(join(folder, file))) return [];
  const pid = Number(readFileSync(join(folder, file), 'utf8'));
  if (!isAlive(pid)) return [];
  sendSignal(pid, 'SIGTERM');
  return [pid];
}

describe.skipIf(!isReady)('examples/slurm', () => {
  beforeAll(async () => {
    for (const name of ['state', 'spool', 'out']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'slurm.conf'), configuration);
    writeFileSync(join(folder, 'munge.key'), Buffer.alloc(1024, 7), { mode: 0o600 });
    // As root, in a folder of its own: munge is for its own user otherwise.
    execFileSync('munged', [
      ...['--force', '--key-file', join(folder, 'munge.key'), '--socket', join(folder, 'munge.socket')],
      ...['--pid-file', join(folder, 'munge.pid'), '--log-file', join(folder, 'munge.log')],
      ...['--seed-file', join(folder, 'munge.seed')],
    ]);
    execFileSync('slurmctld', ['-f', join(folder, 'slurm.conf')], { env });
    await sleep(2000);
    execFileSync('slurmd', ['-f', join(folder, 'slurm.conf')], { env });
    await sleep(2000);
  }, 60_000);

  afterAll(async () => {
    const pids = ['d.pid', 'ctld.pid', 'munge.pid'].flatMap(end);
    for (let left = 100; left > 0 && pids.some(isAlive); left--) await sleep(100);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('does a grid as an array of tasks, in one folder', async () => {
    copyFileSync(join(root, 'examples/slurm/grid.sbatch'), join(folder, 'grid.sbatch'));
    const job = execFileSync(
      'sbatch',
      [
        ...['--parsable', '--array=0-3', '--mem=100', 'grid.sbatch', 'git', '--gogc', '50,100'],
        ...['--advise', 'dontneed,free', '--duration', '0', '--idle', '0', '-r', '2'],
      ],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...env,
          PAGEHEAP: `${process.execPath} ${join(root, 'bin/pageheap.js')}`,
          GRID_FOLDER: join(folder, 'out/grid'),
        },
      },
    ).trim();
    for (let left = 240; left > 0; left--) {
      if (execFileSync('squeue', ['-h', '-j', job], { env, encoding: 'utf8' }).trim() === '') break;
      await sleep(500);
    }
    const printed = readdirSync(folder)
      .filter((name) => name.endsWith('.out'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    expect(
      readdirSync(join(folder, 'out/grid/runs')).filter((name) => name.endsWith('.jsonl')),
      printed,
    ).toHaveLength(8);
    const merged = execFileSync(
      process.execPath,
      [join(root, 'bin/pageheap.js'), 'grid', 'merge', join(folder, 'out/grid'), '--json'],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(merged)).toMatchObject({ missing: 0 });
  }, 180_000);
});
