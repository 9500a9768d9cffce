/**
 * A chart's numbers as CSV (RFC 4180): a row for each time of a stretch, a column for each layer, values as they are,
 * not stacked, units in the heads. What is not known is an empty cell. No DOM here.
 *
 * A cell that a spreadsheet would take for a formula gets an apostrophe: names come from run files.
 */
import type { TimeRange } from './zoom-range.ts';

export interface CsvColumn {
  readonly title: string;
  readonly values: readonly (number | null)[];
}

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The unit that a format writes behind a number: `1 B` has `B`. */
export function unitOf(format: (value: number) => string): string {
  return format(1).replace(/^1(\.0+)? ?/, '');
}

/** @param first the head of the first column */
export function chartCsv(
  first: string,
  times: readonly number[],
  columns: readonly CsvColumn[],
  [from, to]: TimeRange,
): string {
  const rows = times.flatMap((t, i) =>
    t < from || t > to ? [] : [[String(t), ...columns.map(({ values }) => String(values[i] ?? ''))]],
  );
  const lines = [[first, ...columns.map(({ title }) => title)].map(csvCell), ...rows];
  return `${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`;
}
