/**
 * Programs between two collections that tell ways of sweeping apart, and what a way costs on them.
 */
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { firstWithRoom, type Way } from '../hindsight.ts';
import { leastPause } from './hindsight.ts';
import type { Program, Run } from './own.ts';
import { plainWays, runOf } from './ways.ts';

export const programNames = ['even', 'bursts', 'full'] as const;
export type ProgramName = (typeof programNames)[number];

/** - *even*: a page or two at a time · *bursts*: now and then many at once · *full*: hardly an empty span, and a short way */
export function programOf(name: ProgramName, chance: Chance): Program {
  const spans = 220;
  // Survivors lie low.
  const emptyAt = (span: number): number => (span < 0.6 * spans ? 5 : name === 'full' ? 25 : 90);
  const pages = Array.from({ length: spans }, () => chance.oneOf([1, 1, 1, 1, 2, 2, 3, 4, 6]));
  const living = pages.map((_, span) => (chance.between(0, 99) < emptyAt(span) ? 0 : chance.between(1, 60)));
  const all = sum(pages);
  const distance = Math.round(all * (name === 'full' ? 0.2 : 0.35));
  const takes: number[] = [];
  // Bursts come again and again, but not in the beginning, nor in the end.
  let next = chance.between(10, 16);
  for (let left = distance; left > 0; ) {
    const burst = name === 'bursts' && takes.length >= next && left > distance / 6;
    if (burst) next = takes.length + chance.between(9, 13);
    const n = Math.min(left, burst ? chance.between(8, 12) : chance.oneOf([1, 1, 1, 2]));
    takes.push(n);
    left -= n;
  }
  return { heap: { pages, living, distance }, takes };
}

const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);

/** Pages that came from the system though a sweep could have freed them. */
export function grownInVain({ heap }: Program, { grown }: Run): number {
  const empty = sum(heap.pages.filter((_, span) => heap.living[span] === 0));
  return grown - Math.max(0, heap.distance - empty);
}

/** Pages of the longest pause, and pages that the heap grew by in vain. */
export const costOf = (program: Program, run: Run): number => run.longest + grownInVain(program, run);

/** Most pages behind, of all. */
export const debtOf = ({ heap }: Program, { debt }: Run): number => debt / sum(heap.pages);

export interface TellingProgram extends Way {
  readonly program: Program;
}

/** Of the best plain cost: hindsight costs that at most. */
const mostOfPlain: Readonly<Record<ProgramName, number>> = { even: 0.62, bursts: 0.5, full: 0.55 };

/** A program on which the shortest pause is clearly shorter than that of each plain way. */
export const programFor = (name: ProgramName, seed: string): Promise<TellingProgram> =>
  firstWithRoom(
    `${seed} ${name}`,
    async (one) => {
      const program = programOf(name, chanceOf(one));
      const costs = plainWays.map(({ of }) => costOf(program, runOf(program, of(program.heap))));
      return { program, plain: Math.min(...costs), hindsight: leastPause(program) };
    },
    mostOfPlain[name],
  );
