/** `pageheap grid` as a user types it: cells, a kill half-way, shares, joining, the page and the figures. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';
import { pageheap } from './spawn.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-grids-'));
afterAll(() => rmSync(root, { recursive: true }));

const trace = join(root, 'small.mtrace');
const lines = Array.from(
  { length: 300 },
  (_, i) => `@ ./a:[0x1] + 0x${(i + 16).toString(16)} 0x${(64 + i).toString(16)}`,
);
writeFileSync(trace, `= Start\n${lines.join('\n')}\n= End\n`);
const quick = ['--duration', '0', '--idle', '0', '--idle-gcs', '0'];
const grid = (out: string, ...args: string[]) =>
  inProcess(['grid', trace, '--gogc', '50,100', '--advise', 'dontneed,free', ...quick, '-o', out, ...args]);

const runsIn = (folder: string): string[] => readdirSync(join(folder, 'runs'));

it('a killed grid leaves whole runs alone, and goes on', async () => {
  const out = join(root, 'killed');
  expect((await grid(out, '-r', '1', '--no-report')).code).toBe(0);
  // As a kill leaves it: a run is missing, and a draft of a process that is no more.
  for (const name of runsIn(out).slice(0, 1)) rmSync(join(out, 'runs', name));
  const before = runsIn(out);
  const [some = ''] = before;
  const text = readFileSync(join(out, 'runs', some));
  const { code, out: table } = await grid(out, '-r', '1');
  expect(code).toBe(0);
  expect(runsIn(out)).toHaveLength(4);
  expect(readFileSync(join(out, 'runs', some)).equals(text)).toBe(true);
  expect(table).toMatch(/advise.*gogc.*RSS mean.*runs/);
  for (const name of runsIn(out)) {
    const end =
      readFileSync(join(out, 'runs', name), 'utf8')
        .trim()
        .split('\n')
        .at(-1) ?? '';
    expect(JSON.parse(end)).toMatchObject({ k: 'end', reason: 'done' });
  }
  const csv = readFileSync(join(out, 'grid.csv'), 'utf8').trim().split('\n');
  expect(csv).toHaveLength(5);
  expect(csv[0]).toMatch(/^advise,gogc,round,machine,.*rssMean/);
  const page = readFileSync(join(out, 'grid.html'), 'utf8');
  expect(page).toContain('<th scope="row">dontneed</th>');
  expect(page).not.toMatch(/(?:src|href)="https?:/);
  // Its folder is taken where runs are.
  const same = await inProcess(['diff', out, out]);
  expect([same.code, same.out]).toEqual([0, expect.stringContaining('gogc')]);
  const tables = await inProcess(['export', out, '-o', join(root, 'tables')]);
  expect([tables.code, tables.out.trim().split('\n').length]).toEqual([0, 4]);
  // Where one run is wanted, or a page of runs, it is said what to name.
  const report = await inProcess(['report', out]);
  expect([report.code, report.err]).toEqual([
    2,
    expect.stringContaining(`grid merge ${out}; for one of its runs`),
  ]);
  const view = await inProcess(['view', out]);
  expect([view.code, view.err]).toEqual([
    2,
    expect.stringMatching(/is a folder; name a run file in it: .* view \S*runs\/\S*jsonl/),
  ]);
});

it('a process that is killed in the middle of a run leaves no part of it', async () => {
  const out = join(root, 'cut');
  const args = ['grid', trace, '--gogc', '50,100', '--duration', '3', '--idle', '0', '-r', '1', '-o', out];
  const outcome = await pageheap(args, {
    started: (child) => {
      const timer = setInterval(() => {
        // The run has begun.
        if (!existsSync(join(out, 'runs')) || runsIn(out).length === 0) return;
        clearInterval(timer);
        child.kill('SIGKILL');
      }, 20);
    },
  });
  expect(outcome.signal).toBe('SIGKILL');
  expect(runsIn(out).filter((name) => !name.startsWith('.'))).toEqual([]);
});

it('shares are joined, machines that differ are told, and what does not belong together is refused', async () => {
  const shares = [join(root, 'one'), join(root, 'two')];
  for (const [i, at] of shares.entries())
    expect((await grid(at, '-r', '1', '--shard', `${i + 1}/2`, '--no-report')).code).toBe(0);
  expect(shares.map((at) => runsIn(at).length)).toEqual([2, 2]);
  // The other share was made elsewhere.
  for (const name of runsIn(shares[1] ?? '')) {
    const path = join(shares[1] ?? '', 'runs', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"kernel":"[^"]*"/, '"kernel":"5.4.0-other"'));
  }
  const whole = join(root, 'whole');
  const merged = await inProcess(['grid', 'merge', ...shares, '-o', whole, '--json']);
  expect(merged.code).toBe(0);
  const { cells, machines, missing } = JSON.parse(merged.out);
  expect([cells.length, machines.length, missing]).toEqual([4, 2, 0]);
  expect(cells.every(({ runs }: { runs: number }) => runs === 1)).toBe(true);
  expect(readFileSync(join(whole, 'grid.html'), 'utf8')).toContain('2 kinds of machines');
  const other = join(root, 'other');
  cpSync(shares[0] ?? '', other, { recursive: true });
  const plan = readFileSync(join(other, 'grid.json'), 'utf8');
  writeFileSync(join(other, 'grid.json'), plan.replace(/"hash": "\w/, '"hash": "x'));
  const refused = await inProcess(['grid', 'merge', ...shares, other, '-o', join(root, 'mixed')]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/do not belong together; they differ in the trace's contents/);
  const again = await grid(shares[0] ?? '', '-r', '3');
  expect(again.err).toMatch(/another grid is in .*; they differ in rounds: 1 and 3/);
});

it('a cell that cannot be is told, and the others are drawn', async () => {
  const out = join(root, 'refused');
  const {
    code,
    err,
    out: table,
  } = await inProcess([
    ...[
      'grid',
      trace,
      '--generation',
      'lists,radix',
      '--dense-pages',
      '256,off',
      ...quick,
      '-r',
      '1',
      '-o',
      out,
    ],
  ]);
  expect(code).toBe(1);
  expect(err).toMatch(/generation=lists,dense-pages=256: .*is of the page heap 'radix'.*ERR_INVALID_OPTION/);
  expect(table).toContain('failed');
  expect(runsIn(out).filter((name) => name.endsWith('.failed.json'))).toHaveLength(2);
  expect(readFileSync(join(out, 'grid.html'), 'utf8')).toContain('failed');
});

it.each([
  [['--gogc', '100'], /a grid has an option with several values/],
  [['--gogc', '25..400'], /gogc.*25\.\.400 lacks its factor or its step/],
  [['--gogc', '25,50', '--shard', '3/2'], /--shard.*It takes a share of so many, from 1 on: 3\/16/],
])('what is no grid is refused: %s', async (args, why) => {
  const { code, err } = await inProcess(['grid', trace, ...args, '-o', join(root, 'none')]);
  expect(code).toBe(2);
  expect(err).toMatch(why);
  expect(existsSync(join(root, 'none'))).toBe(false);
});
