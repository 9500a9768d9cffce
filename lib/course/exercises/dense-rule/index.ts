/**
 * Exercise 9: which chunks the scavenger leaves to their huge pages. `Chunk` is the account of one chunk and the rules over it:
 * Go's, held against recorded decisions of a real Go, and one that differs from student to student. `DenseRule` is the student's
 * own, in the contract of the laboratory's part, over a simulated heap: memory over time against huge pages kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { PageHeapError } from '../../../base/errors.ts';
import { packageRoot } from '../../../base/package-files.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import type { Check, Curve, Exercise, Failure, Measure, Measured, Variant } from '../exercise.ts';
import { costText, type WayBuckets, wayBucketsText, wayShare } from '../hindsight.ts';
import { shortestFailure } from '../random-check.ts';
import { type ChunkOp, chunkPages, goDense, type OwnRule, ownRules, parseRecord } from './chunk.ts';
import { costOf, type HeapRun, type Prices } from './heap.ts';
import { chunkClass, chunkSteps, keepsQuestion, playChunk, playHeap, ruleClass, ruleOn } from './play.ts';
import { type ProgramName, programNames } from './programs.ts';
import { ruleSteps } from './steps.ts';
import { tellingProgram } from './telling.ts';

const id = 'dense-rule';

interface Rules extends Prices {
  readonly dense: number;
  readonly rule: OwnRule;
}

const rulesOf = (variant: Variant): Rules => ({
  dense: requireNumber(variant.dense, 'dense'),
  huge: requireNumber(variant.huge, 'huge'),
  fault: requireNumber(variant.fault, 'fault'),
  rule: variant.rule as OwnRule,
});

/** In the handout's words. */
const ruleTexts: Readonly<Record<OwnRule, string>> = {
  most: 'the most that was in use at any moment since the last collection ended (that moment and now among them) is dense',
  mean: 'half of the sum of what is in use now and what was in use when the last collection ended is dense',
  twice:
    'what is in use now is dense; or it was dense when the last collection ended and when the one before ended, whether it changed or not',
};

export const recordFile = (): string => join(packageRoot, 'course', id, 'go121.txt');

/** Numbers that shrink well, as a history that can be: at most 512 pages, at least none. */
const moves = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        k: fc.constant('to' as const),
        n: fc.oneof(fc.integer({ min: 0, max: chunkPages }), fc.integer({ min: 470, max: chunkPages })),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ k: 'collected' as const }) },
    { weight: 3, arbitrary: fc.constantFrom({ k: 'keeps' as const }, { k: 'ownKeeps' as const }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

type Move = ChunkOp | { readonly k: 'to'; readonly n: number };

function opsOf(list: readonly Move[]): ChunkOp[] {
  let inUse = 0;
  return list.flatMap((move): ChunkOp[] => {
    if (move.k !== 'to') return [move];
    const by = move.n - inUse;
    inUse = move.n;
    return by === 0 ? [] : by > 0 ? [{ k: 'alloc', n: by }] : [{ k: 'free', n: -by }];
  });
}

const chunkChecks = ({ dense, rule }: Rules): Check[] => [
  {
    name: `${chunkClass}: as Go 1.21 decided`,
    points: 18,
    run: async (bench) => {
      await bench.fresh();
      for (const recorded of parseRecord(readFileSync(recordFile(), 'utf8'))) {
        const failure = await playChunk(bench, { dense: goDense, ...recorded }, rule);
        if (failure !== undefined) return failure;
      }
      return undefined;
    },
  },
  {
    name: `${chunkClass}: random histories`,
    points: 22,
    run: async (bench, seed) => {
      await bench.fresh();
      return shortestFailure(moves, { seed: `${seed} histories`, runs: 120 }, (list) =>
        playChunk(bench, { dense, ops: opsOf(list) }, rule),
      );
    },
  },
];

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

async function oddChunks(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} chunks`);
  const rule = ruleOn(bench);
  await rule.begin();
  await rule.askAll(
    Array.from({ length: 300 }, () => {
      const age = chance.oneOf([0, 0, 1, 2, chance.between(0, 1e6)]);
      const inUse = chance.oneOf([0, 511, 496, 495, chance.between(0, 511)]);
      return keepsQuestion({
        ...{ chunk: chance.between(0, 2 ** 26), inUse },
        lastInUse: age === 0 ? chance.between(0, chunkPages) : inUse,
        ...{ changed: age === 0, age, broken: chance.between(0, 1) === 1 },
      });
    }),
  );
  return rule.failure;
}

/** Resident pages, for the picture. */
const curveOf = ({ resident }: HeapRun): Curve => ({
  what: 'resident, pages',
  values: resident,
  end: `${resident.length} s`,
});

async function emptyForLong(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} empty`);
  const lives = Array.from({ length: 12 }, () => {
    const left = chance.between(0, 30);
    return Array.from({ length: 40 }, (_, s) => (s < 6 ? 511 : left));
  });
  const { rule, run } = await playHeap(bench, lives);
  if (rule.failure !== undefined) return rule.failure;
  const late = Math.round(sum(run.idle.slice(16)) / 24);
  const most = Math.round((12 * chunkPages) / 20);
  return late <= most
    ? undefined
    : rule.fail(
        'chunks that are nearly empty are kept for ever',
        `${late} pages are resident without use from 10 s after that on, on average`,
        `at most ${most}, a twentieth of the heap`,
        {
          asked:
            '12 chunks that were full for six seconds, and of which up to 30 pages are in use from then on',
          curve: curveOf(run),
        },
      );
}

