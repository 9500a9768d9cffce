/** The axes of a grid, its order, its shares, and which grids belong together. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../lib/base/errors.ts';
import { designOptions } from '../../lib/design/design.ts';
import type { Options } from '../../lib/design/option.ts';
import { heapOptions } from '../../lib/design/options.ts';
import { partOptions } from '../../lib/design/parts.ts';
import { tuningOptions } from '../../lib/design/tuning.ts';
import { parseAxis } from '../../lib/lab/grid/axis.ts';
import { type CellHeap, workOnGrid } from '../../lib/lab/grid/grid.ts';
import { mergeGrids } from '../../lib/lab/grid/merge.ts';
import {
  cellCount,
  cellLabel,
  checkPlan,
  type GridPlan,
  gridFormat,
  jobFile,
  jobsOf,
  planDifferences,
  shareOf,
} from '../../lib/lab/grid/plan.ts';
import { readGrid } from '../../lib/lab/grid/results.ts';
import { GridStore } from '../../lib/lab/grid/store.ts';
import { gridRemarks } from '../../lib/lab/report/grid.ts';
import type { RunOptions, RunResult } from '../../lib/lab/run/run-options.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-grid-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const folder = (): string => join(root, `grid-${++folders}`);

const options: Options = { ...designOptions, ...tuningOptions, ...partOptions, ...heapOptions };
const axis = (flag: string, text: string): readonly string[] => {
  const option = Object.values(options).find((declared) => declared.flag === flag);
  if (option === undefined) throw new Error(flag);
  return parseAxis(flag, option, text).values;
};

describe('an axis', () => {
  it.each<[string, string, string]>([
    ['gogc', '25..400x2', '25 50 100 200 400'],
    ['gogc', '10..50+20', '10 30 50'],
    ['gogc', '10..100x1.5', '10 15 23 34 51 76'],
    ['gogc', '50,off', '50 off'],
    ['memory-limit', '64MiB,131072KiB,off', '64MiB 128MiB off'],
    ['memory-limit', '64MiB..256MiB+64MiB', '64MiB 128MiB 192MiB 256MiB'],
    ['growth-unit', '4MiB..64MiBx4', '4MiB 16MiB 64MiB'],
    ['controller-kp', '0.1..0.4+0.1', '0.1 0.2 0.30000000000000004 0.4'],
    ['dense-pages', '256,off', '256 off'],
    ['generation', 'lists,radix', 'lists radix'],
    ['hard-decommit', 'on,off', 'on off'],
    ['gc-period', '0.1,120', '0.1 120'],
    ['scavenge-policy', '../a.mjs,./b.mjs', '../a.mjs ./b.mjs'],
    ['page-heap', 'radix,./mine.mjs', 'radix ./mine.mjs'],
    ['gogc', '100', '100'],
  ])('--%s %s', (flag, text, values) => expect(axis(flag, text).join(' ')).toBe(values));

  it.each<[string, string, RegExp]>([
    ['gogc', '25..400', /25\.\.400 lacks its factor or its step, as in 25\.\.400x2/],
    ['gogc', '25,,50', /an empty value/],
    ['gogc', '25,025', /25 is said twice/],
    ['gogc', '400..25x2', /ends before it begins/],
    ['gogc', '25..400x1', /a factor is above 1/],
    ['gogc', '25..400+0', /a step is above 0/],
    ['gogc', '0..8x2', /from a number above 0/],
    ['gogc', '1..1000+1', /more than 64 values/],
    ['gogc', 'many', /many: it takes an integer below 2\^31, or off/],
    ['generation', 'lists..radixx2', /is no range: it takes one of lists, treap, radix/],
    ['growth-unit', '4MiB..64MiBx3', /must be a power of two/],
  ])('--%s %s is refused', (flag, text, why) => expect(() => axis(flag, text)).toThrow(why));
});

const plan = (changes: Partial<GridPlan> = {}): GridPlan => ({
  ...{ format: gridFormat, name: 'x', version: '1', subject: { name: 'x', hash: 'a' } },
  ...{ run: { seconds: 0 }, fixed: {}, modules: {}, repeat: 3 },
  axes: [
    { name: 'gogc', values: ['25', '50', '100'] },
    { name: 'memory-limit', values: ['64MiB', 'off'] },
  ],
  ...changes,
});

describe('the order of runs', () => {
  it('has every cell once a round, in another order each, and is the same for all', () => {
    const jobs = jobsOf(plan());
    expect(jobs).toHaveLength(18);
    const rounds = [1, 2, 3].map((n) => jobs.filter(({ round }) => round === n).map(({ cell }) => cell));
    for (const cells of rounds) expect([...cells].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(rounds.map(String)).size).toBe(3);
    expect(jobsOf(plan())).toEqual(jobs);
    expect(jobs.slice(0, 6).every(({ round }) => round === 1)).toBe(true);
  });

  it('is shared out without a run lost or made twice', () => {
    const jobs = jobsOf(plan());
    for (const of of [1, 2, 5, 18, 40]) {
      const shares = Array.from({ length: of }, (_, i) => shareOf(jobs, { index: i + 1, of }));
      expect(new Set(shares.flat()).size).toBe(18);
      expect(shares.flat()).toHaveLength(18);
      const sizes = shares.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  it('names each run once', () => {
    const odd = plan({ axes: [{ name: 'scavenge-policy', values: ['a/b.mjs', 'a_b.mjs', './a b.mjs'] }] });
    const names = jobsOf(odd).map((job) => jobFile(odd, job));
    expect(new Set(names).size).toBe(9);
    expect(cellLabel(plan(), 3)).toBe('gogc=50,memory-limit=off');
    expect(cellCount(plan())).toBe(6);
  });

  it('is refused where there is nothing to choose, or too much', () => {
    expect(() => checkPlan(plan({ axes: [] }))).toThrow(/an option with several values/);
    const many = Array.from({ length: 64 }, (_, i) => String(i));
    const axes = ['a', 'b', 'c'].map((name) => ({ name, values: many }));
    expect(() => checkPlan(plan({ axes }))).toThrow('262144 cells, and a grid has at most 4096');
  });
});

/** Writes a file where a run would. */
const pretend = async ({ output }: RunOptions): Promise<RunResult> => {
  writeFileSync(output, '{"k":"run"}\n');
  return { file: output, reason: 'done' } as RunResult;
};
const work = (
  store: GridStore,
  hooks: Partial<Parameters<typeof workOnGrid>[1]> = {},
  shard = { index: 1, of: 1 },
) =>
  workOnGrid(
    { store, shard, run: { workload: { name: 'stripes' } }, heapOf: (): CellHeap => ({ heap: {} }) },
    { run: pretend, ...hooks },
  );

