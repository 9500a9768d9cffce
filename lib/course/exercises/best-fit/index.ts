/**
 * Exercise 2: first, best and next fit, and a rule of one's own.
 *
 * Three classes keep a rule that says for each allocation which page is right; a fourth may put pages anywhere, and is
 * measured by how few pages it holds from going back to the system, since it is told how long each allocation lives. From student to student differ from how many pages on an allocation is taken from
 * the back of its run, and which of two runs of one size best fit takes.
 */

import fc from 'fast-check';
import { calledAs } from '../../../base/called-as.ts';
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { parsePageText } from '../../../lab/trace/page-text.ts';
import { chooserOf, type FitName, type FitRules } from '../../model/fits.ts';
import { patterns } from '../../model/patterns.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import { type Bucket, bucketsText, shareOf } from '../buckets.ts';
import type { Check, Exercise, Failure, Measure, Measured, PageHistory, Variant } from '../exercise.ts';
import { costText, type Way, type WayBuckets, wayBucketsText, wayShare } from '../hindsight.ts';
import { shortestFailure } from '../random-check.ts';
import { playRuled, type Ruled, stepsOf } from './play.ts';
import { type Played, playFree, playModel } from './play-free.ts';
import { stepsOfOwn } from './step-own.ts';

const fits: readonly FitName[] = ['FirstFit', 'BestFit', 'NextFit'];
const own = 'OwnFit';

const ruleWords = (name: FitName, { tie }: FitRules): string => {
  switch (name) {
    case 'FirstFit':
      return 'first fit takes the lowest run that is large enough';
    case 'BestFit':
      return `best fit takes the smallest run that is large enough, of several the ${tie}`;
    case 'NextFit':
      return 'next fit takes the first run that begins at or after the end of the last allocation, then goes on from the lowest';
  }
};

function rulesOf(variant: Variant): FitRules {
  return { tail: requireNumber(variant.tail, 'tail'), tie: variant.tie === 'highest' ? 'highest' : 'lowest' };
}

function ruledOf(name: FitName, rules: FitRules): Ruled {
  return { target: name, choose: chooserOf(name, rules), tail: rules.tail, rule: ruleWords(name, rules) };
}

/** Allocations and frees of a random run: a free names the how-manieth of those that live. */
type Move = { readonly alloc: number } | { readonly free: number };

const moves = (tail: number): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((alloc) => ({ alloc })),
      fc.integer({ min: Math.max(1, tail - 1), max: tail + 3 }).map((alloc) => ({ alloc })),
      fc.nat({ max: 30 }).map((free) => ({ free })),
      fc.nat({ max: 30 }).map((free) => ({ free })),
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

function opsOf(list: readonly Move[]): PageOp[] {
  const live: number[] = [];
  const ops: PageOp[] = [];
  let next = 1;
  for (const move of list) {
    if ('alloc' in move) {
      live.push(next);
      ops.push({ k: 'alloc', id: next++, pages: move.alloc });
    } else if (live.length > 0) {
      const [id] = live.splice(move.free % live.length, 1);
      ops.push({ k: 'free', id: id as number });
    }
  }
  return ops;
}

const randomRuns = 60;

/** Random runs, and of the first that fails a shortest one. */
async function random(
  bench: Bench,
  seed: string,
  tail: number,
  play: (ops: readonly PageOp[]) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  await bench.fresh();
  return shortestFailure(moves(tail), { seed, runs: randomRuns }, async (list) => {
    const ops = opsOf(list);
    const failure = await play(ops);
    if (failure === undefined) return undefined;
    await bench.fresh();
    const alone = await play(ops);
    return (
      alone ?? {
        ...failure,
        cause: 'two page heaps are not independent: something is kept outside of the object',
      }
    );
  });
}

/** By hand: what each rule is about, in a few operations. */
const sceneText = `pages 1
a 1 4
a 2 2
a 3 6
a 4 2
f 1
f 3
a 5 2
a 6 3
f 5
a 7 1
a 8 30
f 2
f 4
f 6
f 7
f 8`;

