/**
 * The page of a comparison: what it comes to, every configuration's curves over each other, the table of metrics with their
 * spread, what came of each phase, the page maps of one moment beside each other, what the configurations
 * differ in and have in common, and where it was measured.
 *
 * Not here: the shell of the page (page.ts), the numbers (metrics/), its style (comparison-style.ts).
 */

import { stripVTControlCharacters } from 'node:util';
import { shellWords } from '../../base/shell-words.ts';
import { type ComparedRuns, type Comparison, partialRuns } from '../metrics/comparison.ts';
import { decayStretch } from '../metrics/decay.ts';
import { treatmentsOf } from '../metrics/pace.ts';
import { type ComparedPhase, comparePhases, phaseMetrics } from '../metrics/phases.ts';
import { withRss } from '../metrics/rss.ts';
import { type Metric, metrics } from '../metrics/run-metrics.ts';
import type { MetricUnit, Spread } from '../metrics/spread.ts';
import type { RunHeader } from '../record/lines.ts';
import { mostPhaseRows } from './client/curve-style.ts';
import { formatDuration, formatNumber } from './client/format.ts';
import { commonOptions, differingOptions, type OptionRow, subjectRows } from './comparison-options.ts';
import { type ComparisonPayload, comparisonPayload } from './comparison-payload.ts';
import { comparisonStyle } from './comparison-style.ts';
import { formatMetric, formatSpread } from './comparison-values.ts';
import { rssBasisWords } from './contender-words.ts';
import { differenceCell, differencesOf, fewRoundsWords } from './differences.ts';
import { breakable, type Html, html, unbroken } from './html.ts';
import { lineKey } from './line-key.ts';
import { treatmentWords } from './pace-words.ts';
import { renderPage } from './page.ts';
import { pacedOver } from './summary.ts';
import { traceWords } from './trace-words.ts';
import { heading, valueInWords } from './values.ts';
import { verdictSection } from './verdict.ts';
import { listedWords, withoutPace } from './verdict-words.ts';

const headerOf = (configurations: readonly ComparedRuns[]): RunHeader | undefined =>
  configurations.flatMap(({ runs }) => runs)[0]?.header;

const hasRun = ({ runs }: ComparedRuns): boolean => runs.length > 0;

const counted = (n: number, thing: string): string => `${formatNumber(n)} ${n === 1 ? thing : `${thing}s`}`;

/** Configurations by their names: `a`, `a and b`, `a, b and c`. */
function listed(configurations: readonly ComparedRuns[]): string {
  return listedWords(configurations.map(({ label }) => label));
}

/** `a has`, `a and b have`. */
function having(configurations: readonly ComparedRuns[]): string {
  return `${listed(configurations)} ${configurations.length === 1 ? 'has' : 'have'}`;
}

function headings(configurations: readonly ComparedRuns[]): Html {
  return html`<tr><th scope="col"></th>${configurations.map(
    ({ label, runs }, i) =>
      html`<th scope="col">${lineKey(i)} ${breakable(label)}${runs.length > 0 ? html`` : html`<span class="spread">no finished run</span>`}</th>`,
  )}</tr>`;
}

function cell(metric: { readonly unit: MetricUnit }, spread: Spread | undefined, runs: number): Html {
  if (spread === undefined) return html`<td>–</td>`;
  const words = formatSpread(metric.unit, spread, runs);
  const detail = words === '' ? html`` : html`<span class="spread">${unbroken(words)}</span>`;
  return html`<td>${formatMetric(metric.unit, spread.median)}${detail}</td>`;
}

function metricsTable(configurations: readonly ComparedRuns[]): Html {
  const known = metrics.filter(({ id }) => configurations.some(({ spread }) => spread[id] !== undefined));
  const header = headerOf(configurations);
  const paced = header !== undefined && pacedOver(header) > 0;
  const name = ({ id, label }: Metric): string => (id === 'opsPerSec' && paced ? `${label}, paced` : label);
  return html`<div class="compared" tabindex="0" role="region" aria-label="Figures"><table class="sortable-columns">
    <thead>${headings(configurations)}</thead>
    <tbody>${known.map(
      (metric) =>
        html`<tr><th scope="row" title="${metric.formula}">${name(metric)}</th>${configurations.map(
          ({ spread, runs }) => cell(metric, spread[metric.id], runs.length),
        )}</tr>`,
    )}</tbody>
  </table></div>
  ${decayWords(configurations)}
  <p class="below">– stands for none: a decay that was none, because RSS had fallen by less than a twentieth of the RSS peak when
    the run ended or memory was forced back; LazyFree where pages are given back at once, or where no sample tells it; a figure that a contender does not have.${dashWords(configurations)}</p>`;
}

