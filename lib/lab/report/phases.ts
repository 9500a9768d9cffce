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
import { type Html, html } from './html.ts';

interface PhaseColumn {
  readonly title: string;
  readonly of: (phase: RunPhaseEnd, before: RunPhaseEnd | undefined) => number | null | undefined;
  readonly format: (value: number) => string;
}

const bytes = (title: string, of: (phase: RunPhaseEnd) => number | null | undefined): PhaseColumn => ({
  title,
  of,
  format: formatBytes,
});

const columns: readonly PhaseColumn[] = [
  { title: 'ended at', of: (phase) => phase.t, format: formatTime },
  bytes('RSS of the heap', (phase) => phase.rss),
  bytes('in use', (phase) => phase.inuse),
  bytes('idle', (phase) => phase.idle),
  bytes('of it released', (phase) => phase.released),
  bytes('HeapSys', (phase) => phase.sys),
  bytes('objects', (phase) => phase.alloc),
  bytes('LazyFree', (phase) => phase.lazy),
  { title: 'minor faults in it', of: faultsIn, format: formatNumber },
];

/** The section, or nothing for a run without phases. */
export function phasesSection({ phases }: RunData): Html {
  if (phases.length === 0) return html``;
  const isKnown = (column: PhaseColumn): boolean =>
    phases.some((phase) => typeof column.of(phase, undefined) === 'number');
  const known = columns.filter(isKnown);
  const cell = (value: number | null | undefined, format: (value: number) => string): Html =>
    typeof value === 'number' ? html`<td>${format(value)}</td>` : html`<td class="nil">–</td>`;
  return html`<section aria-labelledby="h-phases">
    <h2 id="h-phases">Phases</h2>
    <p class="lead">What heap and kernel said at the end of each phase of the workload.</p>
    <div class="scroller" tabindex="0" role="region" aria-label="Phases">
      <table id="phases">
        <thead><tr><th scope="col">phase</th>${known.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
        <tbody>${phases.map(
          (phase, i) =>
            html`<tr><th scope="row">${phase.name}</th>${known.map(({ of, format }) => cell(of(phase, phases[i - 1]), format))}</tr>`,
        )}</tbody>
      </table>
    </div>
  </section>`;
}
