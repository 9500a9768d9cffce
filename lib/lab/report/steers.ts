/**
 * What a person changed while the run went on: a table of what, when and after how many operations. Of a run that nobody
 * steered there is no section.
 */
import type { RunData } from '../record/run-data.ts';
import { formatDuration, formatNumber, formatTime } from './client/format.ts';
import { fittedTable } from './fitted-table.ts';
import { type Html, html } from './html.ts';
import { steerWords } from './steer-words.ts';

const mostRows = 500;

export function steersSection({ steers = [] }: RunData): Html {
  if (steers.length === 0) return html``;
  const rows = steers.slice(0, mostRows);
  const table = fittedTable({
    id: 'steers',
    label: 'Changed by hand',
    heads: { title: 'what', cells: rows.map((steer) => ({ text: steerWords(steer) })) },
    columns: [
      { title: 'at', rank: 0, cells: rows.map(({ t }) => ({ text: formatTime(t) })) },
      {
        title: 'after operations',
        rank: 1,
        cells: rows.map(({ ops }) => ({ text: ops === undefined ? '–' : formatNumber(ops) })),
      },
      {
        title: 'by the wall’s clock',
        rank: 2,
        cells: rows.map(({ wall }) => ({ text: wall === undefined ? '–' : formatDuration(wall) })),
      },
    ],
  });
  const rest =
    steers.length > rows.length
      ? ` The first ${formatNumber(rows.length)} of ${formatNumber(steers.length)}.`
      : '';
  return html`<section aria-labelledby="h-steers">
    <h2 id="h-steers">Changed by hand</h2>
    <p class="lead">Somebody steered this run on its live page. Its own time stood still while it was paused; the wall’s
      clock went on.${rest}</p>
    ${table}
  </section>`;
}
