/**
 * Programs of some minutes, second by second, that tell scavenging policies apart. Each is *times* and pauses in turns. In a time the same
 * pages are wanted again and again, within a few seconds each time; in the pause after it they are not. So whoever does not remember loses
 * in the one or in the other. How many seconds a few are is the student's own, the *breath*: all times are so many breaths long.
 *
 * - *tide*: the same demand again and again, evenly
 * - *peak*: large, and larger from beat to beat; quick, most of the time
 * - *server*: a base with bursts, not quite evenly, and pauses in which sometimes not even the base is wanted
 *
 * A program repeats itself, so that there is something to be known beyond that pages are wanted again within a breath:
 *
 * - The beats of one time come evenly. One time in four is slow, a beat in a breath; the others are faster. All of them have their turn, so that a
 *   program is as hard as another of its kind.
 * - Each time of a program has the same number of beats.
 */
import { type Chance, chanceOf, shuffled } from '../../model/seeds.ts';
import { firstWithRoom, type Way } from '../hindsight.ts';
import { accountedCost } from './account.ts';
import { type Hindsight, hindsightOf, type Prices } from './hindsight.ts';
import { plainPolicies } from './policies.ts';
import { costOf, runReal, type SecondOfWork } from './real-heap.ts';

/** Pages wanted in each second, as a program: what is too much is freed, any of it or the youngest. */
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
      const n = Math.min(wanted - pages, chance.oneOf([1, 2, 4, 8, 16]));
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

const list = (length: number, of: (s: number) => number): number[] => Array.from({ length }, (_, s) => of(s));

/** Seconds of a pause: from so many tenths of a breath on. Nothing is worth keeping for as long. */
const lasting = (chance: Chance, breath: number, least: number, most: number): number =>
  chance.between(Math.round((least * breath) / 10), Math.round((most * breath) / 10));

/** So many beats of some seconds each. */
const beatsOf = (n: number, beat: (i: number) => number[]): number[] =>
  Array.from({ length: n }, (_, i) => beat(i)).flat();

/**
 * Times, each with its pause.
 *
 * @param paces of the times, in breaths: each of them comes twice
 * @param time of beats with so many seconds between them, less than a breath: who remembers a breath has the pages still
 */
function timesOf(
  chance: Chance,
  breath: number,
  paces: readonly number[],
  time: (gap: number) => number[],
): number[] {
  const gapOf = (pace: number): number => Math.max(1, Math.min(breath - 1, Math.round(pace * breath)));
  return [...shuffled(chance, paces), ...shuffled(chance, paces)].flatMap((pace) => time(gapOf(pace)));
}

const demands = {
  tide: (chance: Chance, breath: number): number[] => {
    const beats = chance.between(3, 4);
    return timesOf(chance, breath, [0.2, 0.35, 0.5, 1], (gap) => {
      const [low, high] = [chance.between(100, 200), chance.between(950, 1200)];
      return [
        ...beatsOf(beats, () => [
          ...list(2, () => high + chance.between(0, 15)),
          ...list(gap, () => low + chance.between(0, 15)),
        ]),
        ...list(lasting(chance, breath, 35, 42), () => low + chance.between(0, 15)),
      ];
    });
  },
  peak: (chance: Chance, breath: number): number[] => {
    const beats = chance.between(4, 5);
    return timesOf(chance, breath, [0.2, 0.3, 0.45, 1], (gap) => {
      const [low, high] = [chance.between(80, 160), chance.between(1400, 1700)];
      return [
        ...beatsOf(beats, (i) => [
          Math.min(high, (high * (i + 5)) / 8) + chance.between(0, 20),
          ...list(gap, () => low + chance.between(0, 15)),
        ]),
        ...list(lasting(chance, breath, 38, 46), () => low + chance.between(0, 15)),
      ];
    });
  },
  server: (chance: Chance, breath: number): number[] => {
    const base = chance.between(240, 320);
    const beats = chance.between(4, 5);
    return timesOf(chance, breath, [0.2, 0.3, 0.5, 1], (gap) => {
      const burst = chance.between(750, 950);
      const calm = chance.oneOf([base, base / 4]);
      return [
        ...beatsOf(beats, () => [
          ...list(chance.between(1, 2), () => base + burst + chance.between(0, 15)),
          ...list(Math.min(breath - 2, gap) + chance.between(0, 1), () => base + chance.between(0, 15)),
        ]),
        ...list(lasting(chance, breath, 38, 46), () => calm + chance.between(0, 15)),
      ];
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
