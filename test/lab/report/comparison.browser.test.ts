/// <reference lib="dom" />
/** The page of a comparison in a real browser: charts, legend, maps, tables. One tab is shared. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curveColour } from '../../../lib/lab/report/client/curve-style.ts';
import { renderComparison } from '../../../lib/lab/report/comparison.ts';
import { sharedChromium } from '../../support/chromium.ts';
import { type OpenedPage, openTab, settle } from './browser-page.ts';
import { comparisonOf, configurationOf, runOf } from './made-comparison.ts';

describe('the page in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-report-comparison-'));
  let browser: Browser;
  const pages = {
    // The repetition of each takes three times as long.
    two: ['first', 'second'].map((label, i) =>
      configurationOf(label, [
        runOf({ rss: [10, 40, 20 - 5 * i], phases: ['A', 'B'] }),
        runOf({ rss: [10, 40, 40, 40, 40, 40, 30], phases: ['A', 'B'] }),
      ]),
    ),
    nine: Array.from({ length: 9 }, (_, i) =>
      configurationOf(`radix,growth-unit=${i}MiB,scavenger=none`, [
        runOf({ rss: [10, 40 + i, 20], phases: ['A', 'B'] }),
        runOf(),
      ]),
    ),
    // One is without a run.
    four: ['radix', 'own:./my-page-heap.mjs', 'radix,advise=free', 'radix,growth-unit=4MiB,advise=free'].map(
      (label, i) => configurationOf(label, i === 1 ? [] : [runOf({ resident: i, phases: ['A', 'B'] })]),
    ),
  };

  beforeAll(async () => {
    for (const [name, configurations] of Object.entries(pages))
      writeFileSync(join(folder, `${name}.html`), renderComparison(comparisonOf(configurations)));
    browser = await sharedChromium();
  });
  afterAll(async () => {
    await tab?.page.close();
    rmSync(folder, { recursive: true, force: true });
  });

  let tab: OpenedPage | undefined;
  let shown = '';
  /** The page, as it was opened; opened again only where it is another. */
  async function open(name: keyof typeof pages, width = 1300): Promise<{ page: Page; wrong: string[] }> {
    tab ??= await openTab(browser);
    tab.complaints.length = 0;
    if (shown !== name) {
      await tab.page.setViewportSize({ width, height: 900 });
      await tab.goTo(join(folder, `${name}.html`));
    }
    shown = name;
    await settle(tab.page, width);
    await tab.page.waitForSelector('#chart-inuse canvas');
    return { page: tab.page, wrong: tab.complaints };
  }
  const pixels = (page: Page, chart: string): Promise<string> =>
    page.locator(`#chart-${chart} canvas`).evaluate((element) => (element as HTMLCanvasElement).toDataURL());

  it('has one legend, whose chips show and hide curves in every chart', async () => {
    const { page, wrong } = await open('two');
    expect(await page.locator('.legend').count()).toBe(1);
    expect(await page.locator('#legend button').allInnerTexts()).toEqual(['first', 'second']);
    const before = [await pixels(page, 'rss'), await pixels(page, 'inuse')];
    const chip = page.locator('#legend button').first();
    await chip.focus();
    await page.keyboard.press('Enter');
    expect(await chip.getAttribute('aria-pressed')).toBe('false');
    expect(await pixels(page, 'rss')).not.toBe(before[0]);
    expect(await pixels(page, 'inuse')).not.toBe(before[1]);
    await page.keyboard.press('Enter');
    expect(await pixels(page, 'inuse')).toBe(before[1]);
    expect(wrong).toEqual([]);
  });

  it('draws no time that only hidden repetitions have', async () => {
    const { page, wrong } = await open('two');
    const times = async (): Promise<string> => {
      const plot = page.locator('#chart-inuse .plot');
      await plot.focus();
      await page.keyboard.press('End');
      return (await page.locator('#chart-inuse .unseen').textContent()) ?? '';
    };
    expect(await times()).toMatch(/^6\.00 s/);
    await page.locator('#repetitions').uncheck();
    expect(await times()).toMatch(/^2\.00 s/);
    await page.locator('#repetitions').check();
    expect(await times()).toMatch(/^6\.00 s/);
    expect(wrong).toEqual([]);
  });

  it('draws the curves over operations when it is told to, and over time again', async () => {
    const { page, wrong } = await open('two');
    const end = async (): Promise<string> => {
      const plot = page.locator('#chart-inuse > div:not([hidden]) .plot');
      await plot.focus();
      await page.keyboard.press('End');
      return (await page.locator('#chart-inuse > div:not([hidden]) .unseen').textContent()) ?? '';
    };
    expect(await end()).toMatch(/^6\.00 s/);
    await page.locator('input[name=axis][value=operations]').check();
    await page.waitForSelector('#chart-inuse > div:not([hidden]) canvas');
    expect(await page.locator('#chart-inuse > div:not([hidden])').count()).toBe(1);
    expect(await end()).toMatch(/^600/);
    await page.locator('#repetitions').uncheck();
    expect(await end()).toMatch(/^200/);
    await page.locator('input[name=axis][value=time]').check();
    expect(await end()).toMatch(/^2\.00 s/);
    expect(wrong).toEqual([]);
    // It has two charts of each figure now; the next test opens it again.
    shown = '';
  });

  it('marks the phases of the configuration that is pointed at', async () => {
    const { page, wrong } = await open('two');
    const before = await pixels(page, 'rss');
    await page.locator('#legend button').last().hover();
    await expect.poll(() => pixels(page, 'rss')).not.toBe(before);
    await page.mouse.move(5, 5);
    await expect.poll(() => pixels(page, 'rss')).toBe(before);
    expect(wrong).toEqual([]);
  });

  it('tells the phase of each at the time of the cursor, and where it ends', async () => {
    const { page, wrong } = await open('two');
    const plot = page.locator('#chart-inuse .plot');
    await plot.focus();
    const rows = async (key: string): Promise<string[]> => {
      await page.keyboard.press(key);
      return page.locator('#chart-inuse .tip .row span:nth-child(2)').allInnerTexts();
    };
    const first = await rows('Home');
    expect(first.filter((words) => words.includes('until'))).toEqual([
      'first phase A until 1.00 s',
      'second phase A until 1.00 s',
    ]);
    expect((await rows('End')).filter((words) => words.includes('until'))).toEqual([]);
    expect(wrong).toEqual([]);
  });

  it('shows the page maps of those that have runs, each in its own colour', async () => {
    const { page, wrong } = await open('four');
    await page.waitForSelector('#compared-maps[data-shown="0"]');
    const headings = page.locator('#compared-maps h3');
    expect(await headings.allInnerTexts()).toEqual([
      ' radix',
      ' radix,advise=free',
      ' radix,growth-unit=4MiB,advise=free',
    ]);
    expect(await headings.locator('line').evaluateAll((all) => all.map((line) => line.style.stroke))).toEqual(
      [0, 2, 3].map((i) => `var(--${curveColour(i)})`),
    );
    expect(await page.locator('#legend button').nth(1).innerText()).toBe(
      'own:./my-page-heap.mjs (no finished run)',
    );
    expect(await page.locator('#compared-readout').innerText()).toMatch(
      /radix: in use; not resident.*radix,advise=free: in use; resident/,
    );
    expect(await page.locator('#h-maps + .lead').innerText()).toContain('own:./my-page-heap.mjs has none.');
    expect(wrong).toEqual([]);
  });

  it('breaks names at their borders where it is narrow', async () => {
    const { page, wrong } = await open('four', 400);
    const heads = page.locator('#h-table ~ .compared thead th');
    // A part of its own is whole on a line: as tall as one line.
    const lines = await heads
      .nth(3)
      .locator('.part')
      .evaluateAll((parts) =>
        parts.map((part) => part.getClientRects().length === 1 && part.clientHeight < 20),
      );
    expect(lines).toEqual([true, true]);
    const table = page.locator('#h-table ~ .compared').first();
    expect(await table.evaluate((e) => e.scrollWidth > e.clientWidth)).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    const box = (await table.boundingBox())!;
    // The shadow at the right edge is there until the end is reached.
    const edge = async (): Promise<string> =>
      (
        await page.screenshot({
          clip: { x: box.x + box.width - 4, y: box.y + 2, width: 3, height: 3 },
          fullPage: true,
        })
      ).toString('base64');
    const before = await edge();
    await table.evaluate((e) => e.scrollTo(e.scrollWidth, 0));
    expect(await edge()).not.toBe(before);
    expect(wrong).toEqual([]);
  });

  it('sorts the configurations by a figure, and back', async () => {
    const { page, wrong } = await open('four');
    const table = page.locator('#h-table ~ .compared table');
    const heads = (): Promise<string[]> => table.locator('thead th .part:first-of-type').allInnerTexts();
    const before = await heads();
    const row = table.locator('tbody tr', { hasText: 'RSS end' });
    const button = row.locator('th button');
    await button.focus();
    await page.keyboard.press('Enter');
    expect(await row.locator('th').getAttribute('aria-sort')).toBe('descending');
    // The one without a figure is last.
    expect((await row.locator('td').allInnerTexts()).at(-1)).toBe('–');
    expect((await heads()).at(-1)).toBe(before[1]);
    await button.click();
    await button.click();
    expect(await row.locator('th').getAttribute('aria-sort')).toBe(null);
    expect(await heads()).toEqual(before);
    expect(wrong).toEqual([]);
  });

  it('saves a chart with its curves and the ends of phases', async () => {
    const { page, wrong } = await open('two');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as SVG: RSS of the heap’s ranges' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('made-compared-rss-of-the-heap-s-ranges.svg');
    const svg = readFileSync((await download.path())!, 'utf8');
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text);
    expect(texts).toEqual(
      expect.arrayContaining([
        'made, compared: RSS of the heap’s ranges',
        'first',
        'second, run 2',
        'A',
        'B',
      ]),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the legend in sight below the links, and both off what they cover', async () => {
    const { page } = await open('two');
    await page.evaluate(() =>
      document.querySelector('#chart-inuse')?.scrollIntoView({ behavior: 'instant' }),
    );
    const bar = (await page.locator('nav.sections').boundingBox())!;
    const legend = (await page.locator('#legend').boundingBox())!;
    expect(bar.y).toBe(0);
    expect(legend.y).toBeGreaterThanOrEqual(bar.height - 2);
    expect(legend.y).toBeLessThan(bar.height + 2);
  });

  it.each([1300, 400])('holds nine configurations at %i pixels', async (width) => {
    const { page, wrong } = await open('nine', width);
    expect(await page.locator('#legend button').count()).toBe(9);
    expect(await page.locator('#repetitions').isChecked()).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const marks = await page
      .locator('#legend line')
      .evaluateAll((lines) =>
        lines.map((line) => `${line.getAttribute('style')} ${line.getAttribute('stroke-dasharray')}`),
      );
    expect(new Set(marks).size).toBe(9);
    const legend = (await page.locator('#legend').boundingBox())!;
    expect(legend.height).toBeLessThan(200);
    // Three configurations fit beside the names even where it is narrow.
    const third = (await page.locator('#h-table ~ .compared thead th').nth(3).boundingBox())!;
    expect(third.x + third.width).toBeLessThanOrEqual(width);
    expect(wrong).toEqual([]);
  });
});
