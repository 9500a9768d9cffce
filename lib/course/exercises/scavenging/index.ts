/**
 * Exercise 7: a scavenging policy. Each second it says how many free pages go back to the system; what that costs in resident
 * memory and in pages that are missed later is measured on a real heap.
 */

import { type Chance, chanceOf } from '../../model/seeds.ts';
import { requireNumber } from '../bench.ts';
import type { Check, Exercise, Measure, Measured, PageChange, PageHistory, Variant } from '../exercise.ts';
import { costText, type WayBuckets, wayBucketsText, wayShare } from '../hindsight.ts';
import { pagesQuestion, playDemand, policyOn, residentCurve, target, withPlay } from './play.ts';
import { type ProgramName, programFor, programNames, type Rules } from './programs.ts';
import { costOf, type RealRun, runReal } from './real-heap.ts';
import { stepsOf } from './steps.ts';

const rulesOf = (variant: Variant): Rules => ({
  most: requireNumber(variant.most, 'most'),
  weight: requireNumber(variant.weight, 'weight'),
  breath: requireNumber(variant.breath, 'breath'),
});

/**
 * A student's own. How long it is worth while to remember goes with the breath, of which no two are so near that one memory is good for both; and what a fault costs goes along: so the programs are as hard for
 * one as for another. What may go in a second says how steeply what is not needed any more can go.
 */
export function rulesFrom(chance: Chance): Readonly<Record<keyof Rules, number>> {
  const breath = chance.oneOf([6, 8, 10, 13]);
  return {
    most: 20 * chance.between(16, 24),
    weight: Math.round((breath * chance.between(18, 26)) / 10),
    breath,
  };
}

function checksOf(rules: Rules): Check[] {
  return [
    {
      name: 'answers that may be given',
      points: 20,
      run: async (bench, seed) => {
        const chance = chanceOf(`${seed} answers`);
        const views = Array.from({ length: 150 }, (_, second) => {
          const free = chance.oneOf([0, 0, 1, 7, chance.between(0, 300), chance.between(0, 5000)]);
          return {
            second,
            inUse: chance.between(0, 2000),
            free,
            released: chance.between(0, 3000),
            faulted: chance.between(0, 500),
          };
        });
        const policy = policyOn(bench);
        await policy.begin();
        await policy.askAll(views.map((view) => pagesQuestion(view, rules)));
        return policy.failure;
      },
    },
    {
      name: 'an idle program',
      points: 20,
      run: async (bench, seed) => {
        const peak = chanceOf(`${seed} idle`).between(1500, 2500);
        const demand = [peak, peak, ...new Array<number>(60).fill(100)];
        const { policy, failure, free, resident, told } = await playDemand(bench, demand, rules);
        if (failure !== undefined) return failure;
        const most = Math.floor(peak / 10);
        return free <= most
          ? undefined
          : policy.fail(
              'what an idle program does not need stays',
              `${free} pages are free and resident after a minute`,
              `at most ${most} of ${peak}`,
              {
                ...told(demand.length - 1),
                curve: residentCurve(resident, { mark: (demand.at(-1) ?? 0) + most }),
              },
            );
      },
    },
    {
      name: 'a demand that comes again',
      points: 15,
      run: async (bench, seed) => {
        const chance = chanceOf(`${seed} again`);
        const period = chance.between(Math.max(2, rules.breath - 1), rules.breath);
        const high = chance.between(800, 1000);
        const half = 10 * period;
        const demand = Array.from({ length: 2 * half }, (_, s) => (s % period === 0 ? high : 200));
        const { policy, failure, gone, resident, told } = await playDemand(bench, demand, rules);
        if (failure !== undefined) return failure;
        const late = gone.slice(half).reduce((sum, n) => sum + n, 0);
        const swings = 10 * (high - 200);
        const first = gone.findIndex((n, second) => second >= half && n > 0);
        return late <= swings / 10
          ? undefined
          : policy.fail(
              'what is needed again at once goes back',
              `${late} pages went back in the last ${half} seconds, and every ${period} seconds ${high - 200} are needed again`,
              `at most ${Math.floor(swings / 10)}`,
              {
                ...told(first),
                curve: residentCurve(resident.slice(0, first + period), {
                  from: first - 3 * period,
                  second: first,
                }),
              },
            );
      },
    },
  ];
}

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/**
 * Parts of the way to hindsight at which there are points: for a memory of a breath a quarter or half of them, for one that learns how fast the beats come three
 * quarters, and all for what knows that a program repeats itself.
 */
