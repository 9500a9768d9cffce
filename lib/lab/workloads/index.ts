/**
 * The built-in workloads, by name.
 */
import { PageHeapError } from '../../base/errors.ts';
import { binaryTrees } from './binary-trees.ts';
import { largeBursts } from './bursts.ts';
import { cacheRefill } from './cache.ts';
import { gcphys } from './gcphys.ts';
import { ledgerChurn } from './ledger.ts';
import { linkedList } from './linked-list.ts';
import { lruCache } from './lru-cache.ts';
import { mutatingGraph } from './mutating-graph.ts';
import { parser, parserArenas } from './parser.ts';
import { rampIdleRamp } from './ramp.ts';
import { rsscurve } from './rsscurve.ts';
import { stripes } from './stripes.ts';
import { tinyObjects } from './tiny.ts';
import type { Workload } from './workload.ts';

export const workloads: readonly Workload[] = [
  rsscurve,
  stripes,
  gcphys,
  rampIdleRamp,
  ledgerChurn,
  cacheRefill,
  largeBursts,
  tinyObjects,
  lruCache,
  binaryTrees,
  mutatingGraph,
  linkedList,
  parser,
  parserArenas,
];

/** The workload of that name; undefined when there is none. */
export function findWorkload(name: string): Workload | undefined {
  return workloads.find((workload) => workload.name === name);
}

/** The workload of that name. @throws PageHeapError ERR_INVALID_OPTION */
export function workloadNamed(name: string): Workload {
  const found = findWorkload(name);
  if (found !== undefined) return found;
  const names = workloads.map((workload) => workload.name).join(', ');
  throw new PageHeapError('ERR_INVALID_OPTION', `there is no workload ${name}; there are ${names}`, {
    value: name,
  });
}
