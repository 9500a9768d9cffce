/** Ctrl-C ends a command that waits for the other end of a FIFO. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { sendSignal } from '../support/signals.ts';
import { cacheFolder, executable } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-waits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runFile = join(folder, 'seen.jsonl');
writeFileSync(
  runFile,
  '{"k":"run","format":"pageheap-run/2","name":"seen"}\n{"k":"s","t":0,"inuse":0,"free":0,"released":0,"rss":0}\n',
);

let fifos = 0;
function fifo(): string {
  const path = join(folder, `fifo-${fifos++}`);
  execFileSync('mkfifo', [path]);
  return path;
}

/** Ticks of the CPU that a process has used; −1: it is gone. */
function used(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return fields[0] === 'Z' ? -1 : Number(fields[11]) + Number(fields[12]);
  } catch {
    return -1;
  }
}

/** It has begun, and does nothing any more. */
async function stands(child: ChildProcess): Promise<void> {
  const { pid = 0 } = child;
  for (let before = -2, same = 0; same < 4; ) {
    await pause(100);
    const now = used(pid);
    if (now < 0) throw new Error('it has ended by itself');
    same = now === before && now > 0 ? same + 1 : 0;
    before = now;
  }
}

async function expectEnd(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [executable, ...args], {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: cacheFolder, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  try {
    await stands(child);
    sendSignal(child.pid ?? 0, 'SIGINT');
    expect([130, 'SIGINT'], said).toContain(await ended);
  } finally {
    child.kill('SIGKILL');
  }
}

describe.concurrent('Ctrl-C ends', () => {
  it.each([
    ['a run of a FIFO that nobody writes to', (path: string) => ['run', path]],
    ['a report of one', (path: string) => ['report', path]],
    ['a view of one', (path: string) => ['view', path]],
    ['a report beside one', (path: string) => ['report', runFile, '--beside', path]],
    ['a report into one that nobody reads', (path: string) => ['report', runFile, '-o', path]],
  ])('%s', (_what, args) => expectEnd(args(fifo())));
});
