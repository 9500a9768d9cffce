/// <reference lib="dom" />
/**
 * The pages of a grade and of a class in a real browser (support/chromium.ts): on a narrow screen nothing has to be looked for
 * beyond its edge, and what scrolls shows it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageHistory } from '../../lib/course/exercises/exercise.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import type { Grade } from '../../lib/course/grading/grade.ts';
import { classPage } from '../../lib/course/report/class-page.ts';
import { gradePage } from '../../lib/course/report/grade-page.ts';
import { sharedChromium } from '../support/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-course-pages-'));
let page: Page;
beforeAll(async () => {
  page = await (await sharedChromium()).newPage();
});
afterAll(async () => {
  await page?.close();
  rmSync(folder, { recursive: true });
});

const history = (to: 'free' | 'released', more: Partial<PageHistory> = {}): PageHistory => ({
  ops: 2,
  changes: [
    { op: 0, page: 0, n: 865, to: 'used' },
    { op: 1, page: 0, n: 8, to },
  ],
  ...more,
});

const failure = {
  cause: 'alloc takes another run than the rule says',
  ...{ asked: 'alloc(2)', answered: '0', expected: 'page 7', steps: ['grow(0, 16)'] },
  strip: { pages: 100, rows: [] },
} as never;

const gradeOf = (student: string, drawn: PageHistory): Grade =>
  ({
    ...{ format: 1, exercise: 'best-fit', student, term: 't', verdict: 'graded', points: 60, of: 100 },
    ...{ seeds: 'open', seed: '', sha256: '', walls: [], version: '' },
    checks: ['FirstFit: a few calls', 'NextFit: random calls'].map((name) => ({
      name,
      points: 0,
      of: 8,
      failure: { ...(failure as object), strip: undefined },
    })),
    measures: ['checkerboard', 'ramp', 'churn', 'robson', 'work'].map((name) => ({
      ...{ name: `OwnFit: ${name}`, points: 6, of: 8, buckets: '', share: 0.75 },
      ...{ utilisation: 0.286, work: 31.5, faults: 12_345, rss: 1200, other: 'cost 490, 34 % of the way' },
      reference: { utilisation: 0.286, rss: 1100, faults: 10_000, other: 'cost 300' },
      history: drawn,
      referenceHistory: { ...drawn, told: 'utilisation 0.296 on this trace, the first of 2' },
    })),
  }) as unknown as Grade;

const grade = gradePage(gradeOf('ada', history('free', { had: 896 })), '2. First, best and next fit');
const board = classPage({
  exercise: exerciseOf('best-fit'),
  passedOver: [],
  alike: [{ a: 'Ana María', b: 'Jörg Müller', share: 0.8, common: 40 }],
  rows: [
    'Ana María',
    'Jörg Müller',
    'a-name-without-a-space-that-is-as-long-as-names-of-accounts-can-become',
  ].map((student) => ({
    student,
    grade: gradeOf(student, history('free')),
    note: 'graded as alice, by its lab.json; in its folder best-fit/of-a-long-name-that-cannot-be-broken-anywhere-at-all',
  })),
});

async function open(text: string, width: number): Promise<void> {
  const file = join(folder, `${width}.html`);
  writeFileSync(file, text);
  await page.setViewportSize({ width, height: 800 });
  await page.goto(`file://${file}`);
}

describe.each([
  ['a grade', grade],
  ['a class', board],
])('%s', (_what, text) => {
  it('is read at 420 pixels without moving sideways, each figure with its name', async () => {
    await open(text, 420);
    const seen = await page.evaluate(() => ({
      tooWide: [document.documentElement, ...document.querySelectorAll('.scroll')].filter(
        (one) => one.scrollWidth > one.clientWidth,
      ).length,
      outside: [...document.querySelectorAll('td')].filter(
        (td) => td.getBoundingClientRect().right > innerWidth,
      ).length,
      unnamed: [...document.querySelectorAll('td')].filter(
        (td) => td.cellIndex > 0 && !td.hasAttribute('data-of'),
      ).length,
      named: getComputedStyle(document.querySelector('td[data-of="points"]') as Element, '::before').content,
    }));
    expect(seen).toEqual({ tooWide: 0, outside: 0, unnamed: 0, named: '"points"' });
  });

  it.each([1040, 1300])('has tables at %i pixels, with all columns in sight', async (width) => {
    await open(text, width);
    const seen = await page.evaluate(() => ({
      rows: getComputedStyle(document.querySelector('tr') as Element).display,
      shadows: getComputedStyle(document.querySelector('.scroll') as Element).backgroundAttachment,
      tooWide: [document.documentElement, ...document.querySelectorAll('.scroll')].filter(
        (one) => one.scrollWidth > one.clientWidth,
      ).length,
    }));
    // A shadow at the edge of what may scroll all the same.
    expect(seen).toEqual({ rows: 'table-row', shadows: 'local, local, scroll, scroll', tooWide: 0 });
  });
});

describe('the numbers below a picture', () => {
  it.each([400, 1280])('are in sight at %i pixels, none over another', async (width) => {
    const drawn = { ...history('free'), ops: 18_345 };
    await open(gradePage(gradeOf('ada', drawn), '2. First, best and next fit'), width);
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll('.axis')].map((axis) => {
        const boxes = [...axis.querySelectorAll('span')]
          .map((span) => span.getBoundingClientRect())
          .filter(({ width: wide }) => wide > 0);
        return {
          numbers: boxes.length,
          over: boxes.filter(({ left }, i) => i > 0 && left < (boxes[i - 1] as DOMRect).right + 4).length,
          outside: boxes.filter(({ left, right }) => left < 0 || right > innerWidth).length,
        };
      }),
    );
    expect(seen).toHaveLength(10);
    for (const { numbers, over, outside } of seen) {
      expect(numbers).toBeGreaterThan(4);
      expect([over, outside]).toEqual([0, 0]);
    }
    expect(await page.locator('.over').first().textContent()).toBe('operations →');
  });

  it('are of what is to the right', async () => {
    const words = { unit: 'pages', over: 'seconds', used: 'in use' };
    expect(gradePage(gradeOf('ada', history('free', { words })), '')).toContain('seconds →');
  });
});

describe('a picture of pages', () => {
  it('has in its caption all pages that there were, and the figure of the trace that is drawn', () => {
    expect(grade).toContain('<figcaption>the hand-in: 896 pages</figcaption>');
    expect(grade).toContain('the reference: 896 pages; utilisation 0.296 on this trace, the first of 2');
  });

  it('has a legend of what is in it', () => {
    const legend = /Upwards the pages.*/;
    expect(legend.exec(grade)?.[0]).not.toContain('given back');
    expect(legend.exec(gradePage(gradeOf('ada', history('released')), ''))?.[0]).toContain('given back');
  });
});
