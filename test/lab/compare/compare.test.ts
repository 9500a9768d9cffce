import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { type CompareOptions, compareRuns } from '../../../lib/lab/compare/compare.ts';
import { readComparison } from '../../../lib/lab/metrics/comparison.ts';
import { comparisonFile } from '../../../lib/lab/record/comparison-index.ts';
import type { RunData } from '../../../lib/lab/record/run-data.ts';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { renderComparison } from '../../../lib/lab/report/comparison.ts';
import { commonMoments, comparisonPayload, mainRun } from '../../../lib/lab/report/comparison-payload.ts';
import type { RunOptions, RunResult } from '../../../lib/lab/run/run-options.ts';
import { sharedChromium } from '../../support/chromium.ts';

import { linesOf, mapOf, mib, runOf } from '../support/made-runs.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, String(++folders));
const result = (options: RunOptions, reason: 'done' | 'interrupted' = 'done'): RunResult => ({
  file: options.output,
  reason,
  ops: 1,
  seconds: 1,
  opsPerSec: 1,
  peakRss: 1,
  endRss: 1,
  counts: {},
});

function writing(order: string[], rss: (options: RunOptions) => readonly number[]) {
  return async (options: RunOptions): Promise<RunResult> => {
    order.push(options.name ?? '');
    const lines = linesOf(rss(options), { generation: options.heap?.generation ?? 'radix' });
    writeFileSync(options.output, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    return result(options);
  };
}

const three = (extra: Partial<CompareOptions> = {}): CompareOptions => ({
  configurations: [
    { label: 'lists', heap: { generation: 'lists' } },
    { label: 'treap', heap: { generation: 'treap' } },
    { label: 'radix', heap: { generation: 'radix' } },
  ],
  repeat: 2,
  run: { trace: 'made', name: 'made' },
  folder: folder(),
  ...extra,
});

describe('a comparison', () => {
  it('takes the configurations in turns, and each run has its heap and file', async () => {
    const order: string[] = [];
    const options = three();
    const index = await compareRuns(options, { run: writing(order, () => [1, 2, 1]) });
    expect(order).toEqual(['lists', 'treap', 'radix', 'lists', 'treap', 'radix']);
    expect(index.configurations[1]).toEqual({ label: 'treap', runs: ['treap-1.jsonl', 'treap-2.jsonl'] });
    const { configurations } = await readComparison(options.folder);
    expect(configurations.map(({ runs }) => runs.length)).toEqual([2, 2, 2]);
    expect(configurations[0]?.spread.rssPeak).toMatchObject({ n: 2, mean: 2 * mib });
    expect(configurations[0]?.runs[0]?.header.options).toMatchObject({ generation: 'lists' });
  });

  it('that is stopped keeps what was finished', async () => {
    const options = three();
    const order: string[] = [];
    const run = writing(order, () => [1, 2, 1]);
    const index = await compareRuns(options, {
      run: async (o) => (order.length === 4 ? result(o, 'interrupted') : run(o)),
    });
    expect(index.interrupted).toBe(true);
    const read = await readComparison(options.folder);
    expect(read.configurations.map(({ runs }) => runs.length)).toEqual([2, 1, 1]);
    expect(renderComparison(read)).toContain('was interrupted');
  });

  it('goes on without a configuration whose run fails, and says which and when', async () => {
    const options = three({ repeat: 3 });
    const order: string[] = [];
    const run = writing(order, () => [1]);
    const told: unknown[] = [];
    const totals: number[] = [];
    const index = await compareRuns(options, {
      run: async (o) =>
        o.name === 'treap' && order.length > 3
          ? Promise.reject(new PageHeapError('ERR_PAGE_HEAP', 'not today'))
          : run(o),
      onProgress: ({ total }) => totals.push(total),
      onFailure: (failure, error) => told.push([failure, error]),
    });
    const failure = { label: 'treap', round: 2, message: 'not today', code: 'ERR_PAGE_HEAP' };
    expect(order).toEqual(['lists', 'treap', 'radix', 'lists', 'radix', 'lists', 'radix']);
    expect([index.failures, index.interrupted]).toEqual([[failure], false]);
    expect(told).toEqual([[failure, expect.any(PageHeapError)]]);
    expect([totals.at(0), totals.at(-1)]).toEqual([9, 7]);
    const read = await readComparison(options.folder);
    expect(read.failures).toEqual([failure]);
    expect(read.configurations.map(({ runs }) => runs.length)).toEqual([3, 1, 3]);
  });

  it.each([
    ['ERR_TRACE', 1],
    ['ERR_FILE', 4],
  ] as const)('ends at %s, which no other configuration would be spared', async (code, runs) => {
    const options = three();
    const order: string[] = [];
    const run = writing(order, () => [1]);
    await expect(
      compareRuns(options, {
        run: async (o) => (order.length === runs ? Promise.reject(new PageHeapError(code, 'no')) : run(o)),
      }),
    ).rejects.toMatchObject({ code });
    const { index, configurations } = await readComparison(options.folder);
    expect(configurations.reduce((n, c) => n + c.runs.length, 0)).toBe(runs);
    expect([index.interrupted, index.failures]).toEqual([true, []]);
  });

  it('has an index before the first run and after each, which says that it is not done', async () => {
    const options = three({ repeat: 1 });
    const seen: [number, boolean][] = [];
    const run = writing([], () => [1]);
    await compareRuns(options, {
      run: async (o) => {
        const { configurations, index } = await readComparison(options.folder);
        seen.push([configurations.reduce((n, c) => n + c.runs.length, 0), index.interrupted]);
        expect(readdirSync(options.folder).filter((f) => f.includes('.new'))).toEqual([]);
        return run(o);
      },
    });
    expect(seen).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
    expect((await readComparison(options.folder)).index.interrupted).toBe(false);
  });

  it('that is stopped takes the failure of a killed run for that, and begins no other', async () => {
    const options = three();
    const order: string[] = [];
    const run = writing(order, () => [1]);
    let stopped = false;
    const index = await compareRuns(options, {
      run: async (o) => {
        if (order.length < 2) return run(o);
        stopped = true;
        throw new PageHeapError('ERR_SYSTEM', 'killed');
      },
      stopped: () => stopped,
    });
    expect([index.interrupted, index.failures, order]).toEqual([true, [], ['lists', 'treap']]);
  });

  it('in which nothing was recorded leaves no folder', async () => {
    const above = folder();
    const options = three({ folder: join(above, 'a', 'b') });
    const header = { k: 'run', format: 'pageheap-run/1' };
    await compareRuns(options, {
      run: async (o) => {
        writeFileSync(o.output, `${JSON.stringify(header)}\n`);
        return result(o, 'interrupted');
      },
    });
    expect(existsSync(above)).toBe(false);
    const kept = three();
    await compareRuns(kept, {
      run: async (o) => {
        writeFileSync(o.output, `${JSON.stringify(header)}\n{"k":"end","t":1,"ops":5}\n`);
        return result(o, 'interrupted');
      },
    });
    expect((await readComparison(kept.folder)).index.interrupted).toBe(true);
  });

  it('tells configurations apart by their whole labels, and gives each files of its own', async () => {
    const long = `radix,${'x'.repeat(100)}`;
    const labels = ['日本', '한국', `${long}=1`, `${long}=2`, '_-2', 'a'];
    const options = three({ configurations: labels.map((label) => ({ label, heap: {} })), repeat: 1 });
    const order: string[] = [];
    const index = await compareRuns(options, { run: writing(order, () => [1]) });
    expect(order).toEqual(labels);
    const files = index.configurations.flatMap(({ runs }) => runs);
    expect(new Set(files).size).toBe(labels.length);
    expect(files.slice(0, 2)).toEqual(['_-1.jsonl', '_-2-1.jsonl']);
  });

  it('names runs that are not whole', async () => {
    const options = three();
    await compareRuns(options, { run: writing([], () => [1, 2]) });
    const file = join(options.folder, 'radix-2.jsonl');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, lines.slice(0, -1).join('\n'));
    const { incomplete, configurations } = await readComparison(options.folder);
    expect(incomplete).toEqual([{ label: 'radix', file: 'radix-2.jsonl' }]);
    expect(configurations[2].runs.length).toBe(2);
  });

  it.each<[string, Partial<CompareOptions>, RegExp]>([
    ['no configuration', { configurations: [] }, /needs a configuration/],
    [
      'two of one name',
      {
        configurations: [
          { label: 'a', heap: {} },
          { label: 'a', heap: {} },
        ],
      },
      /two configurations are called a/,
    ],
    ['no run', { repeat: 0 }, /repeat must be/],
    ['half a run', { repeat: 1.5 }, /repeat must be/],
  ])('with %s is refused', async (_what, extra, message) => {
    await expect(compareRuns(three(extra), { run: async (o) => result(o) })).rejects.toThrow(message);
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":"x"}'],
    ['no configurations', '{"format":"pageheap-comparison/1"}'],
    ['of strange failures', '{"format":"pageheap-comparison/1","configurations":[],"failures":[null]}'],
  ])('whose index is %s is refused', async (_what, text) => {
    const at = folder();
    mkdirSync(at);
    writeFileSync(join(at, comparisonFile), text);
    await expect(readComparison(at)).rejects.toMatchObject({ code: 'ERR_RUN_FILE' });
  });
});

