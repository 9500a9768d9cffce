import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownCase } from '../../bench/workload.ts';
import { those } from '../support/extent.ts';
import { copyOfBuild, root, runBuilt, runCases } from './built.ts';

/** The words that the benchmark of an older commit is asked with, and what it must answer. */
describe('the protocol between commits', () => {
  const cases: readonly (readonly [name: string, words: string, checks: readonly (string | undefined)[]])[] =
    [
      ['page-cache', 'mib=4 repeats=1', ['a77aa000']],
      ['pages', 'pages=4 mib=64 ops=20000', ['b7c29150', 'b7c29150', '2b8004c0']],
      ['span', 'kind=manual holes=35 batch=256 rounds=6', ['5270dcfa', '5270dcfa']],
      ['malloc', 'size=1024 live=1024 order=ring ops=20000 repeats=3', ['af648b59']],
      ['malloc', 'size=1024 live=1024 order=random ops=20000 repeats=3', ['335b6a31']],
      ['metadata', 'objects=1000', ['e1394109']],
      ['trace-replay', 'lines=2000', ['d00c4c70', 'd00c4c70', 'd00c4c70']],
      ['scavenge', 'quantum=65536 mib=4 repeats=1', [undefined]],
      ['start', 'repeats=2 processes=1', [undefined, undefined]],
      ['traced', 'size=64 live=1024 marking=stop-the-world ops=100000 repeats=1', ['e00619a0']],
      ['mark', 'graph=tree objects=1000 order=objects repeats=1', ['e8062638', 'e8062638']],
      ['command', 'of=version processes=1', [undefined, undefined]],
    ];
  let printed: readonly string[] = [];

  it('is answered by every case', () => {
    const asked = cases.map(([name, words]) => [`${name}.js`, words.split(' ')] as const);
    const answer = runCases(asked);
    expect(answer.status, answer.stderr).toBe(0);
    ({ printed } = answer);
  });

  it.each(cases.map((one, i) => [...one, i] as const))(
    '%s %s does the work that it always did',
    (name, words, checks, i) => {
      const lines = (printed[i] ?? '')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map(({ check }) => check)).toEqual(checks);
      const given = Object.fromEntries(words.split(' ').map((word) => word.split('=')));
      for (const line of lines) {
        expect(line).toMatchObject({ name, params: given });
        // What a command takes above bare Node is a difference of times: on a busy machine it may be anything.
        const { what } = line.params as { what?: string };
        const least = what === 'above' ? Number.NEGATIVE_INFINITY : 0;
        expect((line.ns ?? line.bytes) as number).toBeGreaterThan(least);
      }
    },
  );

  const unknown: readonly (readonly [name: string, words: string])[] = [
    ['page-cache', 'mib=4 repeats=1 colour=red'],
    ['span', 'kind=other holes=0 batch=256 rounds=6'],
    ['malloc', 'size=8 live=1024 order=sorted ops=20000 repeats=3'],
  ];
  it.each(those(unknown, ([name]) => name !== 'malloc'))(
    '%s %s is a case that it does not know',
    (name, words) => {
      const { status, stderr } = runBuilt(join('ours', `${name}.js`), words.split(' '));
      expect(status).toBe(unknownCase);
      expect(stderr).toMatch(/does not know \w+=\w+\n$/);
    },
  );
});

// That it measures a copy of this build: test/long/bench/baseline.test.ts.
describe('--baseline', () => {
  let folder = '';
  let other = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pageheap-baseline-'));
    other = copyOfBuild(folder, 'other');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const compare = (...args: string[]) => runBuilt('compare.js', ['--baseline', ...args]);

  it('does not measure a tree that does other work', () => {
    const workload = join(other, 'dist', 'bench', 'workload.js');
    const text = readFileSync(workload, 'utf8');
    writeFileSync(workload, text.replace('x << 13', 'x << 12'));
    const { status, stderr } = compare(other);
    writeFileSync(workload, text);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^.* draws other pseudo-random numbers: its workloads are not ours\n$/);
  });

  it('says in one sentence why a folder is no baseline', () => {
    const addon = join(other, 'build', 'Release', 'pageheap.node');
    const bytes = readFileSync(addon);
    // The processor in the ELF header: 183 is AArch64.
    bytes.writeUInt16LE(183, 18);
    writeFileSync(addon, bytes);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const refused: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
      [[join(folder, 'none')], /none is no folder$/],
      [[empty], /empty is no built checkout of pageheap: run `npm ci && npm run build` there first$/],
      [
        [root],
        /^the baseline is this very folder: it must be a built checkout of another commit, or a copy$/,
      ],
      [
        [other],
        /works? on this machine \(it was built for another machine\): run `npm run build:native` there$/,
      ],
      [[root, '--rounds', '6'], /^a verdict needs at least 7 rounds, not 6$/],
      [[root, '--cases', 'nothing'], /^no case has that in its words$/],
      [[root, '--colour'], /^Unknown option '--colour'/],
    ];
    const isFew = ([args]: (typeof refused)[number]): boolean =>
      args[0] === empty || args[0] === other || args.includes('--rounds');
    for (const [args, sentence] of those(refused, isFew)) {
      const { status, stdout, stderr } = compare(...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr.trimEnd()).toMatch(sentence);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
