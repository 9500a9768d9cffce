/**
 * The page of a grid: a heat map and curves for each figure, all cells in a table, what all cells have, where it was made.
 *
 * A heat map has the first axis downwards and the second across; where there are more axes, one for each combination of
 * the others. Colours go from the least to the most of a figure, over all of its maps; so does the text in each cell, for
 * who sees no colours.
 *
 * Not here: the numbers (grid/results.ts), the charts (client/grid-main.ts).
 */
import { stripVTControlCharacters } from 'node:util';
import type { GridCell, GridResults } from '../grid/results.ts';
import { treatmentOf } from '../metrics/pace.ts';
import type { Metric } from '../metrics/run-metrics.ts';
import { formatNumber } from './client/format.ts';
import { comparisonStyle } from './comparison-style.ts';
import { formatInterval, formatMetric } from './comparison-values.ts';
import { type GridPayload, gridPayload } from './grid-payload.ts';
import { gridStyle } from './grid-style.ts';
import { type Html, html } from './html.ts';
import { optionInWords, optionName } from './option-names.ts';
import { cellTreatmentWords } from './pace-words.ts';
import { renderPage } from './page.ts';

const counted = (n: number, thing: string): string => `${formatNumber(n)} ${n === 1 ? thing : `${thing}s`}`;

/** What a reader should know before the figures, a sentence each. */
export function gridRemarks({ plan, cells, missing, machines }: GridResults): string[] {
  const failed = cells.filter(({ failure }) => failure !== undefined);
  return [
    ...(missing > 0
      ? [`${counted(missing, 'run')} of ${formatNumber(cells.length * plan.repeat)} not made yet.`]
      : []),
    ...failed.map(
      ({ label, failure }) =>
        `${label}: ${stripVTControlCharacters(failure?.message ?? '')} (${failure?.code}).`,
    ),
    ...cells.flatMap(({ label, runs }) =>
      runs.flatMap(({ round, ending }) =>
        ending === undefined ? [] : [`${label}, round ${formatNumber(round)}: ${ending}`],
      ),
    ),
    ...(machines.length > 1
      ? [
          `The runs were made on ${machines.length} kinds of machines, which figures may show: ${machines.join('; ')}.`,
        ]
      : []),
    ...[
      cellTreatmentWords(
        cells.flatMap(
          ({ label, runs }) =>
            treatmentOf(
              label,
              runs.flatMap(({ pace }) => pace ?? []),
            ) ?? [],
        ),
      ),
    ].flatMap((words) => words ?? []),
  ];
}

/** From 0 to 1 where a value lies between the least and the most. */
const shareOf = (value: number, least: number, most: number): number =>
  most > least ? (value - least) / (most - least) : 0.5;

function heatCell(metric: Metric, cell: GridCell | undefined, least: number, most: number): Html {
  const spread = cell?.spread[metric.id];
  if (cell === undefined || spread === undefined) {
    const [word, why] =
      cell?.failure !== undefined ? ['failed', cell.failure.message] : ['–', 'no run has this figure yet'];
    return html`<td class="none" title="${stripVTControlCharacters(why)}">${word}</td>`;
  }
  const heat = shareOf(spread.median, least, most);
  const mark = most > least ? (spread.median === least ? 'least' : spread.median === most ? 'most' : '') : '';
  const interval = formatInterval(metric.unit, spread);
  return html`<td class="${mark}" style="--heat: ${heat.toFixed(3)}" title="${cell.label}: ${counted(spread.n, 'run')}">${formatMetric(metric.unit, spread.median)}${interval === '' ? html`` : html`<small>${interval}</small>`}</td>`;
}

