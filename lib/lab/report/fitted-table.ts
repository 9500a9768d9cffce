/**
 * A table that is never cut: where it is too narrow for all columns, it drops whole ones, the least important first,
 * and names them below; a box brings all of them back, and then the table scrolls.
 *
 * This is style alone, so that it holds without a script and on paper. Each column's width is estimated here, from
 * its longest cell and the longest word of its title; the sums are the bounds of container queries, in `ch`
 * beside the padding, so that they follow the reader's font. Estimates are on the safe side: digits are as wide as a
 * `ch`, and other characters count for what they take in wide fonts.
 *
 * Not here: sorting (client/sort-table.ts), what stands in the tables.
 */
import { type Html, html, raw } from './html.ts';

export interface FittedCell {
  readonly text: string;
  /** The whole cell, where it is more than its text. */
  readonly html?: Html;
}

export interface FittedColumn {
  readonly title: string;
  readonly cells: readonly FittedCell[];
  /** In the last row, over all others. */
  readonly total?: string;
  /** Columns of a higher rank are dropped first; of one rank, those further right. */
  readonly rank: number;
  /** Text, which stands to the left and may be broken into lines; else numbers. */
  readonly words?: boolean;
}

export interface FittedTable {
  /** Of the table; the only one in the page. */
  readonly id: string;
  /** Said of the table to those who do not see it, and on paper. */
  readonly label: string;
  /** The headings of the rows: never dropped. */
  readonly heads: Omit<FittedColumn, 'rank'>;
  readonly columns: readonly FittedColumn[];
  /** Attributes of each row, written already. */
  readonly rowAttributes?: readonly string[];
  /** Attributes of the whole, written already. */
  readonly attributes?: string;
}

/** Pixels beside a cell's text (table-style.ts), with room for its border. */
const padding = 19;
/** Beside a title: the arrow of a sorted column. */
const arrow = 16;

/** How wide a text is at most, in widths of a zero. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    width += /[mwMW@%]/.test(char)
      ? 1.6
      : /[A-Z–−]/.test(char)
        ? 1.3
        : /[.,:;'’ ilI|]/.test(char)
          ? 0.6
          : 1.02;
  }
  return width;
}

/** The width of the longest word. */
function wordsWidth(text: string): number {
  return Math.max(...text.split(' ').map(textWidth));
}

function cellsWidth({ cells, total = '', words = false }: Omit<FittedColumn, 'rank'>): number {
  const widthOf = words ? wordsWidth : textWidth;
  return Math.max(textWidth(total) * 1.06, ...cells.map(({ text }) => widthOf(text)));
}

/** A column's width: the larger of its cells and of its title, each with what stands beside it. */
function columnWidth(column: Omit<FittedColumn, 'rank'>): string {
  return `max(${cellsWidth(column).toFixed(1)}ch,${wordsWidth(column.title).toFixed(1)}ch + ${arrow}px)`;
}

/** The columns by what is dropped first. */
export function droppingOrder(columns: readonly Pick<FittedColumn, 'rank'>[]): number[] {
  return columns.map((_, i) => i).sort((a, b) => columns[b].rank - columns[a].rank || b - a);
}

/** The rules that drop columns. */
function rules({ id, heads, columns }: FittedTable): string {
  const order = droppingOrder(columns);
  // Each is a part of as many bounds as there are columns.
  const headsWidth = columnWidth(heads);
  const widths = columns.map(columnWidth);
  const bound = (kept: readonly number[]): string =>
    `calc(${[headsWidth, ...kept.map((i) => widths[i])].join(' + ')} + ${padding * (kept.length + 1)}px)`;
  // The last one stays: without any column there is no table.
  const dropping = order.slice(0, -1).map((column, i) => {
    const of = `.fitted:not(:has(.all-columns:checked)) #${id}`;
    return (
      `@container (width < ${bound(order.slice(i))}) {` +
      `${of} :is(th, td):nth-child(${column + 2}) { display: none; } ` +
      `.fitted:not(:has(.all-columns:checked)) #${id}-left > span:nth-child(${i + 1}) { display: inline; } }`
    );
  });
  return [`@container (width < ${bound(order)}) { #${id}-out { display: block; } }`, ...dropping].join('\n');
}

function tableCell({ text, html: whole }: FittedCell, words: boolean | undefined): Html {
  if (whole !== undefined) return whole;
  const kind = words === true ? 'words' : /^0( |$)/.test(text) ? 'nil' : '';
  return kind === '' ? html`<td>${text}</td>` : html`<td class="${kind}">${text}</td>`;
}

/** The table with its rules. */
export function fittedTable(table: FittedTable): Html {
  const { id, label, heads, columns, rowAttributes = [], attributes = '' } = table;
  const head = ({ title, words }: Omit<FittedColumn, 'rank'>): Html =>
    html`<th scope="col"${raw(words === true ? ' class="words"' : '')}>${title}</th>`;
  const row = (cell: FittedCell, i: number): Html => {
    const rest = columns.map(({ cells, words }) => tableCell(cells[i], words));
    return html`<tr${raw(rowAttributes[i] ?? '')}><th scope="row">${cell.html ?? cell.text}</th>${rest}</tr>`;
  };
  const foot =
    heads.total === undefined
      ? html``
      : html`<tfoot><tr><th scope="row">${heads.total}</th>${columns.map(({ total = '' }) => html`<td>${total}</td>`)}</tr></tfoot>`;
  const left = droppingOrder(columns)
    .slice(0, -1)
    .map((i) => html`<span>${columns[i].title}</span> `);
  return html`<div class="fitted"${raw(attributes)}>
    <style>${raw(rules(table))}</style>
    <div class="scroller" tabindex="0" role="region" aria-label="${label}">
      <table id="${id}" class="sortable">
        <caption>${label}</caption>
        <thead><tr>${head(heads)}${columns.map(head)}</tr></thead>
        <tbody>${heads.cells.map(row)}</tbody>
        ${foot}
      </table>
    </div>
    <div class="left-out" id="${id}-out"><label><input type="checkbox" class="all-columns"> all columns</label>
      <p id="${id}-left">Left out where it is narrow: ${left}</p></div>
  </div>`;
}
