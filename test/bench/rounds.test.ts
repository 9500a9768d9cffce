import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases, type Case } from '../../bench/cases.ts';
import type { Participant } from '../../bench/participant.ts';
import { buildC } from '../../bench/rivals/c.ts';
import { findGo } from '../../bench/rivals/go.ts';
import { type Row, ratioOf, runRounds, verdictOf } from '../../bench/rounds.ts';
import { steepnessRows } from '../../bench/steepness.ts';
import { openWords, rowName, table } from '../../bench/table.ts';

/** A participant that runs a line of JavaScript. */
function scripted(id: string, script: string): Participant {
  return { id, title: id, command: () => ({ file: process.execPath, args: ['-e', script] }) };
}

function answers(id: string, ns: number, check?: string): Participant {
  return scripted(id, `console.log(${JSON.stringify(JSON.stringify({ name: 'x', params: {}, ns, check }))})`);
}

const one: Case = { name: 'x', params: { size: '8' }, targets: [{ against: 'go', atMost: 1 }] };

function run(participants: Participant[], rounds = 2, cases: Case[] = [one]) {
  const order: string[] = [];
  const results = runRounds({
    rounds,
    cases,
    participants,
    progress: (round, of, participant) => order.push(`${round} ${of.name} ${participant.id}`),
  });
  return { results, order };
}

