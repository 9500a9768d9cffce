/// <reference lib="dom" />
/**
 * A real heap of a gigabyte, watched in a real browser and steered: the page keeps up, and the run is what it was asked for.
 * The run is the compiled code's, in a process of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { livePage } from '../../../../lib/lab/live/live-page.ts';
import { LiveRun } from '../../../../lib/lab/live/live-run.ts';
import { LiveServer } from '../../../../lib/lab/live/live-server.ts';
import { PagesWatch } from '../../../../lib/lab/live/pages-watch.ts';
import { readRunFile } from '../../../../lib/lab/record/run-file.ts';
import { RunControl } from '../../../../lib/lab/run/run-control.ts';
import type { RunOptions } from '../../../../lib/lab/run/run-options.ts';
import { coloursOf } from '../../../lab/report/browser-page.ts';
import { sharedChromium } from '../../../support/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-gigabyte-'));
afterAll(() => rmSync(folder, { recursive: true }));
const compiled = (name: string): string => pathToFileURL(resolve(`dist/lib/lab/run/${name}.js`)).href;
const { forkRun } = (await import(
  compiled('fork-run')
)) as typeof import('../../../../lib/lab/run/fork-run.ts');
const { RunProcess } = (await import(
  compiled('run-process')
)) as typeof import('../../../../lib/lab/run/run-process.ts');

it('is shown and steered while it grows to a gigabyte and goes back', { timeout: 180_000 }, async () => {
  const trace = join(folder, 'gigabyte.mtrace');
  const address = (i: number): string => `0x${(0x100000000 + i * 0x100000).toString(16)}`;
  const objects = Array.from({ length: 1100 }, (_, i) => i);
  writeFileSync(
    trace,
    [
      '= Start',
      ...objects.map((i) => `@ ./a:[0x1] + ${address(i)} 0xfe000`),
      ...objects.map((i) => `@ ./a:[0x1] - ${address(i)}`),
      '= End\n',
    ].join('\n'),
  );
  const options: RunOptions = {
    ...{ trace, output: join(folder, 'gigabyte.jsonl'), seconds: 8, idle: 8, touch: 'page', steerable: true },
    heap: { environment: false, memoryLimit: Number.POSITIVE_INFINITY },
  };
  const own = new RunProcess();
  const control = new RunControl(own);
  const pages = new PagesWatch(control);
  const live = new LiveRun(control, options.output, pages);
  const server = await LiveServer.listen(live.watched, livePage());
  const page = await (await sharedChromium()).newPage({ viewport: { width: 1400, height: 1000 } });
  try {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);
    const ended = forkRun(
      options,
      {
        handleSignals: false,
        onProgress: (progress) => {
          live.progress(progress);
          pages.progress(progress);
        },
      },
      own,
    );
    const mostShown = (): Promise<number> =>
      page.evaluate(() => Number(document.getElementById('page-maps')?.dataset.shown ?? 0));
    await expect.poll(mostShown, { timeout: 60_000 }).toBeGreaterThan(3000);
    await page.locator('#steer-pause').click();
    await expect.poll(() => page.locator('#live-badge').innerText()).toBe('paused');
    expect(await coloursOf(page.locator('canvas[data-view=kernel]'))).toBeGreaterThan(1);
    await page.locator('#steer-free').click();
    await expect.poll(() => page.locator('#live-answer').innerText(), { timeout: 20_000 }).toMatch(/^Done/);
    await page.locator('#steer-pause').click();
    const { reason } = await ended;
    live.end('over');
    expect(reason).toBe('done');
    await expect.poll(() => page.locator('#live-badge').innerText(), { timeout: 20_000 }).toBe('over');
    // Maps of a heap of a gigabyte were looked at more than a few times, and the last of the run file is shown.
    expect(await page.locator('#live-map-at').innerText()).toMatch(/end/);
    expect(await page.locator('#map-scale').innerText()).toContain('in address order');
    expect(complaints).toEqual([]);
    const run = await readRunFile(options.output);
    expect(Math.max(...run.samples.map(({ inuse = 0 }) => inuse))).toBeGreaterThan(2 ** 30);
    expect(run.steers?.map(({ what }) => what)).toEqual(['pause', 'freeOSMemory', 'resume']);
    expect(run.maps.at(-1)?.pages).toBeGreaterThan(131_072);
  } finally {
    await page.close();
    await server.close();
    live.watched.close();
  }
});
