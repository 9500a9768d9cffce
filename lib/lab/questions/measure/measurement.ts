/**
 * Measurements: what a question asks that no run of a workload shows. Each is a function over plain data, which a process of
 * its own calls (../measure-child.ts), so that its memory starts clean.
 */
export interface Measurement<P, R> {
  /** By which its process finds it. */
  readonly name: string;
  measure(params: P): R | Promise<R>;
}

/** Seconds that a measurement took, and that its thread was ready and had no CPU. */
export interface WaitedTime {
  readonly seconds: number;
  readonly waited: number;
}

/** The middle of some numbers, the lower of two. NaN of none. */
export function middleOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** The number that a share of all does not pass. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * (sorted.length - 1)))] ?? Number.NaN;
}
