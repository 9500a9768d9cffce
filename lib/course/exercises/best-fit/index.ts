/**
 * Exercise 2: first, best and next fit, and a rule of one's own.
 *
 * Three classes keep a rule that says for each allocation which page is right; a fourth may put pages anywhere, and is
 * measured by how little memory it needs. From student to student differ from how many pages on an allocation is taken from
 * the back of its run, and which of two runs of one size best fit takes.
 */

import fc from 'fast-check';
import { calledAs } from '../../../base/called-as.ts';
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { parsePageText } from '../../../lab/trace/page-text.ts';
import { chooserOf, type FitName, type FitRules } from '../../model/fits.ts';
import { type PatternName, patterns } from '../../model/patterns.ts';
import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import { bucketsText } from '../buckets.ts';
import type { Check, Exercise, Failure, Measure, Measured, PageHistory, Variant } from '../exercise.ts';
import { shortestFailure } from '../random-check.ts';
import { playRuled, type Ruled, stepsOf } from './play.ts';
import { type Played, playFree, playModel } from './play-free.ts';

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
          for (const pattern of ['churn', 'ramp'] as const) {
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

export const ownSeeds = 2;
const quarters = 4;
/** Of Robson's program: live pages over pages that first fit needs. */
const robsonSlack = 1.02;
/** Units an operation, and the share of points up to them. */
const workBuckets: readonly (readonly [number, number])[] = [
  [60, 1],
  [120, 0.75],
  [240, 0.5],
  [480, 0.25],
];

interface Total {
  readonly pages: number;
  readonly peak: number;
}

export const total = (played: readonly Total[]): number =>
  played.reduce((sum, { peak }) => sum + peak, 0) / played.reduce((sum, { pages }) => sum + pages, 0);

async function playOwn(
  bench: Bench,
  pattern: PatternName,
  seed: string,
): Promise<{ readonly traces: readonly PageOp[][]; readonly played: readonly Played[] }> {
  const traces = Array.from({ length: ownSeeds }, (_, i) => patterns[pattern](chanceOf(`${seed} own ${i}`)));
  const played: Played[] = [];
  for (const trace of traces) {
    played.push(await playFree(bench, own, trace));
    if (played.at(-1)?.failure !== undefined) break;
  }
  return { traces, played };
}

const plainRules: FitRules = { tail: Number.POSITIVE_INFINITY, tie: 'lowest' };

/** How far from next fit to best fit, in quarters; or, of Robson's program, whether it keeps to first fit's bound. */
export function shareOf(
  pattern: PatternName,
  traces: readonly PageOp[][],
  utilisation: number,
): { readonly share: number; readonly reference: number } {
  const of = (name: FitName): number =>
    total(traces.map((trace) => playModel(chooserOf(name, plainRules), trace)));
  const reference = of('BestFit');
  if (pattern === 'robson') return { share: utilisation * robsonSlack >= of('FirstFit') ? 1 : 0, reference };
  const baseline = of('NextFit');
  const way = reference > baseline ? (utilisation - baseline) / (reference - baseline) : 1;
  return { share: Math.max(0, Math.min(quarters, Math.floor(way * quarters + 0.2))) / quarters, reference };
}

/** The figure of the one trace that is drawn: the table has that of all. */
function firstPicture({ pages, peak, history }: Omit<Played, 'units' | 'calls'>): PageHistory {
  const utilisation = (peak / pages).toFixed(3);
  return {
    ...history,
    had: pages,
    told: `utilisation ${utilisation} on this trace, the first of ${ownSeeds}`,
  };
}

function ownMeasure(pattern: PatternName, points: number, buckets: string): Measure {
  return {
    name: `${own}: ${pattern}`,
    points,
    buckets,
    run: async (bench, seed): Promise<Measured> => {
      const { traces, played } = await playOwn(bench, pattern, `${seed} ${pattern}`);
      const failure = played.at(-1)?.failure;
      if (failure !== undefined) return { failure, share: 0 };
      const utilisation = total(played);
      const { share, reference } = shareOf(pattern, traces, utilisation);
      const model = playModel(chooserOf('BestFit', plainRules), traces[0]);
      return {
        share,
        utilisation,
        work: workOf(played),
        reference: { utilisation: reference },
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

const workMeasure: Measure = {
  name: `${own}: work`,
  points: 10,
  buckets: `units an operation on churn: ${bucketsText(workBuckets, 10)}; none unless a quarter of the points of churn is reached`,
  run: async (bench, seed): Promise<Measured> => {
    const { traces, played } = await playOwn(bench, 'churn', `${seed} work`);
    const failure = played.at(-1)?.failure;
    if (failure !== undefined) return { failure, share: 0 };
    const work = workOf(played);
    const utilisation = total(played);
    const { share, reference } = shareOf('churn', traces, utilisation);
    const bucket = workBuckets.find(([units]) => work <= units)?.[1] ?? 0;
    return { share: share === 0 ? 0 : bucket, work, utilisation, reference: { utilisation: reference } };
  },
};

const way = 'the way from next fit (0) to best fit (1), in quarters';

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
  measures: () => [
    ownMeasure('checkerboard', 8, `utilisation: ${way}`),
    ownMeasure('ramp', 6, `utilisation: ${way}`),
    ownMeasure('churn', 8, `utilisation: ${way}`),
    ownMeasure('robson', 4, 'utilisation: at least that of first fit, less 2 %'),
    workMeasure,
  ],
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
  targets: fits,
  step: (bench, variant, trace, target) => {
    const name = fits.find((fit) => fit === target) ?? 'FirstFit';
    return stepsOf(bench, ruledOf(name, rulesOf(variant)), parsePageText(trace, 'the trace'));
  },
};
