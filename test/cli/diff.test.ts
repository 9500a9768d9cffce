import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { likenessOf } from '../../lib/lab/metrics/alike.ts';
import { toRunData } from '../../lib/lab/record/run-data.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));
const mib = 2 ** 20;

/** A run file of three samples whose RSS ends as is said. */
function lines(name: string, end: number, header: object = {}): object[] {
  return [
    {
      k: 'run',
      format: 'pageheap-run/2',
      name,
      trace: { name: 't' },
      options: { advise: 'free' },
      env: { kernel: '6.1' },
      ...header,
    },
    ...[1, 5, end].map((rss, i) => ({ k: 's', t: i * 1000, inuse: 0, free: 0, released: 0, rss: rss * mib })),
    { k: 'end', t: 2000, reason: 'done', ops: 1 },
  ];
}

function file(name: string, content: object[]): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('pageheap diff', () => {
  it('lays two runs side by side, and warns of kernel, THP, machine and options', async () => {
    const a = file('a.jsonl', lines('x', 2, { env: { kernel: '6.1', thp: 'always', cpus: 2 } }));
    const b = file(
      'b.jsonl',
      lines('x', 4, { env: { kernel: '6.2', thp: 'never' }, options: { advise: 'dontneed' } }),
    );
    const { code, out, err } = await inProcess(['diff', a, b]);
    expect(code).toBe(0);
    expect(out).toMatch(/RSS end +│ +2.00 MiB +│ +4.00 MiB +│ +\+2.00 MiB \(\+100.0 %\)/);
    expect(out).toMatch(/RSS peak +│ +5.00 MiB +│ +5.00 MiB +│ +the same/);
    expect(err).toContain('kernel differs: 6.1 beside 6.2');
    expect(err).toContain('thp differs: always beside never');
    expect(err).toContain('option advise differs: free beside dontneed');
    expect(err).toContain('told by one side alone: machine cpus');
  });

  it('tells two modules apart whose classes have one name, and a part from what is as in Go', async () => {
    const options = { advise: 'free', scavengePolicy: 'ScavengePolicy' };
    const of = (module: string, hash: string) => ({
      options,
      modules: { scavengePolicy: { file: module, hash } },
    });
    const a = file('policy-a.jsonl', lines('x', 2, of('mine.mjs', '0123456789abcdef')));
    const b = file('policy-b.jsonl', lines('x', 2, of('mine.mjs', 'fedcba9876543210')));
    const none = file('policy-none.jsonl', lines('x', 2));
    const other = await inProcess(['diff', a, b]);
    expect(other.err).toContain(
      'module of scavenge-policy differs: mine.mjs (0123456789ab) beside mine.mjs (fedcba987654)',
    );
    expect((await inProcess(['diff', a, a])).err).toBe('');
    const { err } = await inProcess(['diff', a, none]);
    expect(err).toContain('option scavenge-policy differs: ScavengePolicy beside as in Go');
    expect(err).not.toContain('told by one side alone');
  });

  it('of folders with several runs says where no difference is shown', async () => {
    for (const [i, end] of [2, 3, 4].entries()) file(`many-a/${i}.jsonl`, lines('x', end));
    for (const [i, end] of [3, 4, 5].entries()) file(`many-b/${i}.jsonl`, lines('x', end));
    for (const [i, end] of [8, 9, 10].entries()) file(`many-c/${i}.jsonl`, lines('x', end));
    const near = await inProcess(['diff', join(folder, 'many-a'), join(folder, 'many-b')]);
    expect(near.out).toMatch(/RSS end +│ +3.00 MiB \[2.00, 4.00\] MiB +│.*│ +no difference shown/);
    const far = await inProcess(['diff', join(folder, 'many-a'), join(folder, 'many-c'), '--json']);
    const { configurations } = JSON.parse(far.out) as {
      configurations: { metrics: Record<string, { shown: boolean | null }>; unlike: unknown[] }[];
    };
    expect(configurations[0].metrics.rssEnd.shown).toBe(true);
    expect(configurations[0].unlike).toEqual([]);
  });

  it('takes files of format 1 and folders of comparisons', async () => {
    const records = 'test/fixtures/records';
    const old = join(folder, 'old.jsonl');
    writeFileSync(old, gunzipSync(readFileSync(join(records, 'trace.jsonl.gz'))));
    expect(readFileSync(old, 'latin1')).toContain('pageheap-run/1');
    const fresh = file('fresh.jsonl', lines('x', 4));
    const { code, err } = await inProcess(['diff', old, fresh]);
    expect(code).toBe(0);
    expect(err).toContain('told by one side alone');
    const unpacked = join(folder, 'compared');
    mkdirSync(unpacked);
    for (const name of readdirSync(join(records, 'compare-trace'))) {
      const bytes = readFileSync(join(records, 'compare-trace', name));
      writeFileSync(
        join(unpacked, name.replace(/\.gz$/, '')),
        name.endsWith('.gz') ? gunzipSync(bytes) : bytes,
      );
    }
    const both = await inProcess(['diff', unpacked, unpacked]);
    expect(both.code).toBe(0);
    for (const label of ['lists', 'treap', 'radix']) expect(both.out).toContain(`│ ${label}`);
    expect(both.err).not.toContain('differs');
    const exported = await inProcess(['export', unpacked, '-o', join(folder, 'csv')]);
    expect(exported.out.trim().split('\n')).toHaveLength(4);
    expect(readFileSync(join(folder, 'csv', 'compared.samples.csv'), 'utf8')).toMatch(
      /^configuration,round,t,[^\n]*\nlists,1,/,
    );
  });

  it.each<[readonly string[], RegExp]>([
    [['diff', '/nowhere', '/nowhere'], /no such file/],
    [['diff', tmpdir()], /missing required argument 'second'/],
    [['export', '/nowhere.jsonl'], /no such file/],
  ])('%j is an error', async (args, message) => {
    const { code, err } = await inProcess(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('refuses what has nothing in common', async () => {
    file('one/a.jsonl', lines('a', 1));
    file('one/b.jsonl', lines('b', 1));
    file('two/c.jsonl', lines('c', 1));
    file('two/d.jsonl', lines('d', 1));
    const { code, err } = await inProcess(['diff', join(folder, 'one'), join(folder, 'two')]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('no configuration in common: a, b on one side, c, d on the other'),
    ]);
  });
});

it('what runs of one side do not agree in is told with all its values', () => {
  const run = (thp: string) => toRunData([{ k: 'run', format: 'pageheap-run/2', env: { thp } }]);
  expect(likenessOf([run('always'), run('never')], [run('never')]).unlike).toEqual([
    { group: 'machine', name: 'thp', first: ['always', 'never'], second: ['never'] },
  ]);
  expect(likenessOf([run('never'), run('always')], [run('always'), run('never')]).unlike).toEqual([]);
});

describe('a run that did not come to its end', () => {
  const trace = { trace: { name: 't', ops: 4000 } };
  const ending = (name: string, end: object | undefined): string => {
    const whole = lines('x', 2, trace).slice(0, -1);
    return file(name, end === undefined ? whole : [...whole, { k: 'end', t: 2000, ...end }]);
  };
  const whole = ending('ended.jsonl', { reason: 'done', ops: 4000 });
  const interrupted = ending('interrupted.jsonl', { reason: 'interrupted', ops: 1234 });
  const failed = ending('failed.jsonl', { reason: 'error', ops: 12, error: 'x:13: \u001b[31mgives up' });
  const idle = ending('idle.jsonl', { reason: 'interrupted', ops: 4000 });

  it.each([
    [
      interrupted,
      'The run was interrupted after 1,234 of 4,000 operations: its figures are of that part alone.',
    ],
    [
      failed,
      'The run ended with an error after 12 of 4,000 operations: its figures are of that part alone. The error: x:13: gives up',
    ],
    [
      idle,
      'The run was interrupted after all 4,000 operations, before it was to end: its figures are of that part alone.',
    ],
    [
      ending('killed.jsonl', undefined),
      'The run did not finish: its file has no end line. Its figures are of that part alone.',
    ],
  ])('is told by diff, report and export: %s', async (path, sentence) => {
    const diff = await inProcess(['diff', whole, path]);
    expect(diff.err).toContain(`second, x: ${sentence}`);
    expect(diff.out).toContain('second, a part of 1 run');
    const { remarks } = JSON.parse((await inProcess(['diff', path, whole, '--json'])).out) as {
      remarks: string[];
    };
    expect(remarks).toEqual([`first, x: ${sentence}`]);
    expect((await inProcess(['report', path])).err).toContain(sentence);
    expect((await inProcess(['export', path, '--table', 'samples'])).err).toContain(`x: ${sentence}`);
  });

  it('is told by its round where there are several', async () => {
    for (const [i, end] of [{ reason: 'done' }, { reason: 'interrupted', ops: 7 }].entries())
      ending(`some/${i}.jsonl`, end);
    const { out, err } = await inProcess(['diff', whole, join(folder, 'some')]);
    expect(err).toContain('second, x, run 2: The run was interrupted after 7 of 4,000 operations');
    expect(out).toContain('second, 2 runs, 1 of them in part');
    expect((await inProcess(['diff', whole, whole])).err).toBe('');
  });
});