/** What the dashes of a whole column are. */
function dashWords(configurations: readonly ComparedRuns[]): string {
  const without = configurations.filter((of) => !hasRun(of));
  return without.length === 0 ? '' : ` ${having(without)} no finished run, hence nothing but dashes.`;
}

/** Where the decays end that the table tells of, if that is not the end of the run. */
function decayWords(configurations: readonly ComparedRuns[]): Html {
  const isForced = configurations.some(({ runs }) =>
    runs.some(({ samples, scavenges }) => {
      const known = withRss(samples);
      return known.length > 0 && decayStretch(known, scavenges).forcedAt !== undefined;
    }),
  );
  const isKnown = configurations.some(({ spread }) => spread.decayEnd !== undefined);
  if (!isForced || !isKnown) return html``;
  return html`<p class="below">A decay ends where memory was first forced back after the RSS peak, which is before the run’s end:
    its times are those down to “RSS after decay”, what RSS was just then, not down to “RSS end”.</p>`;
}

/** How the others differ from the first, round by round; nothing where there is but one round. */
function differencesSection(configurations: readonly ComparedRuns[]): Html {
  const differences = differencesOf(configurations, withoutPace(configurations));
  if (differences === undefined) return html``;
  const { first, others, rows } = differences;
  const few = fewRoundsWords(differences);
  return html`<section aria-labelledby="h-differences">
      <h2 id="h-differences">Differences by round</h2>
      <p class="lead">What each has more or less than ${first.label} in the same round: the median of the differences, and its 95 %
        interval by bootstrap; of fewer than six rounds their range. No difference is shown where that holds zero.</p>
      <div class="compared" tabindex="0" role="region" aria-label="Differences by round"><table>
        <thead><tr><th scope="col"></th>${others.map(({ label }) => html`<th scope="col">${breakable(label)}</th>`)}</tr></thead>
        <tbody>${rows.map(
          ({ metric, of }) =>
            html`<tr><th scope="row" title="${metric.formula}">${metric.label}</th>${of.map((one) => html`<td>${differenceCell(metric, one)}</td>`)}</tr>`,
        )}</tbody>
      </table></div>
      ${few === '' ? html`` : html`<p class="below">${few}</p>`}
    </section>`;
}

/** RSS at the end of each phase, and below it what else is known of it; nothing for a trace. */
function phasesSection(configurations: readonly ComparedRuns[]): Html {
  const phases = comparePhases(configurations);
  if (phases.length === 0) return html``;
  const [first, ...others] = phaseMetrics;
  const rowsOf = ({ name, configurations: of }: ComparedPhase): Html => {
    const known = others.filter(({ id }) => of.some((spreads) => spreads[id] !== undefined));
    return html`<tbody>
      <tr><th scope="row">${name}</th>${of.map((spreads, i) => cell(first, spreads[first.id], configurations[i].runs.length))}</tr>
      ${known.map(
        ({ id, label, unit }) =>
          html`<tr class="also"><th scope="row">${label}</th>${of.map(({ [id]: spread }) =>
            spread === undefined ? html`<td>–</td>` : html`<td>${formatMetric(unit, spread.median)}</td>`,
          )}</tr>`,
      )}
    </tbody>`;
  };
  return html`<section aria-labelledby="h-phases">
      <h2 id="h-phases">Phases</h2>
      <p class="lead">RSS of the heap’s ranges at the end of each phase of the workload; below it the medians of what the
        heap then had in use and released, how long the phase took, and its minor faults.</p>
      <div class="compared" tabindex="0" role="region" aria-label="Phases"><table id="phases" class="sortable-columns">
        <thead>${headings(configurations)}</thead>
        ${phases.map(rowsOf)}
      </table></div>
    </section>`;
}

const optionHeading = ({ name, note }: OptionRow): Html =>
  html`<th scope="row">${breakable(name)}${note === undefined ? html`` : html`<span class="spread">${note}</span>`}</th>`;

