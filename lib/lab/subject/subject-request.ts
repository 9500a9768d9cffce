/**
 * What a run is asked to do: a trace with its pace, or a workload. Plain data that can be posted to another process.
 *
 * Not here: on what heap, and what is written of it (run/run-options.ts).
 */
import { basename } from 'node:path';
import { standardInput } from '../trace/bytes.ts';

/** What is written of each object: every byte, one byte of each physical page, or nothing. */
export type TouchMode = 'all' | 'page' | 'none';

/** A built-in workload, and how it is to go. */
export interface WorkloadOptions {
  readonly name: string;
  /** Default: the workload's own. */
  readonly seed?: number;
  /** Multiplies its memory: 0.001 to 100. Default 1. */
  readonly scale?: number;
  /** Multiplies its idle stretches: 0 to 100. Default 1. */
  readonly timeScale?: number;
  /** Two more collections after big drops, where the workload has such a variant. */
  readonly moreCollections?: boolean;
}

/** A trace with its pace, or a workload. */
export interface SubjectRequest {
  /** The trace: a file, or `-` for standard input. Either this or a workload. */
  readonly trace?: string;
  /** A built-in workload instead of a trace; then `seconds`, `idle`, `collections`, `touch`, `strict` do not count. */
  readonly workload?: WorkloadOptions;
  /** Seconds of replay; 0: as fast as it goes. Standard input always is. Default 20. */
  readonly seconds?: number;
  /** Seconds of idleness after it. Default 20. */
  readonly idle?: number;
  /** Collections at the beginning of the idle stretch, a second apart. Default 2. */
  readonly collections?: number;
  /** What is written of each object. Default: all. */
  readonly touch?: TouchMode;
  /** Unknown frees and live reuse end the run with an error. Default: they are counted. */
  readonly strict?: boolean;
}

/** "sqlite-ramp" of "traces/sqlite-ramp.mtrace.gz". */
export function traceName(path: string): string {
  return path === standardInput
    ? 'stdin'
    : basename(path).replace(/(?:\.(?:mtrace|rep|script|trace|txt|gz))+$/, '');
}
