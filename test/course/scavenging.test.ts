/** Exercise 7: hindsight, and what plain policies cost beside it and the pack's reference, on the programs of many students. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../lib/course/exercises/exercise.ts';
import { firstWithRoom, wayOf, wayShare } from '../../lib/course/exercises/hindsight.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { accountedCost } from '../../lib/course/exercises/scavenging/account.ts';
import { hindsightOf } from '../../lib/course/exercises/scavenging/hindsight.ts';
import { rulesFrom, wayBuckets } from '../../lib/course/exercises/scavenging/index.ts';
import { type Decide, plainPolicies } from '../../lib/course/exercises/scavenging/policies.ts';
import {
  demandFor,
  programFor,
  programNames,
  type Rules,
} from '../../lib/course/exercises/scavenging/programs.ts';
import { costOf, runReal } from '../../lib/course/exercises/scavenging/real-heap.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { filled, variantFor } from '../../lib/course/handout/start.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';
import { isWhole, those } from '../support/extent.ts';
import { stepsOn } from './stepping.ts';

const points = 15;
const of = points * programNames.length;

const rulesOf = (seed: number): Rules => rulesFrom(chanceOf(`rules ${seed}`));

const referenceText = readFileSync(join(ownPack, 'scavenging', 'reference.mjs'), 'utf8');

/** The reference, or one with an edit. */
async function reference(rules: Rules, find = '', replace = ''): Promise<() => Decide> {
  expect(referenceText).toContain(find);
  const source = filled(referenceText.replace(find, replace), { ...rules }, '');
  const { Scavenger } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    Scavenger: new () => { onSecond: Decide };
  };
  return () => {
    const policy = new Scavenger();
    return (view) => policy.onSecond(view);
  };
}

/** The first thought: what was not needed within so many seconds goes back. */
function remembering({ most }: Rules, window: number): Decide {
  const recent: number[] = [];
  return ({ inUse, free }) => {
    recent.push(inUse);
    if (recent.length > window) recent.shift();
    return Math.max(0, Math.min(free - (Math.max(...recent) - inUse), most));
  };
}

/** The second: how fast the beats of this time come, and no counting of them. */
const learning = (rules: Rules): Promise<() => Decide> =>
  reference(rules, 'if (this.counts.length > 0 &&', 'if (false &&');

describe('hindsight', () => {
  const prices = { most: 1000, weight: 3 };
  it.each([
    [
      'what is wanted always is missed once',
      [5, 5, 5, 5],
      { faults: 5, released: 0, resident: [5, 5, 5, 5] },
    ],
    ['what is wanted again soon stays', [5, 1, 1, 5], { faults: 5, released: 0, resident: [5, 5, 5, 5] }],
    [
      'what is wanted again late goes at once',
      [5, 1, 1, 1, 1, 5],
      { faults: 9, released: 4, resident: [5, 1, 1, 1, 1, 5] },
    ],
    [
      'each level is for itself',
      [5, 1, 3, 1, 3, 1, 5],
      { faults: 7, released: 2, resident: [5, 3, 3, 3, 3, 3, 5] },
    ],
    ['in the end all goes', [5, 2, 0], { faults: 5, released: 5, resident: [5, 2, 0] }],
  ])('%s', (_what, inUse, expected) => {
    expect(hindsightOf(inUse, prices)).toMatchObject(expected);
  });

  it('knows how many pages may go in a second', () => {
    const bound = hindsightOf([9, 1, 1, 1, 1], { most: 3, weight: 3 });
    expect(bound).toMatchObject({ resident: [9, 6, 3, 1, 1], cost: (5 + 2 + 3 * 9) / 5 });
  });

  it('is what no choice of how many pages go is below, and the best of them where there is time', () => {
    for (let seed = 0; seed < 40; seed++) {
      const chance = chanceOf(`small ${seed}`);
      const inUse = Array.from({ length: 6 }, () => chance.between(0, 3));
      const rules = { most: chance.between(1, 3), weight: chance.between(1, 3) };
      const { cost } = hindsightOf(inUse, rules);
      const best = bestChoice(inUse, rules);
      expect({ seed, below: cost <= best + 1e-9 }).toEqual({ seed, below: true });
      if (rules.most === 3) expect({ seed, cost }).toEqual({ seed, cost: expect.closeTo(best, 9) });
    }
  });
});

/** Of all that could be given back in each second: tried. */
function bestChoice(inUse: readonly number[], { most, weight }: Omit<Rules, 'breath'>): number {
  const go = (second: number, resident: number): number => {
    if (second === inUse.length) return 0;
    const used = inUse[second] as number;
    const held = Math.max(resident, used);
    let best = Number.POSITIVE_INFINITY;
    for (let gone = 0; gone <= Math.min(most, held - used); gone++)
      best = Math.min(best, held - gone - used + go(second + 1, held - gone));
    return best + weight * (held - resident);
  };
  return go(0, 0) / inUse.length;
}

