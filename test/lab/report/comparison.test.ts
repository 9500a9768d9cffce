/** The page of a comparison: what it says, and its charts and legend in a real browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedOptions, resolveOptions } from '../../../lib/design/options.ts';
import type { ComparedRuns } from '../../../lib/lab/metrics/comparison.ts';
import type { RunHeader } from '../../../lib/lab/record/lines.ts';
import { curveColour } from '../../../lib/lab/report/client/curve-style.ts';
import { comparisonRemarks, renderComparison } from '../../../lib/lab/report/comparison.ts';
import { commonOptions, differingOptions, subjectRows } from '../../../lib/lab/report/comparison-options.ts';
import { comparisonPayload } from '../../../lib/lab/report/comparison-payload.ts';
import { breakable } from '../../../lib/lab/report/html.ts';
import { launchChromium } from '../../support/chromium.ts';

import { comparisonOf, configurationOf, mib, runOf } from './made-comparison.ts';

describe('what configurations have in common', () => {
  const optionsOf = (generation: 'lists' | 'treap' | 'radix', more: object) => {
    const recorded = recordedOptions(resolveOptions({ generation, environment: false }));
    return JSON.parse(JSON.stringify({ ...recorded, touch: 'all', strict: false, ...more }));
  };
  const two = (a: object, b: object): ComparedRuns[] => [
    configurationOf('a', [runOf({ options: optionsOf('radix', a) })]),
    configurationOf('b', [runOf({ options: optionsOf('radix', b) })]),
  ];

  it('is told where it is no default', () => {
    const both = two({ gcPercent: 50, advise: 'free' }, { gcPercent: 50, advise: 'free', scavenger: 'none' });
    expect(commonOptions(both)).toEqual([
      { name: 'advise', values: ['free'] },
      { name: 'gogc', values: ['50'] },
    ]);
    expect(differingOptions(both)).toEqual([{ name: 'scavenger', values: ['background', 'none'] }]);
    expect(commonOptions(two({}, {}))).toEqual([]);
  });

  it('differs where one has no run yet', () => {
    const none = configurationOf('c', []);
    expect(differingOptions([...two({}, { objects: 'freelist' }), none])).toEqual([
      { name: 'objects', values: ['bitmap', 'freelist', '–'] },
    ]);
    expect(commonOptions([none])).toEqual([]);
  });

  it('marks what only a workload can set', () => {
    const both = (header: object): ComparedRuns[] =>
      [0.7, 0.8].map((triggerRatio) =>
        configurationOf(String(triggerRatio), [
          runOf({ header, options: optionsOf('radix', { triggerRatio, rootBytes: mib }) }),
        ]),
      );
    const note = 'set by the workload';
    const workload = both({ workload: { name: 'rsscurve' } });
    expect(differingOptions(workload)).toEqual([{ name: 'triggerRatio', note, values: ['0.70', '0.80'] }]);
    expect(commonOptions(workload)).toEqual([{ name: 'rootBytes', note, values: ['1.00 MiB'] }]);
    expect(differingOptions(both({})).map((row) => row.note)).toEqual([undefined]);
  });

  it.each<[string, Partial<RunHeader>, Record<string, string>]>([
    [
      'a workload',
      {
        workload: { name: 'rsscurve', seed: 7, scale: 0.5, timeScale: 0.1, moreCollections: true },
        pace: { beatMs: 100 },
      },
      {
        workload: 'rsscurve',
        seed: '7',
        scale: '0.5',
        'time-scale': '0.1',
        'more-collections': 'on',
        beat: '100 ms',
      },
    ],
    [
      'a paced trace',
      { trace: { name: 'git', ops: 8655 }, pace: { seconds: 5, idle: 2, collections: 1, beatMs: 50 } },
      { trace: 'git, 8,655 operations', duration: '5.00 s', idle: '2.00 s', 'idle-gcs': '1', beat: '50 ms' },
    ],
    [
      'a trace as fast as it goes',
      { trace: { name: 'git' }, pace: { seconds: 0, idle: 0 } },
      { trace: 'git', duration: 'as fast as it goes', idle: 'none' },
    ],
  ])('has the subject: %s', (_what, header, wanted) => {
    const rows = subjectRows({ k: 'run', format: 'pageheap-run/1', ...header });
    expect(Object.fromEntries(rows.map(({ name, values }) => [name, values[0]]))).toEqual(wanted);
  });
});

describe('the page', () => {
  const header = { command: ['pageheap', 'compare', 'git'], pace: { seconds: 5, idle: 2 } };
  const plain = (html: string): string => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');

  it('says how it was made, and that it was paced', () => {
    const page = plain(renderComparison(comparisonOf([configurationOf('a', [runOf({ header })])])));
    expect(page).toContain('trace made, replayed over 5.00 s, then idle for 2.00 s');
    expect(page).toContain('pageheap compare git');
    expect(page).toContain('operations/s, paced');
    expect(page).toContain('– stands for none');
    const fast = plain(renderComparison(comparisonOf([configurationOf('a', [runOf()])])));
    expect(fast).toContain('operations/s');
    expect(fast).not.toContain('paced');
  });

  it('says what failed, what is not whole and what was never run', () => {
    const configurations = [
      configurationOf('a', [runOf({ end: null }), runOf({ end: { reason: 'error' } }), runOf()]),
      configurationOf('b', []),
    ];
    const failures = [
      { label: 'b', round: 1, message: 'out of \u001b[1mmemory\u001b[0m <here>', code: 'ERR_OUT_OF_MEMORY' },
    ];
    const comparison = comparisonOf(configurations, { failures, interrupted: true });
    expect(comparisonRemarks(comparison)).toEqual([
      'The comparison was interrupted; this is what was finished until then.',
      'b, run 1 failed: out of memory <here> (ERR_OUT_OF_MEMORY)',
      'b has no finished run.',
      'a, run 1, did not finish; what was recorded until then counts.',
      'a, run 2, ended with an error; what was recorded until then counts.',
    ]);
    expect(renderComparison(comparison)).toContain('b, run 1 failed: out of memory &lt;here&gt;');
    expect(comparisonRemarks(comparisonOf([configurationOf('a', [runOf()])]))).toEqual([]);
  });

  it.each<[string, readonly ComparedRuns[], readonly string[], readonly string[]]>([
    [
      'of some with runs',
      [
        configurationOf('a', [runOf({ options: { objects: 'bitmap' } })]),
        configurationOf('b', [runOf({ options: { objects: 'freelist' } })]),
        configurationOf('c', []),
      ],
      [
        'c has no finished run, so nothing is known of its options.',
        'What those that have runs have in common',
        'c has no finished run, hence nothing but dashes.',
        'cno finished run',
      ],
      ['They have', 'the same options'],
    ],
    [
      'of some with runs that are the same',
      [configurationOf('a', [runOf()]), configurationOf('b', [runOf()]), configurationOf('c', [])],
      ['Those that have runs have the same options. c has no finished run'],
      ['They have the same'],
    ],
    [
      'of one with a run',
      [configurationOf('a', [runOf()]), configurationOf('b', []), configurationOf('c', [])],
      [
        'Only a has a finished run: nothing can be compared.',
        'b and c have no finished run',
        'How a was run',
      ],
      ['same options', 'in common'],
    ],
    [
      'of none with a run',
      [configurationOf('a', []), configurationOf('b', [])],
      ['None has a finished run: nothing can be compared.'],
      ['same options', 'in common'],
    ],
    [
      'of all with runs',
      [configurationOf('a', [runOf()]), configurationOf('b', [runOf()])],
      ['They have the same options.', 'What they have in common'],
      ['no finished run'],
    ],
  ])('says what can be compared: %s', (_what, configurations, said, unsaid) => {
    const page = plain(
      renderComparison(comparisonOf(configurations)).replace(/<(script|style)[\s\S]*?<\/\1>/g, ''),
    );
    for (const words of said) expect(page).toContain(words);
    for (const words of unsaid) expect(page).not.toContain(words);
  });

  it('says where decays end, if that is not where runs do', () => {
    const of = (forcedAt?: number): string =>
      plain(
        renderComparison(
          comparisonOf([
            configurationOf('a', [
              runOf({ rss: [100, 60, 2], ...(forcedAt === undefined ? {} : { forcedAt }) }),
            ]),
          ]),
        ),
      );
    expect(of(1500)).toMatch(/RSS after decay\s*60\.0 MiB/);
    expect(of(1500)).toContain('A decay ends where memory was first forced back after the peak');
    expect(of()).toMatch(/RSS after decay\s*2\.00 MiB/);
    expect(of()).not.toContain('forced back after the peak');
  });

  it('breaks names between parts, then within them', () => {
    const parts = (name: string): string =>
      breakable(name)
        .html.replaceAll('<span class="part">', '[')
        .replaceAll('</span>', ']')
        .replaceAll('<wbr>', '|');
    expect(parts('radix')).toBe('[radix]');
    expect(parts('radix,advise=free')).toBe('[radix,][advise=free]');
    expect(parts('my own:./a/b/<long-name>.mjs')).toBe('[my ][own:][./|a/|b/|&lt;long-name&gt;.mjs]');
  });

  it('has a chart of a counter only where it differs', () => {
    const idsOf = (faults: number): string[] =>
      comparisonPayload([
        configurationOf('a', [runOf()]),
        configurationOf('b', [runOf({ faults })]),
      ]).quantities.map(({ id, unit }) => `${id} ${unit}`);
    expect(idsOf(10)).toEqual(['rss bytes', 'inuse bytes']);
    expect(idsOf(20)).toEqual(['rss bytes', 'inuse bytes', 'faults count']);
  });

  it('knows where curves and phases end', () => {
    const { phases, quantities } = comparisonPayload([
      configurationOf('a', [runOf({ rss: [1, 2, 3, 4], phases: ['A', 'B'] })]),
      configurationOf('b', [runOf()]),
      configurationOf('c', []),
    ]);
    expect(phases).toEqual([
      [
        { t: 1000, name: 'A' },
        { t: 2000, name: 'B' },
      ],
      [],
      [],
    ]);
    expect(quantities[0]?.curves.map(({ end }) => end)).toEqual([3000, 2000]);
  });
});

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
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(name: keyof typeof pages, width = 1300): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    await page.goto(`file://${join(folder, `${name}.html`)}`);
    await page.waitForSelector('#chart-inuse canvas');
    return { page, wrong };
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
    await page.close();
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
    await page.close();
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
    await page.close();
  });

  it('says where configurations were not treated alike', () => {
    const held = (waited: number) =>
      runOf({ header: { format: 'pageheap-run/2' } }).samples.map((s) => ({
        ...s,
        waitNs: s.t * 1e6 * waited,
      }));
    const of = (label: string, waited: number): ComparedRuns =>
      configurationOf(label, [{ ...runOf(), samples: held(waited) }]);
    const unlike = renderComparison(comparisonOf([of('a', 0.01), of('b', 0.6)]));
    expect(unlike).toContain('The configurations were not treated alike');
    expect(renderComparison(comparisonOf([of('a', 0.6), of('b', 0.6)]))).not.toContain('not treated alike');
  });

  it('marks the phases of the configuration that is pointed at', async () => {
    const { page, wrong } = await open('two');
    const before = await pixels(page, 'rss');
    await page.locator('#legend button').last().hover();
    await expect.poll(() => pixels(page, 'rss')).not.toBe(before);
    await page.mouse.move(5, 5);
    await expect.poll(() => pixels(page, 'rss')).toBe(before);
    expect(wrong).toEqual([]);
    await page.close();
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
    await page.close();
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
    await page.close();
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
    await page.close();
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
    await page.close();
  });
});
