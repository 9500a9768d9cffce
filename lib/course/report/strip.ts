/**
 * Pages, or what else is counted, drawn in a line of characters: in use, free, given back, and where an answer lies.
 *
 * With more pages than columns a character is several pages; one with pages of several kinds is told apart.
 */
import type { FreeRun, Strip, StripWords } from '../exercises/exercise.ts';
import type { Run } from '../model/fits.ts';

const used = '█';
const free = '·';
const givenBack = '░';
const mixed = '▒';

const characters = [used, free, givenBack];

const pageWords: StripWords = { unit: 'pages', row: 'free', full: 'in use', empty: 'free' };

export interface StripLine {
  readonly title: string;
  readonly cells: string;
}

/** A line of a strip: pages that are free by these runs. */
export function cellsOf(runs: readonly FreeRun[], pages: number, perCell: number): string {
  // 0 in use, 1 free, 2 given back.
  const kinds = new Uint8Array(pages);
  for (const { page, n, givenBack: isGone } of runs)
    kinds.fill(isGone === true ? 2 : 1, Math.max(0, page), Math.max(0, Math.min(pages, page + n)));
  let line = '';
  for (let from = 0; from < pages; from += perCell) {
    const cell = kinds.subarray(from, from + perCell);
    line += cell.every((kind) => kind === cell[0]) ? characters[cell[0] as number] : mixed;
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
  { pages, first = 0, words = pageWords, model, registry, answered, expected }: Strip,
  width: number,
): StripLine[] {
  const perCell = Math.max(1, Math.ceil(pages / Math.max(10, width)));
  const cells = Math.ceil(pages / perCell);
  const lines: StripLine[] = [
    { title: words.unit, cells: ruler(pages, perCell, first).slice(0, width) },
    { title: `${words.row}, right`, cells: cellsOf(model, pages, perCell) },
  ];
  if (registry !== undefined)
    lines.push({ title: `${words.row}, yours`, cells: cellsOf(registry, pages, perCell) });
  if (expected !== undefined) lines.push({ title: 'expected', cells: markOf(expected, perCell, cells) });
  if (answered !== undefined) lines.push({ title: 'answered', cells: markOf(answered, perCell, cells) });
  return lines;
}

/** What the characters mean: those that can be in the strips. */
export function stripLegend(strips: readonly Pick<Strip, 'words' | 'model' | 'registry'>[]): string {
  const { full, empty } = strips[0]?.words ?? pageWords;
  const isGone = strips.some(({ model, registry = [] }) =>
    [...model, ...registry].some((run) => run.givenBack === true),
  );
  return [
    `${used} ${full}`,
    `${free} ${empty}`,
    ...(isGone ? [`${givenBack} free, given back`] : []),
    `${mixed} ${isGone ? 'several' : 'both'}`,
  ].join('   ');
}
