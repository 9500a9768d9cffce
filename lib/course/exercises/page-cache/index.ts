/**
 * Exercise 5: a page cache on 64 bits. A processor takes the free pages of a block of 64 to itself, so that most of its small
 * allocations need neither the heap nor its lock; which of them are in the block is two words of bits.
 *
 * From student to student differ from how many pages on an allocation goes to the heap, and when a cache that had no row is given back:
 * the package's own page cache, which is Go's, answers otherwise. Its parts are held against recorded answers of a real Go, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { packageRoot } from '../../../base/package-files.ts';
import { PageMap } from '../../model/bitmap.ts';
import { blockPages, CachedModel, type CacheRule } from '../../model/page-caches.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber, shown, troubleOf } from '../bench.ts';
import { type Bucket, bucketsText } from '../buckets.ts';
import type { Check, Exercise, Failure, Measure, Measured, Variant } from '../exercise.ts';
import { type WayBuckets, wayBucketsText, wayShare, wayText } from '../hindsight.ts';
import { shortestFailure } from '../random-check.ts';
import { type Op, parseRecord, playOps, target } from './play.ts';
import { missesOf, own, plainRules, playGo, playOwn, playRule } from './play-own.ts';
import { stepsOf } from './steps.ts';
import { type TraceName, type TraceOp, traceOf } from './traces.ts';

const id = 'page-cache';

const ruleOf = (variant: Variant): CacheRule => ({
  limit: requireNumber(variant.limit, 'limit'),
  keep: requireNumber(variant.keep, 'keep'),
});

const word = (bits: Uint8Array): number => bits.reduce((sum, bit, i) => sum + bit * 2 ** i, 0);

interface RowQuestion {
  readonly lo: number;
  readonly hi: number;
  readonly n: number;
  readonly right: number;
}

/** Words in rows, so that long ones come, and over the border of the two. */
function rowQuestions(chance: Chance, count: number): RowQuestion[] {
  const of = (map: PageMap, n: number): RowQuestion => ({
    lo: word(map.free.subarray(0, 32)),
    hi: word(map.free.subarray(32)),
    n,
    right: map.find(n),
  });
  const whole = new PageMap(blockPages);
  whole.set(0, blockPages, true);
  const none = new PageMap(blockPages);
  const list = [of(none, 1), of(whole, 1), of(whole, 64), of(whole, 33)];
  while (list.length < count) {
    const map = new PageMap(blockPages);
    for (let page = 0; page < blockPages; ) {
      page += chance.between(0, chance.oneOf([2, 6, 30]));
      const n = Math.min(chance.between(1, chance.oneOf([2, 8, 40, 64])), blockPages - page);
      if (n > 0) map.set(page, n, true);
      page += n + 1;
    }
    const longest = map.summary(0, blockPages)[1];
    list.push(
      of(map, Math.max(1, Math.min(blockPages, chance.oneOf([1, 2, 3, longest - 1, longest, longest + 1])))),
    );
  }
  return list;
}

const hex = (bits: number): string => `0x${bits.toString(16)}`;

async function askRows(
  bench: Bench,
  questions: readonly RowQuestion[],
): Promise<{ readonly failure?: Failure; readonly units: number }> {
  await bench.fresh();
  const { answers, stopped } = await bench.run(
    questions.map(({ lo, hi, n }) => ['export', 'lowestRow', lo, hi, n]),
  );
  let units = 0;
  for (const [i, { lo, hi, n, right }] of questions.entries()) {
    const trouble = troubleOf(answers[i], stopped);
    const map = new PageMap(blockPages);
    for (let page = 0; page < blockPages; page++)
      map.free[page] = ((page < 32 ? lo : hi) >>> (page % 32)) & 1;
    const common = {
      asked: `lowestRow(${hex(lo)}, ${hex(hi)}, ${n})`,
      expected: String(right),
      steps: [],
      strip: {
        pages: blockPages,
        model: map.runsIn(0, blockPages),
        ...(right < 0 ? {} : { expected: { page: right, n } }),
      },
    };
    if (trouble !== undefined)
      return {
        failure: {
          ...common,
          cause: `lowestRow ${trouble.cause}`,
          answered: trouble.words,
          ...(trouble.at === undefined ? {} : { at: trouble.at }),
        },
        units,
      };
    const [value, used] = answers[i] as NonNullable<(typeof answers)[number]>;
    units += used;
    if (value === right) continue;
    const what =
      right < 0
        ? 'a row where there is none'
        : value === -1
          ? 'no row where there is one'
          : typeof value === 'number' && value > right
            ? 'a row that is not the lowest'
            : 'no row of free pages';
    return { failure: { ...common, cause: `lowestRow answers ${what}`, answered: shown(value) }, units };
  }
  return { units: units / questions.length };
}

