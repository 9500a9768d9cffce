/**
 * The programs that are measured: such that who knows something pays less than who does not.
 */
import { firstWithRoom } from '../hindsight.ts';
import { accountOf } from './account.ts';
import { foreseen } from './hindsight.ts';
import { answersOf } from './play-policy.ts';
import { type Plain, plainPolicies } from './policies.ts';
import { type Program, type ProgramName, programFor } from './programs.ts';
import type { ExerciseAdvice } from './real-memory.ts';
import { type AdviceRun, costOf } from './run.ts';

/** Of the plain cost: hindsight costs that at most. */
const mostOfPlain = 0.65;

export interface PlainRun {
  readonly name: string;
  readonly said: readonly ExerciseAdvice[];
  readonly run: AdviceRun;
  readonly cost: number;
}

/** What the cheapest of the plain policies says and costs. */
export function bestPlain(program: Program, weight: number): PlainRun {
  const all = plainPolicies(weight).map(({ name, advise }: Plain): PlainRun => {
    const said = answersOf(program, advise);
    const run = accountOf(program, said);
    return { name, said, run, cost: costOf(run, weight) };
  });
  return all.reduce((least, one) => (one.cost < least.cost ? one : least));
}

/** A program on which there is something to know, and what it costs who does not or does. */
export const tellingProgram = (name: ProgramName, seed: string, weight: number) =>
  firstWithRoom(
    seed,
    async (one) => {
      const program = programFor(name, one);
      const bound = accountOf(program, foreseen(program, weight));
      return { program, bound, plain: bestPlain(program, weight).cost, hindsight: costOf(bound, weight) };
    },
    mostOfPlain,
  );
