/**
 * The heap's options as the command line calls them. An option that the
 * command line does not have keeps the name that the run file has for it.
 *
 * Not here: the command line itself (lib/cli/heap-options.ts, whose names a test holds against these).
 */
import type { RunValue } from '../record/lines.ts';
import { valueInWords } from './values.ts';

const kebab = [
  'generation',
  'pageHeap',
  'objects',
  'sweep',
  'scavenger',
  'advise',
  'hugePageHints',
  'growthUnit',
  'scavengeOnReuse',
  'sizeClasses',
  'trigger',
  'memoryLimit',
  'scavengeAfter',
  'hardDecommit',
  'historicalScavengeGoal',
  'touch',
  'strict',
] as const;

const ownNames: ReadonlyMap<string, string> = new Map([
  ['gcPercent', 'gogc'],
  ['forcedGCPeriod', 'gc-period'],
  ...kebab.map((key): [string, string] => [
    key,
    key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`),
  ]),
]);

/** `pageHeap` → `page-heap`. */
export function optionName(key: string): string {
  return ownNames.get(key) ?? key;
}

/** Options that the command line does not have, and that a workload sets itself. */
const ofWorkloads: ReadonlySet<string> = new Set(['triggerRatio', 'rootBytes']);

/** Whether an option, in a run of a workload, is the workload's doing. */
export function isSetByWorkload(key: string): boolean {
  return ofWorkloads.has(key);
}

/** A value of an option: switches are on and off, as they are asked for. */
export function optionInWords(key: string, value: RunValue | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (key === 'forcedGCPeriod' && value === null) return 'never';
  if (key === 'gcPercent' && typeof value === 'number' && value < 0) return 'off';
  return valueInWords(key, value);
}
