/**
 * Exercise 1: the judge's designs against the package's page heaps, scenes that tell misreadings apart, and sheets as people
 * write them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { playReal } from '../../lib/course/exercises/predict/scenes.ts';
import {
  givenMoves,
  heapPages,
  playDesign,
  runsText,
  sceneFor,
} from '../../lib/course/exercises/predictions/scene.ts';
import { pageIn, parseSheet, runsIn } from '../../lib/course/exercises/predictions/sheet.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { grade } from '../../lib/course/grading/grade.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { variantFor } from '../../lib/course/handout/start.ts';
import { goRules, misreadings } from '../../lib/course/model/designs.ts';
import type { Run } from '../../lib/course/model/fits.ts';
import { hiddenSeed, openSeed } from '../../lib/course/model/seeds.ts';
import { causesOf } from '../../lib/course/report/failures.ts';
import { generations } from '../../lib/design/design.ts';
import { isWhole, those, times } from '../support/extent.ts';

const exercise = exerciseOf('predictions');
const student = 'ada';
const term = 't';
const whom = { exercise: exercise.id, student, term };
const secret = 'a secret of ours';
const rules = { limit: 4, back: 4, high: 5 };

/** The page heap of 2023 tells what was given back apart from what was not. */
const joined = (runs: readonly Run[]): Run[] =>
  runs.reduce<Run[]>((all, { page, n }) => {
    const last = all.at(-1);
    if (last !== undefined && last.page + last.n === page) last.n += n;
    else all.push({ page, n });
    return all;
  }, []);

const realPages = 512;

it.each(generations)('%s: with Go’s constants the judge places as the package does', (design) => {
  for (let i = 0; i < times(1); i++) {
    const { moves } = sceneFor(`scene ${i}`, rules);
    const real = playReal(design, moves);
    const told = playDesign(design, goRules, moves, undefined, realPages);
    moves.forEach((move, at) => {
      const runs = real.before[at] as Run[];
      expect([i, at, told[at]?.before]).toEqual([i, at, design === 'radix' ? joined(runs) : runs]);
      if (move.k === 'alloc') expect([i, at, String(told[at]?.page)]).toEqual([i, at, real.answers[at]]);
    });
  }
});

it('a scene lets each misreading show, and has room for all', () => {
  for (const limit of [3, 5])
    for (const high of those([4, 5], (high) => high === limit || high === limit + 1)) {
      const own = { limit, back: 8 - high, high };
      const { moves, answers } = sceneFor(`scene ${limit}`, own);
      for (const design of generations) {
        const text = JSON.stringify(answers[design]);
        expect(answers[design].every(({ page = 0 }) => page >= 0)).toBe(true);
        for (const misread of misreadings[design])
          expect([misread, JSON.stringify(playDesign(design, own, moves, misread)) === text]).toEqual([
            misread,
            false,
          ]);
      }
    }
});

describe('an answer as it is written', () => {
  it.each([
    ['0-4 17-20', '0-4 17-20'],
    ['0–4, 17 - 20', '0-4 17-20'],
    ['0-4,17-20;', '0-4 17-20'],
    ['5', '5-5'],
    ['none', 'none'],
    ['17-20 0-4', undefined],
    ['0-4 3-8', undefined],
    ['4-0', undefined],
    ['0-64', undefined],
    ['all', undefined],
    ['NaN-NaN', undefined],
    ['', undefined],
  ])('runs %j', (text, told) => {
    const runs = runsIn(text);
    expect(runs === undefined ? undefined : runsText(runs)).toBe(told);
  });

  it.each([
    ['12', 12],
    ['007', 7],
    ['63', 63],
    ['64', undefined],
    ['-1', undefined],
    ['1e1', undefined],
    ['0x5', undefined],
    ['3 4', undefined],
  ])('a page %j', (text, told) => {
    expect(pageIn(text)).toBe(told);
  });

  it('in a sheet from an editor of any system', () => {
    const text =
      '\uFEFFsheet 1 0011aabb\r\ndesign lists # mine\r\n\t11\talloc 4   page 7 # I think\r\n 12 free 3 runs\r\n';
    const { id, answers, strange } = parseSheet(text);
    expect([id, strange]).toEqual(['0011aabb', undefined]);
    expect(answers.lists.get(11)).toEqual({ operation: 'alloc 4', text: '7', line: 3 });
    expect(answers.lists.get(12)?.text).toBeUndefined();
    expect(parseSheet('sheet 1 0011aabb\nalloc 4 → 7').strange).toBe('line 2: alloc 4 → 7');
  });
});

