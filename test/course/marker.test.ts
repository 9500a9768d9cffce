/**
 * Exercise 12: what the judge says of markers that are wrong in one way, and what is measured.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  dataWord,
  heapOf,
  largeHeap,
  pointerTo,
  reachable,
  shapeNames,
  targetOf,
  wayTo,
} from '../../lib/course/exercises/marker/heaps.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled, variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { causesOf } from '../../lib/course/report/failures.ts';
import { isWhole, those } from '../support/extent.ts';
import { mutantGrades } from './mutant-grades.ts';
import { stepsOn } from './stepping.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');

// It starts a process of its own, too.
const { exerciseOf } = (await compiled(
  'exercises/registry.js',
)) as typeof import('../../lib/course/exercises/registry.ts');
const exercise = exerciseOf('marker');
const student = 'ada';
const term = 't';
const reference = referenceFiles(ownPack, exercise, student, term);
const rule = { tag: 8, rest: 3 };

describe('words', () => {
  it('are pointers by what they leave, and data never is', () => {
    for (let n = 0; n < 200; n++) {
      expect(targetOf(pointerTo(n, rule), rule)).toBe(n);
      expect(targetOf(dataWord(n, rule), rule)).toBe(-1);
    }
  });

  it('lead as far as they lead', () => {
    const heap = heapOf([[pointerTo(2, rule), 16], [pointerTo(0, rule)], [pointerTo(0, rule)], []]);
    expect([...reachable(heap, [0], rule)]).toEqual([1, 0, 1, 0]);
    expect([...reachable(heap, [3, 1], rule)]).toEqual([1, 1, 1, 1]);
  });

  it.each(shapeNames)('a large heap (%s) has words to be marked, whatever the seed', (name) => {
    for (let i = 0; i < 10; i++) {
      const { heap, roots } = largeHeap(name, chanceOf(`seed ${i}`), rule);
      const lives = reachable(heap, roots, rule).reduce((sum, one) => sum + one, 0);
      expect(lives).toBeGreaterThan(1000);
    }
  });
});

describe('the way to an object', () => {
  it('is the shortest from what is held; none where nothing leads', () => {
    const heap = heapOf([[pointerTo(1, rule), pointerTo(2, rule)], [pointerTo(2, rule)], [7], [0]]);
    expect(wayTo(heap, [0], 2, rule)).toEqual([0, 2]);
    expect(wayTo(heap, [3, 2], 2, rule)).toEqual([2]);
    expect(wayTo(heap, [2, 3], 0, rule)).toBeUndefined();
  });
});

describe('a grade', () => {
  const graded = (files: ReadonlyMap<string, string>, first = false) =>
    grade({ ...{ exercise, files, modules: {}, student, term, secret: 'a secret of ours' } }, { first });

  const firstOf = mutantGrades(exercise, reference, graded);

  it.runIf(isWhole)('of the reference is full', async () => {
    expect(await graded(reference)).toMatchObject({
      ...{ verdict: 'graded', points: 100, of: 100, seeds: 'hidden' },
    });
  });

  it('tells of each cause once, by a small heap, with its words and what the program loads', async () => {
    const lost = (await firstOf('no barrier')).checks.find(({ failure }) => failure)?.failure;
    expect(lost?.begun).toMatch(/^the heap 0: \[.*→/);
    const held = /the program holds (.*)$/.exec(lost?.expected ?? '')?.[1];
    expect([held, lost?.steps.filter((text) => text.startsWith('(')).length]).not.toEqual([undefined, 0]);

    const noPieces = (reference.get('mine.mjs') ?? '').replace(/const PIECE = \d+/, 'const PIECE = 4000');
    // Every cause where everything is tried, or the first.
    const causes = causesOf(await graded(new Map([['mine.mjs', noPieces]]), !isWhole));
    expect(causes.length).toBeGreaterThan(0);
    for (const { cause, shortest } of causes) {
      expect(cause).not.toMatch(/deep|wide|mixed|list|table|mixture/);
      expect([cause, shortest.begun?.slice(0, 8)]).toEqual([cause, 'the heap']);
    }
  });

  const told: readonly (readonly [string, string, RegExp])[] = [
    ['no barrier', 'stores while it marks', /barrier let it pass/],
    ['an object enters again though it is marked', 'a few objects', /gray twice/],
    ['step ends at an object without words', 'a few objects', /before its time/],
  ];
  it.each(those(told, ([name]) => name === 'no barrier'))(
    'of a mutant (%s) says where and why',
    async (name, check, cause) => {
      const { checks } = await firstOf(name);
      const failed = checks.find(({ failure }) => failure);
      expect(failed?.name).toBe(check);
      expect(failed?.failure?.cause).toMatch(cause);
      expect(failed?.failure?.steps.length).toBeGreaterThan(0);
    },
  );

  // Of other exercises some are graded each time.
  it('of stubs, of what answers nothing, and of a forgery is nothing', async () => {
    const stub = filled(
      readFileSync(join('course', exercise.id, 'mine.mjs'), 'utf8'),
      variantFor(exercise, student, term),
      student,
    );
    const forgery = readFileSync(join(ownPack, exercise.id, 'forgeries', 'patch.mjs'), 'utf8');
    const nothing = [forgery, stub, 'export class Marker {}'];
    for (const text of isWhole ? nothing : [])
      expect(await graded(new Map([[exercise.handin, text]]))).toMatchObject({
        verdict: 'graded',
        points: 0,
      });
    if (isWhole)
      expect(await graded(new Map([[exercise.handin, 'export const Marker = () => 7;']]))).toMatchObject({
        verdict: 'refused',
        points: 0,
      });
    expect(await graded(new Map([[exercise.handin, '']]))).toMatchObject({
      verdict: 'refused',
      reason: expect.stringContaining('it does not export Marker: it must be'),
    });
  });
});

describe('stepping through a trace', () => {
  const step = (files: ReadonlyMap<string, string>, trace: string) =>
    stepsOn({ id: 'marker', student, term, on: 'Marker' }, files, trace);
  const example = (name: string): string => readFileSync(join('course/marker/examples', name), 'utf8');

  it('shows the colour of each object, and the buffers', async () => {
    const steps = await step(reference, example('ring.txt'));
    expect(steps.some(({ isWrong }) => isWrong)).toBe(false);
    expect(steps.map(({ note }) => note?.split('\n')[0])).toEqual([
      'objects  0◐ 1○ 2○ 3○ 4○',
      'objects  0● 1◐ 2○ 3○ 4○',
      'objects  0● 1● 2◐ 3◐ 4○',
      'objects  0● 1● 2● 3● 4○',
      'objects  0● 1● 2● 3● 4○',
    ]);
    expect(steps[2]?.note).toContain('buffers  [2 3]');
  });

  it.each([
    ['no barrier', 'moved.txt'],
    ['the barrier shades the new object alone', 'held.txt'],
  ])('ends with what is wrong: %s, %s', async (name, file) => {
    const mutant = mutantsOf(ownPack, exercise).find((one) => one.name === name);
    if (mutant === undefined) throw new Error('there is no such mutant');
    expect((await step(reference, example(file))).some(({ isWrong }) => isWrong)).toBe(false);
    const steps = await step(mutated(reference, mutant), example(file));
    expect(steps.at(-1)).toMatchObject({ isWrong: true });
    expect(steps.at(-1)?.note).toMatch(
      /a living object is lost: the barrier let it pass\n.*the program holds/,
    );
  });

  it.each([
    ['objekt 1', /line of object/],
    ['object 1\nroot 1', /no object/],
    ['object ->5', /which it has not/],
    ['object 1\nobject 2\nroot 0\nload 1 0', /does not hold 1/],
    ['object 1\nroot 0\nload 0 0', /no pointer/],
    ['object 1\nroot 0\nstep 1\nroot 0', /before the first step/],
    ['object x', /no word/],
    ['root 0', /0 objects/],
  ])('refuses %j', async (trace, message) => {
    await expect(step(reference, trace)).rejects.toThrow(message);
  });
});