function ruledChecks(rules: FitRules): Check[] {
  const scene = parsePageText(sceneText, 'scene');
  return fits.flatMap((name): Check[] => {
    const ruled = ruledOf(name, rules);
    return [
      { name: `${name}: a few calls`, points: 4, run: (bench) => playRuled(bench, ruled, scene, true) },
      {
        name: `${name}: random calls`,
        points: 8,
        run: (bench, seed) =>
          random(bench, `${seed} ${name}`, rules.tail, (ops) => playRuled(bench, ruled, ops, true)),
      },
      {
        name: `${name}: long traces`,
        points: 8,
        run: async (bench, seed) => {
          for (const pattern of ['churn', 'ramp', 'robson'] as const) {
            const failure = await playRuled(
              bench,
              ruled,
              patterns[pattern](chanceOf(`${seed} ${pattern}`)),
              false,
            );
            if (failure !== undefined) return failure;
          }
          return undefined;
        },
      },
    ];
  });
}

const ownSeeds = 4;
const ownPatterns = ['checkerboard', 'ramp', 'churn'] as const;
type OwnPattern = (typeof ownPatterns)[number];

/** Parts of the way to the bound at which there are points. */
export const wayBuckets: Readonly<Record<OwnPattern, WayBuckets>> = {
  checkerboard: [8, 15, 22, 30],
  ramp: [8, 15, 22, 30],
  churn: [4, 7, 9, 11],
};
/** Pages that it is grown by, over those of the plain rule that is grown by fewest. */
export const mostGrown = 1.25;

/** Units an operation, and the share of points up to them. */
const workBuckets: readonly Bucket[] = [
  [150, 1],
  [300, 0.75],
  [600, 0.5],
  [1200, 0.25],
];

const plainRules: FitRules = { tail: Number.POSITIVE_INFINITY, tie: 'lowest' };

type Total = Pick<Played, 'pages' | 'peak' | 'held' | 'least'>;

export const total = (played: readonly Total[], of: keyof Total): number =>
  played.reduce((sum, one) => sum + one[of], 0);

export const ownTraces = (pattern: OwnPattern, seed: string): readonly PageOp[][] =>
  Array.from({ length: ownSeeds }, (_, i) => patterns[pattern](chanceOf(`${seed} own ${i}`)));

export interface Plain extends Way {
  /** Pages that the rule is grown by that is grown by fewest. */
  readonly pages: number;
}

/** The best of the three rules on these traces, by the student's constants and without any; and the bound. */
export function plainOf(traces: readonly PageOp[][], own: FitRules): Plain {
  const played = [plainRules, own].flatMap((rules) =>
    fits.map((name) => traces.map((trace) => playModel(chooserOf(name, rules), trace, rules.tail))),
  );
  const least = (of: keyof Total): number => Math.min(...played.map((one) => total(one, of)));
  return { plain: least('held') / ownSeeds, hindsight: least('least') / ownSeeds, pages: least('pages') };
}

/** The points of a rule of one's own, but for its work. */
export function ownShare(pattern: OwnPattern, played: readonly Total[], plain: Plain): number {
  if (total(played, 'pages') > mostGrown * plain.pages) return 0;
  return wayShare(total(played, 'held') / ownSeeds, plain, wayBuckets[pattern]);
}

async function playOwn(
  bench: Bench,
  pattern: OwnPattern,
  seed: string,
  rules: FitRules,
): Promise<{
  readonly plain: Plain;
  readonly traces: readonly PageOp[][];
  readonly played: readonly Played[];
}> {
  const traces = ownTraces(pattern, seed);
  const played: Played[] = [];
  for (const trace of traces) {
    played.push(await playFree(bench, own, trace));
    if (played.at(-1)?.failure !== undefined) break;
  }
  return { plain: plainOf(traces, rules), traces, played };
}

/** The figure of the one trace that is drawn: the table has that of all. */
function firstPicture({ pages, held, history }: Omit<Played, 'units' | 'calls'>): PageHistory {
  return {
    ...history,
    had: pages,
    told: `${Math.round(held)} pages held on this trace, the first of ${ownSeeds}`,
  };
}

