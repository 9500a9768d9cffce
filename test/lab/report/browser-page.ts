/// <reference lib="dom" />
/**
 * A page of a report in a real browser, for tests: opened once and shared, since opening takes longer than most tests.
 * Each test leaves it as it was, or asks for it so with `settle`.
 */
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface OpenedPage {
  readonly page: Page;
  /** Requests for anything but the file itself, console errors and warnings, exceptions. */
  readonly complaints: string[];
  readonly goTo: (file: string) => Promise<void>;
}

/** A tab that listens for complaints; `goTo` opens a file in it. */
export async function openTab(browser: Browser, width = 1300): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith('file:') && !url.startsWith('data:') && !url.startsWith('blob:'))
      complaints.push(`request ${url}`);
    if (url.startsWith('file:') && !request.isNavigationRequest()) complaints.push(`request ${url}`);
  });
  page.on('console', (message) => {
    // The tests themselves read canvases again and again.
    const isOfTests = message.text().includes('willReadFrequently');
    if (['error', 'warning'].includes(message.type()) && !isOfTests) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const goTo = async (file: string): Promise<void> => {
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction('document.documentElement.classList.contains("scripted")');
  };
  return { page, complaints, goTo };
}

/** Puts a shared page back: the whole run, no cursor, no focus, light, wide, from the top. */
export async function settle(page: Page, width = 1300): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: 'light', media: 'screen', reducedMotion: 'reduce' });
  await page.mouse.move(5, 5);
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    document.querySelector<HTMLButtonElement>('.tools button[title="Show the whole run"]')?.click();
    window.scrollTo({ top: 0, behavior: 'instant' });
  });
}

/** How many different colours a canvas has, of pixels that are painted; −1 without a canvas. */
export function coloursOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const data = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data;
    const colours = new Set<number>();
    for (let i = 0; data !== undefined && i < data.length; i += 4) {
      if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
    return data === undefined ? -1 : colours.size;
  });
}

export function pixelsOf(canvas: Locator): Promise<string> {
  return canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
}

/** Nothing reaches beyond the window's right edge, and no table that can drop columns scrolls. */
export async function expectNothingCut(page: Page): Promise<void> {
  const cut = await page.evaluate(() => {
    const root = document.documentElement;
    const wide = [...document.querySelectorAll<HTMLElement>('.fitted:not([hidden]) .scroller')];
    return [
      ...(root.scrollWidth > window.innerWidth
        ? [`the page: ${root.scrollWidth} of ${window.innerWidth}`]
        : []),
      ...wide
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(
          (e) =>
            `${e.getAttribute('aria-label')}: ${e.scrollWidth} of ${e.clientWidth} at ${window.innerWidth}`,
        ),
    ];
  });
  expect(cut).toEqual([]);
}

/** Two fingers, or one, that move over a place; each step a list of [x, y]. */
export async function touch(
  page: Page,
  steps: readonly (readonly (readonly [number, number])[])[],
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 });
  const points = (at: readonly (readonly [number, number])[]) => at.map(([x, y], id) => ({ x, y, id }));
  for (const [i, at] of steps.entries()) {
    const type = i === 0 ? 'touchStart' : 'touchMove';
    await session.send('Input.dispatchTouchEvent', { type, touchPoints: points(at) });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: false });
  await session.detach();
}
