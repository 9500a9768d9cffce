/// <reference lib="dom" />
/**
 * The live page in a real browser: it grows with the run, steers it, goes back in time, comes again when the connection
 * breaks, and asks nobody but its server. Runs are the compiled code's, in processes of their own.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { livePage } from '../../../lib/lab/live/live-page.ts';
import { mapLineOf } from '../../../lib/lab/live/live-run.ts';
import { LiveServer } from '../../../lib/lab/live/live-server.ts';
import { WatchedRun } from '../../../lib/lab/live/watched-run.ts';
import type { Command, SteerState } from '../../../lib/lab/run/steering.ts';
import { sharedChromium } from '../../support/chromium.ts';
import { isWhole } from '../../support/extent.ts';
import { coloursOf, expectNothingCut } from '../report/browser-page.ts';
import { syntheticRun } from '../support/synthetic-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-page-'));
const html = livePage();
let page: Page;
const complaints: string[] = [];
const expected: RegExp[] = [];
/** Where the servers were that have ended: what a page says of one that is gone is no complaint. */
const gone: string[] = [];

beforeAll(async () => {
  page = await (await sharedChromium()).newPage();
  page.on('console', (message) => {
    if (gone.some((url) => message.location().url.startsWith(url))) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
});
afterAll(async () => {
  await page?.close();
  rmSync(folder, { recursive: true });
});

/** A run that is made up, whose lines come when the test says so. */
class MadeRun {
  readonly lines: object[];
  readonly path = join(folder, `${Math.random()}.jsonl`);
  readonly watched: WatchedRun;
  readonly given: Command[] = [];
  state: SteerState = {
    paused: false,
    speed: 1,
    commands: 0,
    gcPercent: 100,
    memoryLimit: Number.POSITIVE_INFINITY,
    advise: 'dontneed',
  };
  #written = 0;

  constructor(lines: object[], mode: 'run' | 'view' = 'run') {
    this.lines = lines;
    writeFileSync(this.path, '');
    this.watched = new WatchedRun({
      file: this.path,
      mode,
      state: mode === 'view' ? { phase: 'over' } : { phase: 'running', steer: this.state },
      steer: async (command) => {
        this.given.push(command);
        if (command.what === 'memoryLimit')
          throw new PageHeapError('ERR_INVALID_ARGUMENT', 'this one knows no limit');
        this.state = {
          ...this.state,
          commands: this.given.length,
          ...(command.what === 'pause' ? { paused: true } : {}),
          ...(command.what === 'resume' ? { paused: false } : {}),
          ...(command.what === 'speed' ? { speed: command.value } : {}),
          ...(command.what === 'gcPercent' ? { gcPercent: command.value } : {}),
        };
        this.watched.change({ steer: this.state });
        return this.state;
      },
    });
  }

  /** Writes the next lines: until so many samples, or all. */
  write(samples = Number.POSITIVE_INFINITY): void {
    let text = '';
    for (let left = samples; this.#written < this.lines.length && left > 0; this.#written++) {
      const line = this.lines[this.#written];
      if ((line as { k: string }).k === 's') left--;
      text += `${JSON.stringify(line)}\n`;
    }
    appendFileSync(this.path, text);
    this.watched.grown();
  }
}

/** Another window of the same browser, in the same process, behind ours: what is hidden is drawn once a second. */
async function anotherWindow(url = 'about:blank'): Promise<Page> {
  const opened = page.waitForEvent('popup');
  await page.evaluate((at) => void window.open(at), url);
  const other = await opened;
  await page.bringToFront();
  return other;
}

const drawn = (count: number): Promise<void> =>
  expect
    .poll(() => page.evaluate(() => Number(document.documentElement.dataset.drawn ?? 0)))
    .toBeGreaterThanOrEqual(count);

/** One tab for all tests: a new one costs as much as three pages. */
beforeEach(async () => {
  await page.bringToFront();
  await page.setViewportSize({ width: 1300, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  complaints.length = expected.length = 0;
});
afterEach(() => {
  const unexpected = complaints.filter(
    (text) => !text.includes('willReadFrequently') && !expected.some((known) => known.test(text)),
  );
  expect(unexpected).toEqual([]);
});

describe('a run under way', () => {
  let run: MadeRun;
  let server: LiveServer;

  beforeEach(async () => {
    run = new MadeRun(syntheticRun({ replay: 6, idle: 4, peakMiB: 40 }));
    run.write(20);
    server = await LiveServer.listen(run.watched, html);
    await page.goto(server.url);
    // How the run stands comes by itself, before its samples are drawn or after that.
    await page.locator('#live-controls').waitFor();
  });
  afterEach(async () => {
    gone.push(new URL(server.url).origin);
    await server.close();
    run.watched.close();
  });

  it('draws what there is, and what comes', async () => {
    await drawn(20);
    expect(await page.title()).toBe('sqlite-ramp – pageheap');
    expect(await page.locator('#live-badge').innerText()).toBe('running');
    for (const chart of ['timeline', 'belief', 'faults'])
      expect(await coloursOf(page.locator(`#${chart} canvas`)), chart).toBeGreaterThan(2);
    const before = await page.locator('#live-at').innerText();
    run.write(20);
    await drawn(40);
    expect(await page.locator('#live-at').innerText()).not.toBe(before);
    expect(await page.locator('#live-tiles b').first().innerText()).toMatch(/MiB$/);
    run.write();
    run.watched.change({ phase: 'over' });
    await expect.poll(() => page.locator('#live-badge').innerText()).toBe('over');
    // The report's own layers, and what the map of the end shows.
    expect(await page.locator('#timeline .legend button').allInnerTexts()).toEqual(
      expect.arrayContaining(['in use', 'free', 'released', 'RSS of the heap', 'goal']),
    );
    expect(await page.locator('#live-map-at').innerText()).toMatch(/end/);
    for (const view of ['belief', 'kernel', 'verdict'])
      expect(await coloursOf(page.locator(`canvas[data-view=${view}]`)), view).toBeGreaterThan(1);
    expect(await page.locator('#live-controls').isVisible()).toBe(false);
    expect(await page.locator('#live-play').isVisible()).toBe(true);
  });

  it('steers: buttons and fields give commands, and show how the run stands, in every window', async () => {
    await drawn(20);
    const second = await anotherWindow(server.url);
    await second.locator('#live-controls').waitFor();
    expect(await page.locator('#steer-step').isDisabled()).toBe(true);
    await page.locator('#steer-pause').click();
    await expect.poll(() => second.locator('#live-badge').innerText()).toBe('paused');
    expect(await second.locator('#steer-pause').innerText()).toBe('Go on');
    await page.locator('#steer-step').click();
    await page.locator('#steer-faster').click();
    await expect.poll(() => page.locator('#steer-speed').innerText()).toBe('2×');
    await page.locator('#steer-slower').click();
    await expect.poll(() => page.locator('#steer-speed').innerText()).toBe('1×');
    await page.locator('#gogc').fill('25');
    await page.locator('#gogc').press('Enter');
    await expect.poll(() => second.locator('#gogc').inputValue()).toBe('25');
    await page.locator('#limit').fill('64MiB');
    await page.locator('#limit').press('Enter');
    await expect.poll(() => page.locator('#live-answer').innerText()).toBe('this one knows no limit');
    // What was refused is there to be mended; it goes when the field is left.
    expect(await page.locator('#limit').inputValue()).toBe('64MiB');
    await page.locator('#advice').selectOption('free');
    await page.locator('#steer-gc').click();
    await page.locator('#steer-free').click();
    await expect.poll(() => run.given.length).toBe(9);
    await expect.poll(() => page.locator('#limit').inputValue()).toBe('off');
    expect(run.given).toEqual([
      { what: 'pause' },
      { what: 'step', value: 1 },
      { what: 'speed', value: 2 },
      { what: 'speed', value: 1 },
      { what: 'gcPercent', value: 25 },
      { what: 'memoryLimit', value: 64 * 2 ** 20 },
      { what: 'advise', value: 'free' },
      { what: 'gc' },
      { what: 'freeOSMemory' },
    ]);
    expected.push(/400/);
    await second.close();
  });

  it('goes back to a moment and stands there while the run goes on; Now follows it again', async () => {
    await drawn(20);
    const slider = page.locator('#live-moment');
    await slider.fill('0.5');
    const then = await page.locator('#live-at').innerText();
    const figures = await page.locator('#live-tiles').innerText();
    run.write(30);
    await drawn(50);
    expect(await page.locator('#live-at').innerText()).toBe(then);
    expect(await page.locator('#live-tiles').innerText()).toBe(figures);
    expect(await page.locator('#live-now').getAttribute('aria-pressed')).toBe('false');
    await page.locator('#live-now').click();
    expect(await page.locator('#live-at').innerText()).not.toBe(then);
  });

  it('comes again when the connection breaks, where it was: nothing is lost, nothing comes twice', async () => {
    expected.push(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY/);
    await drawn(20);
    const { port, token } = server;
    await server.close();
    await expect.poll(() => page.locator('#live-badge').innerText()).toBe('no connection');
    expect(await page.locator('#live-hold').getAttribute('inert')).toBe('');
    expect(await page.locator('#live-problem').isVisible()).toBe(true);
    run.write(10);
    server = await LiveServer.listen(run.watched, html, port, token);
    await drawn(30);
    await expect.poll(() => page.locator('#live-badge').innerText()).toBe('running');
    expect(await page.locator('#live-problem').isVisible()).toBe(false);
    expect(await page.evaluate(() => document.documentElement.dataset.drawn)).toBe('30');
  });

  it('says what happened where nobody answers any more, keeps what it has, and goes on when somebody does', async () => {
    expected.push(/ERR_/);
    const left = await anotherWindow();
    await left.clock.install();
    await left.goto(server.url);
    await left.locator('#live-controls').waitFor();
    await expect.poll(() => left.locator('#live-at').innerText()).not.toBe('0.00 s');
    const then = await left.locator('#live-at').innerText();
    const { port, token } = server;
    await server.close();
    const badge = async (): Promise<string> => {
      await left.clock.fastForward(3000);
      return left.locator('#live-badge').innerText();
    };
    await expect.poll(badge).toBe('gone');
    const words = await left.locator('#live-problem').innerText();
    expect(words).toContain('Nobody answers any more');
    expect(words).toContain(`What came until ${then} of its time stays here`);
    for (const command of ['view', 'report']) expect(words).toMatch(new RegExp(`${command} \\S+\\.jsonl`));
    for (const id of ['live-hold', 'live-controls', 'live-words'])
      expect(await left.locator(`#${id}`).isVisible(), id).toBe(false);
    // What it has is looked at as a run that is over.
    await left.locator('#live-moment').fill('0.5');
    expect(await left.locator('#live-at').innerText()).not.toBe(then);
    expect(await left.locator('#live-play').isVisible()).toBe(true);
    run.write(10);
    server = await LiveServer.listen(run.watched, html, port, token);
    await expect.poll(badge).toBe('running');
    expect(await left.locator('#live-problem').isVisible()).toBe(false);
    await left.locator('#live-controls').waitFor();
    expect(await left.locator('#live-play').isVisible()).toBe(false);
    await left.close();
  });

  const problemOf = (one: Page): Promise<string> => one.locator('#live-problem').innerText({ timeout: 1000 });
  const isTold = async (one: Page): Promise<boolean> =>
    (await one.locator('#live-name').innerText()) === 'sqlite-ramp' || (await problemOf(one)) !== '';

  it.runIf(isWhole)(
    'is watched by four pages of a browser; others say so, and go on when one is closed',
    async () => {
      expected.push(/503/);
      await drawn(20);
      const others: Page[] = [];
      for (let i = 0; i < 5; i++) {
        const other = await anotherWindow(server.url);
        // In their order: who comes first is one of the four.
        await expect.poll(() => isTold(other)).toBe(true);
        others.push(other);
      }
      const told = (): Promise<string[]> => Promise.all(others.map(problemOf));
      await expect
        .poll(told)
        .toEqual(['', '', '', ...Array(2).fill(expect.stringContaining('4 pages watch this run already'))]);
      // They can be read, commands of those that watch come through.
      await others[0]?.locator('#gogc').fill('30');
      await others[0]?.locator('#gogc').press('Enter');
      await expect.poll(() => others[2]?.locator('#gogc').inputValue()).toBe('30');
      await others.shift()?.close();
      await expect.poll(async () => (await told()).filter((words) => words !== '').length).toBe(1);
      await others.shift()?.close();
      await expect.poll(async () => (await told()).join('')).toBe('');
      for (const one of others) expect(await one.locator('#live-name').innerText()).toBe('sqlite-ramp');
      await Promise.all(others.map((one) => one.close()));
    },
  );

  it('shows another run that came in its place, and nothing of the one before', async () => {
    expected.push(/ERR_/);
    await drawn(20);
    const { port, token } = server;
    await server.close();
    const other = new MadeRun(syntheticRun({ replay: 3, idle: 1, peakMiB: 8, name: 'another' }));
    other.write(7);
    server = await LiveServer.listen(other.watched, html, port, token);
    await expect.poll(() => page.locator('#live-name').innerText()).toBe('another');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.drawn)).toBe('7');
    other.watched.close();
  });

  it('says what is wrong where the token is', async () => {
    expected.push(/401/);
    await page.goto('about:blank');
    await page.goto(`http://127.0.0.1:${server.port}/#wrong`);
    await expect.poll(() => page.locator('#live-problem').innerText()).toMatch(/^The token is missing/);
    expect(await page.locator('#live-name').innerText()).toBe('…');
    // The right address, typed into this very tab: only what is behind the # is another.
    await page.goto(server.url);
    await expect.poll(() => page.locator('#live-name').innerText()).toBe('sqlite-ramp');
  });

  it('draws pages that come live, also of a gigabyte', async () => {
    await drawn(20);
    const pages = 131_072;
    const pairs = new Uint8Array(pages).fill(14);
    pairs.fill(8, 40_000, 60_000);
    run.watched.show(mapLineOf({ t: 1500, origin: 0xc000000000, ranges: [[0, pages]], pairs }));
    await page.locator('#page-maps[data-shown="1500"]').waitFor({ timeout: 120_000 });
    expect(await page.locator('#map-scale').innerText()).toContain('in address order');
    for (const view of ['belief', 'kernel'])
      expect(await coloursOf(page.locator(`canvas[data-view=${view}]`)), view).toBeGreaterThan(1);
    // The slider finds it again.
    run.write(30);
    await drawn(50);
    await page.locator('#live-moment').fill('0.8');
    await page.locator('#page-maps[data-shown="1500"]').waitFor();
    // Before the first there is none.
    await page.locator('#live-moment').fill('0.1');
    expect(await page.locator('#live-map-at').innerText()).toMatch(/^No page map was kept until then/);
    expect(await page.locator('#live-map').isVisible()).toBe(false);
  });

  it('cuts nothing, wide and light, narrow and dark', async () => {
    await drawn(20);
    const buttons = ['steer-pause', 'steer-gc', 'steer-free'];
    const controls = [...buttons, 'gogc', 'limit', 'advice', 'live-moment', 'live-now'];
    for (const [width, colorScheme] of [
      [1400, 'light'],
      [420, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await expectNothingCut(page);
      // Every control can be reached.
      for (const id of controls) {
        const box = await page.locator(`#${id}`).boundingBox();
        expect(box!.x, id).toBeGreaterThanOrEqual(0);
        expect(box!.x + box!.width, id).toBeLessThanOrEqual(width);
      }
    }
  });
});

describe('other pages in the same browser', () => {
  let evil: Server;
  let run: MadeRun;
  let server: LiveServer;

  beforeAll(async () => {
    evil = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>evil</title>');
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => evil.close(resolve)));
  beforeEach(async () => {
    run = new MadeRun(syntheticRun({ replay: 2, idle: 1, peakMiB: 8 }));
    run.write(5);
    server = await LiveServer.listen(run.watched, html);
  });
  afterEach(() => {
    gone.push(new URL(server.url).origin);
    return server.close();
  });

  it('see nothing and change nothing, even with the token', async () => {
    expected.push(/./);
    await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
    const tried = await page.evaluate(
      async ([base, token]) => {
        const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
        const body = '{"what":"pause"}';
        const tries: Promise<unknown>[] = [
          fetch(`${base}/run`, { headers }).then((r) => r.text()),
          fetch(`${base}/`).then((r) => r.text()),
          fetch(`${base}/steer`, { method: 'POST', headers, body }).then((r) => r.text()),
          fetch(`${base}/steer`, { method: 'POST', mode: 'no-cors', body }).then((r) => r.text()),
        ];
        const frame = document.createElement('iframe');
        frame.src = `${base}/#${token}`;
        document.body.append(frame);
        const form = document.createElement('form');
        form.action = `${base}/steer`;
        form.method = 'POST';
        form.target = 'nowhere';
        document.body.append(form);
        form.submit();
        await new Promise((resolve) => setTimeout(resolve, 700));
        const results = await Promise.allSettled(tries);
        return results.map((result) => (result.status === 'fulfilled' ? String(result.value) : 'refused'));
      },
      [`http://127.0.0.1:${server.port}`, server.token],
    );
    expect(tried).toEqual(['refused', 'refused', 'refused', 'refused']);
    expect(run.given).toEqual([]);
    expect(run.watched.watchers).toBe(0);
  });
});

it('a run that is over is played again', async () => {
  const run = new MadeRun(syntheticRun({ replay: 6, idle: 4, peakMiB: 40 }), 'view');
  run.write();
  const server = await LiveServer.listen(run.watched, html);
  await page.goto(server.url);
  await drawn(50);
  await expect.poll(() => page.locator('#live-badge').innerText()).toBe('recorded');
  expect(await page.locator('#live-controls').isVisible()).toBe(false);
  await page.locator('#live-moment').fill('0.2');
  expect(await page.locator('#live-at').innerText()).toBe('2.00 s');
  const early = await page.locator('#gc-count').innerText();
  await page.locator('#live-rate').selectOption('100');
  await page.locator('#live-play').click();
  await expect.poll(() => page.locator('#live-at').innerText()).toBe('10.0 s');
  await expect.poll(() => page.locator('#live-play').innerText()).toBe('▶ Play');
  expect(Number(await page.locator('#gc-count').innerText())).toBeGreaterThan(Number(early));
  await server.close();
  run.watched.close();
});
