/**
 * Exercise 7: a scavenging policy. Each second it says how many free pages go back to the system; what that costs in resident
 * memory and in pages that are missed later is measured on a real heap.
 */

import { chanceOf } from '../../model/seeds.ts';
import type { Value } from '../../sandbox/protocol.ts';
import { type Bench, requireNumber, shown, troubleOf } from '../bench.ts';
import type { Check, Exercise, Failure, Measure, Measured, Variant } from '../exercise.ts';
import { above, atOnce, type Decide, never, referenceWindow } from './policies.ts';
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

interface Asked {
  readonly pages?: number;
  readonly failure?: Failure;
}

/** The hand-in's answers, one view after the other, each held against what may be answered. */
class Asking {
  readonly #bench: Bench;
  readonly #most: number;
  readonly #steps: string[] = [];
  units = 0;
  calls = 0;
  failure: Failure | undefined;

  constructor(bench: Bench, { most }: Rules) {
    this.#bench = bench;
    this.#most = most;
  }

  async begin(): Promise<Failure | undefined> {
    await this.#bench.fresh();
    const { answers, stopped } = await this.#bench.run([['new', target]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble === undefined) return undefined;
    return this.#fail(
      `new ${target} ${trouble.cause}`,
      `new ${target}`,
      trouble.words,
      'a policy',
      trouble.at,
    );
  }

  async ask(view: SecondView): Promise<Asked> {
    const text = viewText(view);
    this.#steps.push(text);
    const { answers, stopped } = await this.#bench.run([[0, 'onSecond', { ...view }]]);
    const trouble = troubleOf(answers[0], stopped);
    const most = Math.min(view.free, this.#most);
    const expected = `a whole number of pages, 0 to ${most}: ${view.free} are free, and ${this.#most} may go in a second`;
    if (trouble !== undefined)
      return { failure: this.#fail(`onSecond ${trouble.cause}`, text, trouble.words, expected, trouble.at) };
    const [value, used] = answers[0] as readonly [Value, number];
    this.units += used;
    this.calls++;
    const cause =
      typeof value !== 'number' || !Number.isInteger(value)
        ? 'onSecond answers no whole number'
        : value < 0
          ? 'onSecond answers less than nothing'
          : value > view.free
            ? 'onSecond gives back more than is free'
            : value > this.#most
              ? 'onSecond gives back more than may go in a second'
              : undefined;
    if (cause !== undefined) return { failure: this.#fail(cause, text, shown(value), expected) };
    return { pages: value as number };
  }

  #fail(cause: string, asked: string, answered: string, expected: string, at?: string): Failure {
    this.failure = {
      cause,
      asked,
      answered,
      expected,
      steps: [...this.#steps],
      ...(at === undefined ? {} : { at }),
    };
    return this.failure;
  }

  fault(cause: string, answered: string, expected: string): Failure {
    return this.#fail(cause, this.#steps.at(-1) ?? '', answered, expected);
  }
}

/** A demand played without a heap: what goes back is gone, what is wanted comes. @returns pages that went in each second */
async function playDemand(
  asking: Asking,
  demand: readonly number[],
): Promise<{ readonly gone: number[]; readonly free: number } | Failure> {
  const failure = await asking.begin();
  if (failure !== undefined) return failure;
  let backed = 0;
  let released = 0;
  const gone: number[] = [];
  for (const [second, inUse] of demand.entries()) {
    const faulted = Math.max(0, inUse - backed);
    backed += faulted;
    released = Math.max(0, released - faulted);
    const asked = await asking.ask({ second, inUse, free: backed - inUse, released, faulted });
    if (asked.failure !== undefined) return asked.failure;
    const pages = asked.pages as number;
    backed -= pages;
    released += pages;
    gone.push(pages);
  }
  return { gone, free: backed - (demand.at(-1) ?? 0) };
}

const isFailure = (played: object): played is Failure => 'cause' in played;

function checksOf(rules: Rules): Check[] {
  return [
    {
      name: 'answers that may be given',
      points: 20,
      run: async (bench, seed) => {
        const chance = chanceOf(`${seed} answers`);
        const asking = new Asking(bench, rules);
        const failure = await asking.begin();
        if (failure !== undefined) return failure;
        for (let second = 0; second < 150; second++) {
          const free = chance.oneOf([0, 0, 1, 7, chance.between(0, 300), chance.between(0, 5000)]);
          const view = {
            second,
            inUse: chance.between(0, 2000),
            free,
            released: chance.between(0, 3000),
            faulted: chance.between(0, 500),
          };
          const { failure: wrong } = await asking.ask(view);
          if (wrong !== undefined) return wrong;
        }
        return undefined;
      },
    },
    {
      name: 'an idle program',
      points: 20,
      run: async (bench, seed) => {
        const peak = chanceOf(`${seed} idle`).between(1500, 2500);
        const asking = new Asking(bench, rules);
        const played = await playDemand(asking, [peak, peak, ...new Array<number>(60).fill(100)]);
        if (isFailure(played)) return played;
        const { free } = played;
        return free <= peak / 10
          ? undefined
          : asking.fault(
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
        const asking = new Asking(bench, rules);
        const played = await playDemand(
          asking,
          Array.from({ length: 60 }, (_, s) => (s % period === 0 ? high : 200)),
        );
        if (isFailure(played)) return played;
        const late = played.gone.slice(30).reduce((sum, n) => sum + n, 0);
        const swings = Math.floor(30 / period) * (high - 200);
        return late <= swings / 10
          ? undefined
          : asking.fault(
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

const quarters = 4;

function measureOf(name: ProgramName, rules: Rules): Measure {
  return {
    name: `a real heap: ${name}`,
    points: 15,
    buckets:
      'cost, in quarters of the way from the worse of two plain policies (never; all at once) to the reference',
    run: async (bench, seed): Promise<Measured> => {
      const work = programFor(name, seed);
      const asking = new Asking(bench, rules);
      const begun = await asking.begin();
      if (begun !== undefined) return { failure: begun, share: 0 };
      const run = await runReal(work, async (view) => (await asking.ask(view)).pages);
      if (asking.failure !== undefined) return { failure: asking.failure, share: 0 };
      const of = async (decide: Decide): Promise<RealRun> => runReal(work, decide);
      const reference = await of(above(rules.most, referenceWindow));
      const best = costOf(reference, rules);
      const plain = Math.max(costOf(await of(never()), rules), costOf(await of(atOnce(rules.most)), rules));
      const cost = costOf(run, rules);
      const way = (plain - cost) / (plain - best);
      const figures = (of: RealRun, total: number) => ({
        rss: sum(of.resident) / of.resident.length,
        faults: of.faults,
        released: of.released,
        other: `cost ${Math.round(total)}`,
      });
      return {
        share: Math.max(0, Math.min(quarters, Math.floor(way * quarters + 0.2))) / quarters,
        ...figures(run, cost),
        work: Math.round((10 * asking.units) / Math.max(1, asking.calls)) / 10,
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
    return { most: 10 * chance.between(16, 24), weight: chance.between(9, 13) };
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
