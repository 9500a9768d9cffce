/**
 * The tables of the report: moments of the page map, and the trace lines.
 *
 * They are HTML text, so that they can be read, searched, copied and printed without the program of
 * the page.
 */

import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber, formatTime } from './client/format.ts';
import { type Html, html } from './html.ts';
import { type PackedMap, residencyCount, stateNames } from './page-maps.ts';

const heapPageBytes = 8192;
const physicalPageBytes = 4096;

/** Pages of a moment with a state (any when undefined) whose residency is in the list. */
function pagesWith(map: PackedMap, states: readonly number[], residencies: readonly number[]): number {
  let sum = 0;
  for (const state of states) {
    for (const residency of residencies) {
      sum += map.tally[state * residencyCount + residency];
    }
  }
  return sum;
}

/** How one moment is called. */
export function momentTitle(map: PackedMap): string {
  return `${formatTime(map.t)}${map.label === '' ? '' : ` · ${map.label}`}`;
}

const anyResidency = [0, 1, 2, 3];
const allStates = stateNames.map((_, state) => state);
/** Free and backed: what can be given back, and what a larger physical page keeps. */
const freeStates = [1, 5];

/** Belief and residency of every moment, in bytes, with the disagreements. */
export function momentsTable(maps: readonly PackedMap[]): Html {
  const cell = (pages: number, kind = ''): Html =>
    html`<td class="${pages === 0 ? 'nil' : kind}">${pages === 0 ? '0' : formatBytes(pages * heapPageBytes)}</td>`;
  const row = (map: PackedMap): Html => {
    const resident =
      pagesWith(map, allStates, [2]) * heapPageBytes + pagesWith(map, allStates, [1]) * physicalPageBytes;
    return html`<tr data-title="${momentTitle(map)}">
      <th scope="row"><button type="button" aria-pressed="false">${formatTime(map.t)}</button></th>
      <td class="words">${map.label}</td>
      ${cell(pagesWith(map, [3], anyResidency))}${cell(pagesWith(map, [4], anyResidency))}${cell(pagesWith(map, freeStates, anyResidency))}${cell(pagesWith(map, [2], anyResidency))}
      <td>${formatBytes(resident)}</td>
      ${cell(pagesWith(map, [0, 2], [1, 2]), 'over')}${cell(pagesWith(map, [3, 4], [0]), 'under')}${cell(pagesWith(map, freeStates, [0]), 'under')}
    </tr>`;
  };
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Moments of the page map">
    <table id="moments">
      <thead>
        <tr><th scope="col" rowspan="2">moment</th><th scope="col" rowspan="2" class="words">what it was</th><th scope="colgroup" colspan="4">the heap believes</th><th scope="col" rowspan="2">resident</th><th scope="colgroup" colspan="3">disagreements</th></tr>
        <tr><th scope="col">in use</th><th scope="col">manual</th><th scope="col">free</th><th scope="col">released</th><th scope="col">given up, yet resident</th><th scope="col">in use, never touched</th><th scope="col">free, never touched</th></tr>
      </thead>
      <tbody>${maps.map(row)}</tbody>
    </table>
  </div>`;
}

const mostLines = 1500;

/** The gctrace and scavtrace lines in order of time; of very many, the first and the last. */
export function traceLines(run: RunData): Html {
  const lines = [
    ...run.collections.map((gc) => ({ t: gc.t, kind: 'gc', line: gc.line })),
    ...run.scavenges.map((scavenge) => ({ t: scavenge.t, kind: 'scav', line: scavenge.line })),
  ]
    .filter(
      (item): item is { t: number; kind: string; line: string } =>
        typeof item.line === 'string' && item.line !== '',
    )
    .sort((a, b) => a.t - b.t);
  if (lines.length === 0) {
    return html`<p class="none">The run recorded no lines.</p>`;
  }
  const write = (item: { t: number; kind: string; line: string }): Html =>
    html`<li class="${item.kind}"><span>${formatTime(item.t)}</span><code>${item.line}</code></li>`;
  const cut = lines.length - mostLines;
  const shown =
    cut <= 0
      ? lines.map(write)
      : [
          ...lines.slice(0, mostLines / 2).map(write),
          html`<li class="cut">${formatNumber(cut)} lines are left out here; the run file has them.</li>`,
          ...lines.slice(-mostLines / 2).map(write),
        ];
  return html`<p class="controls"><label><input type="checkbox" data-lines="gc" checked> collections</label>
    <label><input type="checkbox" data-lines="scav" checked> scavenging</label></p>
    <div class="scroller lines" tabindex="0" role="region" aria-label="Trace lines"><ol id="lines">${shown}</ol></div>`;
}
