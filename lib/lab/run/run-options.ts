/**
 * What a run is asked for, what it tells meanwhile, and what it answers. All of it is plain data that
 * can be posted to another process.
 */
import { PageHeapError } from '../../base/errors.ts';
import type { RunSample, RunValue } from '../record/lines.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import { type SubjectRequest, traceName } from '../subject/subject-request.ts';
import { defaultBeatMs } from './sampler.ts';

/** What a run is asked for. */
export interface RunOptions extends SubjectRequest {
  /** Where the run file goes; a file that is there is replaced. */
  readonly output: string;
  /** What the run is called. Default: the trace's name without folder and endings. */
  readonly name?: string;
  readonly heap?: LabHeapOptions;
  /** A module with a custom page heap: see subject/load-page-heap.ts. */
  readonly pageHeapFile?: string;
  /** Milliseconds between samples, at least 1. Default 100. */
  readonly beatMs?: number;
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
  readonly peakRss: number;
  readonly endRss: number;
  /** What the operations came to. */
  readonly counts: Readonly<Record<string, RunValue>>;
}

/** The options that have defaults, in full. */
export type ResolvedRunOptions = Required<
  Pick<RunOptions, 'seconds' | 'idle' | 'collections' | 'beatMs' | 'touch' | 'strict'>
>;

/** Checks options and fills in what is missing. @throws PageHeapError ERR_INVALID_OPTION, naming the option */
export function resolveRunOptions(options: RunOptions): ResolvedRunOptions {
  const {
    seconds = 20,
    idle: idleSeconds = 20,
    collections = 2,
    beatMs = defaultBeatMs,
    touch = 'all',
    strict = false,
  } = options;
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `option ${name} must be ${expected}, not ${String(value)}`,
      { value },
    );
  };
  const longest = 1e6;
  if (!(seconds >= 0 && seconds <= longest)) refuse('seconds', `from 0 to ${longest}`, seconds);
  if (!(idleSeconds >= 0 && idleSeconds <= longest)) refuse('idle', `from 0 to ${longest}`, idleSeconds);
  if (!(Number.isInteger(collections) && collections >= 0))
    refuse('collections', 'a whole number from 0', collections);
  if (!(beatMs >= 1 && beatMs <= 60_000)) refuse('beatMs', 'from 1 to 60000', beatMs);
  if ((options.trace === undefined) === (options.workload === undefined))
    refuse('trace', 'given, or a workload instead', options.trace);
  const { scale = 1, timeScale = 1, seed } = options.workload ?? {};
  if (!(scale >= 0.001 && scale <= 100)) refuse('scale', 'from 0.001 to 100', scale);
  if (!(timeScale >= 0 && timeScale <= 100)) refuse('timeScale', 'from 0 to 100', timeScale);
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    refuse('seed', 'a whole number from 0 to below 2^32', seed);
  if (!['all', 'page', 'none'].includes(touch)) refuse('touch', 'all, page or none', touch);
  return { seconds, idle: idleSeconds, collections, beatMs, touch, strict };
}

/** What a run is called: its own name, or its trace's or workload's. */
export function nameOf(options: RunOptions): string {
  return options.name ?? options.workload?.name ?? traceName(options.trace ?? '');
}
