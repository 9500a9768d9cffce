/**
 * Exercise 4: radix summaries. A tree over a bitmap of pages, each node of which knows the free run at its start, its longest, and
 * the one at its end; so that the lowest fit among 65,536 pages is found in a few nodes.
 *
 * The shape of the tree differs from student to student, and is not that of the package's own. Placement is the same whatever
 * the shape, and is held against recorded answers of a real Go, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { packageRoot } from '../../../base/package-files.ts';
import { PageMap, type Summary } from '../../model/bitmap.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import type { Call } from '../../sandbox/protocol.ts';
import { type Bench, requireNumber, shown, troubleOf } from '../bench.ts';
import { bucketsText } from '../buckets.ts';
import type { Check, Exercise, Failure, Measure, Variant } from '../exercise.ts';
import { shortestFailure } from '../random-check.ts';
import { pictureOf } from './picture.ts';
import { allPages, type Move, type Played, parseRecord, playMoves, type Shape } from './play.ts';
import { stepsOf } from './steps.ts';

const id = 'radix-summaries';

const shapes: readonly Shape[] = [
  { leaf: 128, fan: 8, levels: 3 },
  { leaf: 64, fan: 4, levels: 5 },
  { leaf: 256, fan: 16, levels: 2 },
  { leaf: 64, fan: 32, levels: 2 },
];

const shapeOf = (variant: Variant): Shape => ({
  leaf: requireNumber(variant.leaf, 'leaf'),
  fan: requireNumber(variant.fan, 'fan'),
  levels: requireNumber(variant.levels, 'levels'),
});

/** Bits in runs, so that long ones come. */
function bitsOf(chance: Chance, n: number): number[] {
  const bits: number[] = [];
  for (let bit = chance.between(0, 1); bits.length < n; bit = 1 - bit) {
    const run = chance.between(1, chance.oneOf([2, 8, n]));
    for (let i = 0; i < run && bits.length < n; i++) bits.push(bit);
  }
  return bits;
}

const summaryOf = (bits: readonly number[]): Summary => {
  const map = new PageMap(bits.length);
  map.free.set(bits);
  return map.summary(0, bits.length);
};

interface Question {
  readonly call: Call;
  readonly text: string;
  readonly right: Summary;
}

/** Asks a function of the hand-in, and answers the first that is wrong. */
async function askAll(
  bench: Bench,
  questions: readonly Question[],
  what: string,
): Promise<Failure | undefined> {
  await bench.fresh();
  const { answers, stopped } = await bench.run(questions.map(({ call }) => call));
  for (const [i, { text, right }] of questions.entries()) {
    const trouble = troubleOf(answers[i], stopped);
    const common = { asked: text, expected: JSON.stringify(right), steps: [] };
    if (trouble !== undefined)
      return {
        ...common,
        cause: `${what} ${trouble.cause}`,
        answered: trouble.words,
        ...(trouble.at === undefined ? {} : { at: trouble.at }),
      };
    const [value] = answers[i] as NonNullable<(typeof answers)[number]>;
    const told = Array.isArray(value) ? (value as unknown[]) : [];
    const at = told.length === 3 ? right.findIndex((n, part) => told[part] !== n) : 3;
    if (at >= 0)
      return {
        ...common,
        cause: `${what}: ${['the start', 'the longest run', 'the end', 'the answer, three numbers,'][at]} is wrong`,
        answered: shown(value as never),
      };
  }
  return undefined;
}

const summarizeCheck = ({ leaf }: Shape): Check => ({
  name: 'summarize',
  points: 12,
  run: (bench, seed) => {
    const chance = chanceOf(`${seed} summarize`);
    const fixed = [
      new Array<number>(leaf).fill(0),
      new Array<number>(leaf).fill(1),
      [1, 1, 0, 1],
      [0, 1, 1, 1, 0, 1],
      [1],
    ];
    const lists = [
      ...fixed,
      ...Array.from({ length: 200 }, (_, i) => bitsOf(chance, i < 100 ? chance.between(1, 12) : leaf)),
    ];
    lists.sort((a, b) => a.length - b.length);
    return askAll(
      bench,
      lists.map((bits) => ({
        call: ['export', 'summarize', bits],
        text: `summarize([${bits.length > 40 ? `${bits.slice(0, 40).join(', ')}, …` : bits.join(', ')}])`,
        right: summaryOf(bits),
      })),
      'summarize',
    );
  },
});

