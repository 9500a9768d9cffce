/**
 * Options in the words of the command line: names as flags, values as they are declared. An option that the
 * command line does not have keeps the name that the run file has for it.
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

/** `pageHeap` → `page-heap`. */
export function optionName(key: string): string {
  return optionOf(key)?.flag ?? key;
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
