/// <reference lib="dom" />
/**
 * Tables that can be sorted, by the mouse and by the keyboard: each heading gets a button. The first use sorts the
 * largest numbers, or the first words, to the top; the next the other way round; the third as it was.
 * `aria-sort` tells which heading it is sorted by, and an arrow shows it.
 *
 * Tables of class `sortable` sort their rows. In those of class `sortable-columns`, which lay configurations beside
 * each other, a row is one figure, so the heading of a row sorts the columns.
 *
 * Not here: what a cell is sorted by (sort-key.ts).
 */
import { make } from './dom.ts';
import { compareKeys, type SortKey, sortKey } from './sort-key.ts';

type Direction = 'ascending' | 'descending' | 'none';

const rowsOf = (part: HTMLTableSectionElement): HTMLTableRowElement[] => [...part.rows];

function keyOf(cell: Element | undefined): SortKey {
  // A figure comes first in its cell; the spread below it is no part of it.
  const figure = cell?.firstChild;
  const text = figure?.nodeType === Node.TEXT_NODE ? figure.textContent : cell?.textContent;
  return sortKey(text ?? '');
}

/** The order of keys, those that are equal as they stand. */
function orderOf(keys: readonly SortKey[], direction: Direction): number[] {
  const places = keys.map((_, i) => i);
  if (direction === 'none') return places;
  const sign = direction === 'ascending' ? 1 : -1;
  return places.sort((a, b) => compareKeys(keys[a], keys[b], sign) || a - b);
}

/** What follows a direction. Numbers begin with the largest, words with the first. */
function nextDirection(now: Direction, isNumeric: boolean): Direction {
  const steps: Direction[] = isNumeric ? ['descending', 'ascending'] : ['ascending', 'descending'];
  const [first, second] = steps;
  return now === 'none' ? first : now === first ? second : 'none';
}

/** Makes buttons of headings; `sort` is called with the heading and its new direction. */
function makeSortButtons(
  headings: readonly HTMLTableCellElement[],
  isNumeric: (at: number) => boolean,
  sort: (at: number, direction: Direction) => void,
): void {
  headings.forEach((heading, at) => {
    if (heading.textContent?.trim() === '') return;
    const button = make('button', { type: 'button', class: 'sort' });
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const now = (heading.getAttribute('aria-sort') ?? 'none') as Direction;
      const next = nextDirection(now, isNumeric(at));
      for (const other of headings) other.removeAttribute('aria-sort');
      if (next !== 'none') heading.setAttribute('aria-sort', next);
      sort(at, next);
    });
  });
}

function sortableRows(table: HTMLTableElement): void {
  const body = table.tBodies[0];
  const headings = [...(table.tHead?.rows[0]?.cells ?? [])];
  const rows = rowsOf(body);
  const keysOf = (column: number): SortKey[] => rows.map((row) => keyOf(row.cells[column]));
  makeSortButtons(
    headings,
    (column) => keysOf(column).some((key) => typeof key === 'number'),
    (column, direction) => body.append(...orderOf(keysOf(column), direction).map((i) => rows[i])),
  );
}

function sortableColumns(table: HTMLTableElement): void {
  const parts = [...(table.tHead === null ? [] : [table.tHead]), ...table.tBodies];
  const rows = parts.flatMap(rowsOf).map((row) => ({ row, cells: [...row.cells].slice(1) }));
  const figures = [...table.tBodies].flatMap(rowsOf);
  const cellsOf = new Map(rows.map(({ row, cells }) => [row, cells]));
  makeSortButtons(
    figures.map((row) => row.cells[0]),
    () => true,
    (at, direction) => {
      const order = orderOf((cellsOf.get(figures[at]) ?? []).map(keyOf), direction);
      for (const { row, cells } of rows) row.append(...order.map((i) => cells[i]));
    },
  );
}

/** Makes every table sortable that says so. */
export function wireSorting(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) sortableRows(table);
  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable-columns'))
    sortableColumns(table);
}
