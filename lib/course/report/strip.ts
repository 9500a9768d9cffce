/**
 * Pages drawn in a line of characters: in use, free, and where an answer lies.
 *
 * With more pages than columns a character is several pages; one that is partly free is told apart.
 */
import type { Strip } from '../exercises/exercise.ts';
import type { Run } from '../model/fits.ts';

const used = '█';
const free = '·';
const mixed = '▒';

export interface StripLine {
  readonly title: string;
  readonly cells: string;
}

/** A line of a strip: pages that are free by these runs. */
export function cellsOf(runs: readonly Run[], pages: number, perCell: number): string {
  const isFree = new Uint8Array(pages);
  for (const { page, n } of runs) isFree.fill(1, Math.max(0, page), Math.max(0, Math.min(pages, page + n)));
  let line = '';
  for (let from = 0; from < pages; from += perCell) {
    const cell = isFree.subarray(from, from + perCell);
    const count = cell.reduce((sum, x) => sum + x, 0);
    line += count === 0 ? used : count === cell.length ? free : mixed;
  }
  return line;
}

function markOf({ page, n }: Run, perCell: number, width: number): string {
  const from = Math.floor(page / perCell);
  const to = Math.floor((page + n - 1) / perCell);
  return from >= width
    ? `${' '.repeat(Math.max(0, width - 1))}→`
    : `${' '.repeat(from)}${'^'.repeat(Math.min(width, to + 1) - from)}`;
}

function ruler(pages: number, perCell: number, first: number): string {
  let line = '';
  const step = 10 * perCell;
  for (let page = 0; page < pages; page += step) line = `${line.padEnd(page / perCell)}${first + page} `;
  return line.trimEnd();
}

/** A strip in lines of at most `width` characters. */
export function drawStrip(
  { pages, first = 0, model, registry, answered, expected }: Strip,
  width: number,
): StripLine[] {
  const perCell = Math.max(1, Math.ceil(pages / Math.max(10, width)));
  const cells = Math.ceil(pages / perCell);
  const lines: StripLine[] = [
    { title: 'pages', cells: ruler(pages, perCell, first).slice(0, width) },
    { title: 'free, right', cells: cellsOf(model, pages, perCell) },
  ];
  if (registry !== undefined) lines.push({ title: 'free, yours', cells: cellsOf(registry, pages, perCell) });
  if (expected !== undefined) lines.push({ title: 'expected', cells: markOf(expected, perCell, cells) });
  if (answered !== undefined) lines.push({ title: 'answered', cells: markOf(answered, perCell, cells) });
  return lines;
}

/** What the characters mean. */
export const stripLegend = `${used} in use   ${free} free   ${mixed} both`;