export const wayBuckets: Readonly<Record<ProgramName, WayBuckets>> = {
  tide: [35, 50, 54, 65],
  peak: [42, 56, 59, 68],
  server: [38, 49, 52, 63],
};

/** Pages by level over seconds: the lowest are those in use, above them what is resident without use, then what was given back. */
function levelsOf(inUse: readonly number[], resident: readonly number[]): PageHistory {
  let top = 0;
  const changes = inUse.flatMap((used, op): PageChange[] => {
    const held = Math.max(used, resident[op] ?? 0);
    top = Math.max(top, held);
    return [
      { op, page: 0, n: used, to: 'used' },
      { op, page: used, n: held - used, to: 'free' },
      { op, page: held, n: top - held, to: 'released' },
    ];
  });
  const words = {
    ...{ unit: 'pages', over: 'seconds', used: 'in use' },
    ...{ free: 'resident without use', released: 'given back' },
  };
  return { words, ops: inUse.length, changes };
}

function measureOf(name: ProgramName, rules: Rules): Measure {
  return {
    name: `a real heap: ${name}`,
    points: 15,
    buckets: `cost, ${wayBucketsText(wayBuckets[name], 'the best of all plain policies (a number of pages, a share, a rest that is kept)')}`,
    run: async (bench, seed): Promise<Measured> => {
      const program = await programFor(name, seed, rules);
      const policy = policyOn(bench);
      await policy.begin();
      if (policy.failure !== undefined) return { failure: policy.failure, share: 0 };
      let before = 0;
      const run = await runReal(program.work, (view) => {
        before = view.inUse + view.free;
        return policy.ask(pagesQuestion(view, rules));
      });
      if (policy.failure !== undefined)
        return { failure: withPlay(policy.failure, [...run.resident, before]), share: 0 };
      const cost = costOf(run, rules.weight);
      const { bound } = program;
      const figures = (of: Omit<RealRun, 'inUse'>) => ({
        rss: sum(of.resident) / of.resident.length,
        faults: of.faults,
        released: of.released,
      });
      return {
        share: wayShare(cost, program, wayBuckets[name]),
        ...figures(run),
        other: costText(cost, program),
        work: policy.work,
        hindsight: figures(bound),
        history: levelsOf(run.inUse, run.resident),
        hindsightHistory: levelsOf(run.inUse, bound.resident),
      };
    },
  };
}

export const scavenging: Exercise = {
  id: 'scavenging',
  number: 7,
  title: 'A scavenging policy',
  teaches: 'when free memory goes back: resident memory against pages that are missed, on real pages',
  hours: '4 to 6',
  handin: 'mine.mjs',
  exports: [target],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} scavenging`);
    return rulesFrom(chance);
  },
  checks: (variant) => checksOf(rulesOf(variant)),
  measures: (variant) => programNames.map((name) => measureOf(name, rulesOf(variant))),
  hints: {
    'answers that may be given': [
      'Two numbers limit each answer. Which of them is smaller, and can the answer be below 0?',
      'Half of an odd number of pages is no whole number.',
      'End with Math.max(0, Math.min(free, the most of a second, Math.floor(what you want))).',
    ],
    'an idle program': [
      'Nothing happens for a minute. By what does your policy see that?',
      'A share of what is free, each second, comes near 0 and soon rounds down to it; and what was needed at the peak must be forgotten some time.',
      'Remember what was in use in each of the last seconds, and forget the rest.',
    ],
    'a demand that comes again': [
      'The program needs the same pages every few seconds. What would you have to know to keep them?',
      'Keep as much free as would be needed if the most of the last seconds came back.',
      'The window must be as long as the longest period of the demand: your breath.',
    ],
  },
  step: (bench, variant, trace, _target, seed) => stepsOf(bench, rulesOf(variant), trace, seed),
  targets: [target],
};
