/**
 * Exercise 4: what a grade tells of work, the picture of what is allocated, and an answer that is far from the right one.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pictureOf } from '../../lib/course/exercises/radix-summaries/picture.ts';
import { allPages, type Move } from '../../lib/course/exercises/radix-summaries/play.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { gradePage } from '../../lib/course/report/grade-page.ts';
import { bracketsText, figuresText } from '../../lib/course/report/grade-table.ts';
import { drawStrip } from '../../lib/course/report/strip.ts';
import { isWhole } from '../support/extent.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');
// It starts a process of its own, too.
const { exerciseOf } = (await compiled(
  'exercises/registry.js',
)) as typeof import('../../lib/course/exercises/registry.ts');

const exercise = exerciseOf('radix-summaries');
const [student, term] = ['ada', 't'];
const reference = referenceFiles(ownPack, exercise, student, term);
const graded = (files: ReadonlyMap<string, string>, only: string) =>
  grade({ exercise, files, modules: {}, student, term }, { only });

describe('the work of an allocation', () => {
  it.runIf(isWhole)('is told in paths, beside one, and drawn above what is right', async () => {
    const made = await graded(reference, 'work of alloc');
    const path = Number(variantFor(exercise, student, term).path);
    const [row] = made.measures;
    expect(made.points).toBe(16);
    expect(row?.reference?.work).toBe(path);
    const times = ((row?.work ?? 0) / path).toFixed(1);
    expect(row?.other).toBe(`${times} paths, all points up to 6`);
    expect(bracketsText(made)).toBe('a path from the root to a leaf');
    expect(figuresText(row as never)[0]).toMatch(
      /units an operation \(a path from the root to a leaf \d+\.0\)$/,
    );
    expect(row?.history?.changes).toEqual(row?.referenceHistory?.changes);
    const page = gradePage(made, '');
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain('<figcaption>the lowest fit, by a map of all pages: the same pages</figcaption>');
  });
});

describe('the picture of what is allocated', () => {
  const moves: Move[] = [
    { k: 'free', page: 100, n: 4 },
    { k: 'free', page: 30_000, n: 4 },
    { k: 'free', page: 60_000, n: 50 },
    { k: 'alloc', n: 4 },
    { k: 'alloc', n: 20 },
  ];
  const places = [undefined, undefined, undefined, 100, 60_000];

  it('has the stretches where that is, and an operation for each allocation', () => {
    const { ops, changes, drawn } = pictureOf(moves, places);
    expect(ops).toBe(3);
    expect(drawn).toContain(`pages 68 to 135 and 59968 to 60051 of ${allPages}`);
    // 68 and 84 pages, and a gap between.
    const gap = Math.ceil((68 + 84) / 24);
    expect(changes).toEqual([
      { op: 0, page: 0, n: 68, to: 'used' },
      { op: 0, page: 68 + gap, n: 84, to: 'used' },
      { op: 0, page: 32, n: 4, to: 'free' },
      { op: 0, page: 68 + gap + 32, n: 50, to: 'free' },
      { op: 1, page: 32, n: 4, to: 'used' },
      { op: 2, page: 68 + gap + 32, n: 20, to: 'used' },
    ]);
  });
});

describe('an answer that lies far from the right page', () => {
  it('is told at the edge of the strip', async () => {
    const far = (reference.get('mine.mjs') ?? '').replace(
      'const page = this.find(0, 0, n);',
      'const page = this.find(0, 0, n) + 900;',
    );
    expect(far).toContain('+ 900');
    const made = await graded(new Map([['mine.mjs', far]]), 'PageAlloc: as Go 1.21 did');
    const failure = made.checks[0]?.failure;
    const right = Number(failure?.expected);
    expect(failure?.answered).toBe(String(right + 900));
    const strip = failure?.strip;
    if (strip === undefined) throw new Error('nothing is drawn');
    const lines = drawStrip(strip, 120);
    expect(lines.map(({ title }) => title).slice(-2)).toEqual(['expected', 'answered']);
    expect(lines.at(-1)?.cells.trim()).toBe(`${right + 900} →`);
  });
});
