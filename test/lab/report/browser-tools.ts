/// <reference lib="dom" />
/**
 * What one can do with the report in a browser: tables that drop columns and are sorted, links to sections, zoom, and
 * charts that are saved. Tests of report.browser.test.ts, whose page they share.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { touch } from './browser-page.ts';

/** @param page settled before each test */
export function testTools(page: () => Page): void {
  it('drops columns of the class table where it is narrow, names them, and brings them back', async () => {
    const table = page().locator('.fitted:not([hidden]) table[id^=classes]');
    const left = page().locator('.fitted:not([hidden]):has(table[id^=classes]) .left-out');
    const heads = (): Promise<string[]> =>
      table
        .locator('thead th')
        .evaluateAll((all) =>
          all.filter((e) => (e as HTMLElement).offsetWidth > 0).map((e) => e.textContent ?? ''),
        );
    const all = await heads();
    expect(await left.isVisible()).toBe(false);
    await page().setViewportSize({ width: 400, height: 900 });
    const narrow = await heads();
    expect(narrow.slice(0, 2)).toEqual(['class', 'object size']);
    expect(narrow).toContain('in use');
    const named = await left.locator('span:visible').allInnerTexts();
    expect(new Set([...narrow, ...named.map((name) => name.trim())])).toEqual(new Set(all));
    await left.locator('input').check();
    expect(await heads()).toEqual(all);
    await left.locator('input').uncheck();
    expect(await heads()).toEqual(narrow);
  });

  it('sorts a table by the keyboard: largest, smallest, as it was', async () => {
    const table = page().locator('.fitted:not([hidden]) table[id^=classes]');
    const column = (): Promise<string[]> => table.locator('tbody tr td:nth-child(2)').allInnerTexts();
    const head = table.locator('thead th').nth(1);
    const first = await column();
    await head.locator('button').focus();
    await page().keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect((await column())[0]).toBe('32,768 B');
    await page().keyboard.press('Space');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect((await column())[0]).toBe('8 B');
    await page().keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe(null);
    expect(await column()).toEqual(first);
    expect(await table.locator('tfoot tr').count()).toBe(1);
  });

  it('has links to its sections that stay in sight, on a phone, too, and tell where one is', async () => {
    for (const width of [1300, 390]) {
      await page().setViewportSize({ width, height: 800 });
      const links = page().locator('nav.sections a');
      expect(await links.allInnerTexts()).toEqual([
        ...['Summary', 'Timeline', 'Belief against fact', 'Page map', 'Faults and madvise'],
        ...['Size classes', 'Environment', 'Trace lines'],
      ]);
      await links.nth(5).focus();
      await page().keyboard.press('Enter');
      const heading = page().locator('#h-classes');
      // Not hidden behind the links.
      await expect.poll(async () => (await heading.boundingBox())!.y).toBeLessThan(140);
      expect((await heading.boundingBox())!.y).toBeGreaterThanOrEqual(44);
      await expect.poll(() => links.nth(5).getAttribute('aria-current')).toBe('true');
      const bar = (await page().locator('nav.sections').boundingBox())!;
      expect(bar.y).toBe(0);
      const link = (await links.nth(5).boundingBox())!;
      expect(link.x).toBeGreaterThanOrEqual(0);
      expect(link.x + link.width).toBeLessThanOrEqual(width);
    }
    await page().evaluate(() => history.replaceState(null, '', '#'));
  });

  const rangeShown = async (): Promise<[number, number]> => {
    const plot = page().locator('#belief .plot');
    await plot.focus();
    const at = async (key: string): Promise<number> => {
      await page().keyboard.press(key);
      return Number.parseFloat((await page().locator('#belief .unseen').textContent()) ?? '');
    };
    return [await at('Home'), await at('End')];
  };

  it('zooms by buttons: closer, farther, earlier, later, all', async () => {
    const tool = (name: string) => page().getByRole('button', { name: `${name}: Timeline` });
    expect(await tool('Zoom out').isDisabled()).toBe(true);
    await tool('Zoom in').click();
    await tool('Zoom in').click();
    expect(await rangeShown()).toEqual([15, 25]);
    await tool('Earlier').click();
    expect(await rangeShown()).toEqual([10, 20]);
    for (let i = 0; i < 4; i++) await tool('Later').click();
    expect(await rangeShown()).toEqual([30, 40]);
    expect(await tool('Later').isDisabled()).toBe(true);
    await tool('Show the whole run').click();
    expect(await rangeShown()).toEqual([0, 40]);
  });

  it('zooms by two fingers and moves by one; the page still scrolls', async () => {
    const over = page().locator('#timeline .u-over');
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    const y = box.y + 100;
    const at = (share: number): [number, number] => [box.x + box.width * share, y];
    await touch(page(), [
      [at(0.4), at(0.6)],
      [at(0.3), at(0.7)],
      [at(0.1), at(0.9)],
    ]);
    const [from, to] = await rangeShown();
    // 16 s and 24 s of 40 were under the fingers, which end at a tenth and nine tenths.
    expect(from).toBeCloseTo(15, 0);
    expect(to).toBeCloseTo(25, 0);
    await touch(page(), [[at(0.2)], [at(0.3)], [at(0.7)]]);
    expect((await rangeShown())[0]).toBeCloseTo(10, 0);
    expect(
      await page()
        .locator('#timeline .plot')
        .evaluate((plot) => getComputedStyle(plot).touchAction),
    ).toBe('pan-y');
  });

  it.each(['PNG', 'SVG', 'CSV'])('saves a chart as %s', async (kind) => {
    const saved = page().waitForEvent('download');
    await page()
      .getByRole('button', { name: `Save as ${kind}: Timeline` })
      .click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe(`sqlite-ramp-timeline.${kind.toLowerCase()}`);
    const path = (await download.path())!;
    if (kind === 'PNG') {
      const bytes = readFileSync(path);
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      const width = (await page().locator('#timeline canvas').boundingBox())!.width;
      expect(bytes.readUInt32BE(16)).toBe(2 * Math.floor(width));
      expect(bytes.length).toBeGreaterThan(20_000);
      return;
    }
    const text = readFileSync(path, 'utf8');
    if (kind === 'CSV') {
      const [head, ...rows] = text.trimEnd().split('\r\n');
      expect(head).toMatch(
        /^time \(ms\),in use \(B\),free \(B\),released \(B\),RSS of the heap \(B\),.*goal \(B\)$/,
      );
      expect(rows.length).toBeGreaterThan(700);
      const columns = head.split(',').length;
      expect(rows.every((row) => row.split(',').length === columns)).toBe(true);
      return;
    }
    const parts = await page().evaluate((svg) => {
      const picture = new DOMParser().parseFromString(svg, 'image/svg+xml');
      const texts = [...picture.querySelectorAll('text')].map((e) => e.textContent);
      return { root: picture.documentElement.tagName, texts, paths: picture.querySelectorAll('path').length };
    }, text);
    expect(parts.root).toBe('svg');
    expect(parts.texts).toEqual(
      expect.arrayContaining([
        'sqlite-ramp: Timeline',
        'RSS of the heap',
        'goal',
        'collections',
        'idle',
        '128 MiB',
      ]),
    );
    expect(parts.texts).not.toContain('objects');
    expect(parts.paths).toBeGreaterThan(20);
  });
}
