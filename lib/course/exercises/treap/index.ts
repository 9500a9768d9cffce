/**
 * Exercise 3: a treap of free runs, and the page heap of two of them that Go had in 2019.
 *
 * Which run is on top is no chance here: a run's priority is worked out from its first page by a rule of the student's own. So
 * the tree has one right shape, which is looked at after each change, and the package's own treap has another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { packageRoot } from '../../../base/package-files.ts';
import { type PageOp, parsePageText } from '../../../lab/trace/page-text.ts';
import type { Run } from '../../model/fits.ts';
import { patterns } from '../../model/patterns.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { isThrown } from '../../sandbox/protocol.ts';
import { playAsked } from '../asked.ts';
import { type Bench, requireNumber, shown, troubleOf } from '../bench.ts';
import { type Bucket, bucketsText, shareOf } from '../buckets.ts';
import {
  type Check,
  type Exercise,
  type Measure,
  type Measured,
  type Step,
  type Variant,
  withLastSteps,
} from '../exercise.ts';
import { shortestFailure } from '../random-check.ts';
import { type HeapOp, HeapWriter, heapAsked, heapTarget, parseRecord } from './heap-play.ts';
import { largeRuns, type TreeOp, treeAsked, treeTarget } from './tree-play.ts';
import { type PriorityRule, priorities } from './trees.ts';

const id = 'treap';

const ruleOf = (variant: Variant): PriorityRule => ({
  factor: requireNumber(variant.factor, 'factor'),
  plus: requireNumber(variant.plus, 'plus'),
  top: variant.top === 'smallest' ? 'smallest' : 'largest',
});

/** By hand: a root, both sides, a tie of lengths, a node with two children that goes. */
const treeScene: readonly TreeOp[] = [
  { k: 'find', n: 1 },
  { k: 'insert', page: 10, n: 4 },
  { k: 'insert', page: 20, n: 2 },
  { k: 'insert', page: 30, n: 6 },
  { k: 'find', n: 3 },
  { k: 'insert', page: 3, n: 4 },
  { k: 'insert', page: 50, n: 4 },
  { k: 'insert', page: 60, n: 1 },
  { k: 'insert', page: 70, n: 9 },
  { k: 'find', n: 4 },
  { k: 'find', n: 5 },
  { k: 'remove', page: 10, n: 4 },
  { k: 'remove', page: 60, n: 1 },
  { k: 'find', n: 4 },
  { k: 'find', n: 10 },
  { k: 'remove', page: 3, n: 4 },
  { k: 'remove', page: 70, n: 9 },
  { k: 'remove', page: 20, n: 2 },
  { k: 'remove', page: 50, n: 4 },
  { k: 'remove', page: 30, n: 6 },
  { k: 'find', n: 1 },
  { k: 'insert', page: 5, n: 5 },
];