describe('its page', () => {
  it('draws all runs on one grid, the median run of each configuration thick', () => {
    const runs = [runOf([1, 9, 5]), runOf([1, 9, 3]), runOf([1, 9, 4])];
    expect(mainRun(runs)).toBe(2);
    const payload = comparisonPayload([{ label: 'a', files: [], runs, spread: {} }]);
    const rss = payload.quantities.find(({ id }) => id === 'rss');
    expect(rss?.curves.map(({ main }) => main)).toEqual([false, false, true]);
    expect(rss?.curves[0]?.values.at(0)).toBe(mib);
    expect(rss?.curves[0]?.values.at(-1)).toBe(5 * mib);
    expect(payload.quantities.some(({ id }) => id === 'lazy')).toBe(false);
  });

  it('has no curve where no sample was taken', () => {
    const run = runOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const samples = run.samples.filter(({ t }) => t <= 3000 || t >= 8000);
    const { t, quantities } = comparisonPayload([
      { label: 'a', files: [], runs: [{ ...run, samples }], spread: {} },
    ]);
    const values = quantities.find(({ id }) => id === 'rss')?.curves[0]?.values ?? [];
    const none = t.filter((_, i) => values[i] === null);
    expect([none[0], none.at(-1)].map((ms) => Math.round((ms ?? 0) / 100))).toEqual([40, 80]);
  });

  it('draws over operations what a program had done, whatever time it took', () => {
    const slow = (by: number): RunData => {
      const run = runOf([1, 9, 5, 2, 2]);
      return {
        ...run,
        samples: run.samples.map((s, i) => ({ ...s, t: s.t * by, ops: Math.min(3, i) * 100 })),
      };
    };
    const { t, ops, quantities } = comparisonPayload([
      { label: 'a', files: [], runs: [slow(1)], spread: {} },
      { label: 'b', files: [], runs: [slow(3)], spread: {} },
    ]);
    const [a, b] = quantities.find(({ id }) => id === 'rss')?.curves ?? [];
    expect([t.at(-1), ops.at(-1), a?.endOps]).toEqual([12_000, 300, 300]);
    expect(a?.byOps).toEqual(b?.byOps);
    expect(a?.values).not.toEqual(b?.values);
    // The idleness behind the last operation has no room.
    expect([a?.byOps.at(0), a?.byOps.at(400), a?.byOps.at(-1)]).toEqual([mib, 5 * mib, 2 * mib]);
  });

  it('has no axis of operations where none are told', () => {
    const payload = comparisonPayload([{ label: 'a', files: [], runs: [runOf([1, 2])], spread: {} }]);
    expect(payload.ops).toEqual([]);
  });

  it('has the page maps of moments that all configurations have, and shows first what differs most', () => {
    const of = (label: string, rss: readonly number[]) => ({
      label,
      files: [],
      runs: [runOf(rss)],
      spread: {},
    });
    const { moments, labels, firstMoment } = comparisonPayload([
      of('a', [10, 90, 40, 7]),
      of('b', [10, 80, 80]),
    ]);
    expect(labels).toEqual(['a', 'b']);
    expect(moments.map(({ label }) => label)).toEqual(['after 0', 'after 1', 'after 2']);
    // 40 resident pages against 80.
    expect(firstMoment).toBe(2);
    expect(moments[2]?.maps.map(({ tally }) => tally[3 * 4 + 2])).toEqual([40, 80]);
  });

  it('has the page maps of those that have a run, by their places among all', () => {
    const of = (label: string, rss?: readonly number[]) => ({
      label,
      files: [],
      runs: rss === undefined ? [] : [runOf(rss)],
      spread: {},
    });
    const { labels, mapped, moments, firstMoment } = comparisonPayload([
      of('a', [10, 9]),
      of('failed'),
      of('c', [10, 5]),
      of('cut short', []),
    ]);
    expect(labels).toHaveLength(4);
    expect(mapped).toEqual([0, 2]);
    expect(moments.map(({ label, maps }) => [label, maps.length])).toEqual([
      ['after 0', 2],
      ['after 1', 2],
    ]);
    expect(firstMoment).toBe(1);
    const none = comparisonPayload([of('failed')]);
    expect([none.mapped, none.moments, none.firstMoment]).toEqual([[], [], 0]);
  });

  it('tells maps of one name apart by their place', () => {
    const run = toRunData([
      { k: 'run', format: 'pageheap-run/1', name: 'x' },
      ...[5, 6].map((n) => mapOf('after a collection', n)),
      mapOf('', 7),
    ]);
    expect(commonMoments([run, run]).map(({ label }) => label)).toEqual([
      'after a collection',
      'after a collection, 2',
    ]);
  });

  it('leaves a curve where its run ended', () => {
    const payload = comparisonPayload([
      { label: 'long', files: [], runs: [runOf([1, 2, 3, 4, 5])], spread: {} },
      { label: 'short', files: [], runs: [runOf([1, 2])], spread: {} },
    ]);
    const [long, short] = payload.quantities[0]?.curves ?? [];
    expect(long?.values.at(-1)).toBe(5 * mib);
    expect(short?.values.at(-1)).toBeNull();
  });

  it('shows curves, figures and differences in a browser, wide and narrow, and asks nothing of a network', async () => {
    const options = three();
    options.configurations satisfies readonly object[];
    await compareRuns(
      { ...options, run: { trace: 'made', name: '<script>alert(1)</script>' } },
      { run: writing([], (o) => (o.name === 'radix' ? [10, 90, 40, 5] : [10, 80, 80, 80])) },
    );
    const page = renderComparison(await readComparison(options.folder));
    const file = join(options.folder, 'comparison.html');
    writeFileSync(file, page);
    expect(readFileSync(file, 'utf8')).not.toContain('<script>alert');
    const tab = await (await sharedChromium()).newPage();
    const wrong: string[] = [];
    tab.on('pageerror', (error) => wrong.push(error.message));
    tab.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    tab.on('request', (request) => request.url().startsWith('http') && wrong.push(request.url()));
    try {
      for (const width of [1300, 400]) {
        await tab.setViewportSize({ width, height: 900 });
        await tab.goto(`file://${file}`);
        await tab.waitForSelector('#chart-rss canvas');
        expect(await tab.locator('.chart canvas').count()).toBeGreaterThanOrEqual(4);
        expect(await tab.locator('#legend button').count()).toBe(3);
        expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await tab.locator('th', { hasText: 'RSS peak' }).count()).toBe(2);
        expect(await tab.locator('th', { hasText: 'generation' }).count()).toBe(1);
        expect(await tab.locator('#phases tbody').nth(1).innerText()).toMatch(
          /^after 1\s+80\.0 MiB[\s\S]+90\.0 MiB[\s\S]+HeapSys\s+100 MiB/,
        );
        expect(wrong).toEqual([]);
        if (width < 1000) continue;
        const maps = tab.locator('#compared-maps');
        await tab.waitForSelector('#compared-maps[data-shown="3"]');
        expect(await maps.locator('canvas').count()).toBe(6);
        expect(await tab.locator('#compared-moments button[aria-pressed=true]').innerText()).toBe('after 3');
        // By the keyboard to the page that only the radix heap has given back.
        await tab.locator('#compared-moments button', { hasText: 'after 2' }).click();
        await tab.waitForSelector('#compared-maps[data-shown="2"]');
        await maps.locator('canvas').first().press('Home');
        for (let i = 0; i < 50; i++) await maps.locator('canvas').last().press('ArrowRight');
        expect(await tab.locator('#compared-readout').innerText()).toMatch(
          /^Page 50\. lists: in use; resident\. treap: in use; resident\. radix: in use; not resident/,
        );
        expect(await maps.locator('.cell-mark:visible').count()).toBe(6);
        expect(wrong).toEqual([]);
      }
    } finally {
      await tab.close();
    }
  });
});
