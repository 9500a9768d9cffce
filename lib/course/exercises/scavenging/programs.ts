/**
 * Programs of some minutes, second by second, that tell scavenging policies apart. In each there are times in which the same pages are
 * wanted again within a few seconds, and times in which they are not; so whoever does not remember loses in the one or
 * in the other. How many seconds a few are is the student's own, the *breath*: all times are so many breaths long.
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

/** Of a program. */
const breaths = 30;

/** Times of a demand, one after the other, until there are enough. */
function timesOf(breath: number, time: () => number[]): number[] {
  const demand: number[] = [];
  while (demand.length < breaths * breath) demand.push(...time());
  return demand.slice(0, breaths * breath);
}

const list = (length: number, of: (s: number) => number): number[] => Array.from({ length }, (_, s) => of(s));

/** Seconds, from so many tenths of a breath on. */
const lasting = (chance: Chance, breath: number, least: number, most: number): number =>
  chance.between(Math.round((least * breath) / 10), Math.round((most * breath) / 10));

/** Seconds for which pages are not wanted, and then again: who remembers a breath has them. */
const gap = (chance: Chance, breath: number): number =>
  chance.between(Math.max(1, Math.round(0.5 * breath)), breath - 1);

const demands = {
  tide: (chance: Chance, breath: number): number[] =>
    timesOf(breath, () => {
      const period = 2 + gap(chance, breath);
      const [low, high] = [chance.between(100, 250), chance.between(900, 1300)];
      return [
        ...list(
          lasting(chance, breath, 38, 54),
          (s) => (s % period < 2 ? high : low) + chance.between(0, 30),
        ),
        ...list(lasting(chance, breath, 42, 60), () => low + chance.between(0, 30)),
      ];
    }),
  peak: (chance: Chance, breath: number): number[] =>
    timesOf(breath, () => {
      const [low, high] = [chance.between(80, 160), chance.between(1300, 1800)];
      const period = 1 + Math.max(1, Math.round(breath / 4));
      return [
        ...list(
          lasting(chance, breath, 26, 36),
          (s) => (s % period > 0 ? low : Math.min(high, (high * (s + 3)) / 8)) + chance.between(0, 20),
        ),
        ...list(lasting(chance, breath, 75, 105), () => low + chance.between(0, 20)),
      ];
    }),
  server: (chance: Chance, breath: number): number[] => {
    const base = chance.between(300, 400);
    return timesOf(breath, () => {
      const burst = chance.between(650, 900);
      const bursts = Array.from({ length: chance.between(4, 6) }, () => [
        ...list(chance.between(1, 2), () => base + burst + chance.between(0, 30)),
        ...list(gap(chance, breath), () => base + chance.between(0, 30)),
      ]).flat();
      const calm = chance.oneOf([base, base / 4]);
      return [...bursts, ...list(lasting(chance, breath, 45, 63), () => calm + chance.between(0, 15))];
    });
  },
} as const;

export type ProgramName = keyof typeof demands;
export const programNames = Object.keys(demands) as ProgramName[];

/** Pages that a program wants, second by second. */
export const demandFor = (name: ProgramName, chance: Chance, breath: number): number[] =>
  demands[name](chance, breath).map(Math.round);

/** What is a student's own. */
export interface Rules extends Prices {
  /** For so many seconds it is worth while to remember. */
  readonly breath: number;
}

export interface TellingProgram extends Way {
  readonly work: SecondOfWork[];
  readonly bound: Hindsight;
}

/** Of the best plain cost: hindsight costs that at most. */
const mostOfPlain = 0.66;

/** The best of them by account are played on the real heap, where holes may change the order of the first. */
const playedPlain = 3;

/** A program on which hindsight costs clearly less than each plain policy, by account; with the best of these. */
function chosenFor(name: ProgramName, seed: string, rules: Rules) {
  return firstWithRoom(
    `${seed} ${name}`,
    async (one) => {
      const chance = chanceOf(one);
      const demand = demandFor(name, chance, rules.breath);
      const best = plainPolicies(rules.most)
        .map(({ decide }) => ({ decide, cost: accountedCost(demand, decide, rules.weight) }))
        .sort((a, b) => a.cost - b.cost)
        .slice(0, playedPlain);
      const work = programOf(demand, chance);
      const bound = hindsightOf(inUseOf(work), rules);
      return { work, best, bound, plain: best[0]?.cost ?? 0, hindsight: bound.cost };
    },
    mostOfPlain,
  );
}

/** The program alone. */
export const workFor = async (name: ProgramName, seed: string, rules: Rules): Promise<SecondOfWork[]> =>
  (await chosenFor(name, seed, rules)).work;

/** The program, and what plain policies and hindsight cost on the real heap. */
export async function programFor(name: ProgramName, seed: string, rules: Rules): Promise<TellingProgram> {
  const { work, best, bound } = await chosenFor(name, seed, rules);
  let plain = Number.POSITIVE_INFINITY;
  for (const { decide } of best) plain = Math.min(plain, costOf(await runReal(work, decide), rules.weight));
  return { work, plain, bound, hindsight: bound.cost };
}
