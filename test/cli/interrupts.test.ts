/**
 * Two Ctrl-C, however far apart, while a command works or is ending already: it ends with 130, and never by the signal; files are
 * whole or not there, and no process stays. As a terminal does, the signal goes to all processes of the group.
 *
 * `npm run test:long` tries many distances.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readRunFile } from '../../lib/lab/record/run-file.ts';
import { isWhole, those, times } from '../support/extent.ts';
import { Random, seedOf } from '../support/random.ts';
import { isAlive, sendSignal, signalGroup } from '../support/signals.ts';
import { cacheFolder, childrenOf, executable } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-interrupts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const judge = fileURLToPath(new URL('../../dist/bench/judge.js', import.meta.url));
const seed = seedOf('PAGEHEAP_INTERRUPT_SEED');

interface Tried {
  /** What the command says and writes until then. */
  readonly said: () => string;
  readonly out: string;
  readonly children: () => number[];
}

const hasSamples = ({ out }: Tried): boolean =>
  readdirSync(out, { recursive: true, encoding: 'utf8' }).some(
    (name) => name.endsWith('.jsonl') && readFileSync(join(out, name), 'latin1').includes('"k":"s"'),
  );
const hasChildren = ({ children }: Tried): boolean => children().length > 0;

interface Case {
  readonly args: readonly string[];
  readonly script?: string;
  /** When the first Ctrl-C may come. */
  readonly when: (tried: Tried) => boolean;
}

const short = ['--duration', '1', '--idle', '1'];

/** Tools that take their time, in a folder each. Of these Go tells its version. */
function tool(name: string, first: string): string {
  const file = join(mkdtempSync(join(folder, 'tool-')), name);
  writeFileSync(file, `#!/bin/sh\n${first}\nexec sleep 30\n`, { mode: 0o755 });
  return file;
}
const slowGo = tool('go', '[ "$1" = env ] && echo go1.21.99 && exit');
const slow = Object.fromEntries(['go', 'unshare', 'cc'].map((name) => [name, tool(name, '')]));
const pathTo = (name: 'go' | 'unshare'): { PATH: string } => ({
  PATH: `${dirname(slow[name])}:${process.env.PATH}`,
});
const cases: Readonly<Record<string, Case>> = {
  run: { args: ['run', 'git', ...short], when: hasSamples },
  'run, not begun': { args: ['run', 'git', ...short], when: hasChildren },
  compare: { args: ['compare', 'git', '-c', 'radix', '-c', 'lists', '-r', '1', ...short], when: hasSamples },
  grid: {
    args: ['grid', 'git', '--gogc', '50,100', '-r', '1', '-o', 'out/grid', ...short],
    when: hasSamples,
  },
  question: { args: ['question', 'decay'], when: hasSamples },
  'question that measures': { args: ['question', 'refault'], when: hasChildren },
  record: {
    args: [
      'record',
      '-o',
      'out/my.rec.gz',
      '--',
      'sh',
      '-c',
      'echo begun >&2; while :; do read x < /dev/null; done',
    ],
    when: ({ said }) => said().includes('begun'),
  },
  grade: { args: ['grade', '--self-test', '--lab', 'best-fit'], when: hasChildren },
  conform: { args: ['conform', 'radix'], when: hasChildren },
  view: { args: ['view', 'seen.jsonl'], when: ({ said }) => said().includes('Ctrl-C ends it') },
  // It would build a program; this Go never gets that far.
  ...(isWhole
    ? {
        judge: {
          script: judge,
          args: ['--go', slowGo, '--runs', '1', '--seconds', '1', '--idle', '1', 'git'],
          when: hasChildren,
        },
      }
    : {}),
};

/** All processes below one. */
function below(pid: number): number[] {
  try {
    return childrenOf(pid).flatMap((child) => [child, ...below(child)]);
  } catch {
    return [];
  }
}