describe('a grade', () => {
  const sheet = (seed: string): string => exercise.sheet?.(variantFor(exercise, student, term), seed) ?? '';
  const solved = async (text: string): Promise<string> => {
    const module = referenceFiles(ownPack, exercise, student, term).get('reference.mjs') as string;
    const { solve } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`);
    return solve(text);
  };
  const graded = (text: string, hidden = false) =>
    grade({
      ...{ exercise, student, term, modules: {} },
      files: new Map([[exercise.handin, text]]),
      ...(hidden ? { secret } : {}),
    });

  it.runIf(isWhole)('of what is right is full, of the open sheet and of that of a secret', async () => {
    expect(await graded(await solved(sheet(openSeed(whom))))).toMatchObject({
      points: 100,
      of: 100,
      walls: [],
    });
    expect(await graded(await solved(sheet(hiddenSeed(secret, whom))), true)).toMatchObject({ points: 100 });
  });

  it('of the other sheet is nothing, and says which is meant', async () => {
    const made = await graded(await solved(sheet(hiddenSeed(secret, whom))));
    expect(made.points).toBe(0);
    expect(made.checks[0]?.failure).toMatchObject({ cause: 'the sheet is of other operations' });
  });

  it('names the first wrong step with the rule, draws it, and does not tell the answer', async () => {
    const right = (await solved(sheet(openSeed(whom)))).split('\n');
    const first = right.findIndex((line) => line.startsWith('design lists')) + 1 + givenMoves;
    const at = right.findIndex((line, i) => i > first && /alloc \d+ +page/.test(line));
    const page = Number(/page (\d+)/.exec(right[at] as string)?.[1]);
    const wrong = (page + 1) % heapPages;
    const made = await graded(
      right.with(at, (right[at] as string).replace(/page \d+/, `page ${wrong}`)).join('\n'),
    );
    const measure = made.measures[0];
    expect(measure).toMatchObject({ points: 18, other: '17 of 18 right' });
    expect(measure?.failure).toMatchObject({
      asked: expect.stringMatching(/^lists, operation \d+: alloc \d+$/),
      answered: String(wrong),
      strip: { pages: heapPages, answered: { page: wrong }, isBefore: true },
    });
    expect(measure?.failure?.expected).not.toMatch(new RegExp(`\\b(page )?${page}$`));
    expect(measure?.history?.changes.length).toBeGreaterThan(10);
  });

  it.each(generations)('is stepped through as far as it is right: %s', async (design) => {
    const seed = openSeed(whom);
    const step = (text: string, on: string = design) =>
      exercise.step?.({} as never, variantFor(exercise, student, term), text, on, seed) ?? Promise.reject();
    const full = await solved(sheet(seed));
    const steps = await step(full);
    const { moves, answers } = sceneFor(seed, variantFor(exercise, student, term) as never);
    expect(steps).toHaveLength(moves.length);
    for (const [i, { answered, expected, free, isBefore }] of steps.entries()) {
      expect([answered === expected, isBefore]).toEqual([true, undefined]);
      expect(free?.model).toEqual(answers[design][i]?.after);
    }
    const blank = await step(sheet(seed));
    expect(blank).toHaveLength(givenMoves + 1);
    expect(blank.at(-1)).toMatchObject({ answered: '?', expected: '', isBefore: true });
    expect(blank.at(-1)?.free?.model).toEqual(answers[design][givenMoves]?.before);
    // Nobody learns from it what another sheet wants, not even operation by operation.
    await expect(step(await solved(sheet(hiddenSeed(secret, whom))))).rejects.toThrow(/of other operations/);
    await expect(step(full.replace(/^( +12 +)\S+ \d+|^( +12 +)giveback/gm, '$1$2alloc 60'))).rejects.toThrow(
      /was/,
    );
    await expect(step('')).rejects.toThrow(/no sheet/);
  });

  it('shows of the design what comes before the first wrong step, in no picture and no JSON more', async () => {
    const blank = sheet(openSeed(whom));
    const own = variantFor(exercise, student, term) as unknown as typeof rules;
    const { moves } = sceneFor(openSeed(whom), own);
    const told = await graded(blank);
    for (const { referenceHistory } of told.measures) {
      expect(referenceHistory?.ops).toBe(moves.length);
      expect(referenceHistory?.changes.map(({ op }) => op)).toEqual([...Array(givenMoves).keys()]);
    }
    const right = await solved(blank);
    const lines = right.split('\n');
    const last = lines.findLastIndex((line) => /^ *\d+ +alloc \d+ +page/.test(line));
    const op = Number.parseInt(lines[last] as string, 10) - 1;
    const made = await graded(
      lines.with(last, (lines[last] as string).replace(/page.*/, 'page ?')).join('\n'),
    );
    const ops = made.measures.map((of) =>
      Math.max(...(of.referenceHistory?.changes ?? []).map((one) => one.op)),
    );
    expect(ops[2]).toBeLessThan(op);
    expect(ops[0]).toBeGreaterThanOrEqual(op);
  });

  it('tells for each design its own first wrong step; and of merging only where the same pages are free', async () => {
    const lines = (await solved(sheet(openSeed(whom)))).split('\n');
    const isRuns = (line: string): boolean => /^ *\d+ +free \d+ +runs \d+-\d+/.test(line);
    let split = 0;
    const wrong = lines.map((line) => {
      if (!isRuns(line)) return line;
      const [, from, to] = /runs (\d+)-(\d+)/.exec(line) as RegExpExecArray;
      if (Number(to) - Number(from) < 2) return line;
      split++;
      return line.replace(/runs (\d+)-(\d+)/, `runs ${from} ${Number(from) + 1}-${to}`);
    });
    expect(split).toBeGreaterThan(2);
    const causes = causesOf(await graded(wrong.join('\n'))).map(({ cause }) => cause);
    expect(causes).toEqual(
      generations.map((design) => `${design}: neighbours are not merged that should be`),
    );
    const moved = lines.map((line) => {
      if (!isRuns(line)) return line;
      const [, from = '', to = ''] = /runs (\d+)-(\d+)/.exec(line) as RegExpExecArray;
      const first = Number(from) === 0 ? 1 : Number(from) - 1;
      return line.replace(/runs.*/, `runs ${first}-${first + Number(to) - Number(from)}`);
    });
    const told = causesOf(await graded(moved.join('\n'))).map(({ cause }) => cause);
    expect(told.filter((cause) => /merged/.test(cause))).toEqual([]);
  });

  it.each(['blank', 'strange-answers', 'easy-operations'])('of a forgery (%s) is nothing', async (name) => {
    const text = readFileSync(join(ownPack, exercise.id, 'forgeries', `${name}.txt`), 'utf8');
    expect((await graded(text.replace('{{sheet}}', sheet(openSeed(whom))))).points).toBe(0);
  });
});
