/// <reference lib="dom" />
/**
 * Pages of contenders: what an allocator of others does not tell has no chart, no figure and no zero. In a real browser
 * (support/chromium.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metrics, metricsOf } from '../../../lib/lab/metrics/run-metrics.ts';
import { spreadOf } from '../../../lib/lab/metrics/spread.ts';
import { type RunData, toRunData } from '../../../lib/lab/record/run-data.ts';
import { renderComparison } from '../../../lib/lab/report/comparison.ts';
import { differingOptions } from '../../../lib/lab/report/comparison-options.ts';
import { rssBasisWords } from '../../../lib/lab/report/contender-words.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { sharedChromium } from '../../support/chromium.ts';

const mib = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'pageheap-contender-page-'));
let page: Page;
const wrong: string[] = [];
beforeAll(async () => {
  page = await (await sharedChromium()).newPage();
  page.on('pageerror', (error) => wrong.push(error.message));
});
afterAll(async () => {
  await page?.close();
  rmSync(folder, { recursive: true });
});

function run(name: string, header: object, believed: object): RunData {
  return toRunData([
    { k: 'run', format: 'pageheap-run/2', name, trace: { name: 't' }, ...header },
    ...[1, 9, 4].map((rss, i) => ({
      k: 's',
      t: i * 1000,
      ops: i,
      rss: rss * mib,
      prss: (rss + 2) * mib,
      live: mib,
      minflt: i,
      ...believed,
    })),
    { k: 'end', t: 2000, reason: 'done', ops: 2 },
  ]);
}

const malloc = run(
  'glibc',
  { options: { contender: 'glibc', touch: 'all' }, contender: { name: 'glibc', rss: 'process' } },
  { own: mib },
);
const heap = run(
  'radix',
  { options: { generation: 'radix', advise: 'free', touch: 'all' } },
  { inuse: mib, free: 0, released: 0, sys: mib, alloc: mib, gcs: 3 },
);
const compared = [heap, malloc].map((data) => ({
  label: data.header.name ?? '',
  files: ['x.jsonl'],
  runs: [data],
  spread: Object.fromEntries(metrics.map(({ id }) => [id, spreadOf([metricsOf(data)[id]])])),
}));

/** Opens a page. @returns what went wrong in it */
async function open(name: string, html: string, ready: string): Promise<{ wrong: string[]; text: string }> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  await page.goto(`file://${file}`);
  await page.waitForSelector(ready);
  const text = (await page.evaluate(() => document.body.innerText)).replaceAll('\u00a0', ' ');
  return { wrong: wrong.splice(0), text };
}

describe('the page of a contender', () => {
  it('of one run shows what there is, and says what its RSS is of', async () => {
    const { wrong, text } = await open('run', renderReport(malloc), '#timeline canvas');
    expect(wrong).toEqual([]);
    expect(text).toContain(
      'RSS of the process, less what that had before the first operation, peaked at 9.00 MiB',
    );
    for (const absent of [
      'Belief against fact',
      'the heap believed',
      'collections, ',
      'given back in all',
      '0 B',
    ])
      expect(text).not.toContain(absent);
  });

  it('of a comparison has dashes for what is not told, and the curves of all', async () => {
    const index = {
      format: 'pageheap-comparison/1',
      name: 't',
      started: '',
      repeat: 1,
      configurations: [],
      failures: [],
      seconds: 1,
      interrupted: false,
    };
    const html = renderComparison({ index, folder, configurations: compared, failures: [], incomplete: [] });
    const { wrong, text } = await open('compared', html, '#chart-process canvas');
    expect(wrong).toEqual([]);
    expect(text).toMatch(/collections\s+3\s+–/);
    expect(text).toContain('RSS of glibc is of its process');
  });
});

it('options are those in which heaps differ, and what a contender was asked', () => {
  expect(differingOptions(compared).map(({ name, values }) => [name, values])).toEqual([
    ['contender', ['–', 'glibc']],
  ]);
  const other = {
    ...compared[0],
    runs: [run('r', { options: { generation: 'radix', advise: 'dontneed', touch: 'all' } }, {})],
  };
  expect(differingOptions([...compared, other]).map(({ name }) => name)).toEqual(['advise', 'contender']);
});

it('what RSS is of is told where it is not the same for all', () => {
  expect(rssBasisWords([compared[0]])).toBeUndefined();
  expect(rssBasisWords(compared)).toBe(
    'RSS of glibc is of its process, less what was there before the first operation; that of radix is of its own ranges. ' +
      'Process RSS added has one basis for all, in which a heap of here pays for Node',
  );
});
