/// <reference lib="dom" />
/**
 * The report in a real browser: a headless Chromium on this machine, found by the environment variable
 * CHROMIUM or in PATH. Without one this test fails and says what to install. One page is opened for most of the
 * tests.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toRunData } from '../../../lib/lab/record/run-data.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { sharedChromium } from '../../support/chromium.ts';
import { those } from '../../support/extent.ts';
import { longRun } from '../support/long-run.ts';
import { syntheticRun } from '../support/synthetic-run.ts';
import { coloursOf, expectNothingCut, type OpenedPage, openTab, pixelsOf, settle } from './browser-page.ts';
import { testTools } from './browser-tools.ts';

const hostileName = `</script><img src=x onerror="document.title='taken'"> 'ramp'`;

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'pageheap-report-'));
const files = {
  ramp: syntheticRun({ peakMiB: 120 }),
  cut: syntheticRun({ replay: 5, idle: 5, peakMiB: 40, lazy: true, cut: true, name: hostileName }),
  empty: [{ k: 'run', format: 'pageheap-run/1', name: 'empty' }],
  one: syntheticRun({ replay: 5, idle: 5, peakMiB: 8 }).filter((line, i) => i < 2 || line.k === 'run'),
  long: longRun(0.3),
};

async function mapsShown(page: Page, moment: number): Promise<void> {
  await page.locator(`#page-maps[data-shown="${moment}"]`).waitFor();
}

let shared: OpenedPage;
let page: Page;
const fileOf = (name: keyof typeof files): string => join(folder, `${name}.html`);

beforeAll(async () => {
  for (const [name, lines] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.html`), renderReport(toRunData(lines)));
  }
  browser = await sharedChromium();
  shared = await openTab(browser);
  page = shared.page;
});

afterAll(async () => {
  await page?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the report in a browser', () => {
  beforeAll(() => shared.goTo(fileOf('ramp')));
  beforeEach(() => settle(page));
  afterEach(() => expect(shared.complaints.splice(0)).toEqual([]));

  it('draws every chart and map, asks nothing of a network and complains of nothing', async () => {
    await mapsShown(page, 2);
    for (const chart of ['timeline', 'belief', 'difference', 'faults', 'madvise', 'vmas']) {
      expect(await coloursOf(page.locator(`#${chart} canvas`)), chart).toBeGreaterThan(2);
    }
    for (const view of ['belief', 'kernel', 'verdict']) {
      expect(await coloursOf(page.locator(`canvas[data-view=${view}]`)), view).toBeGreaterThan(2);
    }
    expect(await coloursOf(page.locator('#lens canvas'))).toBeGreaterThan(2);
    expect(await page.title()).toBe('sqlite-ramp – pageheap');
  });

  it('paints the areas of the timeline in the colours of the legend', async () => {
    const shares = await page.locator('#timeline canvas').evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const data = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
      const style = getComputedStyle(document.documentElement);
      return ['in-use', 'free', 'released'].map((name) => {
        const wanted = Number.parseInt(style.getPropertyValue(`--${name}`).trim().slice(1), 16);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
          count += ((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]) === wanted ? 1 : 0;
        }
        return count / (data.length / 4);
      });
    });
    for (const share of shares) {
      expect(share).toBeGreaterThan(0.01);
    }
  });

  it('goes from moment to moment by slider, buttons and table', async () => {
    const belief = page.locator('canvas[data-view=belief]');
    await mapsShown(page, 2);
    const peak = await pixelsOf(belief);
    await page.locator('#moment').focus();
    await page.keyboard.press('End');
    await mapsShown(page, 5);
    expect(await page.locator('#moment-name').textContent()).toBe('40.0 s · end');
    expect(await page.locator('#moment-after').isDisabled()).toBe(true);
    expect(await pixelsOf(belief)).not.toBe(peak);
    await page.locator('#moment-before').click();
    await mapsShown(page, 4);
    await page.locator('#moments tbody tr').nth(2).locator('button').click();
    await mapsShown(page, 2);
    expect(await pixelsOf(belief)).toBe(peak);
    expect(await page.locator('#moments tr[data-current]').count()).toBe(1);
  });

  it('tells page, belief and residency under the pointer and by the arrows', async () => {
    await mapsShown(page, 2);
    const kernel = page.locator('canvas[data-view=kernel]');
    await kernel.scrollIntoViewIfNeeded();
    const box = (await kernel.boundingBox())!;
    await page.mouse.move(box.x + 60, box.y + 10);
    const first = (await page.locator('#page-readout').textContent())!;
    expect(first).toMatch(/^Page [\d,]+ at 0xc[0-9a-f]+: (in use|free, backed|released|manual); .*resident/);
    await kernel.focus();
    await page.keyboard.press('ArrowRight');
    const numberIn = (text: string): number => Number(/[\d,]+/.exec(text)![0].replaceAll(',', ''));
    expect(numberIn((await page.locator('#page-readout').textContent())!)).toBe(numberIn(first) + 1);
    await page.keyboard.press('Home');
    expect(numberIn((await page.locator('#page-readout').textContent())!)).toBe(0);
  });

  it('shows values and events under the pointer, zooms by dragging, and goes back', async () => {
    const plot = page.locator('#timeline .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    // The forced collection at 20.2 s of 40 s.
    await page.mouse.move(box.x + box.width * (20.2 / 40), box.y + 40);
    const tip = page.locator('#timeline .tip');
    await tip.waitFor();
    const text = (await tip.textContent())!;
    expect(text).toContain('RSS of the heap');
    expect(text).toMatch(/gc \d+ \(forced\) at 20\.2 s/);
    const whole = await pixelsOf(page.locator('#belief canvas'));
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => pixelsOf(page.locator('#belief canvas'))).not.toBe(whole);
    await page.mouse.move(5, 5);
    await page.locator('#belief .tools button', { hasText: 'all' }).click();
    await expect.poll(() => pixelsOf(page.locator('#belief canvas'))).toBe(whole);
  });

  it('shows lines in the legend as they are drawn', async () => {
    const dashOf = (name: string): Promise<string | null> =>
      page
        .locator('#timeline .legend button', { hasText: name })
        .first()
        .locator('line')
        .getAttribute('stroke-dasharray');
    expect(await dashOf('RSS of the heap')).toBe('');
    expect(await dashOf('goal')).toBe('9 4');
  });

  it('is used by keyboard: cursor, zoom, layers', async () => {
    const chart = page.locator('#timeline .plot');
    await chart.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.locator('#timeline .tip').waitFor();
    expect(await page.locator('#timeline .unseen').textContent()).toContain('in use');
    const before = await pixelsOf(page.locator('#timeline canvas'));
    await page.keyboard.press('+');
    await expect.poll(() => pixelsOf(page.locator('#timeline canvas'))).not.toBe(before);
    await page.keyboard.press('Escape');
    await expect.poll(() => pixelsOf(page.locator('#timeline canvas'))).toBe(before);
    const released = page.locator('#timeline .legend button', { hasText: 'released' });
    await released.focus();
    await page.keyboard.press('Enter');
    expect(await released.getAttribute('aria-pressed')).toBe('false');
    expect(await pixelsOf(page.locator('#timeline canvas'))).not.toBe(before);
    await page.keyboard.press('Enter');
    expect(await released.getAttribute('aria-pressed')).toBe('true');
  });

  // A phone, the two sides of a layout's break, and a window.
  const widths = [320, 360, 420, 560, 700, 860, 1040, 1300, 2000];
  it.each(those(widths, (width) => [320, 860].includes(width)))(
    'cuts nothing at %i pixels, and fills its place',
    async (width) => {
      await page.setViewportSize({ width, height: 900 });
      const canvasWidth = async (): Promise<number> =>
        (await page.locator('#timeline canvas').boundingBox())!.width;
      const room = (await page.locator('#timeline').boundingBox())!.width;
      await expect.poll(canvasWidth).toBeGreaterThan(room * 0.97);
      await expectNothingCut(page);
      const canvas = (await page.locator('#timeline canvas').boundingBox())!;
      expect(canvas.x + canvas.width).toBeLessThanOrEqual(width);
      expect(await page.locator('#timeline canvas').count()).toBe(1);
    },
  );

  testTools(() => page);

  it('prints charts as pictures as wide as the sheet, and folds nothing', async () => {
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 718, height: 1000 });
    for (const chart of ['timeline', 'belief', 'difference', 'faults', 'madvise', 'vmas']) {
      const place = (await page.locator(`#${chart}`).boundingBox())!;
      const picture = (await page.locator(`#${chart} svg.printed`).boundingBox())!;
      expect(picture.width, chart).toBeCloseTo(place.width, 0);
      expect(place.width, chart).toBe(718);
      expect(await page.locator(`#${chart} canvas`).isVisible()).toBe(false);
    }
    await expectNothingCut(page);
    expect(await page.locator('nav.sections, .tools').filter({ visible: true }).count()).toBe(0);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    await page.emulateMedia({ media: 'screen' });
    expect(await page.locator('svg.printed').count()).toBe(0);
    expect(await page.locator('#timeline canvas').isVisible()).toBe(true);
  });

  it('moves nothing by itself where less motion is wanted', async () => {
    const behaviour = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await behaviour()).toBe('auto');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await behaviour()).toBe('smooth');
  });

  it('has dark and light colours, and prints in the light ones', async () => {
    // The page draws its charts anew some time after the colours have changed.
    const chart = (): Promise<string> => pixelsOf(page.locator('#timeline canvas'));
    const light = await chart();
    await page.emulateMedia({ colorScheme: 'dark' });
    const background = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const brightness = (css: string): number =>
      css
        .match(/\d+/g)!
        .slice(0, 3)
        .reduce((sum, n) => sum + Number(n), 0) / 3;
    expect(brightness(await background())).toBeLessThan(60);
    await expect.poll(chart).not.toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(brightness(await background())).toBeGreaterThan(200);
    await expect.poll(chart).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    expect(brightness(await background())).toBeGreaterThan(200);
    expect((await page.pdf()).length).toBeGreaterThan(20_000);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  });

  it('has text that stands out from its background', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const poor = await page.evaluate(() => {
        const light = (colour: number[]): number => {
          const [r, g, b] = colour.map((n) => {
            const c = n / 255;
            return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const numbers = (css: string): number[] => css.match(/\d+/g)!.slice(0, 3).map(Number);
        const page = light(numbers(getComputedStyle(document.documentElement).backgroundColor));
        const found = new Set<string>();
        for (const element of document.querySelectorAll(
          'p, b, th, td, dt, dd span, code, button:not(:disabled), label, figcaption, li',
        )) {
          const own = light(numbers(getComputedStyle(element).color));
          const ratio = (Math.max(own, page) + 0.05) / (Math.min(own, page) + 0.05);
          if (ratio < 4.5) {
            found.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
          }
        }
        return [...found];
      });
      expect(poor).toEqual([]);
    }
  });

  it('names every control', async () => {
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, select, input, [tabindex]')]
        .filter((element) => {
          const label = element.closest('label') ?? element;
          return !(element.getAttribute('aria-label') ?? label.textContent ?? '').trim();
        })
        .map((element) => element.outerHTML),
    );
    expect(nameless).toEqual([]);
    const levels = await page.evaluate(() =>
      [...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1])),
    );
    expect(levels[0]).toBe(1);
    expect(levels.every((level, i) => i === 0 || level <= levels[i - 1] + 1)).toBe(true);
  });
});

describe('other reports in a browser', () => {
  afterEach(() => expect(shared.complaints.splice(0)).toEqual([]));

  it('run nothing that a name in the run file says', async () => {
    await shared.goTo(fileOf('cut'));
    expect(await page.locator('h1').textContent()).toContain(hostileName);
    expect(await page.title()).toBe(`${hostileName} – pageheap`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.remark').first().textContent()).toContain('did not finish');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as SVG: Timeline' }).click();
    const svg = readFileSync((await (await saved).path())!, 'utf8');
    expect(svg).toContain('&lt;/script&gt;');
    expect(svg).not.toContain('<img');
  });

  it.each(['empty', 'one', 'long'] as const)('show a run that is %s', async (name) => {
    await page.setViewportSize({ width: 700, height: 900 });
    await shared.goTo(fileOf(name));
    if (name === 'long') {
      expect(await coloursOf(page.locator('#timeline canvas'))).toBeGreaterThan(2);
    }
    expect(await page.locator('h2').count()).toBe(7);
  });

  it('are read without a script as well', async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 420, height: 900 },
    });
    const plain = await context.newPage();
    await plain.goto(pathToFileURL(fileOf('ramp')).href);
    expect(await plain.locator('.answer').textContent()).toContain('peaked at');
    expect(await plain.locator('#moments tbody tr').count()).toBe(6);
    expect(await plain.locator('#moment').isVisible()).toBe(false);
    expect(await plain.locator('nav.sections a').count()).toBe(8);
    const table = plain.locator('.fitted:not([hidden]):has(table[id^=classes])');
    const freed = table.locator('thead th', { hasText: 'tail waste' });
    expect(await freed.isVisible()).toBe(false);
    await table.locator('input').check();
    expect(await freed.isVisible()).toBe(true);
    await context.close();
  });
});
