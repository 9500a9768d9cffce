/**
 * Tables for the terminal: ruled where the window has room, and lists where not.
 */
import Table from 'cli-table3';
import type { Colors } from './terminal.ts';
import { widthOf, wrap } from './wrap.ts';

export interface TableShape {
  /** The titles of the columns; without any the table has no title row. */
  readonly head: readonly string[];
  /** Indexes of columns that hold numbers, and are set flush right. */
  readonly numeric?: readonly number[];
  readonly rows: readonly (readonly string[])[];
}

/** Bars and two spaces of padding a column. */
function ruledWidth(widths: readonly number[]): number {
  return widths.reduce((sum, w) => sum + w + 3, 1);
}

/** Characters of the longest of a text's lines. */
function widest(text: string): number {
  return Math.max(...text.split('\n').map(widthOf));
}

/** A title in bold; of nothing, nothing. */
function title(text: string, colors: Colors): string {
  return text === '' ? '' : colors.bold(text);
}

/** Widths of the columns. A cell may have several lines. */
function widthsOf({ head, rows }: TableShape): number[] {
  return head.map((h, i) => Math.max(widest(h), ...rows.map((r) => widest(r[i]))));
}

/** Whether a table is drawn in rules in so many columns without a cell broken. */
export function fits(shape: TableShape, columns: number): boolean {
  return ruledWidth(widthsOf(shape)) <= columns;
}

/** The least width of a last column that is worth wrapping in. */
const leastLastColumn = 24;

/**
 * Draws a table no wider than `columns`. The last column is wrapped when that is enough; a window
 * too narrow even for that gets a list.
 */
export function drawTable(shape: TableShape, columns: number, colors: Colors): string {
  const { head, numeric = [], rows } = shape;
  const widths = widthsOf(shape);
  const last = widths.length - 1;
  const excess = ruledWidth(widths) - columns;
  const room = widths[last] - Math.max(0, excess);
  if (excess > 0 && (numeric.includes(last) || room < leastLastColumn))
    return drawList(head, rows, columns, colors);

  const table = new Table({
    head: head.some((h) => h !== '') ? head.map((h) => title(h, colors)) : [],
    colAligns: head.map((_, i) => (numeric.includes(i) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: {
      top: '─',
      'top-mid': '┬',
      'top-left': '┌',
      'top-right': '┐',
      bottom: '─',
      'bottom-mid': '┴',
      'bottom-left': '└',
      'bottom-right': '┘',
    },
  });
  for (const row of rows)
    table.push(
      row.map((cell, i) => (i === last && widest(cell) > room ? wrap(cell, room).join('\n') : cell)),
    );
  return table.toString();
}

function drawList(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  colors: Colors,
): string {
  return rows
    .map((row) => {
      const rest = row
        .slice(1)
        // What has no value has no name.
        .map((cell, i) =>
          row.length === 2 || head[i + 1] === '' || cell === '' ? cell : `${head[i + 1]} ${cell}`,
        )
        .filter((text) => text.trim() !== '')
        .join(', ');
      const name = title(row[0], colors);
      return widthOf(row[0]) + 2 + widthOf(rest) <= columns
        ? `${name}: ${rest}`
        : `${name}:\n  ${wrap(rest, columns - 2).join('\n  ')}`;
    })
    .join('\n');
}

/** Breaks a text into lines of at most `width`: after commas and spaces where it can, else anywhere. */
function chop(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let rest = text; rest !== ''; ) {
    let end = rest.length;
    if (end > width) {
      end = Math.max(rest.lastIndexOf(',', width - 1), rest.lastIndexOf(' ', width - 1)) + 1 || width;
    }
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return lines;
}

const leastName = 8;

/**
 * A table turned round, for windows too narrow for it: each row's title, and below it a line for each column,
 * its title and its cell, flush right. A title too long for its line goes on below.
 */
export function drawGroups({ head, rows }: TableShape, columns: number, colors: Colors): string {
  const names = head.slice(1);
  const cells = Math.max(...rows.flatMap((row) => row.slice(1).map(widthOf)), 0);
  const width = Math.min(Math.max(...names.map(widthOf), 0), Math.max(leastName, columns - cells - 4));
  return rows
    .map((row) => {
      const lines = names.flatMap((name, i) =>
        row[i + 1] === ''
          ? []
          : chop(name, width).map((part, n) =>
              n > 0
                ? `  ${part}`
                : `  ${part.padEnd(width)}  ${' '.repeat(cells - widthOf(row[i + 1]))}${row[i + 1]}`,
            ),
      );
      return [title(row[0], colors), ...lines].join('\n');
    })
    .join('\n');
}

/** Names and texts side by side, the texts wrapped; below each other where there is no room. */
export function drawFacts(
  facts: readonly (readonly [string, string])[],
  columns: number,
  colors: Colors,
): string {
  const width = Math.max(...facts.map(([name]) => widthOf(name))) + 2;
  const beside = columns - width >= leastLastColumn;
  return facts
    .map(([name, text]) => {
      const lines = wrap(text, columns - (beside ? width : 2));
      return beside
        ? `${colors.bold(name.padEnd(width))}${lines.join(`\n${' '.repeat(width)}`)}`
        : `${colors.bold(name)}\n  ${lines.join('\n  ')}`;
    })
    .join('\n');
}
