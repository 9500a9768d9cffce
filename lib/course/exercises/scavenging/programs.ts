/**
 * Programs of three minutes, second by second, that tell scavenging policies apart. In each there are times in which the same pages are
 * wanted again within a few seconds, and times in which they are not; so whoever does not remember loses in the one or
 * in the other.
 *
 * - *tide*: the same demand again and again, every few seconds, and then a pause
 * - *peak*: large, and breathing; then little for a minute
 * - *server*: a base with bursts, and calms in which sometimes not even the base is wanted
 */
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { firstWithRoom, type Way } from '../hindsight.ts';
import { accountedCost } from './account.ts';
import { type Hindsight, hindsightOf, type Prices } from './hindsight.ts';
import { plainPolicies } from './policies.ts';
import { costOf, runReal, type SecondOfWork } from './real-heap.ts';

/** Pages wanted in each second, as a program: what is too much is freed, oldest or youngest first. */
export function programOf(demand: readonly number[], chance: Chance): SecondOfWork[] {
  const live: [id: number, pages: number][] = [];
  let next = 1;
  let pages = 0;
  return demand.map((wanted) => {
    const alloc: [number, number][] = [];
    const free: number[] = [];
    while (pages > wanted && live.length > 0) {
      const at = chance.between(0, 2) === 0 ? chance.between(0, live.length - 1) : live.length - 1;
      const [[id, n]] = live.splice(at, 1) as [[number, number]];
      free.push(id);
      pages -= n;
    }
    while (pages < wanted) {
      const n = chance.oneOf([1, 2, 4, 8, 16]);
      alloc.push([next, n]);
      live.push([next++, n]);
      pages += n;
    }
    return { alloc, free };
  });
}

/** Pages in use after each second, whatever goes back. */
export function inUseOf(work: readonly SecondOfWork[]): number[] {
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

const seconds = 180;

/** Times of a demand, one after the other, until there are enough. */
function timesOf(time: () => number[]): number[] {
  const demand: number[] = [];
  while (demand.length < seconds) demand.push(...time());
  return demand.slice(0, seconds);
}

const list = (length: number, of: (s: number) => number): number[] => Array.from({ length }, (_, s) => of(s));

const demands = {
  tide: (chance: Chance): number[] =>
    timesOf(() => {
      const period = chance.between(4, 6);
      const [low, high] = [chance.between(100, 250), chance.between(900, 1300)];
      return [
        ...list(chance.between(24, 36), (s) => (s % period < 2 ? high : low) + chance.between(0, 30)),
        ...list(chance.between(26, 40), () => low + chance.between(0, 30)),
      ];
    }),
  peak: (chance: Chance): number[] =>
    timesOf(() => {
      const [low, high] = [chance.between(80, 160), chance.between(1300, 1800)];
      return [
        ...list(
          chance.between(14, 20),
          (s) => (s % 2 === 1 ? low : Math.min(high, (high * (s + 3)) / 8)) + chance.between(0, 20),
        ),
        ...list(chance.between(50, 70), () => low + chance.between(0, 20)),
      ];
    }),
  server: (chance: Chance): number[] => {
    const base = chance.between(300, 400);
    return timesOf(() => {
      const burst = chance.between(650, 900);
      const bursts = Array.from({ length: chance.between(5, 8) }, () => [
        ...list(chance.between(1, 2), () => base + burst + chance.between(0, 30)),
        ...list(chance.between(2, 4), () => base + chance.between(0, 30)),
      ]).flat();
      const calm = chance.oneOf([base, base / 4]);
      return [...bursts, ...list(chance.between(30, 42), () => calm + chance.between(0, 15))];
    });
  },
} as const;

export type ProgramName = keyof typeof demands;
export const programNames = Object.keys(demands) as ProgramName[];

/** Pages that a program wants, second by second. */
export const demandFor = (name: ProgramName, chance: Chance): number[] =>
  demands[name](chance).map(Math.round);

export interface TellingProgram extends Way {
  readonly work: SecondOfWork[];
  readonly bound: Hindsight;
}

/** Of the best plain cost: hindsight costs that at most. */
const mostOfPlain = 0.66;

/** The best of them by account are played on the real heap, where holes may change the order of the first. */
const playedPlain = 3;

/** A program on which hindsight costs clearly less than each plain policy, by account; with the best of these. */
function chosenFor(name: ProgramName, seed: string, prices: Prices) {
  return firstWithRoom(
    `${seed} ${name}`,
    async (one) => {
      const chance = chanceOf(one);
      const demand = demandFor(name, chance);
      const best = plainPolicies(prices.most)
        .map(({ decide }) => ({ decide, cost: accountedCost(demand, decide, prices.weight) }))
        .sort((a, b) => a.cost - b.cost)
        .slice(0, playedPlain);
      const work = programOf(demand, chance);
      const bound = hindsightOf(inUseOf(work), prices);
      return { work, best, bound, plain: best[0]?.cost ?? 0, hindsight: bound.cost };
    },
    mostOfPlain,
  );
}

/** The program alone. */
export const workFor = async (name: ProgramName, seed: string, prices: Prices): Promise<SecondOfWork[]> =>
  (await chosenFor(name, seed, prices)).work;

/** The program, and what plain policies and hindsight cost on the real heap. */
export async function programFor(name: ProgramName, seed: string, prices: Prices): Promise<TellingProgram> {
  const { work, best, bound } = await chosenFor(name, seed, prices);
  let plain = Number.POSITIVE_INFINITY;
  for (const { decide } of best) plain = Math.min(plain, costOf(await runReal(work, decide), prices.weight));
  return { work, plain, bound, hindsight: bound.cost };
}
