/**
 * What triggers cost. A run is paid for by time, as a machine is that is hired: for its memory, and for a processor. What would be paid
 * without garbage and without collections is no trigger's fault; the rest is *waste*.
 *
 * Programs of MiB and of GiB are held together by ratios: the waste of each over that of the reference, and of these the
 * geometric mean.
 */
import { MiB, second } from '../../../base/units.ts';
import { type CollectorRun, collect, figuresOf, type Program, tables } from './collector.ts';
import { byRate, type Policy, type Prices, plainPolicies } from './policies.ts';

/** MiB for seconds. */
export function wasteOf(run: CollectorRun, { phases, end }: Program, { price }: Prices): number {
  const { memory, time } = figuresOf(run);
  const paid = (memory / MiB + price) * (time / second);
  const needed = phases.reduce((sum, { from, live }, i) => {
    const to = phases[i + 1]?.from ?? end;
    return sum + ((live + tables) / MiB + price) * ((to - from) / second);
  }, 0);
  return paid - needed;
}

/** A run that does not end, or passes a limit, counts as so many times the reference's. */
export const spoilt = 20;

export function passesLimit(run: CollectorRun, { limits }: Program): boolean {
  const limit = Math.min(...limits.map(({ bytes }) => bytes));
  return figuresOf(run).peak > limit;
}

export function ratioOf(run: CollectorRun, program: Program, prices: Prices, reference: number): number {
  if (!run.done || passesLimit(run, program)) return spoilt;
  return Math.min(spoilt, wasteOf(run, program, prices) / reference);
}

export const meanRatio = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

export interface JudgedSet {
  readonly programs: readonly Program[];
  readonly references: readonly { readonly run: CollectorRun; readonly waste: number }[];
  readonly plain: number;
}

async function meanOf(
  make: () => Policy,
  { programs, references }: Pick<JudgedSet, 'programs' | 'references'>,
  prices: Prices,
): Promise<number> {
  const ratios: number[] = [];
  for (const [i, program] of programs.entries()) {
    const run = await collect(program, make());
    ratios.push(ratioOf(run, program, prices, references[i]?.waste ?? 1));
  }
  return meanRatio(ratios);
}

/** A set, what the reference makes of it, and the best of the plain policies. */
export async function judgedSet(programs: readonly Program[], prices: Prices): Promise<JudgedSet> {
  const references: { run: CollectorRun; waste: number }[] = [];
  for (const program of programs) {
    const run = await collect(program, byRate(prices));
    references.push({ run, waste: wasteOf(run, program, prices) });
  }
  let plain = Number.POSITIVE_INFINITY;
  for (const { policy } of plainPolicies)
    plain = Math.min(plain, await meanOf(() => policy, { programs, references }, prices));
  return { programs, references, plain };
}
