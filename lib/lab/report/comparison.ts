/**
 * The page of a comparison: every configuration's curves over each other, the table of metrics with their
 * spread, what came of each phase, the page maps of one moment beside each other, what the configurations differ in, and where it was measured.
 *
 * Not here: the shell of the page (page.ts), the numbers (../compare-metrics.ts).
 */
import type { ComparedRuns, Comparison } from '../compare.ts';
import { type MetricUnit, metrics, type Spread } from '../compare-metrics.ts';
import { type ComparedPhase, comparePhases, phaseMetrics } from '../compare-phases.ts';
import { formatDuration, formatNumber } from './client/format.ts';
import { type ComparisonPayload, comparisonPayload } from './comparison-payload.ts';
import { formatMetric, formatSpread } from './comparison-values.ts';
import { type Html, html } from './html.ts';
import { renderPage } from './page.ts';
import type { RunValue } from './run-data.ts';
import { heading, valueInWords } from './values.ts';

const style = `
:root { --c0: #0a66a8; --c1: #bf4a00; --c2: #00805f; --c3: #8b2470; --c4: #7a5a00; --c5: #2a8fc0; --c6: #a0303a; --c7: #555f6b; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=print]) { --c0: #6cb8f0; --c1: #ff9a5c; --c2: #35cfa2; --c3: #ec8fd1;
  --c4: #e0c050; --c5: #9fd4f0; --c6: #ff8f96; --c7: #aab6c2; } }
.compared { overflow-x: auto; }
.compared table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; min-width: 100%; }
.compared th, .compared td { padding: 5px 12px 5px 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
.compared th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); font-weight: 600; padding-right: 16px; }
.compared thead th { vertical-align: bottom; white-space: normal; min-width: 8em; overflow-wrap: anywhere; }
.compared .spread { display: block; color: var(--muted); font-size: 12px; }
.compared .also td, .compared .also th:first-child { padding-top: 0; padding-bottom: 2px; color: var(--muted); font-size: 12px; font-weight: 400; border: 0; }
.compared .also th:first-child { padding-left: 12px; }
.compared tbody tr:has(+ .also) > * { border: 0; padding-bottom: 2px; }
.compared tbody tr.also:last-child > :is(th, td) { padding-bottom: 8px; border-bottom: 1px solid var(--line); }
.maps.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.keys { display: flex; flex-wrap: wrap; gap: 0 34px; }
.key-line { display: inline-block; width: 22px; height: 4px; border-radius: 2px; vertical-align: middle; margin-right: 7px; }
#compared-moments button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 650; }
@media (max-width: 640px) { .maps.two { grid-template-columns: minmax(0, 1fr); } }
.compared td.words { text-align: left; white-space: normal; }
`;

function headings(configurations: readonly ComparedRuns[]): Html {
  return html`<tr><th scope="col"></th>${configurations.map(
    ({ label }, i) =>
      html`<th scope="col"><span class="key-line" style="background: var(--c${String(i % 8)})"></span>${label}</th>`,
  )}</tr>`;
}

function cell(metric: { readonly unit: MetricUnit }, spread: Spread | undefined): Html {
  if (spread === undefined) return html`<td>–</td>`;
  const detail =
    spread.n > 1 ? html`<span class="spread">${formatSpread(metric.unit, spread)}</span>` : html``;
  return html`<td>${formatMetric(metric.unit, spread.mean)}${detail}</td>`;
}