const rowCheck: Check = {
  name: 'lowestRow',
  points: 14,
  run: async (bench, seed) => {
    const questions = rowQuestions(chanceOf(`${seed} rows`), 300);
    // What is found first is to be short.
    questions.sort((a, b) => a.n - b.n);
    return (await askRows(bench, questions)).failure;
  },
};

/** Pages of the heap in the checks. */
const checkPages = 512;

/** By hand: what the rule is about. */
function scene({ limit, keep }: CacheRule): Op[] {
  return [
    { k: 'free', page: 40, n: 20 },
    { k: 'free', page: 62, n: 60 },
    { k: 'allocFor', p: 0, n: 3 },
    { k: 'allocFor', p: 1, n: 1 },
    { k: 'allocFor', p: 0, n: limit },
    { k: 'allocFor', p: 0, n: 2 },
    { k: 'free', page: 40, n: 3 },
    { k: 'flush', p: 1 },
    { k: 'allocFor', p: 1, n: 1 },
    { k: 'allocFor', p: 0, n: limit - 1 },
    { k: 'allocFor', p: 0, n: 20 - 3 - 2 - (limit - 1) > keep ? keep + 1 : 1 },
    { k: 'flush', p: 0 },
    { k: 'alloc', n: 2 },
    { k: 'fill', p: 0 },
    { k: 'take', p: 0, n: 5 },
    { k: 'take', p: 0, n: 64 },
    { k: 'flush', p: 0 },
  ];
}

/** A cache whose last page lies below what is free in the heap: it is flushed after the heap was asked, and not before. */
const border: readonly Op[] = [
  { k: 'free', page: 62, n: 22 },
  { k: 'allocFor', p: 0, n: 1 },
  { k: 'allocFor', p: 0, n: 2 },
  { k: 'allocFor', p: 0, n: 2 },
];

const sceneCheck = (rule: CacheRule): Check => ({
  name: `${target}: a few calls`,
  points: 12,
  run: async (bench) =>
    (await playOps(bench, checkPages, scene(rule), rule)).failure ??
    (await playOps(bench, checkPages, border, rule)).failure,
});

const processor = fc.nat({ max: 2 });