const mergeCheck = ({ fan }: Shape): Check => ({
  name: 'merge',
  points: 16,
  run: (bench, seed) => {
    const chance = chanceOf(`${seed} merge`);
    const questions = Array.from({ length: 300 }, (_, i): Question => {
      const pages = i < 150 ? chance.between(1, 4) : 16;
      const count = i < 100 ? 2 : fan;
      const bits = bitsOf(chance, pages * count);
      const children = Array.from({ length: count }, (_child, c) =>
        summaryOf(bits.slice(c * pages, (c + 1) * pages)),
      );
      return {
        call: ['export', 'merge', children, pages],
        text: `merge([${children.map((child) => `[${child.join(', ')}]`).join(', ')}], ${pages})`,
        right: summaryOf(bits),
      };
    });
    return askAll(bench, questions, 'merge');
  },
});

/** A move of a random run, in few numbers that shrink well. */
const moves = fc.array(
  fc.oneof(
    fc.record({
      k: fc.constant('free' as const),
      at: fc.nat({ max: 600 }),
      n: fc.integer({ min: 1, max: 300 }),
    }),
    fc.record({ k: fc.constant('alloc' as const), at: fc.constant(0), n: fc.integer({ min: 1, max: 200 }) }),
    fc.record({
      k: fc.constant('take' as const),
      at: fc.nat({ max: 600 }),
      n: fc.integer({ min: 1, max: 40 }),
    }),
  ),
  { minLength: 1, maxLength: 25, size: 'max' },
);

/** Only what can be asked: pages are freed that are not free, and taken that are. */
function soundMoves(
  list: readonly { readonly k: Move['k']; readonly at: number; readonly n: number }[],
  leaf: number,
): Move[] {
  const map = new PageMap(allPages);
  return list.flatMap(({ k, at, n }): Move[] => {
    if (k === 'alloc') {
      const page = map.find(n);
      if (page >= 0) map.set(page, n, false);
      return [{ k, n }];
    }
    // Around ends of leaves, low and in the middle.
    const page = at % 2 === 0 ? at : (at % 7) * 8 * leaf + (at % leaf);
    const wanted = k === 'free' ? 0 : 1;
    let count = 0;
    while (count < n && page + count < allPages && map.free[page + count] === wanted) count++;
    if (count === 0) return [];
    map.set(page, count, k === 'free');
    return [{ k, page, n: count }];
  });
}

const randomRuns = 40;

const randomCheck = (shape: Shape): Check => ({
  name: 'PageAlloc: random calls',
  points: 24,
  run: async (bench, seed) => {
    await bench.fresh();
    return shortestFailure(
      moves,
      { seed: `${seed} moves`, runs: randomRuns },
      async (list) => (await playMoves(bench, shape, soundMoves(list, shape.leaf), true)).failure,
    );
  },
});

const goCheck = (shape: Shape): Check => ({
  name: 'PageAlloc: as Go 1.21 did',
  points: 20,
  run: async (bench) => {
    const record = parseRecord(readFileSync(join(packageRoot, 'course', id, 'go121.txt'), 'utf8'));
    return (await playMoves(bench, shape, record, false)).failure;
  },
});

/** A heap of thousands of small holes with few large ones high up, where going from hole to hole, or from page to page, would take long. */
function holes(seed: string): Move[] {
  const chance = chanceOf(`${seed} holes`);
  const list: Move[] = [];
  for (let page = 0; page < 60000; page += chance.between(5, 12))
    list.push({ k: 'free', page, n: chance.between(1, 4) });
  list.push({ k: 'free', page: 60500, n: 4000 });
  for (let i = 0; i < 120; i++) list.push({ k: 'alloc', n: chance.oneOf([5, 9, 20, 33]) });
  return list;
}

type Bucket = readonly [units: number, share: number];

/**
 * What a path from the root to a leaf takes, in units: a node's three numbers and the row through its children, for each child, and
 * the leaf's bits. Buckets are in times of it. The reference takes 4 to 4.5 times that for an allocation, and 2.5 to 3 for a free; a
 * list of the free runs, in order, 15 to 26 times and 8 to 13, and half of it where its loops are written out.
 */
const pathUnits = ({ leaf, fan, levels }: Shape): number => 6 * levels * fan + leaf;
const buckets: Readonly<Record<'alloc' | 'change', readonly Bucket[]>> = {
  alloc: [
    [6, 1],
    [7, 0.75],
    [8, 0.5],
    [10, 0.25],
  ],
  change: [
    [4, 1],
    [5, 0.75],
    [6, 0.5],
    [8, 0.25],
  ],
};

/** Up to so many paths there are all points. */
const fullPaths = (part: keyof typeof buckets): number => buckets[part][0]?.[0] ?? 0;

