/**
 * The programs that are measured: such that who knows something pays less than who does not.
 */
import { firstWithRoom } from '../hindsight.ts';
import type { Prices } from './heap.ts';
import { withHindsight } from './hindsight.ts';
import { bestPlain } from './policies.ts';
import { livesFor, type ProgramName } from './programs.ts';

/** The program of a seed, and what it costs. */
export async function programFor(name: ProgramName, seed: string, prices: Prices) {
  const lives = livesFor(name, seed);
  const { run, cost } = await withHindsight(lives, prices);
  return { lives, known: run, hindsight: cost, plain: (await bestPlain(lives, prices)).cost };
}

/** Of the plain cost: hindsight costs that at most on a program that is taken. */
export const leastRoom = 0.7;

export const tellingProgram = (name: ProgramName, seed: string, prices: Prices) =>
  firstWithRoom(seed, (one) => programFor(name, one, prices), leastRoom);