/** A move of a random run, in few numbers that shrink well. */
const moves = ({ limit }: CacheRule) =>
  fc.array(
    fc.oneof(
      fc.record({
        k: fc.constant('give' as const),
        gap: fc.nat({ max: 40 }),
        n: fc.integer({ min: 1, max: 90 }),
      }),
      fc.record({ k: fc.constant('allocFor' as const), p: processor, n: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ k: fc.constant('allocFor' as const), p: processor, n: fc.integer({ min: 1, max: 6 }) }),
      fc.record({
        k: fc.constant('allocFor' as const),
        p: processor,
        n: fc.integer({ min: Math.max(1, limit - 3), max: limit + 2 }),
      }),
      fc.record({ k: fc.constant('alloc' as const), n: fc.integer({ min: 1, max: 70 }) }),
      fc.record({ k: fc.constant('take' as const), p: processor, n: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ k: fc.constant('fill' as const), p: processor }),
      fc.record({ k: fc.constant('flush' as const), p: processor }),
      fc.record({ k: fc.constant('free' as const), of: fc.nat({ max: 20 }) }),
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

type Moves = ReturnType<typeof moves> extends fc.Arbitrary<infer T> ? T : never;

/** Only what can be asked: what is freed was allocated, and a cache is filled that is empty. */
function soundOps(list: Moves, rule: CacheRule): Op[] {
  const model = new CachedModel(checkPages);
  const live: { page: number; n: number }[] = [];
  let given = 0;
  const got = (page: number, n: number): void => {
    if (page >= 0) live.push({ page, n });
  };
  const opsOf = (move: Moves[number]): Op[] => {
    switch (move.k) {
      case 'give': {
        const page = given + move.gap;
        const n = Math.min(move.n, checkPages - page);
        if (n < 1) return [];
        given = page + n;
        model.free(page, n);
        return [{ k: 'free', page, n }];
      }
      case 'free': {
        const [run] = live.length === 0 ? [] : live.splice(move.of % live.length, 1);
        if (run === undefined) return [];
        model.free(run.page, run.n);
        return [{ k: 'free', ...run }];
      }
      case 'fill':
        if (model.left(move.p) > 0) return [];
        model.fill(move.p);
        return [move];
      case 'flush':
        model.flush(move.p);
        return [move];
      case 'take':
        got(model.take(move.p, move.n), move.n);
        return [move];
      case 'alloc':
        got(model.alloc(move.n), move.n);
        return [move];
      case 'allocFor':
        got(model.allocFor(move.p, move.n, rule), move.n);
        return [move];
    }
  };
  return list.flatMap(opsOf);
}

const randomRuns = 120;

const randomCheck = (rule: CacheRule): Check => ({
  name: `${target}: random calls`,
  points: 24,
  run: async (bench, seed) => {
    await bench.fresh();
    return shortestFailure(
      moves(rule),
      { seed: `${seed} moves`, runs: randomRuns },
      async (list) => (await playOps(bench, checkPages, soundOps(list, rule), rule)).failure,
    );
  },
});

/** Recorded in a heap of one chunk. */
const recordPages = 512;

export const recordFile = (): string => join(packageRoot, 'course', id, 'go121.txt');

const goCheck = (rule: CacheRule): Check => ({
  name: `${target}: as Go 1.21 did`,
  points: 18,
  run: async (bench) =>
    (await playOps(bench, recordPages, parseRecord(readFileSync(recordFile(), 'utf8')).ops, rule)).failure,
});

const rowBuckets: readonly Bucket[] = [
  [16, 1],
  [40, 0.5],
  [100, 0.25],
];

const rowWork: Measure = {
  name: 'work of lowestRow',
  points: 8,
  buckets: `units a call: ${bucketsText(rowBuckets, 8)}`,
  run: async (bench, seed) => {
    const { failure, units } = await askRows(bench, rowQuestions(chanceOf(`${seed} work`), 300));
    if (failure !== undefined) return { failure, share: 0 };
    const work = Math.round(units * 10) / 10;
    return { share: rowBuckets.find(([most]) => work <= most)?.[1] ?? 0, work };
  },
};

const hitBuckets: readonly Bucket[] = [
  [60, 1],
  [120, 0.5],
  [240, 0.25],
];

const hitWork = (rule: CacheRule): Measure => ({
  name: 'work of a hit',
  points: 6,
  buckets: `units an allocation that the cache serves: ${bucketsText(hitBuckets, 6)}`,
  run: async (bench, seed) => {
    const ops = soundTrace(traceOf('small spans', chanceOf(`${seed} hits`)), rule);
    const { failure, hitUnits } = await playOps(bench, tracePages, ops, rule);
    if (failure !== undefined) return { failure, share: 0 };
    const work = Math.round(hitUnits * 10) / 10;
    return { share: hitBuckets.find(([most]) => work <= most)?.[1] ?? 0, work };
  },
});

/** Pages of the heap in the traces. */
const tracePages = 2048;

/** A trace as it goes by a rule. */
function soundTrace(trace: ReturnType<typeof traceOf>, rule: CacheRule): Op[] {
  const model = new CachedModel(tracePages);
  model.free(0, tracePages);
  const pages: number[] = [];
  const ops = trace.map((op, i): Op => {
    if (op.k === 'alloc') {
      pages[i] = model.allocFor(op.p, op.n, rule);
      return { k: 'allocFor', p: op.p, n: op.n };
    }
    const page = pages[op.of] as number;
    model.free(page, op.n);
    return { k: 'free', page, n: op.n };
  });
  return [{ k: 'free', page: 0, n: tracePages }, ...ops];
}

/** Parts of the way from the best plain rule to no miss at all. */
export const wayBuckets: Readonly<Record<TraceName, WayBuckets>> = {
  'small spans': [10, 20, 31, 42],
  'all sizes': [12, 24, 36, 48],
};
/** Pages up to the highest used, over those of Go's rule. */
export const mostSpan = 1.5;

/** Misses of the rule with which there are fewest. */
export const plainMisses = (trace: readonly TraceOp[]): number =>
  Math.min(...plainRules.map((rule) => missesOf(playRule(trace, tracePages, rule))));

function ownMeasure(name: TraceName, points: number): Measure {
  return {
    name: `${own}: ${name}`,
    points,
    buckets: `misses, ${wayBucketsText(wayBuckets[name], 'the best of all rules with a LIMIT and a KEEP', 'no miss at all')}; none where it needs more than ${mostSpan} times the pages of Go’s rule`,
    run: async (bench, seed): Promise<Measured> => {
      const trace = traceOf(name, chanceOf(`${seed} ${name}`));
      const played = await playOwn(bench, trace, tracePages);
      if (played.failure !== undefined) return { failure: played.failure, share: 0 };
      const go = playGo(trace, tracePages);
      const misses = missesOf(played);
      const way = { plain: plainMisses(trace), hindsight: 0 };
      const isWide = played.span > mostSpan * go.span;
      const rate = (missed: number): string => (1 - missed / played.counted).toFixed(3);
      return {
        share: isWide ? 0 : wayShare(misses, way, wayBuckets[name]),
        utilisation: played.peak / played.span,
        other: `hit rate ${rate(misses)} (plain ${rate(way.plain)}): ${wayText(misses, way)}`,
        ...(isWide
          ? { note: `no points: it needs ${(played.span / go.span).toFixed(2)} times the pages of Go’s rule` }
          : {}),
        reference: { utilisation: go.peak / go.span, other: `hit rate ${rate(missesOf(go))}` },
        history: played.history,
        referenceHistory: go.history,
      };
    },
  };
}

export const pageCache: Exercise = {
  id,
  number: 5,
  title: 'A page cache on 64 bits',
  teaches:
    'how processors allocate pages without a lock, what bits can do at once, and what a hit rate costs in memory',
  hours: '4 to 7',
  handin: 'mine.mjs',
  exports: ['lowestRow', target, own],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    return { limit: chance.oneOf([9, 10, 11, 12, 13]), keep: chance.between(1, 4) };
  },
  checks: (variant) => {
    const rule = ruleOf(variant);
    return [rowCheck, sceneCheck(rule), randomCheck(rule), goCheck(rule)];
  },
  measures: (variant) => [
    rowWork,
    hitWork(ruleOf(variant)),
    ownMeasure('small spans', 9),
    ownMeasure('all sizes', 9),
  ],
  hints: {
    lowestRow: [
      'Do it by hand with four bits, 0b1101, and rows of two. Which bits begin such a row? What do they have in common with their neighbours above?',
      'A bit begins a row of two where it is set, and the bits moved down by one have it set, too: x & (x >> 1). And a row of four, from rows of two? Of three?',
      'Moving 64 bits down by s moves bits of hi into lo: for s below 32 that is (lo >>> s) | (hi << (32 − s)). A shift by 32 does nothing in JavaScript, and what comes out may be negative: `>>> 0`.',
    ],
    [`${target}: a few calls`]: [
      'Which of the three is each free page in: the heap, a cache, in use? Write it down after each call.',
      'A fill takes all free pages of the block, not only those that are asked for; and they are not free in the heap any more, for nobody.',
      'Pages that are freed go to the heap, also where a cache has their block. A flush puts back what is left in the cache, and nothing else.',
    ],
    [`${target}: random calls`]: [
      'Look at the strip. Does your code take the page from the wrong place, or did an earlier call leave the bits wrong?',
      'Masks: of 32 bits, of none, from bit 31 on, over the border of the two words. Which of them does yours make?',
      'Compare the order with the README: an empty cache is filled first; then the cache is asked; then the heap; and only where the heap was asked, with KEEP or fewer pages left, is the cache flushed.',
    ],
    [`${target}: as Go 1.21 did`]: [
      'There are more processors here, over a hundred, and rows of more than 64 pages. Which of your parts has a size in it?',
      'Many caches hold pages of one block. Which block does a fill take when the lowest pages of the heap are in caches?',
      'The lowest row of the heap may begin in one block, go through whole ones, and end in another. Keep where it began.',
    ],
  },
  step: (bench, variant, trace) => stepsOf(bench, ruleOf(variant), trace),
  targets: [target],
};
