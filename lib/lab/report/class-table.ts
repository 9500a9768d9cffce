/**
 * The size-class table: one row per class, one table per recorded moment, of which one is shown.
 *
 * Columns stand in a fixed order and only where the run file has them; where it is narrow, those that tell least of
 * the heap are dropped first (fitted-table.ts). Two are computed: the share of
 * memory that tails waste, and, where nothing is in use any more, what was allocated in all, so that
 * the table of a run that freed everything still shows what the run was made of.
 */

import type { RunClasses, RunValue } from '../record/lines.ts';
import { momentName } from '../record/moments.ts';
import type { RunData } from '../record/run-data.ts';
import { formatBytes, formatNumber, formatShare, formatTime } from './client/format.ts';
import { spread } from './downsample.ts';
import { type FittedColumn, fittedTable } from './fitted-table.ts';
import { type Html, html, raw } from './html.ts';
import { heading, valueInWords } from './values.ts';

type Row = Readonly<Record<string, RunValue>>;

interface ClassColumn {
  readonly title: string;
  /** Columns of a higher rank are dropped first where it is narrow. */
  readonly rank: number;
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

const size = (row: Row): number => numberOf(row, 'size');
const held = (row: Row): number => numberOf(row, 'inuseBytes');
const waste = (row: Row): number => numberOf(row, 'tailWaste');
const allocated = (row: Row): number => numberOf(row, 'mallocs') * size(row);

/** The columns for these rows. */
function columnsFor(rows: readonly Row[]): ClassColumn[] {
  const has = (name: string): boolean => rows.some((row) => row[name] !== undefined);
  const sum = (value: (row: Row) => number): number => rows.reduce((total, row) => total + value(row), 0);
  const columns: ClassColumn[] = [];
  const plain = (name: string, title: string, rank: number): void => {
    if (has(name)) columns.push({ title, rank, total: '', cell: (row) => valueInWords(name, row[name]) });
  };
  const counted = (name: string, title: string, rank: number): void => {
    if (!has(name)) return;
    const total = formatNumber(sum((row) => numberOf(row, name)));
    columns.push({ title, rank, total, cell: (row) => formatNumber(numberOf(row, name)) });
  };
  const bytes = (title: string, rank: number, value: (row: Row) => number, barred: boolean): void => {
    const most = Math.max(1, ...rows.map(value));
    const bar = (row: Row): number => value(row) / most;
    columns.push({
      title,
      rank,
      total: formatBytes(sum(value)),
      cell: (row) => formatBytes(value(row)),
      ...(barred ? { bar } : {}),
    });
  };
  const share = (title: string, rank: number, total: string, cell: (row: Row) => string): void => {
    columns.push({ title, rank, total, cell });
  };
  const holdsAny = rows.some((row) => held(row) > 0);
  columns.push({
    title: 'object size',
    rank: 0,
    total: '',
    cell: (row) => (size(row) === 0 ? 'large' : `${formatNumber(size(row))} B`),
  });
  plain('spanBytes', 'span', 9);
  plain('objectsPerSpan', 'objects in it', 10);
  if (has('tailOfSpan')) {
    const tail = (row: Row): number => numberOf(row, 'tailOfSpan');
    share('tail of a span', 12, '', (row) => formatBytes(tail(row)));
    share('waste', 11, '', (row) => formatShare(tail(row), numberOf(row, 'spanBytes')));
  }
  counted('spans', 'spans', 3);
  counted('objects', 'objects', 2);
  if (has('inuseBytes')) bytes('in use', holdsAny ? 1 : 8, held, holdsAny);
  if (has('tailWaste')) {
    share('tail waste', 5, formatBytes(sum(waste)), (row) => formatBytes(waste(row)));
    share('share', 4, formatShare(sum(waste), sum(held) + sum(waste)), (row) =>
      formatShare(waste(row), held(row) + waste(row)),
    );
  }
  counted('mallocs', 'allocated in all', holdsAny ? 6 : 2);
  if (has('mallocs')) bytes('bytes', holdsAny ? 8 : 1, allocated, !holdsAny);
  counted('frees', 'freed in all', 7);
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    if (!known.includes(name)) plain(name, heading(name), 13);
  }
  return columns;
}

function fitted({ title, rank, total, cell, bar }: ClassColumn, rows: readonly Row[]): FittedColumn {
  const cells = rows.map((row) => {
    const text = cell(row);
    return bar === undefined
      ? { text }
      : {
          text,
          html: html`<td class="bar"><span style="--share:${bar(row).toFixed(3)}"></span><i>${text}</i></td>`,
        };
  });
  return { title, rank, total, cells };
}

function classTable(moment: RunClasses, index: number, hidden: boolean): Html {
  const rows = moment.rows.filter((row) => row.spans !== 0);
  return fittedTable({
    id: `classes-${index}`,
    label: ['Size classes at', formatTime(moment.t), momentName(moment.label)].join(' ').trim(),
    attributes: ` data-classes="${index}"${hidden ? ' hidden' : ''}`,
    heads: {
      title: 'class',
      total: 'all',
      cells: rows.map((row) => ({ text: valueInWords('class', row.class) })),
    },
    columns: columnsFor(rows).map((column) => fitted(column, rows)),
  });
}

/** The size classes of every moment that is shown; the one with most in use stands first. */
export function classTables(run: RunData): Html {
  const moments = spread(run.classes, 8);
  if (moments.length === 0) {
    return html`<p class="none">The run recorded no size classes.</p>`;
  }
  const heldAt = (moment: RunClasses): number => moment.rows.reduce((sum, row) => sum + held(row), 0);
  const chosen = moments.reduce((best, moment, i) => (heldAt(moment) > heldAt(moments[best]) ? i : best), 0);
  const titleOf = (moment: RunClasses): string =>
    [formatTime(moment.t), momentName(moment.label), `${formatBytes(heldAt(moment))} in use`]
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
