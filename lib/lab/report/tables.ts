/**
 * The tables of the report: moments of the page map, and the trace lines.
 *
 * They are HTML text, so that they can be read, searched, copied and printed without the program of
 * the page.
 */

import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber, formatTime } from './client/format.ts';
import { type FittedCell, fittedTable } from './fitted-table.ts';
import { type Html, html } from './html.ts';
import { type PackedMap, residencyCount, stateNames } from './page-pairs.ts';

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

interface MomentColumn {
  readonly title: string;
  readonly rank: number;
  /** How a cell that is not zero stands out. */
  readonly kind?: 'over' | 'under';
  readonly bytes: (map: PackedMap) => number;
}

const pages =
  (states: readonly number[], residencies: readonly number[] = anyResidency) =>
  (map: PackedMap): number =>
    pagesWith(map, states, residencies) * heapPageBytes;

const resident = (map: PackedMap): number =>
  pagesWith(map, allStates, [2]) * heapPageBytes + pagesWith(map, allStates, [1]) * physicalPageBytes;

const momentColumns: readonly MomentColumn[] = [
  { title: 'believed in use', rank: 2, bytes: pages([3]) },
  { title: 'believed manual', rank: 8, bytes: pages([4]) },
  { title: 'believed free', rank: 4, bytes: pages(freeStates) },
  { title: 'believed released', rank: 3, bytes: pages([2]) },
  { title: 'resident', rank: 1, bytes: resident },
  { title: 'given up, yet resident', rank: 5, kind: 'over', bytes: pages([0, 2], [1, 2]) },
  { title: 'in use, never touched', rank: 6, kind: 'under', bytes: pages([3, 4], [0]) },
  { title: 'free, never touched', rank: 7, kind: 'under', bytes: pages(freeStates, [0]) },
];

/** Belief and residency of every moment, in bytes, with the disagreements. */
export function momentsTable(maps: readonly PackedMap[]): Html {
  const cell = (bytes: number, kind: string): FittedCell => {
    const text = bytes === 0 ? '0' : formatBytes(bytes);
    const shown = bytes === 0 ? 'nil' : kind;
    return shown === '' ? { text } : { text, html: html`<td class="${shown}">${text}</td>` };
  };
  return fittedTable({
    id: 'moments',
    label: 'Moments of the page map',
    rowAttributes: maps.map((map) => html` data-title="${momentTitle(map)}"`.html),
    heads: {
      title: 'moment',
      cells: maps.map(({ t }) => ({
        text: formatTime(t),
        html: html`<button type="button" aria-pressed="false">${formatTime(t)}</button>`,
      })),
    },
    columns: [
      { title: 'what it was', rank: 0, words: true, cells: maps.map(({ label }) => ({ text: label })) },
      ...momentColumns.map(({ title, rank, kind = '', bytes }) => ({
        title,
        rank,
        cells: maps.map((map) => cell(bytes(map), kind)),
      })),
    ],
  });
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
