/**
 * How many Ps the threads of a trace get: one each, as far as a heap can have them, unless fewer are asked for.
 */
import { maxPs } from '../../base/units.ts';
import { heapOptions } from '../../design/options.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';

/** @param asked 0: one a thread. @param threads of the trace; undefined where it does not tell, or does so only on the way */
export function psOf(asked: number, threads: number | undefined): number {
  const most = asked > 0 ? asked : maxPs;
  return Math.max(1, Math.min(most, threads ?? (asked > 0 ? asked : heapOptions.ps.default)));
}

/** The options of a heap that has so many. */
export function withPs(options: LabHeapOptions, ps: number): LabHeapOptions {
  return ps > (options.ps ?? heapOptions.ps.default) ? { ...options, ps } : options;
}