/** The options in which the configurations differ; those of one without a run are not known. */
function differences(configurations: readonly ComparedRuns[]): Html {
  const known = configurations.filter(hasRun);
  const without = configurations.filter((of) => !hasRun(of));
  if (known.length < 2) {
    const words = known.length === 0 ? 'None has a finished run' : `Only ${having(known)} a finished run`;
    return html`<p class="none">${words}: nothing can be compared.</p>`;
  }
  const rest =
    without.length === 0 ? '' : `${having(without)} no finished run, so nothing is known of its options.`;
  const rows = differingOptions(configurations);
  if (rows.length === 0) {
    const words =
      rest === '' ? 'They have the same options.' : `Those that have runs have the same options. ${rest}`;
    return html`<p class="none">${words}</p>`;
  }
  return html`<div class="compared" tabindex="0" role="region" aria-label="Options that differ"><table>
    <thead>${headings(configurations)}</thead>
    <tbody>${rows.map(
      (row) => html`<tr>${optionHeading(row)}${row.values.map((value) => html`<td>${value}</td>`)}</tr>`,
    )}</tbody>
  </table></div>
  ${rest === '' ? html`` : html`<p class="below">${rest}</p>`}`;
}

function namedRows(rows: readonly OptionRow[]): Html {
  return html`<div class="compared"><table class="named"><tbody>${rows.map(
    (row) => html`<tr>${optionHeading(row)}<td class="words">${row.values.join(', ')}</td></tr>`,
  )}</tbody></table></div>`;
}

/** The subject as it was run, and the common options that are no defaults. */
function inCommon(configurations: readonly ComparedRuns[]): Html {
  const known = configurations.filter(hasRun);
  if (known.length === 0) return html``;
  const options = commonOptions(known);
  const [summary, subject, them] =
    known.length === 1
      ? [`How ${listed(known)} was run`, 'it has', '']
      : known.length === configurations.length
        ? ['What they have in common', 'they have in common', ' in common']
        : ['What those that have runs have in common', 'those that have runs have in common', ' in common'];
  const rest =
    options.length === 0
      ? `All options that ${subject} are the defaults of ${known.length === 1 ? 'its generation' : 'their generations'}.`
      : `The last rows are options that differ from the defaults; all others${them} are the defaults.`;
  return html`<details id="common"><summary>${summary}</summary>
    ${namedRows([...subjectRows(headerOf(configurations)), ...options])}
    <p class="below">${rest}</p>
  </details>`;
}

function filesTable(configurations: readonly ComparedRuns[]): Html {
  return namedRows(configurations.map(({ label, files }) => ({ name: label, values: files })));
}

function environment(configurations: readonly ComparedRuns[]): Html {
  const env = headerOf(configurations)?.env ?? {};
  const rows = Object.entries(env).filter(([name]) => name !== 'fallbacks');
  return namedRows(
    rows.map(([name, value]) => ({ name: heading(name), values: [valueInWords(name, value)] })),
  );
}

function charts({ quantities }: ComparisonPayload): Html {
  return html`${quantities.map(
    ({ id, title }) => html`<h3>${title}</h3><div id="chart-${id}" class="chart"></div>`,
  )}`;
}

/** Whether the curves are drawn over time or over operations, where these are told. */
function axisChoice({ ops }: ComparisonPayload): Html {
  if (ops.length === 0) return html``;
  return html` over <label><input type="radio" name="axis" value="time" checked> time</label>
    <label><input type="radio" name="axis" value="operations"> operations</label>
    <span class="meta">What a program had done by then: the same on a busy machine.</span>`;
}

/** What the marks above the first chart are; there are rows for a few configurations only. */
function phaseWords({ phases }: ComparisonPayload): string {
  const count = phases.filter((ends) => ends.length > 0).length;
  if (count === 0) return '';
  const told = 'A chart that is pointed at or tapped tells each one’s phase at that time, and where it ends.';
  return count > mostPhaseRows
    ? ` ${told} Point at a name in the legend to see where all of its phases end.`
    : ` Ticks above the first are the ends of phases. ${told} Point at a name in the legend to draw its own through the chart.`;
}

function mapsSection({ moments, mapped }: ComparisonPayload, configurations: readonly ComparedRuns[]): Html {
  if (moments.length === 0) return html``;
  const without = configurations.filter((_, i) => !mapped.includes(i));
  const rest = without.length === 0 ? '' : ` ${having(without)} none.`;
  return html`<section aria-labelledby="h-maps">
      <h2 id="h-maps">Page maps</h2>
      <p class="lead">Each page as each heap believes it to be, and as the kernel holds it, at the same moment of the
        program: for each configuration, the run that is drawn thick.${rest} <span id="compared-scale"></span></p>
      <p class="controls" id="compared-moments"></p>
      <div id="compared-key" class="keys"></div>
      <p id="compared-readout" class="readout" aria-live="polite"></p>
      <div id="compared-maps"></div>
    </section>`;
}

