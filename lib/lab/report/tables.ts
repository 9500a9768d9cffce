/**
 * The tables of the report: moments of the page map, size classes, environment, trace lines.
 *
 * They are HTML text, so that they can be read, searched, copied and printed without the program of
 * the page.
 */

import { formatBytes, formatNumber, formatShare, formatTick, formatTime } from './client/format.ts';
import { spread } from './downsample.ts';
import { type Html, html, raw } from './html.ts';
import { type PackedMap, residencyCount } from './page-maps.ts';
import type { RunClasses, RunData, RunValue } from './run-data.ts';

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

/** Belief and residency of every moment, in bytes, with the disagreements. */
export function momentsTable(maps: readonly PackedMap[]): Html {
  const cell = (pages: number, kind = ''): Html =>
    html`<td class="${pages === 0 ? 'nil' : kind}">${pages === 0 ? '0' : formatBytes(pages * heapPageBytes)}</td>`;
  const row = (map: PackedMap): Html => {
    const resident =
      pagesWith(map, [0, 1, 2, 3, 4], [2]) * heapPageBytes +
      pagesWith(map, [0, 1, 2, 3, 4], [1]) * physicalPageBytes;
    return html`<tr data-title="${momentTitle(map)}">
      <th scope="row"><button type="button" aria-pressed="false">${formatTime(map.t)}</button></th>
      <td class="words">${map.label}</td>
      ${cell(pagesWith(map, [3], anyResidency))}${cell(pagesWith(map, [4], anyResidency))}${cell(pagesWith(map, [1], anyResidency))}${cell(pagesWith(map, [2], anyResidency))}
      <td>${formatBytes(resident)}</td>
      ${cell(pagesWith(map, [0, 2], [1, 2]), 'over')}${cell(pagesWith(map, [3, 4], [0]), 'under')}${cell(pagesWith(map, [1], [0]), 'under')}
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

function numberOf(row: Readonly<Record<string, RunValue>>, name: string): number | undefined {
  const value = row[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

const knownClassMembers = ['class', 'size', 'spans', 'objects', 'inuseBytes', 'tailWaste'];

/** A member name as a heading: `freeSlots` → `free slots`. Go's names, which begin large, stay as they are. */
function heading(name: string): string {
  if (/^[A-Z]/.test(name)) {
    return name;
  }
  return name.replace(
    /([a-z])([A-Z])/g,
    (_all, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

function valueInWords(value: RunValue | undefined, name: string): string {
  if (value === undefined || value === null) {
    return '–';
  }
  if (typeof value === 'number') {
    return /bytes|waste/i.test(name)
      ? formatBytes(value)
      : `${formatNumber(value)}${name === 'size' ? ' B' : ''}`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function classTable(moment: RunClasses, index: number, hidden: boolean): Html {
  const rows = moment.rows.filter((row) => (numberOf(row, 'spans') ?? 1) > 0);
  const others = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => !knownClassMembers.includes(name),
  );
  const held = (row: Readonly<Record<string, RunValue>>): number => numberOf(row, 'inuseBytes') ?? 0;
  const most = Math.max(1, ...rows.map(held));
  const sum = (name: string): number => rows.reduce((total, row) => total + (numberOf(row, name) ?? 0), 0);
  const body = rows.map((row) => {
    const waste = numberOf(row, 'tailWaste') ?? 0;
    const width = (held(row) / most).toFixed(3);
    return html`<tr><th scope="row">${valueInWords(row.class, 'class')}</th>
      <td>${numberOf(row, 'size') === 0 ? 'large' : valueInWords(row.size, 'size')}</td>
      <td>${valueInWords(row.spans, 'spans')}</td><td>${valueInWords(row.objects, 'objects')}</td>
      <td class="bar"><span style="--share:${width}"></span><i>${formatBytes(held(row))}</i></td>
      <td class="${waste === 0 ? 'nil' : ''}">${waste === 0 ? '0' : formatBytes(waste)}</td>
      <td class="${waste === 0 ? 'nil' : ''}">${formatShare(waste, held(row) + waste)}</td>
      ${others.map((name) => html`<td>${valueInWords(row[name], name)}</td>`)}</tr>`;
  });
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Size classes at ${formatTime(moment.t)}" data-classes="${String(index)}"${raw(hidden ? ' hidden' : '')}>
    <table>
      <thead><tr><th scope="col">class</th><th scope="col">object size</th><th scope="col">spans</th><th scope="col">objects</th><th scope="col">in use</th><th scope="col">tail waste</th><th scope="col">share</th>${others.map((name) => html`<th scope="col">${heading(name)}</th>`)}</tr></thead>
      <tbody>${body}</tbody>
      <tfoot><tr><th scope="row">all</th><td></td><td>${formatNumber(sum('spans'))}</td><td>${formatNumber(sum('objects'))}</td><td>${formatBytes(sum('inuseBytes'))}</td><td>${formatBytes(sum('tailWaste'))}</td><td>${formatShare(sum('tailWaste'), sum('inuseBytes') + sum('tailWaste'))}</td>${others.map(() => html`<td></td>`)}</tr></tfoot>
    </table>
  </div>`;
}

/** The size classes: one table per moment, of which one is shown. */
export function classTables(run: RunData): Html {
  const moments = spread(run.classes, 8);
  if (moments.length === 0) {
    return html`<p class="none">The run recorded no size classes.</p>`;
  }
  const held = (moment: RunClasses): number =>
    moment.rows.reduce((sum, row) => sum + (numberOf(row, 'inuseBytes') ?? 0), 0);
  const chosen = moments.reduce((best, moment, i) => (held(moment) > held(moments[best]) ? i : best), 0);
  const options = moments.map((moment, i) => {
    const title = `${formatTime(moment.t)}${moment.label === undefined ? '' : ` · ${moment.label}`} · ${formatBytes(held(moment))}`;
    return html`<option value="${String(i)}"${raw(i === chosen ? ' selected' : '')}>${title}</option>`;
  });
  const choice =
    moments.length === 1
      ? html`<p class="meta">at ${formatTime(moments[0].t)}</p>`
      : html`<p class="controls"><label>at <select id="class-moment">${options}</select></label></p>`;
  return html`${choice}${moments.map((moment, i) => classTable(moment, i, i !== chosen))}`;
}

const environmentNames: Record<string, string> = {
  kernel: 'Kernel',
  node: 'Node',
  cpu: 'Processor',
  thp: 'Transparent huge pages',
  thpDefrag: 'THP defrag',
  pageSize: 'Physical page',
  hugePageSize: 'Huge page',
  overcommit: 'Overcommit',
  pageheap: 'pageheap',
  gcPercent: 'GC percent',
  memoryLimit: 'Memory limit',
  beatMs: 'Beat (ms)',
};

/** Members that hold bytes: MemStats' fields, and names that say so. */
const byteNames = /^(Total|Heap)?Alloc$|(Sys|Inuse|Idle|Released|Rss|Bytes)$|^(NextGC|bytes)$/;

function environmentValue(name: string, value: RunValue): string {
  const unlimited = typeof value === 'number' && value >= 2 ** 53;
  if (value === null || value === undefined) {
    return 'none';
  }
  if (/Limit$/.test(name) && unlimited) {
    return 'none';
  }
  if (typeof value === 'number' && /^(huge)?PageSize$|Limit$|^reach$/i.test(name)) {
    return value === 0 ? 'none' : formatTick(value);
  }
  if (typeof value === 'number' && byteNames.test(name)) {
    return formatBytes(value);
  }
  if (typeof value === 'number' && /Ns$/.test(name)) {
    return `${formatNumber(value / 1e9)} s`;
  }
  if (typeof value === 'number') {
    return formatNumber(value);
  }
  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function definitions(title: string, members: Readonly<Record<string, RunValue>> | undefined): Html {
  const entries = Object.entries(members ?? {}).filter(
    ([name, value]) => name !== 'fallbacks' && value !== undefined && JSON.stringify(value).length <= 400,
  );
  if (entries.length === 0) {
    return html``;
  }
  const rows = entries.map(
    ([name, value]) =>
      html`<div><dt>${environmentNames[name] ?? heading(name)}</dt><dd>${environmentValue(name, value)}</dd></div>`,
  );
  return html`<div class="card"><h3>${title}</h3><dl class="pairs">${rows}</dl></div>`;
}

/** The machine, the options, the pace, what fell back, what the trace held. */
export function environmentCards(run: RunData, cost: Readonly<Record<string, RunValue>>): Html {
  const { header, end } = run;
  const fallbacks = header.env?.fallbacks;
  const list = Array.isArray(fallbacks)
    ? fallbacks
    : fallbacks === undefined || fallbacks === null
      ? []
      : [fallbacks];
  const fallen =
    list.length === 0
      ? html`<p>None: the kernel did all that was asked.</p>`
      : html`<ul>${list.map((item) => html`<li>${typeof item === 'string' ? item : JSON.stringify(item)}</li>`)}</ul>`;
  return html`<div class="cards">
    ${definitions('Machine', header.env)}
    ${definitions('Heap options', header.options)}
    ${definitions('Pace', header.pace)}
    <div class="card"><h3>Fallbacks</h3>${fallen}</div>
    ${definitions('What looking cost', cost)}
    ${definitions('Trace', end?.trace)}
    ${definitions('Statistics at the end', end?.summary)}
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