/** What is between the plain ones of the baseline, or looks at a second in another way. */
const others = (most: number): [string, Decide][] => {
  const list: [string, Decide][] = [
    ['25 pages', () => 25],
    ['50 pages', () => 50],
    ['90 pages', () => 90],
    ['7 %', ({ free }) => 0.07 * free],
    ['a tenth above 200', ({ free }) => (free - 200) / 10],
    ['all but 300', ({ free }) => free - 300],
    ['all but 250 %', ({ free, inUse }) => free - 2.5 * inUse],
    ['a tenth of what is more than in use', ({ free, inUse }) => (free - inUse) / 10],
    ['all where nothing was missed', ({ free, faulted }) => (faulted > 0 ? 0 : free)],
    ['a fifth where nothing was missed', ({ free, faulted }) => (faulted > 0 ? 0 : free / 5)],
    ['fast where little is in use', ({ inUse }) => (inUse < 200 ? 60 : 20)],
  ];
  return list.map(([name, wanted]) => [
    name,
    (view) => Math.max(0, Math.min(most, view.free, Math.floor(wanted(view)))),
  ]);
};

/** On the real heap it is a tenth less of the way, for holes: the points are set by that. */
describe('the way, by account, of twenty students', async () => {
  /** Of a breath. */
  const parts = [0.5, 0.75, 1, 1.5, 2, 5];
  const breaths = [6, 8, 10, 13];
  const students = 20;
  const ways = new Map<string, number[]>();
  let muchOfPlain: string[] = [];
  let [least, copied] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let seed = 0; seed < students; seed++) {
    const rules = rulesOf(seed);
    const { most, weight, breath } = rules;
    const sums = new Map<string, number>();
    for (const name of programNames) {
      const way = await firstWithRoom(
        `seed ${seed} ${name}`,
        async (one) => {
          const demand = demandFor(name, chanceOf(one), breath);
          const costs = plainPolicies(most).map(({ decide }) => accountedCost(demand, decide, weight));
          return { demand, plain: Math.min(...costs), hindsight: hindsightOf(demand, rules).cost };
        },
        0.66,
      );
      const way1 = (decide: Decide): number => wayOf(accountedCost(way.demand, decide, weight), way);
      const tell = (it: string, decide: Decide): void => {
        ways.set(it, [...(ways.get(it) ?? []), way1(decide)]);
      };
      for (const [it, decide] of [
        ...plainPolicies(most).map(({ name: it, decide }): [string, Decide] => [it, decide]),
        ...others(most),
      ]) {
        const share = wayShare(accountedCost(way.demand, decide, weight), way, wayBuckets[name]);
        sums.set(it, (sums.get(it) ?? 0) + points * share);
      }
      for (const part of parts) tell(`breaths ${part}`, remembering(rules, Math.round(part * breath)));
      tell('learning', (await learning(rules))());
      tell('reference', (await reference(rules))());
      least = Math.min(least, (100 * way1((await reference(rules))())) / wayBuckets[name][3]);
      const own = way1(remembering(rules, breath));
      for (const other of breaths.filter((one) => one !== breath))
        copied = Math.max(copied, way1(remembering(rules, other)) - own);
    }
    expect(sums.size).toBeGreaterThan(40);
    muchOfPlain = [...muchOfPlain, ...[...sums].filter(([, sum]) => sum > of / 4).map(([it]) => it)];
  }
  const mean = (name: string): number =>
    (ways.get(name) ?? []).reduce((sum, n) => sum + n, 0) / (students * programNames.length);

  it('of what remembers nothing has next to no points', () => {
    expect(muchOfPlain).toEqual([]);
  });

  it('of the reference has all points, with something to spare', () => {
    expect(least).toBeGreaterThan(1.25);
  });

  it('is half for who remembers a breath, more for who learns how fast the beats come, most for who counts them', () => {
    expect(mean('breaths 1')).toBeCloseTo(0.58, 1);
    expect(mean('learning')).toBeGreaterThan(mean('breaths 1') + 0.1);
    expect(mean('reference')).toBeGreaterThan(mean('learning') + 0.2);
  });

  it('of what remembers is more the nearer it is to the right time, and a neighbour’s is never better', () => {
    const of = (part: number): number => mean(`breaths ${part}`);
    expect([of(0.5) < of(0.75), of(0.75) < of(1), of(1.5) < of(1), of(2) < of(1.5), of(5) < 0]).toEqual(
      Array(5).fill(true),
    );
    expect(copied).toBeLessThan(0);
  });
});

