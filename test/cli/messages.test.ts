/** What commands say where something is wrong: a sentence with its place, and what there is instead. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawGroups, drawTable } from '../../lib/cli/table.ts';
import { missingFolder } from '../../lib/os/file-error.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-messages-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const small = file('small.mtrace', '= Start\n+ 0x1000 0x20\n+ 0x2000 0x9000\n- 0x1000\n= End\n');

describe('a folder that is not there is told, and not a file:', () => {
  const at = join(folder, 'none');
  it.each<[string[]]>([
    [['run', join(at, 'x.mtrace')]],
    [['report', join(at, 'deeper', 'x.jsonl')]],
    [['diff', join(at, 'a'), join(at, 'b')]],
    [['run', 'git', '--scavenge-policy', join(at, 'mine.mjs')]],
    [['grade', join(at, 'mine.mjs')]],
    [['export', join(at, 'x.jsonl')]],
  ])('%j', async (args) => {
    const { code, err } = await inProcess(args);
    expect(code).toBe(2);
    expect(err).toContain(`no such folder: ${at}`);
  });

  it('and a file where its folder is there', async () => {
    const { err } = await inProcess(['report', join(folder, 'x.jsonl')]);
    expect(err).toContain('no such file (ERR_FILE)');
    expect(missingFolder('x.jsonl')).toBe(undefined);
    expect(missingFolder('/nothing/here/x')).toBe('/nothing');
  });
});

describe('a file where a folder is wanted, or on the way, and the other way round:', () => {
  const work = join(folder, 'best-fit');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const within = join(small, 'x');
  beforeAll(() => inProcess(['lab', 'start', 'best-fit', '-o', work]));
  it.each<[string[], string]>([
    [
      ['lab', 'check', join(work, 'mine.mjs')],
      `mine.mjs: is a file; the folder of your work is wanted: ${work} (ERR_FILE)`,
    ],
    [['lab', 'hint', 'x', '-o', small], 'is a file; the folder of your work is wanted (ERR_FILE)'],
    [['lab', 'start', 'best-fit', '-o', small], 'is a file, not a folder'],
    [['grade', join(work, 'lab.json')], `the hand-in is its folder, ${work} (ERR_FILE)`],
    [['grade', '--self-test', '--pack', small], 'is a file, and no instructor’s pack'],
    [['record', '--finish', small, '-o', 'x.rec.gz'], 'is a file, not the folder of raw files'],
    [['record', '--finish', empty, '-o', 'x.rec.gz'], 'this folder holds no raw files that a recorder left'],
    [['record', '--finish', join(empty, 'x'), '-o', 'x.rec.gz'], 'there is no such folder (ERR_FILE)'],
    ...['grade', 'export', 'report', 'view', 'conform'].map((command): [string[], string] => [
      [command, join(small, 'x.mjs')],
      'its path leads through a file (ERR_FILE)',
    ]),
    [['diff', within, small], 'its path leads through a file (ERR_FILE)'],
  ])('%j', async (args, told) => {
    const { code, err } = await inProcess(args, { cwd: folder });
    expect([code, err]).toEqual([2, expect.stringContaining(told)]);
  });
});

it('record of a program without a name', async () => {
  const { code, err } = await inProcess(['record', '--', ''], { cwd: folder });
  expect([code, err]).toEqual([2, 'pageheap: the name of the program is empty (ERR_FILE)\n']);
});

it('a page trace without an operation is told as that, and is wrong where no fault is taken', async () => {
  const trace = file('none.pages', 'pages 1\n');
  const { code, err } = await inProcess(['run', trace, '--no-report', '-o', folder]);
  expect([code, err]).toEqual([0, expect.stringContaining('it has no operation')]);
  expect((await inProcess(['run', trace, '--strict', '-o', folder])).err).toContain(
    'none.pages:1: the trace has no operation (ERR_TRACE)',
  );
});

it('help of a command that is none says so, with the nearest', async () => {
  const { code, err } = await inProcess(['help', 'runn']);
  expect([code, err]).toEqual([2, expect.stringMatching(/unknown command 'runn'\n\(Did you mean run\?\)/)]);
  expect((await inProcess(['help', 'run'])).out).toMatch(/^Usage: pageheap run/);
});

it('a golden trace with a header that is no JSON is no other file', async () => {
  const { err } = await inProcess(['verify', file('broken.jsonl', '{"baseAddr"::1}\n')]);
  expect(err).toContain('broken.jsonl:1: not a JSON value (ERR_GOLDEN)');
});

it('a configuration that is nothing is told of generations and contenders', async () => {
  const { code, err } = await inProcess(['compare', 'git', '-c', 'nosuch']);
  expect(code).toBe(2);
  expect(err).toContain(
    'nosuch is no generation (lists, treap, radix), no contender (glibc, jemalloc, mimalloc, tcmalloc, go, as-it-ran), and no option',
  );
});

it('a policy that throws is told in a line; its stack where PAGEHEAP_DEBUG asks for it', async () => {
  const bad = file(
    'bad.mjs',
    'export default class Bad {\n  onTime(heap) { return heap.nothing.there; }\n}\n',
  );
  const args = [
    'run',
    small,
    '--scavenge-policy',
    bad,
    '--duration',
    '0',
    '--idle',
    '0.2',
    '--no-report',
    '-o',
    folder,
  ];
  const { err } = await inProcess(args);
  expect(err).toMatch(/the scavenge policy Bad threw in onTime: TypeError: .*bad\.mjs:2:\d+/);
  expect(err).not.toMatch(/^ +at /m);
  const asked = await inProcess(args, { env: { PAGEHEAP_DEBUG: '1' } });
  expect(asked.err).toMatch(/^ +at Bad\.onTime/m);
});

it('a grid of other axes is told as axes are asked for', async () => {
  const grid = (axis: string[]): ReturnType<typeof inProcess> =>
    inProcess([
      'grid',
      small,
      ...axis,
      '-r',
      '1',
      '--duration',
      '0',
      '--idle',
      '0',
      '-o',
      join(folder, 'grid'),
    ]);
  expect((await grid(['--gogc', '100,400'])).code).toBe(0);
  const { err } = await grid(['--gogc', '100,200', '--memory-limit', '64MiB,off']);
  expect(err).toContain(
    'they differ in axes: --gogc 100,400 and --gogc 100,200 --memory-limit 64MiB,off: choose another folder',
  );
});

it('a short page trace is over at once, and its pages are in use', async () => {
  const trace = file('few.pages', 'pages 1\na 1 16\na 2 4\nf 1\nr 32\na 3 8\nf 2\nf 3\n');
  const { code, out } = await inProcess(['run', trace, '--no-report', '--json', '-o', folder]);
  expect(code).toBe(0);
  const { moments, operations } = JSON.parse(out) as { moments: { inuse: number }[]; operations: number };
  expect(operations).toBe(7);
  expect(moments[0]?.inuse).toBe(20 * 8192);
  expect(moments.at(-1)?.inuse).toBe(0);
});

it('a table as a list leaves out what has no value', () => {
  const shape = { head: ['', 'valid', 'faults', 'points'], rows: [['answers', 'yes', '', '5 of 5']] };
  const colors = picocolors.createColors(false);
  expect(drawTable({ ...shape, numeric: [1, 2, 3] }, 20, colors).replace(/\s+/g, ' ')).toBe(
    'answers: valid yes, points 5 of 5',
  );
  expect(drawGroups(shape, 30, colors)).not.toContain('faults');
});

it('lab check --first tells how many checks were tried, and no points', async () => {
  const lab = join(folder, 'lab');
  await inProcess(['lab', 'start', 'best-fit', '-o', lab]);
  const { out } = await inProcess(['lab', 'check', lab, '--first']);
  expect(out).toMatch(/\n1 of \d+ checks tried, with the open seeds; points are for all of them/);
  expect(out).not.toMatch(/\d+ of \d+ points/);
});
