import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../../lib/course/exercises/bench.ts';
import { FaultyHeap, faultNames } from '../../lib/course/exercises/find-the-bug/heaps.ts';
import { findTheBug } from '../../lib/course/exercises/find-the-bug/index.ts';
import { judge } from '../../lib/course/exercises/find-the-bug/judge.ts';
import { type Grade, withoutPictures } from '../../lib/course/grading/grade.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { drawFailure } from '../../lib/course/report/failures.ts';
import { gradePage } from '../../lib/course/report/grade-page.ts';
import { type PageOp, parsePageText } from '../../lib/lab/trace/page-text.ts';

function randomOps(seed: string): PageOp[] {
  const chance = chanceOf(seed);
  const live: number[] = [];
  const ops: PageOp[] = [];
  for (let id = 1; ops.length < 200; id++) {
    const kind = chance.between(0, 9);
    if (kind < 5) {
      live.push(id);
      ops.push({ k: 'alloc', id, pages: chance.between(1, 12) });
    } else if (kind < 9 && live.length > 0) {
      const [gone] = live.splice(chance.between(0, live.length - 1), 1);
      ops.push({ k: 'free', id: gone as number });
    } else if (kind === 9) ops.push({ k: 'release', pages: chance.between(1, 20) });
  }
  return ops;
}

describe('the heaps of exercise 13', () => {
  it('the sound one keeps all rules, whatever is asked', () => {
    for (let i = 0; i < 500; i++)
      expect(judge(new FaultyHeap(undefined, 5), randomOps(`sound ${i}`))).toBe(undefined);
  });

  it.each(faultNames)('%s is a fault that random calls show in the end', (fault) => {
    for (const c of [3, 7]) {
      let tries = 0;
      while (tries < 10_000 && judge(new FaultyHeap(fault, c), randomOps(`fault ${tries}`)) === undefined)
        tries++;
      expect(tries).toBeLessThan(10_000);
    }
  });

  it('the example shows none', () => {
    const file = join(process.cwd(), 'course/find-the-bug/examples/sound.pages');
    const ops = parsePageText(readFileSync(file, 'utf8'), file);
    for (const fault of [undefined, ...faultNames])
      for (let c = 3; c <= 7; c++)
        expect([fault, judge(new FaultyHeap(fault, c), ops)]).toEqual([fault, undefined]);
  });
});

describe('the operations of all twelve', () => {
  const variant = variantFor(findTheBug, 'ada', 't');
  const [measure] = findTheBug.measures(variant);

  it.each([
    ['nothing is', () => undefined],
    ['nothing wrong is', () => 'pages 1\na 1 64\n'],
  ])('are not measured where %s handed in', async (_, text) => {
    const bench = { text, faultOf: () => undefined } as unknown as Bench;
    expect(await measure?.run(bench, '')).toMatchObject({ share: 0, untried: true });
  });
});

describe('a trace that shows a fault', () => {
  const measureOf = (texts: Readonly<Record<string, string>>) =>
    measure?.run({ text: (name: string) => texts[name], faultOf: () => undefined } as unknown as Bench, '');
  const variant = variantFor(findTheBug, 'ada', 't');
  const [measure] = findTheBug.measures(variant);

  it('is drawn on both heaps, with the place where a rule is broken; one that shows none is not', async () => {
    const none = 'pages 1\na 1 1\n';
    const made = await measureOf({ 'heap-01.pages': `${none}a 2 63\n`, 'heap-03.pages': none });
    expect(made?.traces?.map(({ name }) => name)).toEqual(['heap 1']);
    const { histories = [], told } = made?.traces?.[0] ?? {};
    expect(told).toBe(
      'a 1 1, a 2 63. At operation 2: by its account page 63 is given back, and it is in use',
    );
    expect(histories.map(({ by, ops, mark }) => ({ by, ops, mark }))).toEqual(
      ['heap 1', 'the sound heap'].map((by) => ({ by, ops: 2, mark: { op: 1, page: 63, n: 1 } })),
    );
    const last = histories.map(({ changes }) => changes.at(-1));
    expect(last.map((change) => change?.to)).toEqual(['released', 'used']);
  });

  it('is marked as a whole where the two heaps are alike: a page goes back twice', async () => {
    const made = await measureOf({ 'heap-07.pages': `pages 1\na 1 ${64 - Number(variant.c7)}\nr 1\n` });
    expect(made?.traces?.[0]?.histories[0]?.mark).toEqual({ op: 1, page: 0, n: 64 });
  });

  it('is seen in the picture of a grade, and in no JSON', async () => {
    const made = await measureOf({ 'heap-01.pages': 'pages 1\na 1 64\n' });
    const row = { ...made, name: 'all', points: 0, of: 16 };
    const grade = { student: 'ada', checks: [], measures: [row], verdict: 'graded' } as unknown as Grade;
    const page = gradePage(grade, '');
    expect(page.match(/<svg [^>]*aria-label="heap 1: [^"]*"/g)).toHaveLength(2);
    expect(page.match(/<path class="mark"/g)).toHaveLength(2);
    expect(page).toContain('here a rule is broken');
    expect(JSON.stringify(withoutPictures(grade))).not.toContain('histories');
  });
});

describe('what is wrong with a trace', () => {
  const variant = variantFor(findTheBug, 'ada', 't');
  const [check] = findTheBug.checks(variant);
  const failureOf = (text: string) =>
    check?.run({ text: () => text, faultOf: () => undefined } as unknown as Bench, '');

  it('is told after all of its operations', async () => {
    const failure = await failureOf('pages 1\na 1 2\na 2 1\nf 1\n');
    if (failure === undefined) throw new Error('it shows a fault');
    const drawn = drawFailure(failure, 100, { bold: String, red: String, green: String, yellow: String });
    expect(drawn).toMatch(/after +a 1 2, a 2 1, f 1\n/);
  });

  it('is one cause where the mistake is one, and another where it is another', async () => {
    const texts = ['pages 1\nx\n', 'pages 1\na 1 64\nx\n', 'pages 1\na 1 64\na 1 2\n'];
    const causes = [];
    for (const text of texts) causes.push((await failureOf(text))?.cause);
    expect(causes[0]).toMatch(/^a trace cannot be read: \S/);
    expect(causes[0]).toBe(causes[1]);
    expect(causes[2]).not.toBe(causes[1]);
  });
});
