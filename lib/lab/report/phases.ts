/**
 * The phases of a workload: a table of what heap and kernel said at the end of each.
 *
 * It is HTML text, so that it can be read, searched and copied without the program of the page. A run of a
 * trace has no phases, and then there is no section.
 */

import { faultsIn } from '../metrics/phases.ts';
import type { RunPhaseEnd } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber, formatTime } from './client/format.ts';
import { type FittedCell, fittedTable } from './fitted-table.ts';
import { type Html, html } from './html.ts';

interface PhaseColumn {
  readonly title: string;
  /** Columns of a higher rank are dropped first where it is narrow. */
  readonly rank: number;
  readonly of: (phase: RunPhaseEnd, before: RunPhaseEnd | undefined) => number | null | undefined;
  readonly format: (value: number) => string;
}

type OfPhase = (phase: RunPhaseEnd) => number | null | undefined;

const bytes = (title: string, rank: number, of: OfPhase): PhaseColumn => ({
  title,
  rank,
  of,
  format: formatBytes,
});

const columns: readonly PhaseColumn[] = [
  { title: 'ended at', rank: 3, of: (phase) => phase.t, format: formatTime },
  bytes('RSS of the heap', 0, (phase) => phase.rss),
  bytes('in use', 1, (phase) => phase.inuse),
  bytes('idle', 4, (phase) => phase.idle),
  bytes('of it released', 2, (phase) => phase.released),
  bytes('HeapSys', 7, (phase) => phase.sys),
  bytes('objects', 8, (phase) => phase.alloc),
  bytes('LazyFree', 5, (phase) => phase.lazy),
  { title: 'minor faults in it', rank: 6, of: faultsIn, format: formatNumber },
];

/** The section, or nothing for a run without phases. */
export function phasesSection({ phases }: RunData): Html {
  if (phases.length === 0) return html``;
  const isKnown = (column: PhaseColumn): boolean =>
    phases.some((phase) => typeof column.of(phase, undefined) === 'number');
  const known = columns.filter(isKnown);
  const cell = (value: number | null | undefined, format: (value: number) => string): FittedCell =>
    typeof value === 'number' ? { text: format(value) } : { text: '–', html: html`<td class="nil">–</td>` };
  const table = fittedTable({
    id: 'phases',
    label: 'Phases',
    heads: { title: 'phase', cells: phases.map(({ name }) => ({ text: name })) },
    columns: known.map(({ title, rank, of, format }) => ({
      title,
      rank,
      cells: phases.map((phase, i) => cell(of(phase, phases[i - 1]), format)),
    })),
  });
  return html`<section aria-labelledby="h-phases">
    <h2 id="h-phases">Phases</h2>
    <p class="lead">What heap and kernel said at the end of each phase of the workload.</p>
    ${table}
  </section>`;
}
