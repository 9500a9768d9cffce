/**
 * Options in the words of the command line, by one rule: a name is the flag's; an option without a flag is written
 * as its flag would be (`triggerRatio` is `trigger-ratio`), and it is said whose it is. Values are told as they are
 * declared.
 *
 * Not here: the declarations (design/, subject/subject-options.ts).
 */
import { designOptions } from '../../design/design.ts';
import type { Option, Options } from '../../design/option.ts';
import { heapOptions } from '../../design/options.ts';
import { partOptions } from '../../design/parts.ts';
import { tuningOptions } from '../../design/tuning.ts';
import type { RunValue } from '../record/lines.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';
import { formatDuration, formatTick } from './client/format.ts';
import { valueInWords } from './values.ts';

const declared: Options = {
  ...designOptions,
  ...tuningOptions,
  ...partOptions,
  ...heapOptions,
  ...traceOptions,
  ...workloadOptions,
  ...samplingOptions,
};

function optionOf(key: string): Option<unknown> | undefined {
  return Object.hasOwn(declared, key) ? declared[key] : undefined;
}

/** `pageHeap` → `page-heap`, `gcPercent` → `gogc`. */
export function optionName(key: string): string {
  return optionOf(key)?.flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether the command line has an option; one that is not declared it has not. */
export function hasFlag(key: string): boolean {
  return optionOf(key)?.flag !== undefined;
}

/** Whether an option, in a run of a workload, is the workload's doing. */
export function isSetByWorkload(key: string): boolean {
  return optionOf(key)?.setByWorkload === true;
}

function numberInWords(key: string, unit: Option<unknown>['unit'], value: number): string {
  switch (unit) {
    case 'bytes':
      return formatTick(value);
    case 'ns':
      return formatDuration(value / 1e6);
    case 'ms':
      return formatDuration(value);
    case 's':
      return formatDuration(value * 1000);
    default:
      return valueInWords(key, value);
  }
}

/** What is not told of a number of the design is Go's; of a part, that the design's own is at work. */
function goes(option: Option<unknown> | undefined): string | undefined {
  if (option?.group === 'parts') return "the design's own";
  return option?.group === 'tuning' ? option.kind.format(option.default) : undefined;
}

/** A value of an option: switches are on and off, as they are asked for. */
export function optionInWords(key: string, value: RunValue | undefined): string {
  const option = optionOf(key);
  if (value === undefined) return goes(option) ?? '–';
  const special = option?.special?.(value);
  if (special !== undefined) return special;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? numberInWords(key, option?.unit, value) : valueInWords(key, value);
}

/** Options with their values in a line, by the names of the command line: `retain-extra 25 %, scavenge-policy Mine`. */
export function optionsInWords(values: Readonly<Record<string, RunValue>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${optionName(key)} ${optionInWords(key, value)}`)
    .join(', ');
}