describe('rounds', () => {
  it('that Ctrl-C ends tell what the finished ones did', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageheap-rounds-'));
    try {
      // The third time it is ended as a terminal ends it.
      const ended = scripted(
        'go',
        `const { appendFileSync, readFileSync } = require('node:fs');
        const file = ${JSON.stringify(join(folder, 'n'))};
        appendFileSync(file, '.');
        if (readFileSync(file).length === 3) process.kill(process.pid, 'SIGINT');
        else console.log('{"name":"x","params":{},"ns":20}');
        setTimeout(() => {}, 200);`,
      );
      const { results } = run([answers('ours', 30), ended], 9);
      expect(results.interrupted).toBe(2);
      expect(results.failures).toEqual([]);
      expect(results.rows[0]?.values).toEqual({ ours: [30, 30], go: [20, 20] });
      expect(ratioOf(results.rows[0] as Row, 'ours', 'go')?.ratio).toBe(1.5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('interleaves, turning the order, and divides medians', () => {
    const { results, order } = run([answers('ours', 30), answers('go', 20)]);
    expect(order).toEqual(['0 x ours', '0 x go', '1 x go', '1 x ours']);
    expect(results.failures).toEqual([]);
    const [row] = results.rows;
    expect(row.values).toEqual({ ours: [30, 30], go: [20, 20] });
    expect(ratioOf(row, 'ours', 'go')).toEqual({ ratio: 1.5, least: 1.5, most: 1.5 });
    expect(verdictOf(row, { against: 'go', atMost: 1 })).toBe('missed');
    expect(verdictOf(row, { against: 'go', atMost: 1.5 })).toBe('met');
    expect(verdictOf(row, { atMost: 30 })).toBe('met');
    expect(verdictOf(row, { against: 'go', above: true, atMost: 9 })).toBe('missed');
    expect(verdictOf(row, { against: 'go', above: true, atMost: 10 })).toBe('met');
    expect(verdictOf(row, { against: 'c', atMost: 1 })).toBeUndefined();
  });

  it('names a participant that fails and asks it no more', () => {
    const broken = scripted('go', 'console.error("no memory"); process.exit(3)');
    const { results, order } = run([answers('ours', 30), broken]);
    expect(order).toEqual(['0 x ours', '0 x go', '1 x ours']);
    expect(results.failures).toEqual([
      { participant: 'go', name: 'x', params: { size: '8' }, error: 'no memory' },
    ]);
  });

  it('withdraws what a participant said before it failed', () => {
    const marker = join(mkdtempSync(join(tmpdir(), 'pageheap-bench-')), 'ran');
    const once = scripted(
      'go',
      `const fs = require('fs'); if (fs.existsSync(${JSON.stringify(marker)})) throw new Error('again');
       fs.writeFileSync(${JSON.stringify(marker)}, ''); console.log('{"name":"x","params":{},"ns":5}')`,
    );
    const { results } = run([answers('ours', 30), once]);
    rmSync(dirname(marker), { recursive: true });
    expect(results.rows[0].values).toEqual({ ours: [30, 30] });
    expect(results.failures[0].error).toContain('again');
  });

  it('takes silence for a failure', () => {
    const { results } = run([scripted('ours', '0')], 1);
    expect(results.failures[0].error).toBe('it printed no result');
    expect(results.rows).toEqual([]);
  });

  it('does not compare participants that did different work', () => {
    const { results } = run([answers('ours', 30, 'aa'), answers('go', 20, 'bb')], 1);
    expect(results.rows[0].values).toEqual({ ours: [30] });
    expect(results.failures[0].error).toBe('it did other work than the others: check bb, theirs aa');
  });

  it('prints what was measured, against what, and whether it was reached', () => {
    const { results } = run([answers('ours', 30), answers('go', 20)], 1);
    const text = table(results, ['ours', 'go']);
    expect(text).toMatch(/x size=8 +30\.0 ns +20\.0 ns +1\.50 \(1\.50–1\.50\) +≤ 1\.00 go +MISSED/);
    expect(openWords(results)).toBeUndefined();
    const alone = run([answers('ours', 20e6)]).results;
    expect(table(alone, ['ours'])).toMatch(/x size=8 +20\.0 ms +≤ 1\.00 go +\?/);
    expect(openWords(alone)).toMatch(/^\? /);
    expect(rowName(results.rows[0])).toBe('x size=8');
  });
});

describe('targets', () => {
  const row = (ours: number[], go?: number[]): Row => ({
    name: 'x',
    params: {},
    unit: 'ns',
    values: { ours, ...(go === undefined ? {} : { go }) },
    targets: [],
  });
  const go = { against: 'go', atMost: 1 };

  it.each([
    ['one round of seven says otherwise', [90, 90, 90, 90, 90, 90, 200], 'met'],
    ['two of seven do', [90, 90, 90, 90, 90, 200, 200], 'unclear'],
    ['missed, but for one', [110, 110, 110, 110, 110, 110, 50], 'missed'],
    ['missed, but for two', [110, 110, 110, 110, 110, 50, 50], 'unclear'],
    ['one round', [110], 'missed'],
    ['two that differ', [110, 80], 'unclear'],
  ] as const)('%s', (_, ours, verdict) => {
    const theirs = ours.map(() => 100);
    expect(verdictOf(row([...ours], theirs), go)).toBe(verdict);
    expect(verdictOf(row([...ours]), { atMost: 100 })).toBe(verdict);
    expect(verdictOf(row([...ours], theirs), { against: 'go', above: true, atMost: 0 })).toBe(verdict);
    expect(
      table({ rows: [{ ...row([...ours], theirs), targets: [go] }], failures: [] }, ['ours', 'go']),
    ).toContain(verdict === 'missed' ? 'MISSED' : verdict);
  });

  const pages = (mib: number, values: Record<string, number[]>, what = 'alloc', n = '64'): Row => ({
    name: 'pages',
    params: { pages: n, mib: `${mib}`, ops: '1', what },
    unit: 'ns',
    values,
    targets: [],
  });

  it.each([
    ['as steep', [120, 120, 120, 120], 'met'],
    ['half as steep again', [180, 180, 180, 180], 'missed'],
    ['noisy', [120, 120, 180, 180], 'unclear'],
  ] as const)('growth from 64 MiB to 16 GiB, %s as Go’s', (_, large, verdict) => {
    const base = { ours: [60, 60, 60, 60], go: [50, 50, 50, 50] };
    const rows = [
      pages(64, base),
      pages(64, base, 'free'),
      pages(1024, base),
      pages(16384, { ours: [...large], go: [100, 100, 100, 100] }),
      pages(16384, base, 'free'),
    ];
    const [growth, ...others] = steepnessRows(rows);
    expect(others).toEqual([]);
    expect(growth.values).toEqual({ ours: large.map((cost) => cost / 60), go: [2, 2, 2, 2] });
    expect(growth.targets.map((target) => verdictOf(growth, target))).toEqual([verdict]);
    expect(rowName(growth)).toBe('pages pages=64 mib=64–16384 what=alloc-growth');
    expect(table({ rows: [growth], failures: [] }, ['ours', 'go'])).toMatch(
      /× 2\.00 .* ≤ 1\.20 go +(met|MISSED|unclear)$/m,
    );
  });

  it('of growth there is none where an end was not measured, and nothing to hold against without Go', () => {
    const ours = { ours: [60] };
    expect(steepnessRows([pages(64, ours), pages(4096, ours)])).toEqual([]);
    expect(steepnessRows([pages(64, ours), pages(16384, { go: [50] })])).toEqual([]);
    expect(steepnessRows([pages(64, ours), pages(16384, ours, 'alloc', '4')])).toEqual([]);
    const [alone] = steepnessRows([pages(64, { ours: [60], go: [50] }), pages(16384, ours)]);
    expect(verdictOf(alone, alone.targets[0])).toBeUndefined();
  });

  it('where few runs fit into 64 MiB, pairs tell it', () => {
    const cost = { ours: [60], go: [50] };
    const rows = [
      pages(64, cost, 'pair', '512'),
      pages(16384, cost, 'alloc', '512'),
      pages(16384, { ours: [66], go: [50] }, 'pair', '512'),
    ];
    const [growth] = steepnessRows(rows);
    expect(growth).toMatchObject({
      params: { pages: '512', what: 'pair-growth' },
      values: { ours: [1.1], go: [1] },
    });
  });

  it('the benchmark measures both ends of each', () => {
    const cases = allCases({ quick: false, traces: [], program: undefined }).filter(
      (of) => of.name === 'pages',
    );
    const rows = cases.map((of) =>
      pages(Number(of.params.mib), { ours: [1], go: [1] }, 'alloc', of.params.pages),
    );
    expect(steepnessRows(rows).map(({ params }) => params.pages)).toEqual(['1', '4', '64', '512']);
  });
});

describe('the cases', () => {
  it('cover what must be reached', () => {
    const cases = allCases({ quick: false, traces: [['pa-64', '/pa-64.jsonl.gz']], program: '/p.mtrace.gz' });
    const names = new Set(cases.map((of) => of.name));
    for (const name of [
      'malloc',
      'span',
      'pages',
      'radix-trace',
      'scavenge',
      'metadata',
      'trace-parse',
      'trace-replay',
      'command',
    ]) {
      expect(names).toContain(name);
    }
    const bound = (name: string, key: string, value: string) =>
      cases.find((of) => of.name === name && of.params[key] === value)?.targets[0].atMost;
    expect(bound('malloc', 'size', '8')).toBe(1.5);
    expect(bound('malloc', 'size', '1024')).toBe(0.8);
    expect(bound('pages', 'pages', '4')).toBe(1);
    expect(bound('pages', 'pages', '512')).toBe(1.4);
    // Milliseconds that a person waits.
    expect(bound('command', 'of', 'version')).toBe(40e6);
    expect(bound('command', 'of', 'run')).toBe(450e6);
  });

  it('are all different, and leave the traces out when there are none', () => {
    for (const quick of [false, true]) {
      const cases = allCases({ quick, traces: [], program: undefined });
      expect(cases.some((of) => of.name === 'radix-trace')).toBe(false);
      const texts = cases.map((of) => `${of.name} ${JSON.stringify(of.params)}`);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });
});

describe('rivals', () => {
  let into = '';
  beforeAll(() => {
    into = mkdtempSync(join(tmpdir(), 'pageheap-bench-test-'));
  });
  afterAll(() => rmSync(into, { recursive: true }));

  it('answers none for a go command that is not there', () => {
    expect(findGo(join(into, 'go'))).toBeUndefined();
  });

  it('compiles and runs the program in C', () => {
    const warnings: string[] = [];
    const c = buildC('bench/c', into, (text) => warnings.push(text));
    expect(warnings).toEqual([]);
    const params = { size: '64', live: '1024', order: 'random', ops: '10000', repeats: '3' };
    const cases: Case[] = [
      { name: 'malloc', params, targets: [] },
      { name: 'scavenge', params: { quantum: '65536', mib: '2', repeats: '3' }, targets: [] },
    ];
    const { results } = run([c as Participant], 1, cases);
    expect(results.failures).toEqual([]);
    expect(results.rows.map((row) => row.name)).toEqual(['malloc', 'scavenge']);
    for (const row of results.rows) expect(row.values.c[0]).toBeGreaterThan(0);
  });

  it('says why the program in C was not built', () => {
    const warnings: string[] = [];
    expect(buildC(into, into, (text) => warnings.push(text))).toBeUndefined();
    expect(warnings[0]).toContain('the C program does not compile');
  });
});
