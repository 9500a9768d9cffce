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
import type { RunValue } from '../record/lines.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../subject/subject-options.ts';
import { formatDuration, formatTick } from './client/format.ts';
import { valueInWords } from './values.ts';

const declared: Options = {
  ...designOptions,
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

/** A value of an option: switches are on and off, as they are asked for. */
export function optionInWords(key: string, value: RunValue | undefined): string {
  if (value === undefined) return '–';
  const option = optionOf(key);
  const special = option?.special?.(value);
  if (special !== undefined) return special;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? numberInWords(key, option?.unit, value) : valueInWords(key, value);
}
