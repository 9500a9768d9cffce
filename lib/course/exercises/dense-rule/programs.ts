/**
 * Programs of two minutes on chunks, that tell rules apart.
 *
 * - *breathing*: chunks that lose some of their pages and get them back within seconds; half of them stop at some time
 * - *fading*: chunks that empty in some seconds, for good, or until much later
 * - *holes*: chunks that stay at some number of pages, near full or far from it
 *
 * Half of the chunks of a program are of the other two kinds, and which chunk is of which kind is chance: its number tells nothing.
 */
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { chunkPages } from './chunk.ts';
import type { Life } from './heap.ts';

export const programNames = ['breathing', 'fading', 'holes'] as const;
export type ProgramName = (typeof programNames)[number];

const seconds = 120;
const chunks = 24;
const within = (n: number): number => Math.max(0, Math.min(chunkPages, Math.round(n)));

const lives: Readonly<Record<ProgramName, (chance: Chance) => number[]>> = {
  breathing: (chance) => {
    const [low, period, phase] = [chance.between(250, 470), chance.between(3, 6), chance.between(0, 5)];
    const end = chance.oneOf([chance.between(20, 60), seconds]);
    return Array.from({ length: seconds }, (_, s) => {
      if (s >= end) return low;
      return (s + phase) % period < period / 2 ? chance.between(505, 512) : low + chance.between(0, 10);
    });
  },
  fading: (chance) => {
    const [begin, speed, left] = [chance.between(4, 60), chance.between(20, 80), chance.between(0, 40)];
    return Array.from({ length: seconds }, (_, s) => Math.max(left, 511 - Math.max(0, s - begin) * speed));
  },
  holes: (chance) => {
    const level = chance.between(320, 508);
    const begin = chance.between(2, 8);
    return Array.from({ length: seconds }, (_, s) => (s < begin ? 511 : level));
  },
};

export function livesFor(name: ProgramName, seed: string): Life[] {
  const chance = chanceOf(`${seed} ${name}`);
  const others = programNames.filter((other) => other !== name);
  const kinds = Array.from({ length: chunks }, (_, i) =>
    i < chunks / 2 ? name : (others[i % others.length] as ProgramName),
  );
  for (let i = chunks - 1; i > 0; i--) {
    const j = chance.between(0, i);
    [kinds[i], kinds[j]] = [kinds[j] as ProgramName, kinds[i] as ProgramName];
  }
  return kinds.map((of) => lives[of](chance).map(within));
}
