/**
 * Programs of two or three minutes, second by second, that tell scavenging policies apart.
 *
 * - *tide*: the same demand again and again, every few seconds: what goes back comes back at once
 * - *peak*: a peak at the beginning, then little for the rest: what stays is wasted
 * - *server*: a base, bursts now and then, and one long pause
 */
import { type Chance, chanceOf } from '../../model/seeds.ts';
import type { SecondOfWork } from './real-heap.ts';

/** Pages wanted in each second, as a program: what is too much is freed, oldest or youngest first. */
function programOf(demand: readonly number[], chance: Chance): SecondOfWork[] {
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

const seconds = 120;

const demands = {
  tide: (chance: Chance): number[] => {
    const period = chance.between(4, 7);
    const [low, high] = [chance.between(150, 250), chance.between(900, 1200)];
    return Array.from(
      { length: seconds },
      (_, s) => (s % period < period / 2 ? high : low) + chance.between(0, 30),
    );
  },
  peak: (chance: Chance): number[] => {
    const end = chance.between(8, 14);
    const [low, high] = [chance.between(100, 160), chance.between(1400, 1800)];
    return Array.from(
      { length: seconds },
      (_, s) => (s < end ? (high * (s + 1)) / end : low) + chance.between(0, 20),
    );
  },
  server: (chance: Chance): number[] => {
    const base = chance.between(350, 450);
    const pause = chance.between(50, 60);
    let burst = 0;
    return Array.from({ length: seconds }, (_, s) => {
      if (s >= pause && s < pause + 35) return base / 4 + chance.between(0, 10);
      if (burst === 0 && chance.between(0, 7) === 0) burst = chance.between(2, 4);
      if (burst > 0) burst--;
      return base + (burst > 0 ? 600 : 0) + chance.between(0, 30);
    });
  },
} as const;

export type ProgramName = keyof typeof demands;
export const programNames = Object.keys(demands) as ProgramName[];

export function programFor(name: ProgramName, seed: string): SecondOfWork[] {
  const chance = chanceOf(`${seed} ${name}`);
  return programOf(demands[name](chance).map(Math.round), chance);
}
