/**
 * Exercise 11: when a collection starts. `goalOf` is the arithmetic of goals, held against recorded goals of a real Go and
 * against the judge's: what is spared under a limit differs from student to student, so the package's own goals answer otherwise.
 * `TriggerPolicy` is the student's own, in the contract of the laboratory's part, under a simulated collector.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/package-files.ts';
import { MiB, second } from '../../../base/units.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import type { Check, Exercise, Failure, Measure, Measured, Variant } from '../exercise.ts';
import { type WayBuckets, wayBucketsText, wayShare, wayText } from '../hindsight.ts';
import { type CollectorRun, figuresOf, type Program, tables, type View } from './collector.ts';
import { type GoalNumbers, goNumbers, parseGoals, type SpareBase, spareBases } from './goals.ts';
import { judgedSet } from './judged-set.ts';
import {
  goalFunction,
  memoryCurve,
  paceQuestion,
  playGoals,
  playProgram,
  policyClass,
  policyOn,
} from './play.ts';
import { programsFor, type SetName, setNames } from './programs.ts';
import { stepsOf } from './steps.ts';
import { meanRatio, type Prices, passesLimit, ratioOf } from './waste.ts';

const id = 'trigger';

interface Rules extends Prices {
  readonly base: SpareBase;
  readonly numbers: GoalNumbers;
}

const rulesOf = (variant: Variant): Rules => ({
  speed: MiB * requireNumber(variant.speed, 'speed'),
  price: requireNumber(variant.price, 'price'),
  base: variant.base as SpareBase,
  numbers: {
    minimum: MiB * requireNumber(variant.minimum, 'minimum'),
    headroom: requireNumber(variant.headroom, 'headroom'),
    least: 2 * MiB,
    spare: requireNumber(variant.spare, 'spare'),
  },
});

/** In the handout's words. */
const baseTexts: Readonly<Record<SpareBase, string>> = {
  marked: '`heapMarked`',
  scanned: '`heapMarked + roots`',
  limit: '`memoryLimit`',
};

export const recordFile = (): string => join(packageRoot, 'course', id, 'go121.txt');

const goCheck = ({ base }: Rules): Check => ({
  name: `${goalFunction}: as Go 1.21 had it`,
  points: 18,
  run: (bench) =>
    playGoals(
      bench,
      parseGoals(readFileSync(recordFile(), 'utf8')).map(({ heap, goal }) => ({
        ...{ heap, numbers: goNumbers, right: goal },
      })),
      base,
      ' than Go had',
    ),
});

/** A heap with what goals turn on: limits that are far, near, and below what is there. */
function randomHeap(chance: Chance) {
  const size = (): number => chance.oneOf([0, chance.between(0, 9 * MiB), chance.between(0, 400 * MiB)]);
  const heapMarked = size();
  const heapAlloc = heapMarked + chance.oneOf([0, 0, chance.between(0, 40 * MiB)]);
  const heapFree = chance.oneOf([0, chance.between(0, 30 * MiB)]);
  const mappedReady = heapAlloc + heapFree + chance.between(0, 20 * MiB);
  const around = mappedReady + chance.between(-30 * MiB, 60 * MiB);
  return {
    heapMarked,
    roots: chance.oneOf([0, chance.between(0, 4 * MiB)]),
    gcPercent: chance.oneOf([100, 100, 50, 400, -1, 0, chance.between(1, 900)]),
    memoryLimit: chance.oneOf([
      Number.POSITIVE_INFINITY,
      Math.max(1, around),
      Math.max(1, around),
      2 * mappedReady + 50 * MiB,
      chance.between(1, 6 * MiB),
    ]),
    ...{ mappedReady, heapFree, heapAlloc },
  };
}

const ownCheck = ({ base, numbers }: Rules): Check => ({
  name: `${goalFunction}: random heaps`,
  points: 22,
  run: (bench, seed) => {
    const chance = chanceOf(`${seed} goals`);
    const questions = Array.from({ length: 600 }, (_, i) => ({
      heap: randomHeap(chance),
      numbers: i % 3 === 0 ? goNumbers : i % 3 === 1 ? numbers : { ...numbers, spare: chance.between(1, 30) },
    }));
    // What is found first is to be short.
    questions.sort((a, b) => a.heap.heapMarked - b.heap.heapMarked);
    return playGoals(bench, questions, base, ' than the rule gives');
  },
});