function ownMeasure(pattern: OwnPattern, points: number, rules: FitRules): Measure {
  return {
    name: `${own}: ${pattern}`,
    points,
    buckets: `pages held, ${wayBucketsText(wayBuckets[pattern], 'the best of the three rules', 'what lives')}; none where it is grown by more than ${mostGrown} times the pages of a plain one`,
    run: async (bench, seed): Promise<Measured> => {
      const { plain, traces, played } = await playOwn(bench, pattern, `${seed} ${pattern}`, rules);
      const failure = played.at(-1)?.failure;
      if (failure !== undefined) return { failure, share: 0 };
      const grown = total(played, 'pages') / plain.pages;
      const model = playModel(chooserOf('BestFit', plainRules), traces[0] as PageOp[]);
      return {
        share: ownShare(pattern, played, plain),
        utilisation: total(played, 'peak') / total(played, 'pages'),
        work: workOf(played),
        other: costText(total(played, 'held') / ownSeeds, plain),
        ...(grown > mostGrown
          ? { note: `no points: it is grown by ${grown.toFixed(2)} times the pages of a plain rule` }
          : {}),
        history: firstPicture(played[0] as Played),
        referenceHistory: firstPicture(model),
      };
    },
  };
}

const workOf = (played: readonly Played[]): number =>
  Math.round(
    (10 * played.reduce((sum, { units }) => sum + units, 0)) /
      played.reduce((sum, { calls }) => sum + calls, 0),
  ) / 10;

const workMeasure = (rules: FitRules): Measure => ({
  name: `${own}: work`,
  points: 10,
  buckets: `units an operation on churn: ${bucketsText(workBuckets, 10)}; none unless a quarter of the points of churn is reached`,
  run: async (bench, seed): Promise<Measured> => {
    const { plain, played } = await playOwn(bench, 'churn', `${seed} work`, rules);
    const failure = played.at(-1)?.failure;
    if (failure !== undefined) return { failure, share: 0 };
    const work = workOf(played);
    const isWorth = ownShare('churn', played, plain) > 0;
    return { share: isWorth ? shareOf(workBuckets, work) : 0, work };
  },
});

const patternHints = (name: string): readonly [string, string, string] => [
  `Which free runs are there before the call, and which of them may ${name} take? Draw them, and do by hand what the rule says.`,
  'Take the strip of the counterexample. Is your list of free runs the same as the judge’s? If not, the call before this one is the one to look at; if so, the search is.',
  'Compare three things with the README: which run, which end of the run, and what a free does with its neighbours on both sides.',
];

const hintsOf = (
  name: string,
  rule: string,
): Readonly<Record<string, readonly [string, string, string]>> => ({
  [`${name}: a few calls`]: patternHints(rule),
  [`${name}: random calls`]: patternHints(rule),
  [`${name}: long traces`]: [
    'It goes wrong only after many calls. What grows with the number of calls: a list, a position, a count?',
    'The heap grows in the middle of these traces. Is what is grown merged with a free run that ends where it begins?',
    `Play the trace with \`${calledAs()} lab step\`, and look for the first step at which the two strips differ.`,
  ],
});

export const bestFit: Exercise = {
  id: 'best-fit',
  number: 2,
  title: 'First, best and next fit',
  teaches: 'placement, fragmentation, merging; what a rule costs in memory and in work',
  hours: '4 to 6',
  handin: 'mine.mjs',
  exports: [...fits, own],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} best-fit`);
    return { tail: chance.between(7, 11), tie: chance.oneOf(['lowest', 'highest']) };
  },
  checks: (variant) => [
    ...ruledChecks(rulesOf(variant)),
    {
      name: `${own}: random calls`,
      points: 4,
      run: (bench, seed) =>
        random(
          bench,
          `${seed} ${own}`,
          rulesOf(variant).tail,
          async (ops) => (await playFree(bench, own, ops)).failure,
        ),
    },
  ],
  measures: (variant) => {
    const rules = rulesOf(variant);
    return [
      ownMeasure('checkerboard', 8, rules),
      ownMeasure('ramp', 9, rules),
      ownMeasure('churn', 9, rules),
      workMeasure(rules),
    ];
  },
  hints: {
    ...hintsOf('FirstFit', 'first fit'),
    ...hintsOf('BestFit', 'best fit'),
    ...hintsOf('NextFit', 'next fit'),
    [`${own}: random calls`]: [
      'Any free run will do here. Is what you hand out free, and inside of what you were grown by?',
      'Hand out, free and grow change the same list. Which of the three leaves it wrong?',
      'Begin with what passes for FirstFit, and change the choice of the run alone.',
    ],
  },
  targets: [...fits, own],
  step: (bench, variant, trace, target) => {
    const ops = parsePageText(trace, 'the trace');
    if (target === own) return stepsOfOwn(bench, own, ops);
    const name = fits.find((fit) => fit === target) ?? 'FirstFit';
    return stepsOf(bench, ruledOf(name, rulesOf(variant)), ops);
  },
};
