/**
 * Loads that change in steps: three runs of about a minute from a seed.
 */
import { second } from '../../../base/units.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Load, Scene } from './plant.ts';

export interface SteppedScene {
  readonly scene: Scene;
  /** When the load changes; the beginning is a step, too. */
  readonly steps: readonly number[];
}

const runs = 3;
const changes = 5;

export function scenesFor(seed: string): SteppedScene[] {
  return Array.from({ length: runs }, (_, run) => {
    const chance = chanceOf(`${seed} steps ${run}`);
    const wanted = chance.oneOf([0.01, 0.015, 0.02, 0.03]);
    const loads: Load[] = [{ from: 0, stretch: 1, lag: 0 }];
    let time = 0;
    for (let i = 0; i < changes; i++) {
      time += chance.between(9, 14) * second;
      loads.push({ from: time, stretch: i % 2 === 1 ? 1 : chance.between(3, 8), lag: 0 });
    }
    const end = time + 12 * second;
    return { scene: { wanted, loads, end, noise: 1 }, steps: loads.map(({ from }) => from) };
  });
}
