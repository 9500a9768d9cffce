/** Exercise 7: what plain policies cost beside the reference, on the programs of many students. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountedCost } from '../../lib/course/exercises/scavenging/account.ts';
import {
  above,
  type Decide,
  plainPolicies,
  referenceWindow,
} from '../../lib/course/exercises/scavenging/policies.ts';
import { programFor, programNames } from '../../lib/course/exercises/scavenging/programs.ts';
import { runReal, type SecondOfWork } from '../../lib/course/exercises/scavenging/real-heap.ts';
import { quartersOf } from '../../lib/course/exercises/telling.ts';
import { ownPack } from '../../lib/course/grading/self-test.ts';
import { chanceOf } from '../../lib/course/model/seeds.ts';

const points = 15;
const of = points * programNames.length;

function demandOf(work: readonly SecondOfWork[]): number[] {
  const pages = new Map<number, number>();
  let inUse = 0;
  return work.map(({ alloc, free }) => {
    for (const id of free) inUse -= pages.get(id) ?? 0;
    for (const [id, n] of alloc) {
      pages.set(id, n);
      inUse += n;
    }
    return inUse;
  });
}

const rulesOf = (seed: number) => {
  const chance = chanceOf(`rules ${seed}`);
  return { most: 20 * chance.between(16, 24), weight: chance.between(9, 13) };
};

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

describe('the points of cost, by account, of twenty students', async () => {
  const sums = new Map<string, number[]>();
  for (let seed = 0; seed < 20; seed++) {
    const { most, weight } = rulesOf(seed);
    for (const name of programNames) {
      const { work, plain } = await programFor(name, `seed ${seed}`, { most, weight });
      const demand = demandOf(work);
      const cost = (decide: Decide): number => accountedCost(demand, decide, weight);
      const told = {
        reference: undefined,
        best: cost(above(most, referenceWindow)),
        plain: Math.min(...plain.map(({ decide }) => cost(decide))),
      };
      const tried: [string, Decide][] = [
        ...plainPolicies(most).map(({ name: it, decide }): [string, Decide] => [it, decide]),
        ...others(most),
        ...[2, 4, 5, 8, 12, 30].map((window): [string, Decide] => [`window ${window}`, above(most, window)]),
      ];
      for (const [it, decide] of tried) {
        const list = sums.get(it) ?? new Array<number>(20).fill(0);
        list[seed] = (list[seed] ?? 0) + points * quartersOf(cost(decide), told);
        sums.set(it, list);
      }
    }
  }
  const isWindow = (name: string): boolean => name.startsWith('window');

  it('of what remembers nothing are next to none', () => {
    const much = [...sums].filter(([name, list]) => !isWindow(name) && Math.max(...list) > of / 4);
    expect(much).toEqual([]);
    expect(sums.size).toBeGreaterThan(40);
  });

  it('of what remembers are more the nearer it is to the right time', () => {
    const mean = (window: number): number =>
      (sums.get(`window ${window}`) ?? []).reduce((sum, n) => sum + n, 0) / 20;
    expect(mean(5)).toBe(of);
    expect([mean(2) < mean(4), mean(4) < mean(5), mean(8) < mean(5), mean(12) < mean(8)]).toEqual(
      Array(4).fill(true),
    );
    expect(mean(30)).toBe(0);
  });
});

describe('on a real heap', () => {
  it('the same holds: of what is plain the best costs a fifth more than the reference, and nothing and everything far more', async () => {
    const { most, weight } = rulesOf(0);
    const { work, plain } = await programFor('server', 'seed 0', { most, weight });
    const cost = async (decide: Decide): Promise<number> => {
      const { resident, inUse, faults } = await runReal(work, decide);
      const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);
      return (sum(resident) - sum(inUse) + weight * faults) / resident.length;
    };
    const best = await cost(above(most, referenceWindow));
    const of = async (name: string): Promise<number> =>
      cost(plainPolicies(most).find((one) => one.name === name)?.decide as Decide);
    expect(await cost((plain[0] as (typeof plain)[number]).decide)).toBeGreaterThan(1.1 * best);
    expect(await of('nothing')).toBeGreaterThan(1.4 * best);
    expect(await of('everything')).toBeGreaterThan(1.4 * best);
  });
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