interface HolesPlay {
  readonly seed: string;
  readonly moves: readonly Move[];
  readonly played: Promise<Played>;
}

/** Both measures are of one play. */
const plays = new WeakMap<Bench, HolesPlay>();

function playHoles(bench: Bench, shape: Shape, seed: string): HolesPlay {
  const known = plays.get(bench);
  if (known?.seed === seed) return known;
  const moves = holes(seed);
  const play = { seed, moves, played: playMoves(bench, shape, moves, false) };
  plays.set(bench, play);
  return play;
}

function workMeasure(
  shape: Shape,
  part: keyof Pick<Played, 'alloc' | 'change'>,
  name: string,
  points: number,
): Measure {
  const path = pathUnits(shape);
  return {
    name,
    points,
    buckets: `units ${part === 'alloc' ? 'an allocation' : 'a free'}: ${bucketsText(buckets[part], points, (times) => `up to ${times * path}`)}`,
    run: async (bench, seed) => {
      const play = playHoles(bench, shape, seed);
      const played = await play.played;
      if (played.failure !== undefined) return { failure: played.failure, share: 0 };
      const work = Math.round(played[part] * 10) / 10;
      const paths = (work / path).toFixed(1);
      return {
        share: buckets[part].find(([times]) => work <= times * path)?.[1] ?? 0,
        work,
        other: `${paths} paths, all points up to ${fullPaths(part)}`,
        reference: { work: path },
        referenceIs: 'a path from the root to a leaf',
        ...(part === 'alloc'
          ? {
              history: pictureOf(play.moves, played.places),
              referenceHistory: {
                ...pictureOf(play.moves, played.right),
                by: 'the lowest fit, by a map of all pages',
                drawn: 'the same pages',
              },
            }
          : {}),
      };
    },
  };
}

export const radixSummaries: Exercise = {
  id,
  number: 4,
  title: 'Radix summaries: merge and find',
  teaches:
    'how the lowest fit among millions of pages is found in a few nodes: the page allocator of Go since 1.14',
  hours: '5 to 8',
  handin: 'mine.mjs',
  exports: ['summarize', 'merge', 'PageAlloc'],
  modules: [],
  variant: (seed) => {
    const { leaf, fan, levels } = chanceOf(`${seed} ${id}`).oneOf(shapes);
    const path = pathUnits({ leaf, fan, levels });
    return {
      leaf,
      fan,
      levels,
      leaves: allPages / leaf,
      path,
      ...Object.fromEntries(buckets.alloc.map(([times], i) => [`a${i + 1}`, times * path])),
      ...Object.fromEntries(buckets.change.map(([times], i) => [`f${i + 1}`, times * path])),
    };
  },
  checks: (variant) => {
    const shape = shapeOf(variant);
    return [summarizeCheck(shape), mergeCheck(shape), randomCheck(shape), goCheck(shape)];
  },
  measures: (variant) => {
    const shape = shapeOf(variant);
    return [
      workMeasure(shape, 'alloc', 'work of alloc', 16),
      workMeasure(shape, 'change', 'work of free', 12),
    ];
  },
  hints: {
    summarize: [
      'Go through the bits once, and keep how many free ones are in a row just now. Which of the three numbers is known when?',
      'The end is what is in a row when the bits end. The start is what was in a row when the first bit came that is not free.',
      'A list without a bit that is not free has three equal numbers.',
    ],
    merge: [
      'Two children: which free runs of the parent are in neither of them?',
      'The end of one child and the start of the next are one run. What if a child is free as a whole?',
      'Keep a row that goes on: a child that is free as a whole makes it longer, any other begins it anew with its end. The start grows only as long as all before was free.',
    ],
    'PageAlloc: random calls': [
      'Which summaries change when pages are freed? All of those, and no others, have to be made anew, the leaves first.',
      'A row of calls may touch several leaves. From the first touched leaf to the last, then their parents, and so on.',
      'In find, a run may go over from one child to the next; it begins where the last row began. Return it before you look into the child.',
    ],
    'PageAlloc: as Go 1.21 did': [
      'It is the same heap with more pages. Which allocation is the first that differs, and how many pages does it want?',
      'Runs of more than a leaf go over several children. Is their first page kept while a row goes on?',
      'The lowest fit: a row that began in children before comes before anything inside of this child, and that before what comes later.',
    ],
  },
  step: (bench, variant, trace) => {
    const shape = shapeOf(variant);
    return stepsOf(bench, shape, pathUnits(shape), trace);
  },
  targets: ['PageAlloc'],
};
