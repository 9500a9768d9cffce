/**
 * Programs of half a minute that tell triggers apart.
 *
 * - *busy*: little lives and much is allocated: a goal by what lives collects all the time
 * - *ample*: much is loaded and lives, and little is allocated: a goal by what lives wastes memory
 * - *breathing*: the one, and the other, by turns
 */
import { MiB, second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Phase } from './collector.ts';

export const programNames = ['busy', 'ample', 'breathing'] as const;
export type ProgramName = (typeof programNames)[number];

export const programSeconds = 30;

/** Least and most of what lives, and of what is allocated in a second: MiB. */
type Ranges = readonly [number, number, number, number];

const busy: Ranges = [6, 12, 500, 800];
const loading: Ranges = [180, 220, 350, 450];
const idle = [10, 20] as const;

export function phasesFor(name: ProgramName, seed: string): Phase[] {
  const chance = chanceOf(`${seed} ${name}`);
  const phase = (from: number, [a, b, c, d]: Ranges): Phase => ({
    from: from * second,
    live: chance.between(a, b) * MiB,
    rate: chance.between(c, d) * MiB,
  });
  const idling = (from: number, live: number): Phase => ({
    from: from * second,
    live,
    rate: chance.between(...idle) * MiB,
  });
  if (name === 'busy') return [phase(0, busy)];
  const load = phase(0, loading);
  if (name === 'ample') return [load, idling(1, load.live)];
  const phases: Phase[] = [];
  for (let from = 0; from < programSeconds; from += chance.between(8, 10)) {
    const loaded = phase(from + 4, loading);
    phases.push(phase(from, busy), loaded, idling(from + 4.8, loaded.live));
  }
  return phases;
}
