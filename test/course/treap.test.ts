/**
 * Exercise 3: the judge's page heap against what a real Go answered, its trees, and what it says of trees that are wrong.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { parseRecord } from '../../lib/course/exercises/treap/heap-play.ts';
import { recordFile } from '../../lib/course/exercises/treap/index.ts';
import { treeAsked } from '../../lib/course/exercises/treap/tree-play.ts';
import {
  type Node,
  type PriorityRule,
  priorityOf,
  shapeOf,
  treeText,
} from '../../lib/course/exercises/treap/trees.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled, variantFor } from '../../lib/course/handout/start.ts';
import { DesignModel, goRules } from '../../lib/course/model/designs.ts';
import { isWhole, those } from '../support/extent.ts';
import { mutantGrades } from './mutant-grades.ts';

// The process of a hand-in is started from what is compiled.
const compiled = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course', name)).href);
const { grade } = (await compiled('grading/grade.js')) as typeof import('../../lib/course/grading/grade.ts');

const exercise = exerciseOf('treap');
const student = 'ada';
const term = 't';
const reference = referenceFiles(ownPack, exercise, student, term);
const rule: PriorityRule = { factor: 101, plus: 7, top: 'largest' };

it('the judge answers each recorded operation as Go did', () => {
  const { ops, answers } = parseRecord(readFileSync(recordFile(), 'utf8'));
  expect(ops.filter(({ k }) => k === 'release').length).toBeGreaterThan(0);
  expect(ops.length).toBeGreaterThan(1900);
  const model = new DesignModel('treap', goRules, 0);
  const own = ops.map((op) => {
    if (!('page' in op)) return op.k === 'alloc' ? model.alloc(op.n) : model.release(op.n);
    model.free(op.page, op.n);
    return undefined;
  });
  expect(own).toEqual(answers);
});

describe('a shape', () => {
  const runs = [
    { page: 10, n: 4 },
    { page: 20, n: 2 },
    { page: 30, n: 6 },
    { page: 3, n: 4 },
    { page: 60, n: 1 },
  ];

  it.each(['largest', 'smallest'] as const)('has the %s priority on top everywhere', (top) => {
    const own = { ...rule, top };
    const nodes = shapeOf(runs, own);
    expect(nodes.map(([page, n]) => [n, page])).toEqual([
      [1, 60],
      [2, 20],
      [4, 3],
      [4, 10],
      [6, 30],
    ]);
    const ranks = runs.map(({ page }) => priorityOf(page, own));
    const root = nodes.find(([, , depth]) => depth === 0) as Node;
    expect(priorityOf(root[0], own)).toBe(top === 'largest' ? Math.max(...ranks) : Math.min(...ranks));
  });

  it('is told in a line', () => {
    expect(
      treeText([
        [20, 2, 1],
        [10, 4, 0],
        [30, 6, 1],
      ]),
    ).toBe('4@10(2@20 6@30)');
    expect(treeText([])).toBe('an empty tree');
  });

  it('is told in a short line, however large it is, around the place that is asked for', () => {
    const many = Array.from({ length: 2048 }, (_, i) => ({ page: 3 * i, n: 1 + (i % 50) }));
    const nodes = shapeOf(many, rule);
    for (const near of [0, 700, 2047]) {
      const text = treeText(nodes, near);
      const [page, n] = nodes[near] as Node;
      expect([text.length < 200, text.includes(`${n}@${page}`)]).toEqual([true, true]);
      expect(text).toMatch(/^of 2048 nodes \d+@\d+\(/);
    }
  });

  const looked = (visits: readonly (readonly number[])[]) => {
    const [, , look] = treeAsked(
      [
        { k: 'insert', page: 10, n: 4 },
        { k: 'insert', page: 20, n: 2 },
      ],
      rule,
      false,
    );
    return look?.judge?.([null, 1, visits])?.cause;
  };

  it.each([
    [
      [
        [20, 2, 0],
        [10, 4, 1],
      ],
      undefined,
    ],
    [
      [
        [20, 2, 1],
        [10, 4, 0],
      ],
      'priorities are no heap: a run belongs above its parent',
    ],
    [
      [
        [10, 4, 1],
        [20, 2, 0],
      ],
      'the runs are not in the order of their keys',
    ],
    [[[20, 2, 0]], 'a run is missing in the tree'],
    [
      [
        [20, 2, 0],
        [20, 2, 1],
      ],
      'a run is in the tree twice',
    ],
    [
      [
        [20, 2, 0],
        [10, 4, 1],
        [9, 9, 2],
      ],
      'a run is in the tree that was removed',
    ],
    [
      [
        [20, 2, 0],
        [10, 4, 0],
      ],
      'the depths are those of no tree',
    ],
    [
      [
        [20, 2, 0],
        [10, 4, 2],
      ],
      'the depths are those of no tree',
    ],
    [
      [
        [20, 2, 0],
        [10, 4, 0.5],
      ],
      'forEach visits what is no node',
    ],
    [
      [
        [20, 2],
        [10, 4],
      ],
      'forEach visits what is no node',
    ],
    [[], 'a run is missing in the tree'],
  ])('%j: %s', (visits, cause) => {
    expect(looked(visits)).toBe(cause);
  });
});

describe('a grade', () => {
  const graded = (files: ReadonlyMap<string, string>, first = false) =>
    grade({ exercise, files, modules: {}, student, term, secret: 'a secret of ours' }, { first });

  const firstOf = mutantGrades(exercise, reference, graded);

  it.runIf(isWhole)('of the reference is full', async () => {
    expect(await graded(reference)).toMatchObject({ verdict: 'graded', points: 100, of: 100 });
  });

  const told: readonly (readonly [string, RegExp])[] = [
    ['remove always rotates the left child up', /belongs above its parent|another shape/],
    ['given-back neighbours are not merged', /neighbours of one kind/],
  ];
  it.each(those(told, (_mutant, i) => i === 1))('of a mutant (%s) says why', async (name, cause) => {
    const { checks } = await firstOf(name);
    expect(checks.find(({ failure }) => failure)?.failure?.cause).toMatch(cause);
  });

  it.runIf(isWhole).each(['list', 'buckets'])(
    'of a sorted list (%s) that works the shape out when it is looked at has no part of the tree',
    async (name) => {
      const text = readFileSync(join(ownPack, exercise.id, `forgeries/sorted-${name}.mjs`), 'utf8');
      const made = await graded(
        new Map([[exercise.handin, filled(text, variantFor(exercise, student, term), student)]]),
      );
      expect(made.points).toBe(48);
      expect(made.checks[1]?.failure?.cause).toMatch(/goes through the runs before/);
    },
  );

  // Of other exercises it is tried each time.
  it.runIf(isWhole)('of stubs, and of a forgery, is nothing', async () => {
    const of = (path: string): string =>
      filled(readFileSync(path, 'utf8'), variantFor(exercise, student, term), student);
    const paths = [
      join('course', exercise.id, 'mine.mjs'),
      join(ownPack, exercise.id, 'forgeries/keep-visit.mjs'),
    ];
    for (const path of paths)
      expect(await graded(new Map([[exercise.handin, of(path)]]))).toMatchObject({
        verdict: 'graded',
        points: 0,
      });
  });
});