function metricsTable(configurations: readonly ComparedRuns[]): Html {
  const known = metrics.filter(({ id }) => configurations.some(({ spread }) => spread[id] !== undefined));
  return html`<div class="compared" tabindex="0"><table>
    <thead>${headings(configurations)}</thead>
    <tbody>${known.map(
      (metric) =>
        html`<tr><th scope="row" title="${metric.formula}">${metric.label}</th>${configurations.map(
          ({ spread }) => cell(metric, spread[metric.id]),
        )}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** RSS at the end of each phase, and below it what else is known of it; nothing for a trace. */
function phasesSection(configurations: readonly ComparedRuns[]): Html {
  const phases = comparePhases(configurations);
  if (phases.length === 0) return html``;
  const [first, ...others] = phaseMetrics;
  const rowsOf = ({ name, configurations: of }: ComparedPhase): Html => {
    const known = others.filter(({ id }) => of.some((spreads) => spreads[id] !== undefined));
    return html`<tbody>
      <tr><th scope="row">${name}</th>${of.map((spreads) => cell(first, spreads[first.id]))}</tr>
      ${known.map(
        ({ id, label, unit }) =>
          html`<tr class="also"><th scope="row">${label}</th>${of.map(({ [id]: spread }) =>
            spread === undefined ? html`<td>–</td>` : html`<td>${formatMetric(unit, spread.mean)}</td>`,
          )}</tr>`,
      )}
    </tbody>`;
  };
  return html`<section aria-labelledby="h-phases">
      <h2 id="h-phases">Phases</h2>
      <p class="lead">RSS of the heap’s ranges at the end of each phase of the workload; below it the means of what the
        heap then had in use and released, how long the phase took, and its minor faults.</p>
      <div class="compared" tabindex="0"><table id="phases">
        <thead>${headings(configurations)}</thead>
        ${phases.map(rowsOf)}
      </table></div>
    </section>`;
}

const shown = (name: string, value: RunValue | undefined): string =>
  value === undefined ? '–' : valueInWords(name, value);

/** The options in which the configurations differ. */
function differences(configurations: readonly ComparedRuns[]): Html {
  const options = configurations.map(({ runs }) => runs[0]?.header.options ?? {});
  const names = [...new Set(options.flatMap((o) => Object.keys(o)))].filter(
    (name) => new Set(options.map((o) => JSON.stringify(o[name]))).size > 1,
  );
  if (names.length === 0) return html`<p class="none">They have the same options.</p>`;
  return html`<div class="compared" tabindex="0"><table>
    <thead>${headings(configurations)}</thead>
    <tbody>${names.map(
      (name) =>
        html`<tr><th scope="row">${heading(name)}</th>${options.map((o) => html`<td>${shown(name, o[name])}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

function filesTable(configurations: readonly ComparedRuns[]): Html {
  return html`<div class="compared"><table><tbody>${configurations.map(
    ({ label, files }) =>
      html`<tr><th scope="row">${label}</th><td class="words">${files.join(', ')}</td></tr>`,
  )}</tbody></table></div>`;
}

function environment(configurations: readonly ComparedRuns[]): Html {
  const env = configurations.flatMap(({ runs }) => runs)[0]?.header.env ?? {};
  const rows = Object.entries(env).filter(([name]) => name !== 'fallbacks');
  return html`<div class="compared"><table><tbody>${rows.map(
    ([name, value]) =>
      html`<tr><th scope="row">${heading(name)}</th><td class="words">${shown(name, value)}</td></tr>`,
  )}</tbody></table></div>`;
}

function charts({ quantities }: ComparisonPayload): Html {
  return html`${quantities.map(
    ({ id, title }) => html`<h3>${title}</h3><div id="chart-${id}" class="chart"></div>`,
  )}`;
}

function mapsSection({ moments }: ComparisonPayload): Html {
  if (moments.length === 0) return html``;
  return html`<section aria-labelledby="h-maps">
      <h2 id="h-maps">Page maps</h2>
      <p class="lead">Each page as each heap believes it to be, and as the kernel holds it, at the same moment of the
        program: for each configuration, the run that is drawn thick. <span id="compared-scale"></span></p>
      <p class="controls" id="compared-moments"></p>
      <div id="compared-key" class="keys"></div>
      <p id="compared-readout" class="readout" aria-live="polite"></p>
      <div id="compared-maps"></div>
    </section>`;
}

/** The subject's words: a workload with seed and scale, or a trace. */
function subjectWords({ configurations, index }: Comparison): string {
  const header = configurations.flatMap(({ runs }) => runs)[0]?.header;
  const workload = header?.workload;
  if (workload !== undefined)
    return `workload ${String(workload.name)}, seed ${String(workload.seed)}, scale ${String(workload.scale)}`;
  return `trace ${header?.trace?.name ?? index.name}`;
}

/** One self-contained HTML file of a comparison. */
export function renderComparison(comparison: Comparison): string {
  const { index, configurations } = comparison;
  const payload = comparisonPayload(configurations);
  const count = configurations.reduce((sum, { runs }) => sum + runs.length, 0);
  const remark = index.interrupted
    ? html`<p class="remark">The comparison was interrupted; this is what was finished until then.</p>`
    : html``;
  const body = html`<main>
    <p class="eyebrow">pageheap comparison · ${index.started}</p>
    <h1>${index.name}</h1>
    <p class="lead">${subjectWords(comparison)}: ${formatNumber(configurations.length)} configurations,
      ${formatNumber(count)} runs in ${formatDuration(index.seconds * 1000)}, each in a process of its own, taking turns.</p>
    ${remark}
    <noscript><p class="remark">The charts need JavaScript, which is inside this file. The tables do not.</p></noscript>
    <section aria-labelledby="h-curves">
      <h2 id="h-curves">Curves</h2>
      <p class="lead">A thick curve for each configuration (its median run by RSS at the end), thin ones for its repetitions.
        Drag to zoom; all charts follow.</p>
      <p class="controls"><button type="button" id="whole-run">Show the whole run</button></p>
      ${charts(payload)}
    </section>
    <section aria-labelledby="h-table">
      <h2 id="h-table">Figures</h2>
      <p class="lead">Means, and below them the standard deviation and the range over the repetitions. What each is and
        how it is worked out: docs/numbers.md, or point at its name.</p>
      ${metricsTable(configurations)}
    </section>
    ${phasesSection(configurations)}
    ${mapsSection(payload)}
    <section aria-labelledby="h-options">
      <h2 id="h-options">What they differ in</h2>
      ${differences(configurations)}
    </section>
    <section aria-labelledby="h-where">
      <h2 id="h-where">Where</h2>
      ${environment(configurations)}
      <h3>Run files</h3>
      ${filesTable(configurations)}
    </section>
    <footer><p>Made by pageheap from run files; this page holds everything and asks nothing of any network. Charts are drawn by uPlot (MIT).</p></footer>
  </main>`;
  return renderPage({
    title: `${index.name}, compared – pageheap`,
    entry: 'compare-main.js',
    style,
    body,
    payload,
  });
}
