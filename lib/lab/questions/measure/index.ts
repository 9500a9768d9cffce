/** The measurements, by name: a process is told one of these. */
import { limitGoals, mappingNames, metadata } from './accounts.ts';
import { denseChunks } from './dense.ts';
import { touchCosts } from './faults.ts';
import { allocationCosts, stripes } from './holes.ts';
import { khugepaged } from './khugepaged.ts';
import type { Measurement } from './measurement.ts';
import { forcedFree, releaseRates } from './release.ts';
import { stalls } from './stalls.ts';
import { thrash } from './thrash.ts';

const all = [
  releaseRates,
  forcedFree,
  allocationCosts,
  stripes,
  khugepaged,
  stalls,
  denseChunks,
  limitGoals,
  mappingNames,
  metadata,
  touchCosts,
  thrash,
] as const;

/** The measurement of a name, whatever it takes and answers; undefined where there is none. */
export function measurementNamed(name: string): Measurement<unknown, unknown> | undefined {
  return (all as readonly Measurement<never, unknown>[]).find((one) => one.name === name) as
    | Measurement<unknown, unknown>
    | undefined;
}
