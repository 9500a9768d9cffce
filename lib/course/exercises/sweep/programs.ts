/**
 * Programs between two collections that tell ways of sweeping apart, and the figures that they are told apart by.
 */
import type { Chance } from '../../model/seeds.ts';
import type { Program, Run } from './own.ts';

export const programNames = ['even', 'bursts', 'full'] as const;
export type ProgramName = (typeof programNames)[number];

/** - *even*: a page or two at a time · *bursts*: now and then many at once · *full*: hardly an empty span, and a short way */
export function programOf(name: ProgramName, chance: Chance): Program {
  const spans = 220;
  // Survivors lie low.
  const emptyAt = (span: number): number => (span < 0.6 * spans ? 5 : name === 'full' ? 25 : 90);
  const pages = Array.from({ length: spans }, () => chance.oneOf([1, 1, 1, 1, 2, 2, 3, 4, 6]));
  const living = pages.map((_, span) => (chance.between(0, 99) < emptyAt(span) ? 0 : chance.between(1, 60)));
  const all = pages.reduce((sum, n) => sum + n, 0);
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

export type FigureName = 'longest pause' | 'growth' | 'debt';

export function figureOf(name: FigureName, { heap, takes }: Program, run: Run): number {
  const sum = (list: readonly number[]): number => list.reduce((all, n) => all + n, 0);
  const all = sum(heap.pages);
  const empty = sum(heap.pages.filter((_, span) => heap.living[span] === 0));
  switch (name) {
    case 'longest pause':
      return Math.round((10 * run.longest * takes.length) / all) / 10;
    case 'growth':
      return Math.round((1000 * (run.grown - Math.max(0, heap.distance - empty))) / empty) / 10;
    case 'debt':
      return Math.round((1000 * run.debt) / all) / 10;
  }
}
