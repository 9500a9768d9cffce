import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import papaparse from 'papaparse';
import { describe, expect, it } from 'vitest';
import { tableNames, tableOf } from '../../../lib/lab/export/tables.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';

const run = toRunData([
  { k: 'run', format: 'pageheap-run/2', name: 'x', contender: { name: 'glibc', rss: 'process' } },
  { k: 's', t: 0, rss: null, live: 5 },
  { k: 's', t: 1.5, rss: 7, own: 3 },
  { k: 'gc', t: 1, n: 1, line: 'gc 1 @0.1s, "quoted"\n' },
]);

const rowsOf = (text: string) =>
  papaparse.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true }).data;

describe('tables of runs', () => {
  const runs = [
    { configuration: 'a, b', round: 1, data: run },
    { configuration: 'c', round: 2, data: run },
  ];

  it('have a row a line, whose it is, and nothing where nothing is known', () => {
    const rows = rowsOf(tableOf('samples', runs));
    expect(
      rows.map(({ configuration, round, t, rss, own, inuse, live }) => [
        configuration,
        round,
        t,
        rss,
        own,
        inuse,
        live,
      ]),
    ).toEqual([
      ['a, b', '1', '0', '', '', '', '5'],
      ['a, b', '1', '1.5', '7', '3', '', ''],
      ['c', '2', '0', '', '', '', '5'],
      ['c', '2', '1.5', '7', '3', '', ''],
    ]);
  });

  it('keep what has commas, quotes and ends of lines', () => {
    expect(rowsOf(tableOf('collections', runs))[0].line).toBe('gc 1 @0.1s, "quoted"\n');
  });

  it('have their header also without a row', () => {
    expect(tableOf('steers', runs)).toBe('configuration,round,t,wall,ops,what,was,value\n');
    expect(tableOf('releases', runs)).toBe('configuration,round,t,kind,bytes\n');
    for (const name of tableNames)
      expect(tableOf(name, []).split('\n')[0]).toMatch(/^configuration,round,t,/);
  });
});

describe('the notebook', () => {
  const folder = resolve('examples/notebook');
  const notebook = JSON.parse(readFileSync(join(folder, 'rss.ipynb'), 'utf8')) as {
    cells: { cell_type: string; source: string[]; outputs?: unknown[]; execution_count?: number }[];
  };
  const code = notebook.cells.filter(({ cell_type }) => cell_type === 'code');

  it('was run, on columns that an export has', () => {
    for (const cell of code) expect(cell.outputs?.length).toBeGreaterThan(0);
    const [header] = readFileSync(join(folder, 'perl.samples.csv'), 'utf8').split('\n');
    const columns = header.split(',');
    for (const column of ['configuration', 'round', 't', 'rss', 'live', 'gcs'])
      expect(columns).toContain(column);
    const printed = tableOf('samples', [{ configuration: 'x', round: 1, data: run }])
      .split('\n')[0]
      .split(',');
    expect(columns.slice(0, 10)).toEqual(printed.slice(0, 10));
  });

  it('its first cell prints what it shows, where pandas is installed', () => {
    const source = code[0].source.join('');
    expect(source).toContain("pd.read_csv('perl.samples.csv')");
    if (spawnSync('/usr/bin/python3', ['-c', 'import pandas']).status !== 0) return;
    const printed = execFileSync('/usr/bin/python3', ['-c', source], { cwd: folder, encoding: 'utf8' });
    const [shown] = code[0].outputs as [{ text: string[] }];
    expect(printed.trim()).toBe(shown.text.join('').trim());
  });
});
