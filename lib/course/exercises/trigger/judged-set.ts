/**
 * A set of programs with what they are held against: hindsight on each of them, and the best of the plain policies on all.
 */
import { collect, type Program } from './collector.ts';
import { type Known, withHindsight } from './hindsight.ts';
import { type Policy, plainPolicies } from './policies.ts';
import { meanRatio, type Prices, ratioOf } from './waste.ts';

export interface JudgedSet {
  readonly programs: readonly Program[];
  readonly known: readonly Known[];
  /** The mean ratio. */
  readonly plain: number;
}

/** The mean ratio of a policy that is made anew for each program. */
export async function meanOf(
  make: () => Policy,
  { programs, known }: Pick<JudgedSet, 'programs' | 'known'>,
  prices: Prices,
): Promise<number> {
  const ratios: number[] = [];
  for (const [i, program] of programs.entries()) {
    const run = await collect(program, make());
    ratios.push(ratioOf(run, program, prices, known[i]?.waste ?? 1));
  }
  return meanRatio(ratios);
}

export async function judgedSet(programs: readonly Program[], prices: Prices): Promise<JudgedSet> {
  const known: Known[] = [];
  for (const program of programs) known.push(await withHindsight(program, prices));
  let plain = Number.POSITIVE_INFINITY;
  for (const { policy } of plainPolicies)
    plain = Math.min(plain, await meanOf(() => policy, { programs, known }, prices));
  return { programs, known, plain };
}
