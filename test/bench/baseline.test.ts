import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownCase } from '../../bench/workload.ts';

/** It runs the compiled code: `npm test` compiles first. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist', 'bench');

function run(script: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, script), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The words that the benchmark of an older commit is asked with, and what it must answer. */
describe('the protocol between commits', () => {
  it.each([
    ['page-cache', 'mib=4 repeats=1', ['a77aa000']],
    ['pages', 'pages=4 mib=64 ops=20000', ['b7c29150', 'b7c29150', '2b8004c0']],
    ['span', 'kind=manual holes=35 batch=256 rounds=6', ['5270dcfa', '5270dcfa']],
    ['malloc', 'size=1024 live=1024 order=ring ops=20000 repeats=3', ['af648b59']],
    ['malloc', 'size=1024 live=1024 order=random ops=20000 repeats=3', ['335b6a31']],
    ['metadata', 'objects=1000', ['e1394109']],
    ['trace-replay', 'lines=2000', ['d00c4c70', 'd00c4c70', 'd00c4c70']],
    ['scavenge', 'quantum=65536 mib=4 repeats=1', [undefined]],
    ['start', 'repeats=2 processes=1', [undefined, undefined]],
  ])('%s %s does the work that it always did', (name, words, checks) => {
    const { status, stdout, stderr } = run(join('ours', `${name}.js`), words.split(' '));
    expect(status, stderr).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ check }) => check)).toEqual(checks);
    const given = Object.fromEntries(words.split(' ').map((word) => word.split('=')));
    for (const line of lines) {
      expect(line).toMatchObject({ name, params: given });
      expect((line.ns ?? line.bytes) as number).toBeGreaterThan(0);
    }
  });

  it.each([
    ['page-cache', 'mib=4 repeats=1 colour=red'],
    ['span', 'kind=other holes=0 batch=256 rounds=6'],
    ['malloc', 'size=8 live=1024 order=sorted ops=20000 repeats=3'],
  ])('%s %s is a case that it does not know', (name, words) => {
    const { status, stderr } = run(join('ours', `${name}.js`), words.split(' '));
    expect(status).toBe(unknownCase);
    expect(stderr).toMatch(/does not know \w+=\w+\n$/);
  });
});

describe('--baseline', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pageheap-baseline-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A copy of this build. */
  function copy(name: string): string {
    const to = join(folder, name);
    mkdirSync(to);
    for (const part of ['dist', 'package.json'])
      cpSync(join(root, part), join(to, part), { recursive: true });
    cpSync(join(root, 'build', 'Release', 'pageheap.node'), join(to, 'build', 'Release', 'pageheap.node'));
    symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
    return to;
  }

  const compare = (...args: string[]) => run('compare.js', ['--baseline', ...args]);

  it('measures a copy of this build, and names what is new', () => {
    const same = copy('same');
    rmSync(join(same, 'dist', 'bench', 'ours', 'scavenge.js'));
    const { status, stdout, stderr } = compare(
      same,
      '--quick',
      '--cases',
      'metadata',
      '--cases',
      'scav',
      '--json',
    );
    expect(status, stderr).toBe(0);
    const told = JSON.parse(stdout) as { rows: unknown[] };
    expect(told).toMatchObject({ format: 'pageheap-change/1', rounds: 7, exitCode: 0, failures: [] });
    expect(told.rows).toMatchObject([
      { name: 'scavenge', verdict: 'new', stages: [] },
      { name: 'metadata', verdict: 'not slower', stages: [{ ratio: 1 }] },
    ]);
  });

  it('does not measure a tree that does other work', () => {
    const other = copy('other');
    const workload = join(other, 'dist', 'bench', 'workload.js');
    writeFileSync(workload, readFileSync(workload, 'utf8').replace('x << 13', 'x << 12'));
    const { status, stderr } = compare(other);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^.* draws other pseudo-random numbers: its workloads are not ours\n$/);
  });

  it('says in one sentence why a folder is no baseline', () => {
    const broken = copy('broken');
    const addon = join(broken, 'build', 'Release', 'pageheap.node');
    const bytes = readFileSync(addon);
    // The processor in the ELF header: 183 is AArch64.
    bytes.writeUInt16LE(183, 18);
    writeFileSync(addon, bytes);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const [args, sentence] of [
      [[join(folder, 'none')], /none is no folder$/],
      [[empty], /empty is no built checkout of pageheap: run `npm ci && npm run build` there first$/],
      [
        [root],
        /^the baseline is this very folder: it must be a built checkout of another commit, or a copy$/,
      ],
      [
        [broken],
        /works? on this machine \(it was built for another machine\): run `npm run build:native` there$/,
      ],
      [[root, '--rounds', '6'], /^a verdict needs at least 7 rounds, not 6$/],
      [[root, '--cases', 'nothing'], /^no case has that in its words$/],
      [[root, '--colour'], /^Unknown option '--colour'/],
    ] as const) {
      const { status, stdout, stderr } = compare(...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
