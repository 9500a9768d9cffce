/**
 * The report: one HTML file that shows a run and asks nothing of any network.
 *
 * The shell is page.ts. Text and tables are written here and read well without a script; the page's program
 * adds charts, page maps and controls.
 *
 * The size of the file is bounded whatever the length of the run (payload.ts, tables.ts).
 */

import { countsOf, type RunCounts } from '../metrics/counts.ts';
import { type Facts, factsOf, type RunFacts, runFactsOf } from '../metrics/facts.ts';
import { gapsOf, paceOf } from '../metrics/pace.ts';
import type { RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import type { BesideCurve } from './beside.ts';
import { classTables } from './class-table.ts';
import { formatBytes, formatDuration, formatNumber, formatShare, formatTime } from './client/format.ts';
import { dominatorStyle, dominatorsSection } from './dominators.ts';
import { environmentCards } from './environment.ts';
import { type Html, html, unbroken } from './html.ts';
import { gapWords, stretchWords, waitedWords } from './pace-words.ts';
import { renderPage } from './page.ts';
import { type Payload, payloadOf } from './payload.ts';
import { phasesSection } from './phases.ts';
import { steersSection } from './steers.ts';
import { summarySection } from './summary.ts';
import { momentsTable, momentTitle, traceLines } from './tables.ts';

/** What is laid over the timeline, and that it is another program's. */
function besideWords({ beside }: Payload): string {
  const names = beside.map(({ label }) => label);
  return names.length === 0
    ? ''
    : ` Beside it, from other programs, by their own clocks: ${names.join('; ')}.`;
}

function timelineSection(run: RunData, payload: Payload): Html {
  const thinned =
    payload.drawnCount < payload.sampleCount
      ? `Of ${formatNumber(payload.sampleCount)} samples ${formatNumber(payload.drawnCount)} are drawn; every peak and dip is among them.`
      : `${formatNumber(payload.sampleCount)} samples.`;
  const broken = gapWords(gapsOf(run));
  return html`<section aria-labelledby="h-timeline">
    <h2 id="h-timeline">Timeline</h2>
    <p class="lead">What the heap believes, stacked, and over it what the kernel counts. Triangles are collections
      (filled: forced), bars are bytes given back to the system${payload.steers.length > 0 ? ', diamonds what was changed by hand' : ''}. Drag, pinch or use the buttons to zoom; the charts
      below follow.</p>
    <p class="meta">${thinned} ${unbroken(broken)}${besideWords(payload)}</p>
    <div id="timeline" class="chart"></div>
  </section>`;
}

function beliefSection(facts: Facts | undefined): Html {
  const { excess, shortfall } = facts ?? {};
  if (facts !== undefined && (excess === undefined || shortfall === undefined)) return html``;
  const words =
    excess === undefined || shortfall === undefined
      ? 'No sample tells what was resident.'
      : `${
          excess.bytes <= 0
            ? 'Nothing was resident beyond belief'
            : `Resident beyond belief were at most ${formatBytes(excess.bytes)} (at ${formatTime(excess.t)})`
        }; ${
          shortfall.bytes >= 0
            ? 'nothing that was believed was missing'
            : `believed but not resident were at most ${formatBytes(-shortfall.bytes)} (at ${formatTime(shortfall.t)})`
        }.`;
  return html`<section aria-labelledby="h-belief">
    <h2 id="h-belief">Belief against fact</h2>
    <p class="lead">HeapSys − HeapReleased is what the heap believes it holds; RSS of the heap’s own ranges is what the
      kernel has backed. Fact above belief: pages given back lazily, or kept by huge pages. Fact below belief: pages that
      nothing has touched yet.</p>
    <p class="lead">${unbroken(words)}</p>
    <div id="belief" class="chart"></div>
    <h3>Fact minus belief</h3>
    <div id="difference" class="chart"></div>
  </section>`;
}

function pageMapSection(payload: Payload): Html {
  const { maps } = payload;
  if (maps.length === 0) {
    return html`<section aria-labelledby="h-map"><h2 id="h-map">Page map</h2><p class="none">The run recorded no page map.</p></section>`;
  }
  const largest = maps.reduce((best, map, i) => (map.tally[14] > maps[best].tally[14] ? i : best), 0);
  const stops = maps.map(
    (map, i) => html`<option value="${String(i)}" label="${formatTime(map.t)}"></option>`,
  );
  return html`<section aria-labelledby="h-map">
    <h2 id="h-map">Page map</h2>
    <p class="lead">Each page as the heap believes it to be, the same page as the kernel holds it, and where the two
      disagree. <span id="map-scale"></span></p>
    <div class="moments">
      <button type="button" id="moment-before" aria-label="Moment before">◀</button>
      <input type="range" id="moment" min="0" max="${String(maps.length - 1)}" step="1" value="${String(largest)}" list="moment-stops" aria-label="Moment">
      <datalist id="moment-stops">${stops}</datalist>
      <button type="button" id="moment-after" aria-label="Moment after">▶</button>
      <output id="moment-name" for="moment">${momentTitle(maps[largest])}</output>
    </div>
    <div id="page-maps" class="maps"></div>
    <p id="page-readout" class="readout" aria-live="polite"></p>
    <div id="lens" class="lens"></div>
    <h3>Every moment</h3>
    ${momentsTable(maps)}
  </section>`;
}

function samplingCost(run: RunData, facts: RunFacts | undefined): Record<string, RunValue> {
  if (facts === undefined) {
    return {};
  }
  const span = facts.last.t - facts.first.t;
  return {
    Samples: formatNumber(run.samples.length),
    'Mean sample': formatDuration(facts.samplingTotal / 1e6 / run.samples.length),
    'Longest sample': formatDuration(facts.samplingMax / 1e6),
    'Share of the time': formatShare(facts.samplingTotal / 1e6, span),
    'Beats missed': formatNumber(countsOf(run).missed),
  };
}

/** How the run went against the clock. */
function paceMembers(run: RunData): Record<string, RunValue> {
  const pace = paceOf(run);
  if (pace === undefined) return {};
  const { work, idle } = pace;
  return {
    [run.header.trace === undefined ? 'Work' : 'Replay']: stretchWords(work),
    ...(idle.took > 0 || idle.asked !== null ? { Idle: stretchWords(idle) } : {}),
    'Waited for a CPU': waitedWords(pace),
    'Beats missed': formatNumber(pace.missed),
  };
}

function madviseWords({ calls, bytes, ns }: NonNullable<RunCounts['madvise']>): string {
  const mean = calls > 0 && ns > 0 ? `, ${formatDuration(ns / calls / 1e6)} each` : '';
  return `${formatNumber(calls)} ${calls === 1 ? 'call' : 'calls'} of madvise${mean}, over ${formatBytes(bytes)}`;
}

function activitySection(run: RunData): Html {
  const { faults, madvise } = countsOf(run);
  const words =
    run.samples.length === 0
      ? ''
      : `In all ${formatNumber(faults.minor)} minor and ${formatNumber(faults.major)} major faults of the process${
          madvise === null ? '' : `; ${madviseWords(madvise)}`
        }.`;
  return html`<section aria-labelledby="h-activity">
    <h2 id="h-activity">Faults and madvise</h2>
    <p class="lead">${unbroken(words)}</p>
    <div class="pair">
      <div><h3>Page faults a second</h3><div id="faults" class="chart"></div></div>
      <div><h3>madvise a second</h3><div id="madvise" class="chart"></div></div>
    </div>
    <div id="vmas" class="chart"></div>
    <div id="finalizers" class="chart"></div>
  </section>`;
}

function body(run: RunData, facts: Facts | undefined, payload: Payload): Html {
  return html`<main>
    ${summarySection(run, facts)}
    <noscript><p class="remark">The charts and page maps need JavaScript, which is inside this file. Text and tables do not.</p></noscript>
    ${timelineSection(run, payload)}
    ${phasesSection(run)}
    ${steersSection(run)}
    ${beliefSection(facts)}
    ${pageMapSection(payload)}
    ${dominatorsSection(run.dominators ?? [])}
    ${activitySection(run)}
    <section aria-labelledby="h-classes">
      <h2 id="h-classes">Size classes</h2>
      <p class="lead">Tail waste is what is left over at the end of a span because whole objects do not fill it.</p>
      ${classTables(run)}
    </section>
    <section aria-labelledby="h-environment">
      <h2 id="h-environment">Environment</h2>
      ${environmentCards(run, samplingCost(run, runFactsOf(run)), paceMembers(run))}
    </section>
    <section aria-labelledby="h-lines">
      <h2 id="h-lines">Trace lines</h2>
      ${traceLines(run)}
    </section>
    <footer><p>Made by pageheap from a run file; this page holds everything and asks nothing of any network. Charts are drawn by uPlot (MIT).</p></footer>
  </main>`;
}

/**
 * One self-contained HTML file of a run.
 *
 * @param run what `toRunData` made of a run file; a run that did not finish is fine.
 * @param beside what other programs had, laid over the timeline.
 * @returns the file's text, UTF-8, a few hundred KiB for a run of a minute and below 5 MB for one of hours.
 */
export function renderReport(run: RunData, beside: readonly BesideCurve[] = []): string {
  const facts = factsOf(run);
  const payload = payloadOf(run, facts, beside);
  return renderPage({
    title: `${run.header.name ?? run.header.trace?.name ?? 'run'} – pageheap`,
    entry: 'run-page.js',
    style: dominatorStyle,
    body: body(run, facts, payload),
    payload,
  });
}
