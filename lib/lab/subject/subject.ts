/**
 * What a run is made of, by its name: a trace or a built-in workload, in one namespace.
 *
 * A file of that name in the working directory comes first, then a shipped trace, then a workload; anything
 * else is taken for a file, and opening it says what is wrong.
 */

import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import { type Asked, type Options, withDefaults } from '../../design/option.ts';
import { fileError, linkTarget, nothingAt } from '../../os/file-error.ts';
import { standardInput } from '../trace/bytes.ts';
import { OperationBatch } from '../trace/operations.ts';
import { isPageTrace, readPageEvents } from '../trace/page-events.ts';
import { rawFileOf } from '../trace/raw-files.ts';
import { TraceReader } from '../trace/reader.ts';
import { nearest } from './nearest-name.ts';
import { resolveTrace, shippedTraces } from './shipped-traces.ts';
import { traceOptions, workloadOptions } from './subject-options.ts';
import { type SubjectRequest, traceName } from './subject-request.ts';

/** The options of both kinds, those that are given. */
export interface SubjectOptions extends Asked<typeof traceOptions>, Asked<typeof workloadOptions> {}

/** A trace or a workload, with what a run of it is asked. */
export interface Subject {
  readonly name: string;
  readonly run: SubjectRequest;
  /** Seconds of work (a guess where it is as fast as it goes) and of idleness, for progress. */
  readonly work: number;
  readonly idle: number;
  /** Whether the work takes as long as `work` says. */
  readonly paced: boolean;
}

function refuseOthers(name: string, options: SubjectOptions, others: Options, why: string): void {
  const given = Object.entries(others).filter(([key]) => options[key as keyof SubjectOptions] !== undefined);
  if (given.length === 0) return;
  const flags = given.map(([key, { flag = key }]) => `--${flag}`).join(', ');
  throw new PageHeapError('ERR_INVALID_OPTION', `${flags}: ${name} is a ${why}`, { value: name });
}

/** How long work that is not paced may take: unknown, so it gets a few seconds' worth of the bar. */
const unpaced = 5;

/** What has to be known of a workload, which lies above this. */
export interface KnownWorkload {
  readonly name: string;
  /** Seconds of idleness in it. */
  readonly idleSeconds: number;
  readonly hasMoreCollections?: true;
  readonly hasDepth?: true;
}

/** @throws PageHeapError ERR_INVALID_OPTION for options of the other kind; ERR_FILE for a folder of several raw files */
export function subjectOf(
  name: string,
  options: SubjectOptions,
  workloads: readonly KnownWorkload[],
): Subject {
  const raw = rawFileOf(name);
  const path = raw ?? resolveTrace(name);
  const isTrace = path !== name || path === standardInput || existsSync(path);
  const workload = isTrace ? undefined : workloads.find((w) => w.name === name);
  if (workload !== undefined) {
    refuseOthers(name, options, traceOptions, 'workload; these are for traces');
    const { moreCollections, depth } = workloadOptions;
    if (workload.hasMoreCollections !== true)
      refuseOthers(name, options, { moreCollections }, 'workload without such a variant');
    if (workload.hasDepth !== true) refuseOthers(name, options, { depth }, 'workload without a depth');
    return {
      name,
      run: {
        workload: { name, ...options },
      },
      work: unpaced,
      idle: workload.idleSeconds * (options.timeScale ?? workloadOptions.timeScale.default),
      paced: false,
    };
  }
  refuseOthers(
    name,
    options,
    workloadOptions,
    `trace; these are for built-in workloads (${calledAs()} workloads)`,
  );
  const pace = withDefaults(traceOptions, options);
  return {
    // What is left of my.rec.gz lies in my.rec.gz.raw-Xy12ab.
    name: traceName(raw === undefined ? path : name.replace(/(\.raw-[^/]*)?\/*$/, '')),
    run: { trace: path, ...pace },
    work: pace.seconds || unpaced,
    idle: pace.idle,
    paced: pace.seconds > 0,
  };
}

/**
 * A page trace whose pace nobody said goes by its own time, as far as that is shorter than what is usual, and where it also says
 * what is given back, nothing is waited for afterwards: a text of eight lines is over at once.
 * @throws PageHeapError ERR_FILE, ERR_TRACE of a page trace
 */
export async function withOwnPace(subject: Subject, { seconds, idle }: SubjectOptions): Promise<Subject> {
  const { trace, releases, ...run } = subject.run;
  if (trace === undefined || (seconds !== undefined && idle !== undefined) || !(await isPageTrace(trace)))
    return subject;
  const { count, times } = await readPageEvents(trace);
  const length = count === 0 ? 0 : (times[count - 1] ?? 0) / 1e9;
  const work = seconds ?? Math.min(length, traceOptions.seconds.default);
  const rest = idle ?? (releases === 'own' ? traceOptions.idle.default : 0);
  return {
    ...subject,
    run: { ...run, trace, ...(releases === undefined ? {} : { releases }), seconds: work, idle: rest },
    work: work || unpaced,
    idle: rest,
    paced: work > 0,
  };
}

/** What a run or comparison is called: its subject's name, or its own. @throws ERR_INVALID_OPTION for none */
export function nameFor(subject: Subject, own: string | undefined): string {
  if (own?.trim() === '')
    throw new PageHeapError('ERR_INVALID_OPTION', '--name: an empty name is none', { value: own });
  return own ?? subject.name;
}

/**
 * Opens a trace and reads its head, so that what is wrong with it is said before anything is made. What can
 * be read but once is left alone.
 * @param runs how often it is to be read
 * @param workloads whose names it may have meant
 * @returns whether it has an operation, as far as is known
 * @throws PageHeapError ERR_FILE, ERR_TRACE; ERR_INVALID_OPTION for what cannot be read so often
 */
export async function checkSubject(
  { run: { trace, strict } }: Subject,
  runs: number,
  workloads: readonly KnownWorkload[],
): Promise<boolean> {
  if (trace === undefined) return true;
  let stat: Stats | undefined;
  try {
    stat = trace === standardInput ? undefined : statSync(trace);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || trace === '' || linkTarget(trace) !== undefined) throw fileError(trace, cause);
    throw noSuchSubject(trace, workloads, cause);
  }
  if (stat === undefined || stat.isFIFO() || stat.isSocket()) {
    if (runs === 1) return true;
    const what = stat === undefined ? 'standard input' : trace;
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${what} can be read only once, and there are ${runs} runs: save it to a file and name that, ` +
        'as in `cat > my.mtrace`',
      { value: trace },
    );
  }
  if (await isPageTrace(trace)) return true;
  const reader = await TraceReader.open(trace, strict);
  try {
    return await reader.fill(new OperationBatch());
  } finally {
    await reader.close();
  }
}

/** Nothing has this name: what was meant, most likely. */
function noSuchSubject(name: string, workloads: readonly KnownWorkload[], cause: unknown): PageHeapError {
  const names = name.includes('/') ? [] : [...shippedTraces(), ...workloads.map((w) => w.name)];
  const meant = nearest(name, [...names, ...filesBeside(name)]);
  const what = name.includes('/') ? nothingAt(name) : 'no such file, shipped trace or workload';
  const why = meant === undefined ? what : `${what}; did you mean ${meant}?`;
  return new PageHeapError('ERR_FILE', why, { file: name, syscall: 'stat', cause });
}

/** Names of files in the folder of a file, as the file was named. */
function filesBeside(name: string): string[] {
  try {
    const folder = name.slice(0, name.lastIndexOf('/') + 1);
    return readdirSync(folder || '.').map((file) => `${folder}${file}`);
  } catch {
    return [];
  }
}