describe('on a real heap', () => {
  it('as many pages go back as are asked for, but for what a hole ends: no huge page goes as a whole', async () => {
    const work = [
      { alloc: [[1, 900] as const, [2, 1] as const], free: [] },
      ...Array.from({ length: 9 }, (_, s) => ({ alloc: [], free: s === 0 ? [1] : [] })),
    ];
    const { resident, released } = await runReal(work, ({ second }) => (second === 0 ? 0 : 7));
    expect(resident).toEqual(Array.from({ length: 10 }, (_, s) => 901 - 7 * s));
    expect(released).toBe(63);
  });

  it('a memory of a breath has a quarter to half of the points, learning three quarters, the reference all; nobody is below hindsight', async () => {
    const rules = rulesOf(0);
    const shares: number[][] = [];
    for (const name of those(programNames, (one) => one === 'server')) {
      const program = await programFor(name, 'seed 0', rules);
      const cost = async (decide: Decide): Promise<number> => {
        const run = await runReal(program.work, decide);
        expect(hindsightOf(run.inUse, rules)).toEqual(program.bound);
        return costOf(run, rules.weight);
      };
      const best = await cost((await reference(rules))());
      expect(100 * wayOf(best, program)).toBeGreaterThan(1.15 * wayBuckets[name][3]);
      expect(wayOf(best, program)).toBeLessThan(0.95);
      const costs = [
        await cost(remembering(rules, rules.breath)),
        await cost((await learning(rules))()),
        best,
      ];
      shares.push(costs.map((one) => wayShare(one, program, wayBuckets[name])));
      if (name !== 'server') continue;
      const of = async (it: string): Promise<number> =>
        cost(plainPolicies(rules.most).find((one) => one.name === it)?.decide as Decide);
      expect(await of('nothing')).toBeGreaterThan(1.4 * best);
      expect(await of('everything')).toBeGreaterThan(1.4 * best);
    }
    for (const [first = 0, second, third] of shares) {
      expect([0.25, 0.5]).toContain(first);
      expect([second, third]).toEqual([0.75, 1]);
    }
  });
});

describe('stepping through a demand', () => {
  const exercise = exerciseOf('scavenging');
  const whom = { id: 'scavenging', student: 'ada', term: 't', on: 'Scavenger' };
  const step = (trace: string, edit: (text: string) => string = (text) => text) => {
    const files = referenceFiles(ownPack, exercise, whom.student, whom.term);
    return stepsOn(whom, new Map([...files].map(([name, text]) => [name, edit(text)])), trace);
  };
  const lastCosts = (steps: readonly Step[]): number[] =>
    [...(steps.at(-1)?.note ?? '').matchAll(/\d+/g)].map(Number).slice(2);

  it('tells of each second what goes, what is resident and what it has cost, beside hindsight', async () => {
    const steps = await step(readFileSync('course/scavenging/examples/breath.txt', 'utf8'));
    expect(steps.length).toBe(24);
    expect(
      steps.every(({ note }) => /^resident \d+ \(with hindsight \d+\), cost so far/.test(note ?? '')),
    ).toBe(true);
    expect(steps.some(({ expected }) => Number(expected) > 100)).toBe(true);
    const [own = 0, best = 0] = lastCosts(steps);
    expect(best).toBeLessThan(own);
  });

  it.runIf(isWhole)('plays a program of the student, and its cost is the one of the grade', async () => {
    const steps = await step('program server # with the open seed');
    expect(steps.length).toBeGreaterThan(30 * rulesOfVariant().breath);
    const { bound } = await programFor('server', '', rulesOfVariant());
    expect(lastCosts(steps)[1]).toBe(Math.round(bound.cost));
  });

  it('ends with an answer that may not be given', async () => {
    const steps = await step('use 100 1\nuse 10 3', (text) =>
      text.replace('Math.max(0, Math.min(free - Math.max(0, kept - inUse), MOST))', 'free + 1'),
    );
    expect(steps).toMatchObject([
      { asked: expect.stringContaining('inUse: '), note: expect.stringContaining('a whole number') },
    ]);
  });

  it.each(['use 5', 'use 5001 1', 'use 1 601', 'use 1 1\nprogram tide', 'program noon', 'free 5 1'])(
    'the line %j is refused with its number',
    async (line) => {
      const at = line.split('\n').length + 1;
      await expect(step(`# first\n${line}`)).rejects.toMatchObject({ code: 'ERR_FILE', line: at });
    },
  );

  const rulesOfVariant = (): Rules => {
    const { most, weight, breath } = variantFor(exercise, whom.student, whom.term);
    return { most: Number(most), weight: Number(weight), breath: Number(breath) };
  };
});

describe('the pack', () => {
  it('has a forgery of each plain kind, which gets what its checks are worth and a quarter of the rest at most', () => {
    const folder = join(ownPack, 'scavenging', 'forgeries');
    const mosts = readdirSync(folder).map((name) =>
      Number(/^\/\/ expect: most (\d+)\n/.exec(readFileSync(join(folder, name), 'utf8'))?.[1]),
    );
    expect(mosts.length).toBe(5);
    for (const most of mosts) expect(most).toBeLessThanOrEqual(40 + of / 4);
  });
});
