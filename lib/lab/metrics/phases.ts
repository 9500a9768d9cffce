/**
 * The phases of workloads laid side by side: what each configuration had come to at the end of each phase, and
 * what the phase cost it.
 *
 * Phases are matched by their place and name. A run that was cut short lacks the last ones; a phase that no
 * run has is none.
 *
 * Not here: the figures of whole runs (run-metrics.ts), how numbers are shown.
 */

import type { RunPhaseEnd } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { type MetricUnit, type Spread, spreadOf } from './spread.ts';

export interface PhaseMetric {
  readonly id: string;
  readonly label: string;
  readonly unit: MetricUnit;
  /** Undefined where the run does not tell. */
  readonly of: (phase: RunPhaseEnd, before: RunPhaseEnd | undefined) => number | undefined;
}

/** Minor faults in a phase: counters count from the start of the run. */
export function faultsIn({ minflt }: RunPhaseEnd, before: RunPhaseEnd | undefined): number | undefined {
  return minflt === undefined ? undefined : minflt - (before?.minflt ?? 0);
}

/** The first is what is looked at first. */
export const phaseMetrics: readonly PhaseMetric[] = [
  { id: 'rss', label: 'RSS', unit: 'bytes', of: ({ rss }) => rss ?? undefined },
  { id: 'inuse', label: 'in use', unit: 'bytes', of: ({ inuse }) => inuse },
  { id: 'released', label: 'released', unit: 'bytes', of: ({ released }) => released },
  { id: 'lazyFree', label: 'LazyFree', unit: 'bytes', of: ({ lazy }) => lazy ?? undefined },
  { id: 'sys', label: 'HeapSys', unit: 'bytes', of: ({ sys }) => sys },
  { id: 'seconds', label: 'took', unit: 'seconds', of: ({ t }, before) => (t - (before?.t ?? 0)) / 1000 },
  {
    id: 'faults',
    label: 'faults',
    unit: 'count',
    of: faultsIn,
  },
];

export interface ComparedPhase {
  readonly name: string;
  /** By configuration, then by metric id. */
  readonly configurations: readonly Readonly<Record<string, Spread | undefined>>[];
}

/** The phases of every configuration's runs, in order; none where the subject has no phases. */
export function comparePhases(
  configurations: readonly { readonly runs: readonly RunData[] }[],
): ComparedPhase[] {
  const longest = configurations
    .flatMap(({ runs }) => runs.map(({ phases }) => phases))
    .reduce<readonly RunPhaseEnd[]>((a, b) => (b.length > a.length ? b : a), []);
  return longest.map(({ name }, i) => ({
    name,
    configurations: configurations.map(({ runs }) => {
      const having = runs.map(({ phases }) => phases).filter((phases) => phases[i]?.name === name);
      return Object.fromEntries(
        phaseMetrics.map(({ id, of }) => [
          id,
          spreadOf(having.map((phases) => of(phases[i], phases[i - 1]))),
        ]),
      );
    }),
  }));
}
