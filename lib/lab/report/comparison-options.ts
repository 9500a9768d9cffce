/**
 * How a comparison was made: the subject with all that was asked of it, the options in which its configurations
 * differ, and those that they have in common and that are not their generation's defaults.
 *
 * Not here: the machine (comparison.ts).
 */

import { type Generation, generations } from '../../design/design.ts';
import { type Options as DeclaredOptions, recordedIn, withDefaults } from '../../design/option.ts';
import { resolveOptions } from '../../design/options.ts';
import { recordedOptions } from '../../design/recorded.ts';
import type { ComparedRuns } from '../metrics/comparison.ts';
import type { RunHeader, RunValue } from '../record/lines.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';
import { formatNumber } from './client/format.ts';
import { hasFlag, isSetByWorkload, optionInWords, optionName } from './option-names.ts';

/** A name, and a value for each configuration. */
export interface OptionRow {
  readonly name: string;
  readonly values: readonly string[];
  /** What is to be known of the name. */
  readonly note?: string;
}

type Options = Readonly<Record<string, RunValue>>;

/** An option's name, with a note of whose it is where the command line does not have it. */
function named(configurations: readonly ComparedRuns[], key: string): Omit<OptionRow, 'values'> {
  const header = configurations.flatMap(({ runs }) => runs)[0]?.header;
  const isOfWorkload = header?.workload !== undefined && isSetByWorkload(key);
  // Variables of other allocators are theirs.
  const isForeign = key === 'contender' || /^[A-Z]/.test(key);
  const note = isOfWorkload ? 'set by the workload' : hasFlag(key) || isForeign ? '' : 'of the library alone';
  return { name: optionName(key), ...(note === '' ? {} : { note }) };
}

const text = (value: RunValue | undefined): string => JSON.stringify(value ?? null);

function optionsOf(configurations: readonly ComparedRuns[]): Options[] {
  return configurations.flatMap(({ runs }) => runs.slice(0, 1).map(({ header }) => header.options ?? {}));
}

const namesOf = (options: readonly Options[]): string[] => [
  ...new Set(options.flatMap((o) => Object.keys(o))),
];

const isCommon = (options: readonly Options[], name: string): boolean =>
  new Set(options.map((o) => text(o[name]))).size <= 1;

const isContender = ({ runs }: ComparedRuns): boolean => runs[0]?.header.contender !== undefined;

/**
 * The options in which the configurations differ; of one without a run nothing is known. Heaps are held against heaps: that an
 * allocator of others has none of their options says nothing. What it was asked itself is told where not all were.
 */
export function differingOptions(configurations: readonly ComparedRuns[]): OptionRow[] {
  const each = configurations.map(({ runs }) => runs[0]?.header.options);
  const all = optionsOf(configurations);
  const heaps = optionsOf(configurations.filter((one) => !isContender(one)));
  const ofOthers = namesOf(optionsOf(configurations.filter(isContender)));
  const differing = (name: string): boolean =>
    !isCommon(heaps, name) || (ofOthers.includes(name) && !isCommon(all, name));
  return namesOf(all)
    .filter(differing)
    .map((name) => ({
      ...named(configurations, name),
      values: each.map((options) => optionInWords(name, options?.[name])),
    }));
}

/** What a heap of a generation has without being asked; undefined where there is no such generation. */
function defaultsOf(generation: RunValue | undefined): Options | undefined {
  const known = generations.find((name): name is Generation => name === generation);
  if (known === undefined) return undefined;
  const heap = recordedOptions(resolveOptions({ generation: known, environment: false }));
  return { ...recordedIn('options', traceOptions, withDefaults(traceOptions, {})), ...heap } as Options;
}

/** The options that all configurations with runs have in common and that are not the defaults of all of them. */
export function commonOptions(configurations: readonly ComparedRuns[]): OptionRow[] {
  const known = optionsOf(configurations);
  const defaults = known.map(({ generation }) => defaultsOf(generation));
  const isDefault = (name: string): boolean =>
    defaults.every((of) => of === undefined || text(of[name]) === text(known[0][name]));
  return namesOf(known)
    .filter((name) => isCommon(known, name) && !isDefault(name))
    .map((name) => ({ ...named(configurations, name), values: [optionInWords(name, known[0][name])] }));
}

/** The options that stand in one member of the header: those that are declared, in their order, then all others. */
function memberRows(
  options: DeclaredOptions,
  member: Options = {},
  words: (key: string, value: RunValue) => string = optionInWords,
): OptionRow[] {
  const keys = new Set([...Object.keys(options), ...Object.keys(member)]);
  return [...keys].flatMap((key) => {
    const value = member[key];
    return value === undefined ? [] : [{ name: optionName(key), values: [words(key, value)] }];
  });
}

/** Numbers of a workload are told as they are typed: a seed is no amount. */
const asTyped = (key: string, value: RunValue): string =>
  typeof value === 'number' ? String(value) : optionInWords(key, value);

/** What the subject is and how it was to go, by the names of the flags. */
export function subjectRows(header: RunHeader | undefined): OptionRow[] {
  if (header === undefined) return [];
  const { workload, trace, pace } = header;
  if (workload !== undefined) {
    const { name, ...rest } = workload;
    const first = { name: 'workload', values: [String(name)] };
    return [first, ...memberRows(workloadOptions, rest, asTyped), ...memberRows(samplingOptions, pace)];
  }
  const { name, ops } = trace ?? {};
  const of = ops === undefined ? '' : `, ${formatNumber(ops)} operations`;
  const named = name === undefined ? [] : [{ name: 'trace', values: [`${name}${of}`] }];
  return [...named, ...memberRows({ ...traceOptions, ...samplingOptions }, pace)];
}