async function interrupt(
  name: string,
  { args, script = executable, when }: Case,
  after: number,
  apart: number,
) {
  const cwd = mkdtempSync(join(folder, 'case-'));
  const out = join(cwd, 'out');
  mkdirSync(out);
  writeFileSync(
    join(cwd, 'seen.jsonl'),
    '{"k":"run","format":"pageheap-run/2","name":"seen"}\n{"k":"s","t":0,"inuse":0,"free":0,"released":0,"rss":0}\n',
  );
  const ownFolder =
    args.some((word) => word === '-o') || !['run', 'compare', 'question'].includes(args[0] ?? '');
  const temporary = join(cwd, 'tmp');
  mkdirSync(temporary);
  const child: ChildProcess = spawn(
    process.execPath,
    [script, ...args, ...(ownFolder ? [] : ['--out', 'out'])],
    {
      cwd,
      detached: true,
      env: { ...process.env, XDG_CACHE_HOME: cacheFolder, TMPDIR: temporary, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const { pid = 0 } = child;
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const tried: Tried = { said: () => said, out, children: () => below(pid) };
  while (!isOver() && !when(tried)) await pause(5);
  await pause(after);
  const children = below(pid);
  const early = isOver();
  const strike = (): void => {
    try {
      signalGroup(pid, 'SIGINT');
    } catch {
      // It has ended.
    }
  };
  strike();
  await pause(apart);
  children.push(...below(pid));
  strike();
  const { code, signal } = await ended;
  const how = `${name}: ${after} ms after it began, then ${apart} ms, seed ${seed}: ${said.slice(-2000)}`;
  if (early) return;
  // A recorder ends as its program did.
  expect(name === 'record' && signal === 'SIGINT' ? [130, null] : [code, signal], how).toEqual([130, null]);
  expect(said, how).not.toContain('defect');
  for (let n = 0; n < 4000 && children.some(isAlive); n++) await pause(5);
  expect(children.filter(isAlive), how).toEqual([]);
  // Of the recorder raw files may be left, which are told.
  const left = readdirSync(cwd, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !/\.raw-|node-compile-cache/.test(path),
  );
  for (const path of left) {
    const file = join(cwd, path);
    expect(basename(path), how).not.toMatch(/^\.|^pageheap-/);
    if (path.endsWith('.html')) expect(readFileSync(file, 'utf8').trimEnd(), how).toMatch(/<\/html>$/);
    if (path.endsWith('.json')) JSON.parse(readFileSync(file, 'utf8'));
    if (path.endsWith('.jsonl') && readFileSync(file).length > 0) await readRunFile(file);
    if (path.endsWith('.rec.gz')) expect(gunzipSync(readFileSync(file)).length, how).toBeGreaterThan(0);
  }
}

/** Distances that meet each stage: at once, while it ends, while the result is written, and when it is over. */
const distances = [0, 3, 40, 150];

/** In `npm test` a command of each kind: with a run, a program, a hand-in, a server. */
const few = ['run', 'record', 'grade', 'view'];

/** The command ends by the answer of its child, or of a tool, which a signal has ended: its own comes later, as where a processor is wanting. */
describe.concurrent('a child that learns of Ctrl-C first', () => {
  const all = [
    ['run', ['run', 'git', ...short, '--out', 'out'], {}],
    ['grid', ['grid', 'git', '--gogc', '50,100', '--shard', '1/2', '-r', '1', '-o', 'out', ...short], {}],
    ['conform', ['conform', 'treap'], {}],
    ['grade', ['grade', '--self-test', '--lab', 'best-fit'], {}],
    // Tools that the command waits for without a turn of its event loop.
    ['compare, of Go', ['compare', 'git', '-c', 'radix', '-c', 'go', ...short, '--out', 'out'], pathTo('go')],
    [
      'grade, of a network',
      ['grade', '--self-test', '--lab', 'best-fit', '--require-isolation'],
      pathTo('unshare'),
    ],
    ['build, of a compiler', ['build', '-o', 'out'], { CC: slow.cc, CXX: slow.cc }],
    ['judge, of Go', [judge, '--go', slow.go], {}],
  ] as const;
  it.each(those(all, ([name]) => ['run', 'compare, of Go'].includes(name)))('%s', async (_, args, env) => {
    const cwd = mkdtempSync(join(folder, 'first-'));
    const words = args[0] === judge ? args : [executable, ...args];
    const command = spawn(process.execPath, words, {
      cwd,
      env: { ...process.env, XDG_CACHE_HOME: cacheFolder, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [command.stdout, command.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise((resolve) => command.once('close', (...how) => resolve(how)));
    const { pid = 0 } = command;
    let children: number[] = [];
    while (children.length === 0 && command.exitCode === null) {
      await pause(1);
      children = below(pid);
    }
    // It has no handler yet.
    for (const child of children) sendSignal(child, 'SIGINT');
    await pause(200);
    sendSignal(pid, 'SIGINT');
    expect(await ended, said).toEqual([130, null]);
    expect(said).not.toContain('SIGINT');
    expect(said).not.toMatch(/broken|failed/);
  });
});

describe.concurrent('two Ctrl-C', () => {
  it.each(those(Object.entries(cases), ([name]) => few.includes(name)))('%s', async (name, one) => {
    const place = Object.keys(cases).indexOf(name);
    const random = new Random(seed + place);
    const tries: [number, number][] = isWhole
      ? Array.from({ length: times(2) }, () => [random.below(400), random.below(300)])
      : [[0, distances[place % distances.length] ?? 0]];
    for (const [after, apart] of tries) await interrupt(name, one, after, apart);
  });
});