const treeMoves = fc.array(
  fc.oneof(
    fc.record({
      k: fc.constant('insert' as const),
      page: fc.nat({ max: 400 }),
      n: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      k: fc.constant('insert' as const),
      page: fc.nat({ max: 65000 }),
      n: fc.integer({ min: 1, max: 300 }),
    }),
    fc.record({ k: fc.constant('remove' as const), page: fc.nat({ max: 40 }), n: fc.constant(0) }),
    fc.record({ k: fc.constant('find' as const), page: fc.constant(0), n: fc.integer({ min: 1, max: 12 }) }),
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);
type TreeMoves = typeof treeMoves extends fc.Arbitrary<infer T> ? T : never;

/** Only what can be asked: a page is in the tree once, and what is removed is in it. */
function soundTree(list: TreeMoves): TreeOp[] {
  const live: { page: number; n: number }[] = [];
  return list.flatMap(({ k, page, n }): TreeOp[] => {
    if (k === 'find') return [{ k, n }];
    if (k === 'insert') {
      if (live.some((run) => run.page === page)) return [];
      live.push({ page, n });
      return [{ k, page, n }];
    }
    const [run] = live.length === 0 ? [] : live.splice(page % live.length, 1);
    return run === undefined ? [] : [{ k, ...run }];
  });
}

const growth = 32;

/** By hand: two kinds side by side, a tie between them, the longest goes back, a heap without room. */
function heapScene(back: number): readonly HeapOp[] {
  const writer = new HeapWriter(back, growth);
  const [a, b, c, d] = [4, 2, 4, 1].map((n) => ({ page: writer.alloc(n), n })) as [Run, Run, Run, Run];
  writer.release(1);
  writer.free(b.page, b.n);
  writer.free(d.page, d.n);
  writer.alloc(1);
  writer.free(a.page, a.n);
  writer.release(2);
  const e = { page: writer.alloc(2), n: 2 };
  writer.free(e.page, e.n);
  writer.alloc(2);
  writer.free(c.page, c.n);
  writer.alloc(7);
  writer.release(3);
  writer.alloc(40);
  writer.release(100);
  writer.alloc(5);
  return writer.ops;
}

const heapMoves = fc.array(
  fc.oneof(
    fc.record({ k: fc.constant('alloc' as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ k: fc.constant('alloc' as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ k: fc.constant('free' as const), n: fc.nat({ max: 30 }) }),
    fc.record({ k: fc.constant('free' as const), n: fc.nat({ max: 30 }) }),
    fc.record({ k: fc.constant('release' as const), n: fc.integer({ min: 1, max: 20 }) }),
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);
type HeapMoves = typeof heapMoves extends fc.Arbitrary<infer T> ? T : never;

/** What can be asked: what is freed was allocated, and a heap without room is grown. */
function soundHeap(list: HeapMoves, back: number): readonly HeapOp[] {
  const writer = new HeapWriter(back, growth);
  const live: { page: number; n: number }[] = [];
  for (const { k, n } of list) {
    if (k === 'alloc') live.push({ page: writer.alloc(n), n });
    else if (k === 'release') writer.release(n);
    else {
      const [run] = live.length === 0 ? [] : live.splice(n % live.length, 1);
      if (run !== undefined) writer.free(run.page, run.n);
    }
  }
  return writer.ops;
}

export const recordFile = (): string => join(packageRoot, 'course', id, 'go112.txt');

const treeRuns = 60;
const heapRuns = 60;

function checksOf(rule: PriorityRule): Check[] {
  const tree = async (bench: Bench, ops: readonly TreeOp[]) =>
    (await playAsked(bench, treeTarget, [], treeAsked(ops, rule, true))).failure;
  const heap = async (bench: Bench, ops: readonly HeapOp[], back: number, looks = true) =>
    (await playAsked(bench, heapTarget, [back], heapAsked(ops, back, looks).asked)).failure;
  return [
    { name: `${treeTarget}: a few runs`, points: 8, run: (bench) => tree(bench, treeScene) },
    {
      name: `${treeTarget}: random calls`,
      points: 20,
      run: async (bench, seed) => {
        await bench.fresh();
        const failure = await shortestFailure(treeMoves, { seed: `${seed} tree`, runs: treeRuns }, (list) =>
          tree(bench, soundTree(list)),
        );
        if (failure !== undefined) return failure;
        const { build } = treeOf(largeRuns, chanceOf(`${seed} ${largeRuns}`));
        const { failure: large } = await playAsked(bench, treeTarget, [], treeAsked(build, rule, false));
        return large === undefined ? undefined : withLastSteps(large, 6);
      },
    },
    {
      name: `${heapTarget}: a few calls`,
      points: 6,
      run: async (bench) => (await heap(bench, heapScene(0), 0)) ?? heap(bench, heapScene(2), 2),
    },
    {
      name: `${heapTarget}: random calls`,
      points: 16,
      run: async (bench, seed) => {
        await bench.fresh();
        const back = chanceOf(`${seed} back`).between(4, 6);
        return shortestFailure(heapMoves, { seed: `${seed} heap`, runs: heapRuns }, (list) =>
          heap(bench, soundHeap(list, back), back),
        );
      },
    },
    {
      name: `${heapTarget}: as Go 1.12 did`,
      points: 14,
      run: (bench) => heap(bench, parseRecord(readFileSync(recordFile(), 'utf8')).ops, 0, false),
    },
  ];
}

const tenth = (n: number): number => Math.round(10 * n) / 10;

const smallTree = 128;
const largeTree = 2048;

/** A tree of so many runs, then finds, and runs that come and go. */
function treeOf(
  runs: number,
  chance: Chance,
): { readonly build: TreeOp[]; readonly finds: TreeOp[]; readonly churn: TreeOp[] } {
  const step = Math.floor(priorities / (runs + 300));
  const page = (i: number): number => i * step + chance.between(0, step - 1);
  const length = (): number => chance.between(1, 400);
  // From the lowest up, and with lengths that rise: what a tree without balance cannot bear.
  const live = Array.from({ length: runs }, (_, i) => ({
    page: page(i),
    n: 1 + Math.floor((400 * i) / runs),
  }));
  const build = live.map((run): TreeOp => ({ k: 'insert', ...run }));
  const churn: TreeOp[] = [];
  for (let i = 0; i < 150; i++) {
    const at = chance.between(0, live.length - 1);
    const run = live[at] as (typeof live)[number];
    const made = { page: page(runs + i), n: length() };
    live[at] = made;
    churn.push({ k: 'remove', ...run }, { k: 'insert', ...made });
  }
  return {
    build,
    finds: Array.from({ length: 150 }, () => ({ k: 'find', n: length() })),
    churn,
  };
}

async function treeUnits(
  bench: Bench,
  runs: number,
  seed: string,
  rule: PriorityRule,
  figure: 'find' | 'change',
): Promise<{ readonly failure?: NonNullable<Measured['failure']>; readonly units: number }> {
  const { build, finds, churn } = treeOf(runs, chanceOf(`${seed} ${runs}`));
  const ops = figure === 'find' ? [...build, ...finds] : [...build, ...churn];
  const asked = treeAsked(ops, rule, false).map((it, i) =>
    i < build.length ? { ...it, figure: 'build' } : it,
  );
  const { failure, units } = await playAsked(bench, treeTarget, [], asked);
  if (failure !== undefined) return { failure: withLastSteps(failure, 6), units: 0 };
  return { units: units[figure] ?? 0 };
}

const workBuckets: Readonly<Record<'find' | 'change', readonly Bucket[]>> = {
  find: [
    [40, 1],
    [80, 0.75],
    [160, 0.5],
    [320, 0.25],
  ],
  change: [
    [120, 1],
    [240, 0.75],
    [480, 0.5],
    [960, 0.25],
  ],
};

/** Units in the large tree over those in the small one. */
const slopeBuckets: readonly Bucket[] = [
  [2.2, 1],
  [3, 0.75],
  [5, 0.5],
  [9, 0.25],
];

const figureNames = { find: 'find', change: 'insert and remove' } as const;

const workMeasure = (rule: PriorityRule, figure: 'find' | 'change', points: number): Measure => ({
  name: `work of ${figureNames[figure]}`,
  points,
  buckets: `units a call in a tree of ${largeTree} runs: ${bucketsText(workBuckets[figure], points)}`,
  run: async (bench, seed): Promise<Measured> => {
    const { failure, units } = await treeUnits(bench, largeTree, `${seed} work`, rule, figure);
    if (failure !== undefined) return { failure, share: 0 };
    const work = tenth(units);
    return { share: shareOf(workBuckets[figure], work), work };
  },
});

const slopeMeasure = (rule: PriorityRule, figure: 'find' | 'change', points: number): Measure => ({
  name: `slope of ${figureNames[figure]}`,
  points,
  buckets: `units with ${largeTree} runs over those with ${smallTree}: ${bucketsText(slopeBuckets, points)}`,
  run: async (bench, seed): Promise<Measured> => {
    const few = await treeUnits(bench, smallTree, `${seed} slope`, rule, figure);
    if (few.failure !== undefined) return { failure: few.failure, share: 0 };
    const many = await treeUnits(bench, largeTree, `${seed} slope`, rule, figure);
    if (many.failure !== undefined) return { failure: many.failure, share: 0 };
    const ratio = tenth(many.units / few.units);
    return { share: shareOf(slopeBuckets, ratio), other: `${ratio} times for 16 times the runs` };
  },
});

const heapBuckets: readonly Bucket[] = [
  [120, 1],
  [400, 0.5],
];

/** A program on the heap, with memory given back now and then: for the picture. */
const heapMeasure = (points: number): Measure => ({
  name: `work of ${heapTarget}`,
  points,
  buckets: `units a call on waves of allocations: ${bucketsText(heapBuckets, points)}`,
  run: async (bench, seed): Promise<Measured> => {
    const ops = placed(patterns.ramp(chanceOf(`${seed} heap`), 4), 120);
    const { asked, history } = heapAsked(ops, 0, false);
    const { failure, units } = await playAsked(
      bench,
      heapTarget,
      [0],
      asked.map((it) => (it.isLook === true ? it : { ...it, figure: 'all' })),
    );
    if (failure !== undefined) return { failure: withLastSteps(failure, 6), share: 0 };
    const work = tenth(units.all ?? 0);
    return { share: shareOf(heapBuckets, work), work, history };
  },
});

/** A trace of pages as it lies by the rule. @param every after so many operations memory is given back */
function placed(trace: readonly PageOp[], every = Number.POSITIVE_INFINITY): readonly HeapOp[] {
  const writer = new HeapWriter(0, growth);
  const place = new Map<number, { page: number; n: number }>();
  trace.forEach((op, i) => {
    if (op.k === 'alloc') place.set(op.id, { page: writer.alloc(op.pages), n: op.pages });
    else if (op.k === 'free') {
      const run = place.get(op.id);
      if (run !== undefined) writer.free(run.page, run.n);
    } else if (op.k === 'release') writer.release(op.pages);
    if (i % every === every - 1) writer.release(2 * growth);
  });
  return writer.ops;
}

/** A trace of pages, call by call. */
async function stepsOf(bench: Bench, trace: string): Promise<Step[]> {
  await bench.fresh();
  const { asked } = heapAsked(placed(parsePageText(trace, 'the trace')), 0, true);
  const { answers, stopped } = await bench.run([['new', heapTarget, 0], ...asked.map(({ call }) => call)]);
  const steps: Step[] = [];
  // Each call has its look behind it.
  for (let i = 0; i < asked.length; i += 2) {
    const call = asked[i] as (typeof asked)[number];
    const { strip = { pages: growth, model: [] }, judge } = asked[i + 1] as (typeof asked)[number];
    const answer = answers[1 + i];
    const looked = answers[2 + i];
    const trouble = troubleOf(answer, stopped);
    const wrong = looked === undefined || isThrown(looked[0]) ? undefined : judge?.(looked);
    const isOther = trouble !== undefined || looked === undefined || wrong !== undefined;
    steps.push({
      asked: call.text,
      answered: [
        trouble?.words ?? (call.right === undefined ? '' : shown(answer?.[0])),
        wrong === undefined ? '' : `then ${wrong.cause} (${wrong.answered})`,
      ]
        .filter((text) => text !== '')
        .join(', '),
      expected: call.right === undefined ? '' : String(call.right),
      free: {
        pages: strip.pages,
        registry: isOther ? wrong?.registry : strip.model,
        model: strip.model,
      },
    });
    if (trouble !== undefined) break;
  }
  return steps;
}

export const treap: Exercise = {
  id,
  number: 3,
  title: 'A treap of free runs',
  teaches: 'a tree that balances itself by chance, and the page heap of Go 1.12 that stands on two of them',
  hours: '5 to 8',
  handin: 'mine.mjs',
  exports: [treeTarget, heapTarget],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    return {
      factor: 2 * chance.between(8000, 32000) + 1,
      plus: chance.between(1, priorities - 1),
      top: chance.oneOf(['largest', 'smallest']),
    };
  },
  checks: (variant) => checksOf(ruleOf(variant)),
  measures: (variant) => {
    const rule = ruleOf(variant);
    return [
      workMeasure(rule, 'find', 8),
      workMeasure(rule, 'change', 8),
      slopeMeasure(rule, 'find', 8),
      slopeMeasure(rule, 'change', 8),
      heapMeasure(4),
    ];
  },
  hints: {
    [`${treeTarget}: a few runs`]: [
      'Draw the tree after each call: shorter runs to the left, longer ones to the right, and of one length the lower to the left.',
      'Insert at a leaf first. Then, as long as a node belongs above its parent, rotate it up: it takes the parent’s place, and one subtree changes sides.',
      'Remove by rotating down: the child that belongs above goes up, until the node has a child at most; that takes its place.',
    ],
    [`${treeTarget}: random calls`]: [
      'The shape is wrong and the order is right? Then look at priorities; if the order is wrong, at rotations.',
      'Which of two children goes up when a node is removed? The one that belongs above the other.',
      'After a rotation, who has a new parent? Three nodes, and the root may be another one.',
    ],
    [`${heapTarget}: a few calls`]: [
      'Two treaps: of runs that were given back, and of those that were not. Which of the two does an allocation take from, if both have a run of the same length?',
      'A freed run was not given back. It takes in neighbours of that kind alone; a neighbour of the other kind stays.',
      'What is left of a run stays of its kind. And a run that is given back takes in neighbours that were given back before.',
    ],
    [`${heapTarget}: random calls`]: [
      'How do you find the neighbours of a freed run? A map from first pages to runs, and one from last pages, is enough.',
      'A run must leave the tree before its length changes, and enter it again after.',
      'Release takes whole runs, the longest first, of several the highest, until it is as many pages as asked for or none is left.',
    ],
    [`${heapTarget}: as Go 1.12 did`]: [
      'Does it go right until something is given back? Then look at the two kinds.',
      'How many pages did release answer? Go gives back whole runs, so it may be far more than was asked for.',
      'Of two runs of one length the one that was not given back is taken; only then does the address count.',
    ],
  },
  targets: [heapTarget],
  step: (bench, _variant, trace) => stepsOf(bench, trace),
};