async function oddViews(bench: Bench, seed: string): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} views`);
  const policy = policyOn(bench);
  await policy.begin();
  for (let i = 0; i < 150 && policy.failure === undefined; i++) {
    const { heapMarked, heapAlloc, heapFree, mappedReady, memoryLimit, gcPercent } = randomHeap(chance);
    const view: View = {
      // Time may stand still.
      now: second + 1e6 * Math.floor(i / 3),
      ...{ heapInUse: heapAlloc, heapFree, heapReleased: 0, heapAlloc, heapLive: heapAlloc, heapMarked },
      heapGoal: chance.oneOf([Number.POSITIVE_INFINITY, heapAlloc]),
      lastHeapGoal: chance.oneOf([0, heapAlloc, Number.POSITIVE_INFINITY]),
      ...{ lastHeapInUse: 0, mappedReady, memoryLimit, gcPercent, cycles: Math.floor(i / 2) },
      ...{ sweepDone: true, pageSize: 8192, physPageSize: 4096 },
    };
    await policy.ask(paceQuestion(view));
  }
  return policy.failure;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const inMiB = (bytes: number): string => `${(bytes / MiB).toFixed(0)} MiB`;
const mostUnderLimit = 0.35;

async function limitThatFits(bench: Bench, seed: string, { speed }: Rules): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} fits`);
  const live = chance.between(90, 110) * MiB;
  const limit = Math.round(1.7 * live);
  const program: Program = {
    phases: [{ from: 0, live, rate: chance.between(45, 60) * MiB }],
    ...{ end: 15 * second, speed, limits: [{ from: 0, bytes: limit }], gcPercent: 100 },
  };
  const { policy, run } = await playProgram(bench, program);
  if (policy.failure !== undefined) return policy.failure;
  const { peak, share } = figuresOf(run);
  const asked = `a program of which ${inMiB(live)} live, under a limit of ${inMiB(limit)}`;
  const curve = memoryCurve(run, limit);
  if (peak > limit)
    return policy.fail(
      'a limit that could be kept is passed',
      `${inMiB(peak)} at the peak`,
      `at most ${inMiB(limit)}, of which ${inMiB(tables)} are tables`,
      { asked, curve },
    );
  return share <= mostUnderLimit && run.done
    ? undefined
    : policy.fail(
        'collections take more under a limit than they have to',
        `${percent(share)} of the time`,
        `at most ${percent(mostUnderLimit)}: there is room for more between two collections`,
        { asked, curve },
      );
}

/** Bytes between two collections, over those that make them half of the time. */
const mostOver = 2.2;

/** MiB that live, and MiB in a second, least and most: one size, or multiple of what lives, is not right for both. */
const belowKinds: readonly (readonly [number, number, number, number])[] = [
  [20, 40, 20, 40],
  [400, 700, 200, 300],
];

