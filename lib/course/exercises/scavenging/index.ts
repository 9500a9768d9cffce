/**
 * Exercise 7: a scavenging policy. Each second it says how many free pages go back to the system; what that costs in resident
 * memory and in pages that are missed later is measured on a real heap.
 */

import { chanceOf } from '../../model/seeds.ts';
import { type Bench, requireNumber } from '../bench.ts';
import type { Check, Exercise, Measure, Measured, Variant } from '../exercise.ts';
import { OwnPolicy, type Question } from '../own-policy.ts';
import { quartersOf } from '../telling.ts';
import { Account } from './account.ts';
import { above, type Decide, referenceWindow } from './policies.ts';
import { type ProgramName, programFor, programNames } from './programs.ts';
import { type RealRun, runReal, type SecondView } from './real-heap.ts';

const target = 'Scavenger';

interface Rules {
  /** Pages that may go back in a second: its share of a processor. */
  readonly most: number;
  /** What a missed page costs, beside one that is resident for a second without use. */
  readonly weight: number;
}

const rulesOf = (variant: Variant): Rules => ({
  most: requireNumber(variant.most, 'most'),
  weight: requireNumber(variant.weight, 'weight'),
});

const viewText = ({ second, inUse, free, released, faulted }: SecondView): string =>
  `onSecond({ second: ${second}, inUse: ${inUse}, free: ${free}, released: ${released}, faulted: ${faulted} })`;

const policyOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, { target, args: [], what: 'a policy', mostSteps: Number.POSITIVE_INFINITY });

/** How many pages go back. */
const pagesQuestion = (view: SecondView, { most }: Rules): Question<number> => ({
  method: 'onSecond',
  args: [{ ...view }],
  text: viewText(view),
  expected: `a whole number of pages, 0 to ${Math.min(view.free, most)}: ${view.free} are free, and ${most} may go in a second`,
  read: (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return { wrong: 'answers no whole number' };
    if (value < 0) return { wrong: 'answers less than nothing' };
    if (value > view.free) return { wrong: 'gives back more than is free' };
    return value > most ? { wrong: 'gives back more than may go in a second' } : { answer: value };
  },
});

/** A demand played without a heap: what goes back is gone, what is wanted comes. */
async function playDemand(
  bench: Bench,
  demand: readonly number[],
  rules: Rules,
): Promise<{
  readonly policy: OwnPolicy;
  /** Pages that went in each second; and that are free in the end. */
  readonly gone: readonly number[];
  readonly free: number;
}> {
  const policy = policyOn(bench);
  await policy.begin();
  const account = new Account();
  const gone: number[] = [];
  for (const inUse of demand) {
    const pages = await policy.ask(pagesQuestion(account.pass(inUse), rules));
    if (pages === undefined) break;
    account.giveBack(pages);
    gone.push(pages);
  }
  return { policy, gone, free: account.free };
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
        const { policy, free } = await playDemand(bench, demand, rules);
        if (policy.failure !== undefined) return policy.failure;
        return free <= peak / 10
          ? undefined
          : policy.fail(
              'what an idle program does not need stays',
              `${free} pages are free and resident after a minute`,
              `at most ${Math.floor(peak / 10)} of ${peak}`,
            );
      },
    },
    {
      name: 'a demand that comes again',
      points: 15,
      run: async (bench, seed) => {
        const chance = chanceOf(`${seed} again`);
        const period = chance.between(3, 4);
        const high = chance.between(800, 1000);
        const demand = Array.from({ length: 60 }, (_, s) => (s % period === 0 ? high : 200));
        const { policy, gone } = await playDemand(bench, demand, rules);
        if (policy.failure !== undefined) return policy.failure;
        const late = gone.slice(30).reduce((sum, n) => sum + n, 0);
        const swings = Math.floor(30 / period) * (high - 200);
        return late <= swings / 10
          ? undefined
          : policy.fail(
              'what is needed again at once goes back',
              `${late} pages went back in the last half minute, and every ${period} seconds ${high - 200} are needed again`,
              `at most ${Math.floor(swings / 10)}`,
            );
      },
    },
  ];
}

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/** Resident pages without use, and missed pages by their weight, a second. */
function costOf({ resident, inUse, faults }: RealRun, { weight }: Rules): number {
  const excess = sum(resident) - sum(inUse);
  return (excess + weight * faults) / resident.length;
}

function measureOf(name: ProgramName, rules: Rules): Measure {
  return {
    name: `a real heap: ${name}`,
    points: 15,
    buckets:
      'cost, in quarters of the way from the best of all plain policies (a number of pages, a share, a rest that is kept) to the reference',
    run: async (bench, seed): Promise<Measured> => {
      const { work, plain: plainOnes } = await programFor(name, seed, rules);
      const policy = policyOn(bench);
      await policy.begin();
      if (policy.failure !== undefined) return { failure: policy.failure, share: 0 };
      const run = await runReal(work, (view) => policy.ask(pagesQuestion(view, rules)));
      if (policy.failure !== undefined) return { failure: policy.failure, share: 0 };
      const of = async (decide: Decide): Promise<RealRun> => runReal(work, decide);
      const reference = await of(above(rules.most, referenceWindow));
      const best = costOf(reference, rules);
      let plain = Number.POSITIVE_INFINITY;
      for (const { decide } of plainOnes) plain = Math.min(plain, costOf(await of(decide), rules));
      const cost = costOf(run, rules);
      const figures = (of: RealRun, total: number) => ({
        rss: sum(of.resident) / of.resident.length,
        faults: of.faults,
        released: of.released,
        other: `cost ${Math.round(total)}`,
      });
      return {
        share: quartersOf(cost, { reference, best, plain }),
        ...figures(run, cost),
        work: policy.work,
        reference: figures(reference, best),
        history: run.history,
        referenceHistory: reference.history,
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
    return { most: 20 * chance.between(16, 24), weight: chance.between(9, 13) };
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
      'The window must be longer than the period of the demand: four seconds, here.',
    ],
  },
};
