/**
 * What `run` and `compare` of the library are asked for: options as the command line has them, by the library's names.
 *
 * Not here: what they do (run.ts, compare.ts).
 */
import { fileURLToPath } from 'node:url';
import { PageHeapError } from '../../base/errors.ts';
import { type Generation, isGeneration } from '../../design/design.ts';
import { type Asked, checkGiven, type Options } from '../../design/option.ts';
import type { RunProgress } from '../run/run-options.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import type { SubjectOptions } from '../subject/subject.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';

/** The options of a heap in a process of its own: what can be sent there. */
export interface RunHeapSettings extends Omit<LabHeapOptions, 'pageHeap'> {
  /**
   * Who hands out pages: a generation's page heap, or a module with a custom one. A module is a URL, or a path: a text
   * with a dot or a slash in it.
   */
  readonly pageHeap?: Generation | (string & {}) | URL;
}

/** What a run and a comparison have in common. */
export interface SubjectSettings extends SubjectOptions, Asked<typeof samplingOptions> {
  /** What it is called. Default: the subject's name. */
  readonly name?: string;
  /** The folder for its files; made if it is not there. Default: `runs`. */
  readonly out?: string;
  /** Aborting it ends the run soon, with what was recorded until then. */
  readonly signal?: AbortSignal;
}

export interface RunSettings extends SubjectSettings {
  /** The heap. Default: the design of 2023, as GOGC, GOMEMLIMIT and GODEBUG have it. */
  readonly heap?: RunHeapSettings;
  /** The run file. Default: a new one in `out`. One that is there is replaced. */
  readonly file?: string;
  /** Called on every beat. What it throws, or rejects with, ends the run, and `run` rejects with it. */
  readonly onProgress?: (progress: RunProgress) => unknown;
}

export interface CompareSettings extends SubjectSettings {
  /** Heaps by their labels; a generation alone is its design as it is. Default: the three generations. */
  readonly configurations?: Readonly<Record<string, Generation | RunHeapSettings>>;
  /** What every configuration has that does not say otherwise. */
  readonly heap?: RunHeapSettings;
  /** Runs of each configuration, 1 to 100. Default: 3. */
  readonly repeat?: number;
  /** Called on every beat, as a run's. `run` counts from 1 to `runs`. */
  readonly onProgress?: (progress: CompareProgress) => unknown;
}

export interface CompareProgress extends RunProgress {
  /** The configuration that runs. */
  readonly label: string;
  readonly run: number;
  readonly runs: number;
}

const subjectDeclared = { ...traceOptions, ...workloadOptions } as const satisfies Options;

/** @throws PageHeapError ERR_INVALID_OPTION for what is no object, and for a name that is none of the options' */
export function requireNames(given: object, others: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new PageHeapError('ERR_INVALID_OPTION', 'options must be an object', { value: given });
  const known = new Set([...Object.keys({ ...subjectDeclared, ...samplingOptions }), ...others]);
  for (const name of Object.keys(given))
    if (!known.has(name))
      throw new PageHeapError('ERR_INVALID_OPTION', `there is no option ${name}`, { value: name });
}

/** Of what is given the members that are declared. @throws PageHeapError ERR_INVALID_OPTION, naming the option */
function pick(declared: Options, given: object): Record<string, unknown> {
  const found = Object.entries(given).filter(
    ([name, value]) => value !== undefined && Object.hasOwn(declared, name),
  );
  const values = Object.fromEntries(found);
  checkGiven(declared, values);
  return values;
}

export function subjectOptionsIn(given: object): SubjectOptions {
  return pick(subjectDeclared, given);
}

export function samplingIn(given: object): Asked<typeof samplingOptions> {
  return pick(samplingOptions, given);
}

/** A heap as a run takes it: the module of a custom page heap apart. */
export interface SentHeap {
  readonly heap: LabHeapOptions;
  readonly pageHeapFile?: string;
}

/** @throws PageHeapError ERR_INVALID_OPTION for a class, which cannot be sent to another process */
export function sentHeap({ pageHeap, ...heap }: RunHeapSettings): SentHeap {
  if (pageHeap === undefined) return { heap };
  if (typeof pageHeap === 'function')
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      'option pageHeap: a class cannot be sent to the process of a run; give the path or the URL of its module',
      { value: pageHeap, option: 'pageHeap' },
    );
  if (pageHeap instanceof URL) return { heap, pageHeapFile: fileURLToPath(pageHeap) };
  if (isGeneration(pageHeap) || !/[./]/.test(pageHeap))
    return { heap: { ...heap, pageHeap: pageHeap as Generation } };
  return { heap, pageHeapFile: pageHeap };
}
