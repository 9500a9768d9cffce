/**
 * What `run` and `compare` of the library are asked for: options as the command line has them, by the library's names.
 *
 * Not here: what they do (run.ts, compare.ts).
 */
import { fileURLToPath } from 'node:url';
import { describe } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { type Generation, isGeneration } from '../../design/design.ts';
import { type Asked, checkGiven, type Options, refuseOption } from '../../design/option.ts';
import type { Parts } from '../../design/parts.ts';
import type { ContenderName, ContenderRequest } from '../contenders/contender.ts';
import { isJsonObject, object, type Shape, text } from '../record/shapes.ts';
import type { RunProgress } from '../run/run-options.ts';
import type { LabHeapOptions } from '../subject/heap-target.ts';
import { exportOf, type ModuleFiles } from '../subject/modules.ts';
import type { SubjectOptions } from '../subject/subject.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';
import { checkListening } from './arguments.ts';

/** Parts of the user's own: the path or the URL of a module. */
type PartModules = { readonly [K in keyof Parts]?: string | URL };

/** The options of a heap in a process of its own: what can be sent there. */
export interface RunHeapSettings extends Omit<LabHeapOptions, 'pageHeap' | keyof Parts>, PartModules {
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
  /**
   * Heaps by their labels; a generation alone is its design as it is. Or allocators of others: `{ contender: { name: 'jemalloc' } }`,
   * or the name of one alone. Default: the three generations.
   */
  readonly configurations?: Readonly<
    Record<string, Generation | ContenderName | RunHeapSettings | { readonly contender: ContenderRequest }>
  >;
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

/** What the options that are no values of declared ones must be. */
const otherShapes: Readonly<Record<string, Shape>> = {
  heap: object,
  name: text,
  out: text,
  file: text,
  configurations: object,
  repeat: (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100
      ? undefined
      : 'a whole number from 1 to 100',
};

/**
 * @throws PageHeapError ERR_INVALID_OPTION for what is no object, for a name that is none of the options', and for a value
 *   of one of `others` that it cannot have; ERR_INVALID_ARGUMENT for a signal or a listener that is none
 */
export function checkSettings(given: object, others: readonly string[]): void {
  if (!isJsonObject(given))
    throw new PageHeapError('ERR_INVALID_OPTION', 'options must be an object', { value: given });
  const known = new Set([...Object.keys({ ...subjectDeclared, ...samplingOptions }), ...others]);
  for (const name of Object.keys(given))
    if (!known.has(name))
      throw new PageHeapError('ERR_INVALID_OPTION', `there is no option ${name}`, { value: name });
  for (const [name, fault] of Object.entries(otherShapes)) {
    const must = given[name] === undefined ? undefined : fault(given[name]);
    if (must !== undefined) refuseOption(name, `must be ${must}, not ${describe(given[name])}`, given[name]);
  }
  checkListening(given);
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

function pathOf(option: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    return refuseOption(option, `must be the URL of a file, not ${describe(url.href)}`, url);
  }
}

/** A heap as a run takes it: modules of custom parts apart. */
export interface SentHeap {
  readonly heap: LabHeapOptions;
  readonly modules?: ModuleFiles;
}

/** Options of a heap that are the caller's own code, or ask for it: no other process can have them. */
const unsent = ['clock', 'onEvent', 'warn', 'sys', 'background', 'timed'];

/** @throws PageHeapError ERR_INVALID_OPTION for a class, or another option that cannot be sent to another process */
export function sentHeap({ pageHeap, ...heap }: RunHeapSettings): SentHeap {
  for (const name of unsent) {
    const value = (heap as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined)
      refuseOption(name, 'the heap of a run is in another process, and has none of this', value);
  }
  const values: Record<string, unknown> = {};
  const modules: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...heap, pageHeap })) {
    const isNamed = name === 'pageHeap';
    if (value === undefined || exportOf(name) === undefined) values[name] = value;
    else if (typeof value === 'function')
      refuseOption(
        name,
        'a class cannot be sent to the process of a run; give the path or the URL of its module',
        value,
      );
    else if (value instanceof URL) modules[name] = pathOf(name, value);
    else if (typeof value !== 'string')
      refuseOption(
        name,
        `must be ${isNamed ? 'a generation, or ' : ''}the path or URL of a module, not ${describe(value)}`,
        value,
      );
    else if (isNamed && (isGeneration(value) || !/[./]/.test(value))) values[name] = value;
    else modules[name] = value;
  }
  if (values.pageHeap === undefined) delete values.pageHeap;
  return { heap: values as LabHeapOptions, ...(Object.keys(modules).length > 0 ? { modules } : {}) };
}