describe('a grid at work', () => {
  it('tells of runs in it that did not come to their end', async () => {
    const store = GridStore.begin(folder(), plan({ repeat: 1 }));
    await work(store, {
      run: async ({ output }) => {
        const header = { k: 'run', format: 'pageheap-run/2', trace: { name: 't', ops: 9 } };
        const end = { k: 'end', t: 1, ops: 5, reason: output.includes('64MiB') ? 'interrupted' : 'done' };
        writeFileSync(output, `${JSON.stringify(header)}\n${JSON.stringify(end)}\n`);
        return { file: output, reason: 'done' } as RunResult;
      },
    });
    const sentence = 'The run was interrupted after 5 of 9 operations: its figures are of that part alone.';
    expect(gridRemarks(await readGrid(store)).filter((words) => words.includes('The run'))).toEqual(
      ['25', '50', '100'].map((gogc) => `gogc=${gogc},memory-limit=64MiB, round 1: ${sentence}`),
    );
  });

  it('goes on where it stopped, and makes no run twice', async () => {
    const at = folder();
    let made = 0;
    const counting = (run: RunOptions) => {
      made++;
      return pretend(run);
    };
    expect(await work(GridStore.begin(at, plan()), { run: counting, stopped: () => made >= 7 })).toBe(false);
    expect(GridStore.open(at).done()).toHaveLength(7);
    expect(await work(GridStore.begin(at, plan()), { run: counting })).toBe(true);
    expect(made).toBe(18);
    expect(await work(GridStore.begin(at, plan()), { run: counting })).toBe(true);
    expect(made).toBe(18);
  });

  it('leaves nothing of a run that was interrupted, and sweeps up after processes that are gone', async () => {
    const at = folder();
    const store = GridStore.begin(at, plan());
    const interrupted = async (run: RunOptions): Promise<RunResult> => {
      await pretend(run);
      return { file: run.output, reason: 'interrupted' } as RunResult;
    };
    expect(await work(store, { run: interrupted })).toBe(false);
    expect(readdirSync(join(at, 'runs'))).toEqual([]);
    // A process that was killed left a draft; one of another machine may be at work still.
    const draft = store.draftOf({ cell: 0, round: 1 });
    writeFileSync(draft.replace(/\d+$/, '999999999'), 'half');
    writeFileSync(draft.replace(/[^.]*-\d+$/, 'elsewhere-12'), 'half');
    await work(store, { stopped: () => true });
    expect(readdirSync(join(at, 'runs')).filter((name) => name.endsWith('999999999'))).toEqual([]);
    expect(readdirSync(join(at, 'runs'))).toHaveLength(1);
  });

  it('writes a cell that fails down, once, and goes on with the others', async () => {
    const at = folder();
    const store = GridStore.begin(at, plan({ repeat: 1 }));
    let tries = 0;
    const failing = async (run: RunOptions): Promise<RunResult> => {
      if (run.name !== 'gogc=50,memory-limit=off') return pretend(run);
      tries++;
      throw new PageHeapError('ERR_OUT_OF_MEMORY', 'no memory');
    };
    expect(await work(store, { run: failing })).toBe(true);
    expect(await work(store, { run: failing })).toBe(true);
    expect(tries).toBe(1);
    expect(store.done()).toHaveLength(5);
    expect(store.failures()).toEqual([
      { cell: 3, round: 1, message: 'no memory', code: 'ERR_OUT_OF_MEMORY' },
    ]);
  });

  it('ends where the trace is wrong', async () => {
    const store = GridStore.begin(folder(), plan());
    const wrong = async (): Promise<RunResult> => {
      throw new PageHeapError('ERR_TRACE', 'no trace');
    };
    await expect(work(store, { run: wrong })).rejects.toThrow('no trace');
    expect(store.failures()).toEqual([]);
  });
});