async function limitBelow(bench: Bench, seed: string, { speed }: Rules): Promise<Failure | undefined> {
  const chance = chanceOf(`${seed} below`);
  for (const [leastLive, mostLive, leastRate, mostRate] of belowKinds) {
    const live = chance.between(leastLive, mostLive) * MiB;
    const rate = chance.between(leastRate, mostRate) * MiB;
    const failure = await belowLive(bench, speed, live, rate);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function belowLive(
  bench: Bench,
  speed: number,
  live: number,
  rate: number,
): Promise<Failure | undefined> {
  const limit = Math.round(0.8 * live);
  const program: Program = {
    phases: [{ from: 0, live, rate }],
    limits: [
      { from: 0, bytes: 4 * live },
      { from: 4 * second, bytes: limit },
    ],
    ...{ loaded: live, end: 16 * second, speed, gcPercent: 100 },
  };
  const { policy, run } = await playProgram(bench, program);
  if (policy.failure !== undefined) return policy.failure;
  // Half of the way: by then the change is over.
  const { peak, share } = figuresOf(run, (run.stretches.at(-1)?.to ?? 0) / 2 + 2 * second);
  const half = (live / speed) * rate;
  const asked = `a program of which ${inMiB(live)} live and which allocates ${inMiB(rate)} a second, under a limit that falls to ${inMiB(limit)} after 4 s`;
  const curve = memoryCurve(run, limit);
  if (share > 0.5 || !run.done)
    return policy.fail(
      'at a limit below what lives, collections take more than half of the time',
      `${percent(share)} of the time`,
      'at most 50 %: the program has to come on',
      { asked, curve },
    );
  const most = live + tables + mostOver * half;
  return peak <= most
    ? undefined
    : policy.fail(
        'at a limit below what lives, the limit is forgotten',
        `${inMiB(peak)} at the peak`,
        `at most ${inMiB(most)}: with ${inMiB(half)} between two collections they take half of the time, and ${mostOver} times that may be there`,
        { asked, curve },
      );
}

/** A program of a set, in words. */
const programText = ({ phases, limits }: Program): string => {
  const [first] = phases;
  const limit = limits[0] === undefined ? '' : `, under a limit of ${inMiB(limits[0].bytes)}`;
  return `${inMiB(first?.live ?? 0)} live, ${inMiB(first?.rate ?? 0)} a second${phases.length > 1 ? ' at first' : ''}${limit}`;
};

const spoiltWords = (run: CollectorRun, program: Program): string | undefined =>
  !run.done
    ? 'it collects again and again, and the program does not come to its end'
    : passesLimit(run, program)
      ? 'it passes the limit, which could be kept'
      : undefined;

/** Per cent of the way. */
export const buckets: Readonly<Record<SetName, WayBuckets>> = {
  steady: [50, 70, 82, 95],
  changing: [20, 30, 40, 48],
  limited: [50, 70, 82, 95],
};

function measureOf(name: SetName, prices: Prices): Measure {
  return {
    name: `${policyClass}: ${name}`,
    points: 10,
    buckets: `waste over that with hindsight, the geometric mean of the programs, and the logarithm of that; ${wayBucketsText(buckets[name], 'the best of 24 plain policies (so much more, so many times as much, both, the root of what lives)')}`,
    run: async (bench, seed): Promise<Measured> => {
      const { programs, known, plain } = await judgedSet(await programsFor(name, seed, prices), prices);
      const ratios: number[] = [];
      let worst: { readonly i: number; readonly run: CollectorRun } | undefined;
      const work: number[] = [];
      for (const [i, program] of programs.entries()) {
        const { policy, run } = await playProgram(bench, program);
        if (policy.failure !== undefined) return { failure: policy.failure, share: 0 };
        work.push(policy.work);
        ratios.push(ratioOf(run, program, prices, known[i]?.waste ?? 1));
        if (worst === undefined || (ratios[i] as number) > (ratios[worst.i] as number)) worst = { i, run };
      }
      const mean = meanRatio(ratios);
      const { i, run } = worst as { i: number; run: CollectorRun };
      const program = programs[i] as Program;
      const spoilt = spoiltWords(run, program);
      const way = { plain: Math.log(plain), hindsight: 0 };
      const share = wayShare(Math.log(mean), way, buckets[name]);
      return {
        share,
        other: `waste ${mean.toFixed(2)} times that with hindsight (plain ${plain.toFixed(2)}): ${wayText(Math.log(mean), way)}`,
        hindsight: {},
        ...(share === 1
          ? {}
          : {
              note: `most of it where ${programText(program)}: ${spoilt ?? `${(ratios[i] as number).toFixed(2)} times that with hindsight`}. That program is drawn`,
            }),
        work: Math.max(...work),
        curve: memoryCurve(run),
        hindsightCurve: memoryCurve(known[i]?.run as CollectorRun),
      };
    },
  };
}

export const trigger: Exercise = {
  id,
  number: 11,
  title: 'Trigger and memory limit',
  teaches:
    'at which size a collection starts: peak memory against processor time, and a limit below what lives',
  hours: '4 to 6',
  handin: 'mine.mjs',
  exports: [goalFunction, policyClass],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    const base = chance.oneOf(spareBases);
    return {
      ...{ base, baseText: baseTexts[base] },
      speed: 20 * chance.between(20, 30),
      price: 20 * chance.between(15, 45),
      minimum: chance.oneOf([2, 3, 6, 8]),
      headroom: chance.oneOf([5, 7, 8, 10]),
      spare: chance.between(6, 20),
    };
  },
  checks: (variant) => {
    const rules = rulesOf(variant);
    return [
      goCheck(rules),
      ownCheck(rules),
      { name: `${policyClass}: answers that may be given`, points: 8, run: oddViews },
      {
        name: `${policyClass}: a limit that fits`,
        points: 10,
        run: (bench, seed) => limitThatFits(bench, seed, rules),
      },
      {
        name: `${policyClass}: a limit below what lives`,
        points: 12,
        run: (bench, seed) => limitBelow(bench, seed, rules),
      },
    ];
  },
  measures: (variant) => setNames.map((name) => measureOf(name, rulesOf(variant))),
  hints: {
    [`${goalFunction}: as Go 1.21 had it`]: [
      'Is it a heap with a limit, or without? Without one there is only GOGC: begin there.',
      'The minimum, too, is scaled by GOGC; what is rounded down is the product over 100, as a whole.',
      'Under a limit: what is beside the objects is taken off twice if memory is over the limit already, as mappedReady − heapFree − heapAlloc and as mappedReady − memoryLimit.',
    ],
    [`${goalFunction}: random heaps`]: [
      'The expected answer tells each part. Which is the first that yours has not?',
      'Math.floor comes before the product where the README has it so: floor(room / 100) × headroom.',
      'What is spared counts where there is no room at all, too.',
    ],
    [`${policyClass}: answers that may be given`]: [
      'Time may stand still between two calls, and nothing may be marked. What do you divide by?',
      'Before the first collection lastHeapGoal is 0, and a goal may be Infinity: differences of such numbers are below 0, or NaN.',
      'Keep the last rate that was a number above 0, and answer Math.max(0, …).',
    ],
    [`${policyClass}: a limit that fits`]: [
      'What does memoryLimit count, and what does a goal count?',
      'A goal is of objects. Beside them there is mappedReady − heapFree − heapAlloc.',
      'The goal is the smaller of what you would like and the limit less what is beside. Leave a percent or two of what may be allocated; who is asked just before the goal moves it.',
    ],
    [`${policyClass}: a limit below what lives`]: [
      'How long does a collection take here, and how long does the program run until the next one?',
      'Marking takes heapMarked / SPEED seconds. In that time the program would have allocated that many seconds times its rate.',
      'The goal is never below heapMarked + 1.5 × (heapMarked / SPEED) × rate. The rate is what was allocated since the last call over the time, less marking, that passed.',
    ],
  },
  step: (bench, variant, trace, on) => {
    const { base, ...prices } = rulesOf(variant);
    return stepsOf(bench, base, prices, trace, on);
  },
  targets: [policyClass, goalFunction],
};
