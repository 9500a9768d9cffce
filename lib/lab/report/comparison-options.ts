/**
 * How a comparison was made: the subject with all that was asked of it, the options in which its configurations
 * differ, and those that they have in common and that are not their generation's defaults.
 *
 * Not here: the machine (comparison.ts).
 */

import { type Generation, generations } from '../../design/design.ts';
import { resolveOptions } from '../../design/options.ts';
import type { ComparedRuns } from '../metrics/comparison.ts';
import type { RunHeader, RunValue } from '../record/lines.ts';
import { formatDuration, formatNumber } from './client/format.ts';
import { isSetByWorkload, optionInWords, optionName } from './option-names.ts';

/** A name, and a value for each configuration. */
export interface OptionRow {
  readonly name: string;
  readonly values: readonly string[];
  /** What is to be known of the name. */
  readonly note?: string;
}

type Options = Readonly<Record<string, RunValue>>;

/** An option's name as the command line has it; one that a workload set is told as that. */
function named(configurations: readonly ComparedRuns[], key: string): Omit<OptionRow, 'values'> {
  const header = configurations.flatMap(({ runs }) => runs)[0]?.header;
  const isOfWorkload = header?.workload !== undefined && isSetByWorkload(key);
  return { name: optionName(key), ...(isOfWorkload ? { note: 'set by the workload' } : {}) };
}

const text = (value: RunValue | undefined): string => JSON.stringify(value ?? null);

function optionsOf(configurations: readonly ComparedRuns[]): Options[] {
  return configurations.flatMap(({ runs }) => runs.slice(0, 1).map(({ header }) => header.options ?? {}));
}

const namesOf = (options: readonly Options[]): string[] => [
  ...new Set(options.flatMap((o) => Object.keys(o))),
];

const isCommon = (options: readonly Options[], name: string): boolean =>
  new Set(options.map((o) => text(o[name]))).size === 1;

/** The options in which the configurations differ; of one without a run nothing is known. */
export function differingOptions(configurations: readonly ComparedRuns[]): OptionRow[] {
  const known = optionsOf(configurations);
  const each = configurations.map(({ runs }) => runs[0]?.header.options);
  return namesOf(known)
    .filter((name) => !isCommon(known, name))
    .map((name) => ({
      ...named(configurations, name),
      values: each.map((options) => optionInWords(name, options?.[name])),
    }));
}

/** What a heap of a generation has without being asked; undefined where there is no such generation. */
function defaultsOf(generation: RunValue | undefined): Options | undefined {
  const known = generations.find((name): name is Generation => name === generation);
  if (known === undefined) return undefined;
  const { parts, ...rest } = resolveOptions({ generation: known, environment: false });
  const { pageHeapClass: _class, ...names } = parts;
  return { touch: 'all', strict: false, ...names, ...(rest as unknown as Options) };
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

const numberOf = (value: RunValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

/** What the subject is and how it was to go, by the names of the flags. */
export function subjectRows(header: RunHeader | undefined): OptionRow[] {
  if (header === undefined) return [];
  const { workload, trace, pace = {} } = header;
  const rows: [string, string | undefined][] = [];
  if (workload !== undefined) {
    const { name, seed, scale, timeScale, moreCollections } = workload;
    rows.push(
      ['workload', String(name)],
      ['seed', seed === undefined ? undefined : String(seed)],
      ['scale', scale === undefined ? undefined : String(scale)],
      ['time-scale', timeScale === undefined ? undefined : String(timeScale)],
      ['more-collections', moreCollections === undefined ? undefined : moreCollections ? 'on' : 'off'],
    );
  } else {
    const [seconds, idle, collections] = [pace.seconds, pace.idle, pace.collections].map(numberOf);
    const { name, ops } = trace ?? {};
    const of = ops === undefined ? '' : `, ${formatNumber(ops)} operations`;
    rows.push(
      ['trace', name === undefined ? undefined : `${name}${of}`],
      [
        'duration',
        seconds === undefined
          ? undefined
          : seconds === 0
            ? 'as fast as it goes'
            : formatDuration(seconds * 1000),
      ],
      ['idle', idle === undefined ? undefined : idle === 0 ? 'none' : formatDuration(idle * 1000)],
      ['idle-gcs', collections === undefined ? undefined : formatNumber(collections)],
    );
  }
  const beat = numberOf(pace.beatMs);
  rows.push(['beat', beat === undefined ? undefined : formatDuration(beat)]);
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [{ name, values: [value] }]));
}
