/**
 * The size-class table: one row per class, one table per recorded moment, of which one is shown.
 *
 * Columns stand in a fixed order and only where the run file has them. Two are computed: the share of
 * memory that tails waste, and, where nothing is in use any more, what was allocated in all, so that
 * the table of a run that freed everything still shows what the run was made of.
 */

import type { RunClasses, RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber, formatShare, formatTime } from './client/format.ts';
import { spread } from './downsample.ts';
import { type Html, html, raw } from './html.ts';
import { heading, valueInWords } from './values.ts';

type Row = Readonly<Record<string, RunValue>>;

interface ClassColumn {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** The cell of the last row, over all classes. */
  readonly total: string;
  /** From 0 to 1: drawn as a bar beside the text. */
  readonly bar?: (row: Row) => number;
}

function numberOf(row: Row, name: string): number {
  const value = row[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

const known = [
  'class',
  'size',
  'spanBytes',
  'objectsPerSpan',
  'tailOfSpan',
  'spans',
  'objects',
  'inuseBytes',
].concat(['tailWaste', 'mallocs', 'frees']);

/** The columns for these rows. */
function columnsFor(rows: readonly Row[]): ClassColumn[] {
  const has = (name: string): boolean => rows.some((row) => row[name] !== undefined);
  const sum = (value: (row: Row) => number): number => rows.reduce((total, row) => total + value(row), 0);
  const columns: ClassColumn[] = [];
  const plain = (name: string, title: string, unit = ''): void => {
    if (has(name)) {
      columns.push({ title, total: '', cell: (row) => `${valueInWords(name, row[name])}${unit}` });
    }
  };
  const counted = (name: string, title: string): void => {
    if (has(name)) {
      const total = formatNumber(sum((row) => numberOf(row, name)));
      columns.push({ title, total, cell: (row) => formatNumber(numberOf(row, name)) });
    }
  };
  const bytes = (title: string, value: (row: Row) => number, barred: boolean): void => {
    const most = Math.max(1, ...rows.map(value));
    const total = formatBytes(sum(value));
    const bar = (row: Row): number => value(row) / most;
    columns.push({ title, total, cell: (row) => formatBytes(value(row)), ...(barred ? { bar } : {}) });
  };
  columns.push({
    title: 'object size',
    total: '',
    cell: (row) => (numberOf(row, 'size') === 0 ? 'large' : `${formatNumber(numberOf(row, 'size'))} B`),
  });
  plain('spanBytes', 'span');
  plain('objectsPerSpan', 'objects in it');
  if (has('tailOfSpan')) {
    columns.push({
      title: 'tail of a span',
      total: '',
      cell: (row) => formatBytes(numberOf(row, 'tailOfSpan')),
    });
    columns.push({
      title: 'waste',
      total: '',
      cell: (row) => formatShare(numberOf(row, 'tailOfSpan'), numberOf(row, 'spanBytes')),
    });
  }
  counted('spans', 'spans');
  counted('objects', 'objects');
  const held = (row: Row): number => numberOf(row, 'inuseBytes');
  const holdsAny = rows.some((row) => held(row) > 0);
  if (has('inuseBytes')) {
    bytes('in use', held, holdsAny);
  }
  if (has('tailWaste')) {
    const waste = (row: Row): number => numberOf(row, 'tailWaste');
    columns.push({
      title: 'tail waste',
      total: formatBytes(sum(waste)),
      cell: (row) => formatBytes(waste(row)),
    });
    columns.push({
      title: 'share',
      total: formatShare(sum(waste), sum(held) + sum(waste)),
      cell: (row) => formatShare(waste(row), held(row) + waste(row)),
    });
  }
  counted('mallocs', 'allocated in all');
  if (has('mallocs')) {
    bytes('bytes', (row) => numberOf(row, 'mallocs') * numberOf(row, 'size'), !holdsAny);
  }
  counted('frees', 'freed in all');
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    if (!known.includes(name)) {
      plain(name, heading(name));
    }
  }
  return columns;
}

function cellOf(column: ClassColumn, row: Row): Html {
  const text = column.cell(row);
  if (column.bar !== undefined) {
    return html`<td class="bar"><span style="--share:${column.bar(row).toFixed(3)}"></span><i>${text}</i></td>`;
  }
  return html`<td class="${/^0( |$)/.test(text) ? 'nil' : ''}">${text}</td>`;
}

function classTable(moment: RunClasses, index: number, hidden: boolean): Html {
  const rows = moment.rows.filter((row) => row.spans !== 0);
  const columns = columnsFor(rows);
  const body = rows.map(
    (row) =>
      html`<tr><th scope="row">${valueInWords('class', row.class)}</th>${columns.map((column) => cellOf(column, row))}</tr>`,
  );
  const title = `Size classes at ${formatTime(moment.t)}`;
  return html`<div class="scroller" tabindex="0" role="region" aria-label="${title}" data-classes="${String(index)}"${raw(hidden ? ' hidden' : '')}>
    <table class="classes">
      <thead><tr><th scope="col">class</th>${columns.map((column) => html`<th scope="col">${column.title}</th>`)}</tr></thead>
      <tbody>${body}</tbody>
      <tfoot><tr><th scope="row">all</th>${columns.map((column) => html`<td>${column.total}</td>`)}</tr></tfoot>
    </table>
  </div>`;
}

/** The size classes of every moment that is shown; the one with most in use stands first. */
export function classTables(run: RunData): Html {
  const moments = spread(run.classes, 8);
  if (moments.length === 0) {
    return html`<p class="none">The run recorded no size classes.</p>`;
  }
  const held = (moment: RunClasses): number =>
    moment.rows.reduce((sum, row) => sum + numberOf(row, 'inuseBytes'), 0);
  const chosen = moments.reduce((best, moment, i) => (held(moment) > held(moments[best]) ? i : best), 0);
  const titleOf = (moment: RunClasses): string =>
    [formatTime(moment.t), moment.label ?? '', `${formatBytes(held(moment))} in use`]
      .filter((text) => text !== '')
      .join(' · ');
  const options = moments.map(
    (moment, i) =>
      html`<option value="${String(i)}"${raw(i === chosen ? ' selected' : '')}>${titleOf(moment)}</option>`,
  );
  const choice =
    moments.length === 1
      ? html`<p class="meta">At ${titleOf(moments[0])}.</p>`
      : html`<p class="controls"><label>at <select id="class-moment">${options}</select></label></p>`;
  return html`${choice}${moments.map((moment, i) => classTable(moment, i, i !== chosen))}`;
}
