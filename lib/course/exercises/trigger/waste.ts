/**
 * What triggers cost. A run is paid for by time, as a machine is that is hired: for its memory, and for a processor. What would be paid
 * without garbage and without collections is no trigger's fault; the rest is *waste*.
 *
 * Programs of MiB and of GiB are held together by ratios: the waste of each over that with hindsight (hindsight.ts), and of these
 * the geometric mean.
 */
import { MiB, second } from '../../../base/units.ts';
import { type CollectorRun, figuresOf, type Program, tables } from './collector.ts';

export interface Prices {
  /** Bytes that a collection marks in a second. */
  readonly speed: number;
  /** What a processor costs: as much as so many MiB. */
  readonly price: number;
}

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

/** A run that does not end, or passes a limit, counts as so many times the waste with hindsight. */
export const spoilt = 20;

/** A limit that falls counts from the beginning. Infinity where there is none. */
export const leastLimit = ({ limits }: Program): number => Math.min(...limits.map(({ bytes }) => bytes));

export const passesLimit = (run: CollectorRun, program: Program): boolean =>
  figuresOf(run).peak > leastLimit(program);

export function ratioOf(run: CollectorRun, program: Program, prices: Prices, hindsight: number): number {
  if (!run.done || passesLimit(run, program)) return spoilt;
  return Math.min(spoilt, wasteOf(run, program, prices) / hindsight);
}

export const meanRatio = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