/** The maps of a figure: one, or one for each combination of the axes beyond the second. */
function heatMaps({ plan, cells }: GridResults, metric: Metric): Html {
  const [down, across = { name: '', values: [''] }, ...rest] = plan.axes;
  if (down === undefined) return html``;
  const middles = cells.flatMap(({ spread }) => spread[metric.id]?.median ?? []);
  const [least, most] = [Math.min(...middles), Math.max(...middles)];
  const restOf = (cell: GridCell): string =>
    rest.map(({ name }, i) => `${name}=${cell.values[i + 2]}`).join(', ');
  const facets = [...new Set(cells.map(restOf))];
  return html`${facets.map(
    (facet) => html`<div class="heat" tabindex="0" role="region" aria-label="${metric.label} ${facet}"><table>
      <caption>${metric.label}${facet === '' ? '' : `, ${facet}`}</caption>
      <thead><tr><th scope="col" class="axis">${down.name}${across.name === '' ? '' : ` ↓  ${across.name} →`}</th>${across.values.map((value) => html`<th scope="col">${value}</th>`)}</tr></thead>
      <tbody>${down.values.map(
        (row) =>
          html`<tr><th scope="row">${row}</th>${across.values.map((column) =>
            heatCell(
              metric,
              cells.find(
                (cell) =>
                  cell.values[0] === row &&
                  (across.name === '' || cell.values[1] === column) &&
                  restOf(cell) === facet,
              ),
              least,
              most,
            ),
          )}</tr>`,
      )}</tbody></table></div>`,
  )}`;
}

const metricOver = (name: string): string =>
  `Over ${name}, its values side by side; a curve for each combination of the others.`;

function figures(results: GridResults, { axis }: GridPayload): Html {
  const over = axis.values.length > 1 ? html`<p class="below">${metricOver(axis.name)}</p>` : html``;
  return html`${results.metrics.map(
    (metric) => html`<div class="figure" id="figure-${metric.id}">
      <h3>${metric.label}</h3>
      <p class="below">${metric.formula}</p>
      ${heatMaps(results, metric)}
      ${over}
      <div class="chart" id="chart-${metric.id}"></div>
    </div>`,
  )}`;
}

function fixedTable({ plan }: GridResults): Html {
  const rows = Object.entries({ ...plan.fixed, ...plan.run });
  if (rows.length === 0) return html`<p>Nothing but what is the default.</p>`;
  return html`<div class="compared"><table class="named"><tbody>${rows.map(
    ([name, value]) =>
      html`<tr><th scope="row">${optionName(name)}</th><td class="words">${typeof value === 'string' ? value : optionInWords(name, value)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** One self-contained HTML file of a grid. */
export function renderGrid(results: GridResults): string {
  const { plan, cells, machines } = results;
  const payload = gridPayload(results);
  const runs = cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const first = results.metrics[0]?.id ?? '';
  const body = html`<main>
    <p class="eyebrow">pageheap grid · ${plan.version}</p>
    <h1>${plan.name}</h1>
    <p class="lead">${plan.subject.name}: ${counted(cells.length, 'cell')} (${plan.axes.map(({ name, values }) => `${name}: ${values.length}`).join(', ')}),
      ${counted(runs, 'run')}, each in a process of its own, in a random order in each round.</p>
    ${gridRemarks(results).map((words) => html`<p class="remark">${words}</p>`)}
    <noscript><p class="remark">Curves and the choice of a figure need JavaScript, which is inside this file. The heat maps do not.</p></noscript>
    <section aria-labelledby="h-maps">
      <h2 id="h-maps">Figures</h2>
      <p class="lead">Medians over the rounds, and their 95 % bootstrap interval below them. The least is framed in green, the most in red;
        which of them is better depends on the figure.</p>
      <p class="metric-choice"><label>Figure <select id="metric">${results.metrics.map(
        ({ id, label }) =>
          html`<option value="${id}"${id === first ? html` selected` : html``}>${label}</option>`,
      )}</select></label></p>
      ${figures(results, payload)}
      ${payload.leftOut > 0 ? html`<p class="below">${counted(payload.leftOut, 'more combination')} of values are in the heat maps only.</p>` : html``}
    </section>
    <section aria-labelledby="h-common">
      <h2 id="h-common">What all cells have</h2>
      ${fixedTable(results)}
    </section>
    <section aria-labelledby="h-where">
      <h2 id="h-where">Where</h2>
      <ul>${machines.map((machine) => html`<li>${machine}</li>`)}</ul>
      <p class="below">Every run is in grid.csv beside this page, a line each, and whole in runs/.</p>
    </section>
    <footer><p>Made by pageheap from run files; this page holds everything and asks nothing of any network. Charts are drawn by uPlot (MIT).</p></footer>
  </main>`;
  return renderPage({
    title: `${plan.name}, a grid – pageheap`,
    entry: 'grid-page.js',
    style: comparisonStyle + gridStyle,
    body,
    payload,
  });
}