/** The subject's words: a workload with seed and scale, or a trace and how it was replayed. */
function subjectWords({ configurations, index }: Comparison): string {
  const header = headerOf(configurations);
  const workload = header?.workload;
  if (workload !== undefined) {
    const { name, seed, scale, timeScale = 1, moreCollections } = workload;
    const time = timeScale === 1 ? '' : `, time scale ${String(timeScale)}`;
    const more = moreCollections === true ? ', more collections' : '';
    return `workload ${String(name)}, seed ${String(seed)}, scale ${String(scale)}${time}${more}`;
  }
  const name = `trace ${header?.trace?.name ?? index.name}`;
  if (header === undefined) return name;
  const paced = pacedOver(header);
  const idle = typeof header.pace?.idle === 'number' ? header.pace.idle : 0;
  const over = paced > 0 ? `, replayed over ${formatDuration(paced * 1000)}` : '';
  return `${name}${over}${idle > 0 ? `, then idle for ${formatDuration(idle * 1000)}` : ''}`;
}

function commandLine(configurations: readonly ComparedRuns[]): Html {
  const command = headerOf(configurations)?.command ?? [];
  return command.length === 0 ? html`` : html`<p class="command"><code>${shellWords(...command)}</code></p>`;
}

/** What a reader should know: an interruption, runs that failed, runs that are not whole. */
export function comparisonRemarks({ index, failures, configurations }: Comparison): string[] {
  // What a custom page heap throws may hold anything.
  const failed = failures.map(
    ({ label, round, message, code }) =>
      `${label}, run ${formatNumber(round)} failed: ${stripVTControlCharacters(message)} (${code})`,
  );
  const partial = partialRuns(configurations).map(
    ({ label, run, remark }) => `${label}, run ${formatNumber(run)}: ${remark}`,
  );
  const none = configurations
    .filter(({ runs }) => runs.length === 0)
    .map(({ label }) => `${label} has no finished run.`);
  const interrupted = index.interrupted
    ? ['The comparison was interrupted; this is what was finished until then.']
    : [];
  return [...interrupted, ...failed, ...none, ...partial];
}

/** One self-contained HTML file of a comparison. */
export function renderComparison(comparison: Comparison): string {
  const { index, configurations } = comparison;
  const payload = comparisonPayload(configurations);
  const count = configurations.reduce((sum, { runs }) => sum + runs.length, 0);
  const unlike = treatmentWords(treatmentsOf(configurations));
  const basis = rssBasisWords(configurations);
  const remarks = [
    ...comparisonRemarks(comparison),
    ...traceWords(configurations.flatMap(({ runs }) => runs)),
    ...(basis === undefined ? [] : [`${basis.slice(0, 1).toUpperCase()}${basis.slice(1)}.`]),
    ...(unlike === undefined ? [] : [`${unlike.slice(0, 1).toUpperCase()}${unlike.slice(1)}.`]),
  ].map((words) => html`<p class="remark">${words}</p>`);
  const body = html`<main>
    <p class="eyebrow">pageheap comparison · ${index.started}</p>
    <h1>${index.name}</h1>
    <p class="lead">${subjectWords(comparison)}: ${counted(configurations.length, 'configuration')},
      ${counted(count, 'run')} in ${unbroken(formatDuration(index.seconds * 1000))}, each in a process of its own, taking turns.</p>
    ${commandLine(configurations)}
    ${remarks}
    ${verdictSection(configurations)}
    <noscript><p class="remark">The charts need JavaScript, which is inside this file. The tables do not.</p></noscript>
    <section aria-labelledby="h-curves">
      <h2 id="h-curves">Curves</h2>
      <p class="lead">A thick curve for each configuration (its median run by RSS at the end), thin ones for its repetitions.
        Drag, pinch or use the buttons to zoom; all charts follow.${phaseWords(payload)}</p>
      <div class="legend controls" id="legend" role="group" aria-label="Curves in all charts"></div>
      <p class="controls">${axisChoice(payload)}</p>
      ${charts(payload)}
    </section>
    <section aria-labelledby="h-table">
      <h2 id="h-table">Figures</h2>
      <p class="lead">Medians over the repetitions, and below them their 95 % intervals by bootstrap, where
        the ends differ in what is shown, and the range where that is wider. What each is and
        how it is worked out: docs/numbers.md, or point at its name. A name that is pressed sorts the configurations by it.</p>
      ${metricsTable(configurations)}
    </section>
    ${differencesSection(configurations)}
    ${phasesSection(configurations)}
    ${mapsSection(payload, configurations)}
    <section aria-labelledby="h-options">
      <h2 id="h-options">What they differ in</h2>
      ${differences(configurations)}
      ${inCommon(configurations)}
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
    entry: 'comparison-page.js',
    style: comparisonStyle,
    body,
    payload,
  });
}
