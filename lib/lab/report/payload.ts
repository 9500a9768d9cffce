/**
 * What the program of a run's page is given: its curves (curves.ts), those of other programs beside them, and its page maps,
 * which have a budget of their own.
 */
import type { Facts } from '../metrics/facts.ts';
import type { RunData } from '../record/run-data.ts';
import { type BesideCurve, valuesAt } from './beside.ts';
import { type Column, type Curves, curvesOf } from './curves.ts';
import { packMaps } from './page-maps.ts';
import type { PackedMap } from './page-pairs.ts';

export interface Payload extends Curves {
  readonly maps: PackedMap[];
  /** Curves of other programs, at the times of `series`. */
  readonly beside: readonly { readonly label: string; readonly values: Column }[];
}

/** Everything that the page draws. */
export function payloadOf(
  run: RunData,
  facts: Facts | undefined,
  beside: readonly BesideCurve[] = [],
): Payload {
  const curves = curvesOf(run);
  return {
    ...curves,
    maps: packMaps(run, facts?.peak.t ?? 0),
    beside: beside.map((curve) => ({ label: curve.label, values: valuesAt(curve, curves.series.t) })),
  };
}