async function fullForLong(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} full`);
  const lives = Array.from({ length: 12 }, () => Array.from({ length: 40 }, () => chance.between(504, 511)));
  const { rule, run } = await playHeap(bench, lives);
  if (rule.failure !== undefined) return rule.failure;
  const kept = sum(run.hugeChunks) / run.hugeChunks.length;
  return kept >= 11
    ? undefined
    : rule.fail(
        'chunks that are nearly full lose their huge pages',
        `${kept.toFixed(1)} of them have their huge pages, on average`,
        'at least 11',
        {
          asked: '12 chunks of which 504 to 511 of 512 pages are in use all the time',
          curve: curveOf(run),
        },
      );
}

/** Per cent of the way. */
export const buckets: WayBuckets = [25, 40, 55, 65];

function measureOf(name: ProgramName, prices: Prices): Measure {
  return {
    name: `${ruleClass}: ${name}`,
    points: 10,
    buckets: `cost, ${wayBucketsText(buckets, 'the best plain rule (Go’s; nothing is kept; more than a number is in use, whichever number)')}`,
    run: async (bench, seed): Promise<Measured> => {
      const way = await tellingProgram(name, seed, prices);
      const { lives, known } = way;
      const { rule, run } = await playHeap(bench, lives);
      if (rule.failure !== undefined) return { failure: rule.failure, share: 0 };
      const cost = costOf(run, prices);
      const huge = (one: HeapRun): string => (sum(one.hugeChunks) / one.hugeChunks.length).toFixed(1);
      const figures = (one: HeapRun) => ({
        rss: sum(one.resident) / one.resident.length,
        faults: sum(one.faults),
      });
      return {
        share: wayShare(cost, way, buckets),
        ...figures(run),
        other: `${costText(cost, way)}; chunks with huge pages: ${huge(run)}`,
        work: rule.work,
        hindsight: { ...figures(known), other: huge(known) },
        curve: curveOf(run),
        hindsightCurve: curveOf(known),
      };
    },
  };
}

/** @throws PageHeapError ERR_FILE for a line that is none */
function programOf(
  trace: string,
  dense: number,
): { readonly dense: number; readonly ops: readonly ChunkOp[] } {
  for (const [i, line] of trace.split('\n').entries())
    if (!/^\s*(?:(?:new|[af] [1-9]\d{0,2}|g|k(?: [01])?)\s*)?(?:#.*)?$/.test(line))
      throw new PageHeapError('ERR_FILE', 'is no line of a PAGES, f PAGES, g (collected) or k (keeps)', {
        file: 'the trace',
        line: i + 1,
      });
  const ops = (parseRecord(trace)[0]?.ops ?? []).flatMap((op): ChunkOp[] =>
    op.k === 'keeps' ? [op, { k: 'ownKeeps' }] : [op],
  );
  return { dense, ops };
}

export const denseRule: Exercise = {
  id,
  number: 9,
  title: 'The dense-chunk rule',
  teaches: 'which memory is better left alone: resident memory over time against huge pages kept',
  hours: '3 to 5',
  handin: 'mine.mjs',
  exports: [chunkClass, ruleClass],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    const rule = chance.oneOf(ownRules);
    return {
      ...{ rule, ruleText: ruleTexts[rule], dense: chance.between(470, 500) },
      huge: 10 * chance.between(6, 10),
      fault: chance.between(4, 7),
    };
  },
  checks: (variant) => [
    ...chunkChecks(rulesOf(variant)),
    { name: `${ruleClass}: answers that may be given`, points: 10, run: oddChunks },
    { name: `${ruleClass}: chunks that empty`, points: 10, run: emptyForLong },
    { name: `${ruleClass}: chunks that are full`, points: 10, run: fullForLong },
  ],
  measures: (variant) => programNames.map((name) => measureOf(name, rulesOf(variant))),
  hints: {
    [`${chunkClass}: as Go 1.21 decided`]: [
      'The expected answer tells what is known of the chunk. Which of these numbers does your class not have?',
      'What was in use when the last collection ended is noted at collected(), and only there.',
      'An alloc or a free after collected() does not alter what was in use then; the next collected() does.',
    ],
    [`${chunkClass}: random histories`]: [
      'Is it keeps or ownKeeps that is wrong? They have different rules.',
      'What was in use when the last collection ended is 0 before the first; and the one before the last is another number.',
      'Compare your rule in the README word by word: most, half of the sum, the one before.',
    ],
    [`${ruleClass}: answers that may be given`]: [
      'What comes out of your formula where a part of it is undefined?',
      'A number is neither true nor false, and `a && b` is b, whatever that is.',
      'End with a comparison, or with Boolean(…).',
    ],
    [`${ruleClass}: chunks that empty`]: [
      'By what could you see that a chunk will not be full again soon?',
      'age is the number of collections for which it has not changed.',
      'The free pages of a chunk cost so much each second; compare that with what its huge pages are worth: HUGE × inUse / 512.',
    ],
    [`${ruleClass}: chunks that are full`]: [
      'What does giving back three pages of a chunk cost?',
      'Its huge pages: all of them, for three pages.',
      'Keep what has fewer free pages than its huge pages are worth.',
    ],
  },
  step: async (bench, variant, trace, target, seed) => {
    const rules = rulesOf(variant);
    return target === ruleClass
      ? ruleSteps(bench, rules, trace, seed)
      : chunkSteps(bench, programOf(trace, rules.dense), rules.rule);
  },
  targets: [chunkClass, ruleClass],
};
