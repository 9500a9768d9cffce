/**
 * What a run is asked to do: a trace with its pace, or a workload. Plain data that can be posted to another process.
 *
 * Not here: on what heap, and what is written of it (run/run-options.ts).
 */
import { basename } from 'node:path';
import type { Asked } from '../../design/option.ts';
import { standardInput } from '../trace/bytes.ts';
import type { traceOptions, workloadOptions } from './subject-options.ts';

/** A built-in workload, and how it is to go. */
export interface WorkloadOptions extends Asked<typeof workloadOptions> {
  readonly name: string;
}

/** A trace with its pace, or a workload. */
export interface SubjectRequest extends Asked<typeof traceOptions> {
  /** The trace: a file, or `-` for standard input. Either this or a workload. */
  readonly trace?: string;
  /** A built-in workload instead of a trace; then the options of traces do not count. */
  readonly workload?: WorkloadOptions;
}

/** "sqlite-ramp" of "traces/sqlite-ramp.mtrace.gz". */
export function traceName(path: string): string {
  return path === standardInput
    ? 'stdin'
    : basename(path).replace(/(?:\.(?:mtrace|rep|script|trace|rec|raw|txt|gz|zst))+$/, '');
}