describe('grids belong together', () => {
  it.each<[string, Partial<GridPlan>, RegExp]>([
    ['trace', { subject: { name: 'x', hash: 'b' } }, /the trace's contents: a and b/],
    ['version', { version: '2' }, /the version of pageheap/],
    ['options', { fixed: { advise: 'free' } }, /what all cells have/],
    ['pace', { run: { seconds: 1 } }, /pace and sampling/],
    ['axes', { axes: [{ name: 'gogc', values: ['25', '50'] }] }, /axes/],
    ['rounds', { repeat: 2 }, /rounds: 3 and 2/],
    ['modules', { modules: { 'a.mjs': 'h' } }, /the modules' contents/],
  ])('unless they differ in: %s', (_what, changes, why) => {
    expect(planDifferences(plan(), plan(changes)).join()).toMatch(why);
    const [one, other] = [folder(), folder()];
    GridStore.begin(one, plan());
    GridStore.begin(other, plan(changes));
    expect(() => mergeGrids([one, other], folder())).toThrow(why);
    expect(() => GridStore.begin(one, plan(changes))).toThrow(
      /another grid is in .* choose another folder with -o/,
    );
  });

  it('and what failed in one share and was made in another is made', async () => {
    const [one, other] = [folder(), folder()];
    const job = { cell: 1, round: 1 };
    const failed = GridStore.begin(one, plan());
    failed.fail({ ...job, message: 'the machine went down', code: 'ERR_SYSTEM' });
    await work(GridStore.begin(other, plan()), {}, { index: 1, of: 1 });
    for (const folders of [
      [one, other],
      [other, one],
    ]) {
      const { store } = mergeGrids(folders, folder());
      expect(store.done()).toHaveLength(18);
      expect(store.failures()).toEqual([]);
    }
  });

  it('and a damaged record of a failure is one', () => {
    const store = GridStore.begin(folder(), plan());
    for (const [cell, text] of ['', '{"message":', '"no"', '{"message":7,"code":[]}'].entries()) {
      store.fail({ cell, round: 1, message: 'm', code: 'c' });
      const [name] = readdirSync(join(store.folder, 'runs'))
        .filter((file) => file.endsWith('.failed.json'))
        .slice(-1);
      writeFileSync(join(store.folder, 'runs', name ?? ''), text);
    }
    expect(store.failures().map(({ message }) => message)).toContain(
      'it failed; the record of why cannot be read',
    );
  });

  it('whatever they are called, and the whole has the runs of all, once', async () => {
    const shares = [folder(), folder(), folder()];
    for (const [i, at] of shares.entries())
      await work(GridStore.begin(at, plan({ name: `share ${i}` })), {}, { index: i + 1, of: 3 });
    const whole = folder();
    const { store, notes } = mergeGrids([...shares, shares[0] ?? ''], whole);
    expect(store.done()).toHaveLength(18);
    expect(notes).toEqual(['6 runs were there twice: the first of them counts']);
    expect(mergeGrids([whole], undefined).store.done()).toHaveLength(18);
    expect(() => mergeGrids(shares, undefined)).toThrow(/name it with -o/);
    expect(() => mergeGrids([join(root, 'nothing')], undefined)).toThrow(/grid\.json/);
  });
});
