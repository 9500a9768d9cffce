/**
 * What a run is asked for, what it tells meanwhile, and what it answers. All of it is plain data that
 * can be posted to another process.
 */
import { type Asked, checkGiven, refuseOption, type Values, withDefaults } from '../../design/option.ts';
import type { RunSample, RunValue } from '../record/lines.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import type { ModuleFiles } from '../subject/modules.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';
import { type SubjectRequest, traceName } from '../subject/subject-request.ts';

/** The program that carries out operations on an allocator of others, in a process of its own (../contenders/). */
export interface ReplayerProgram {
  /** What the allocator is called. */
  readonly contender: string;
  readonly file: string;
  /** What its environment has beside this process's. */
  readonly env: Readonly<Record<string, string>>;
  /** What stands in the run file as its options. */
  readonly settings: Readonly<Record<string, RunValue>>;
  /** The library that must be in the process as its malloc. */
  readonly loads?: string;
  /** A variable that gets the number of threads of the trace, where the allocator is told. */
  readonly threadsIn?: string;
}

/** What a run is asked for. */
export interface RunOptions extends SubjectRequest, Asked<typeof samplingOptions> {
  /** Where the run file goes; a file that is there is replaced. */
  readonly output: string;
  /** What the run is called. Default: the trace's name without folder and endings. */
  readonly name?: string;
  readonly heap?: LabHeapOptions;
  /** Modules with a custom page heap and other parts, by the options that they are for. */
  readonly modules?: ModuleFiles;
  /** An allocator of others, instead of a heap. */
  readonly contender?: ReplayerProgram;
  /** Whether a person can steer it while it runs (tempo.ts). Default: no. */
  readonly steerable?: boolean;
  /** The command that asked for the run, for the file's first line. */
  readonly command?: readonly string[];
  /** What the environment asks for in vain was told already. Default: the run says it on standard error. */
  readonly warned?: boolean;
  /** The version of this package, for the file's first line. */
  readonly version?: string;
}

/** counting, replay, idle; of a workload work and idle. */
export type RunPhase = string;

/** How far a run is; sent on every beat. */
export interface RunProgress {
  readonly phase: RunPhase;
  /** The share of this phase that is done, 0 to 1; undefined where it cannot be known. */
  readonly share: number | undefined;
  /** Operations so far, and in all where that is known. */
  readonly ops: number;
  readonly totalOps: number | undefined;
  /** The sample of this beat; undefined while counting. */
  readonly sample: RunSample | undefined;
}

export type RunReason = 'done' | 'interrupted';

export interface RunResult {
  /** The run file. */
  readonly file: string;
  readonly reason: RunReason;
  readonly ops: number;
  /** Seconds of replay. */
  readonly seconds: number;
  readonly opsPerSec: number;
  /** Bytes of the heap's ranges; null where the kernel does not tell. */
  readonly peakRss: number | null;
  readonly endRss: number | null;
  /** What the operations came to. */
  readonly counts: Readonly<Record<string, RunValue>>;
}

const declared = { ...traceOptions, ...samplingOptions };

/** The options that have defaults, in full. */
export type ResolvedRunOptions = Values<typeof declared>;

/** Checks options and fills in what is missing. @throws PageHeapError ERR_INVALID_OPTION, naming the option */
export function resolveRunOptions(options: RunOptions): ResolvedRunOptions {
  const { trace, workload } = options;
  checkGiven(declared, { ...options });
  if ((trace === undefined) === (workload === undefined))
    refuseOption('trace', `must be given, or a workload instead, not ${String(trace)}`, trace);
  checkGiven(workloadOptions, { ...workload });
  return withDefaults(declared, options);
}

/** What a run is called: its own name, or its trace's or workload's. */
export function nameOf(options: RunOptions): string {
  return options.name ?? options.workload?.name ?? traceName(options.trace ?? '');
}
