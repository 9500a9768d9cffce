/**
 * Whole commands, by a clock on the wall: see `command` in ../workload.ts.
 *
 * Its command is that of the tree in which this file was compiled.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figures } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';

const pageheap = fileURLToPath(new URL('../../../bin/pageheap.js', import.meta.url));
const params = caseParams({ of: ['version', 'run'], processes: 'any' });
const folder = mkdtempSync(join(tmpdir(), 'pageheap-command-'));

/** Nanoseconds from before the process to after its end. */
function timed(args: readonly string[]): number {
  const begin = now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return now() - begin;
}

try {
  const isRun = params.text('of') === 'run';
  const run = ['run', 'git', '--duration', '0', '--idle', '0', '--no-report', '-o', folder];
  const command = [pageheap, ...(isRun ? run : ['--version'])];
  // In turns with bare Node, so that both meet the same machine; the first of each fills the caches.
  const times: number[] = [];
  const above: number[] = [];
  for (let i = -1; i < params.number('processes'); i++) {
    const bare = timed(['-e', '0']);
    const whole = timed(command);
    if (i < 0) continue;
    times.push(whole);
    above.push(whole - bare);
  }
  emit({ name: 'command', params: params.all, ...figures(times) });
  emit({ name: 'command', params: { ...params.all, what: 'above' }, ...figures(above) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
