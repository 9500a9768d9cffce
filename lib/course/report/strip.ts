/**
 * Pages, or what else is counted, drawn in a line of characters: in use, free, given back, and where an answer lies.
 *
 * With more pages than columns a character is several pages; one with pages of several kinds is told apart. Where a run begins right
 * behind another of its kind, which were not merged, its first character says so: else the two would look like one.
 */
import type { FreeRun, Strip, StripWords } from '../exercises/exercise.ts';
import type { Run } from '../model/fits.ts';

const used = '█';
const free = '·';
const givenBack = '░';
const mixed = '▒';
const border = '|';

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
  /** Whose a page is: 0 of none. */
  const owners = new Uint32Array(pages);
  runs.forEach(({ page, n, givenBack: isGone }, i) => {
    const [from, to] = [Math.max(0, page), Math.max(0, Math.min(pages, page + n))];
    kinds.fill(isGone === true ? 2 : 1, from, to);
    owners.fill(i + 1, from, to);
  });
  const begins = (page: number): boolean =>
    page > 0 && kinds[page] !== 0 && kinds[page] === kinds[page - 1] && owners[page] !== owners[page - 1];
  let line = '';
  for (let from = 0; from < pages; from += perCell) {
    const cell = kinds.subarray(from, from + perCell);
    if (cell.some((_kind, i) => begins(from + i))) line += border;
    else line += cell.every((kind) => kind === cell[0]) ? characters[cell[0] as number] : mixed;
  }
  return line;
}

/** Where pages lie; of such as are not drawn the first is told, and on which side they are. */
function markOf({ page, n }: Run, perCell: number, width: number, first: number): string {
  const from = Math.floor(page / perCell);
  const to = Math.floor((page + n - 1) / perCell);
  if (from >= width) return `${first + page} →`.padStart(width);
  if (to < 0) return `← ${first + page}`;
  return `${' '.repeat(Math.max(0, from))}${'^'.repeat(Math.min(width, to + 1) - Math.max(0, from))}`;
}

function ruler(pages: number, perCell: number, first: number): string {
  let line = '';
  const step = 10 * perCell;
  for (let page = 0; page < pages; page += step) line = `${line.padEnd(page / perCell)}${first + page} `;
  return line.trimEnd();
}

/** A strip in lines of at most `width` characters. */
export function drawStrip(
  { pages, first = 0, words = pageWords, isBefore, model, registry, answered, expected }: Strip,
  width: number,
): StripLine[] {
  const perCell = Math.max(1, Math.ceil(pages / Math.max(10, width)));
  const cells = Math.ceil(pages / perCell);
  const lines: StripLine[] = [
    { title: words.unit, cells: ruler(pages, perCell, first).slice(0, width) },
    {
      title: `${words.row}, ${isBefore === true ? 'before' : 'right'}`,
      cells: cellsOf(model, pages, perCell),
    },
  ];
  if (registry !== undefined)
    lines.push({ title: `${words.row}, yours`, cells: cellsOf(registry, pages, perCell) });
  if (expected !== undefined)
    lines.push({ title: 'expected', cells: markOf(expected, perCell, cells, first) });
  if (answered !== undefined)
    lines.push({ title: 'answered', cells: markOf(answered, perCell, cells, first) });
  return lines;
}

/** Whether a run begins where another of its kind ends. */
function areSideBySide(runs: readonly FreeRun[]): boolean {
  const some = runs.filter(({ n }) => n > 0);
  const ends = new Set(some.map(({ page, n, givenBack: isGone }) => `${page + n} ${isGone === true}`));
  return some.some(({ page, givenBack: isGone }) => ends.has(`${page} ${isGone === true}`));
}

/** What the characters mean: those that can be in the strips. */
export function stripLegend(strips: readonly Pick<Strip, 'words' | 'model' | 'registry'>[]): string {
  const { full, empty } = strips[0]?.words ?? pageWords;
  const isGone = strips.some(({ model, registry = [] }) =>
    [...model, ...registry].some((run) => run.givenBack === true),
  );
  const isUnmerged = strips.some(
    ({ model, registry = [] }) => areSideBySide(model) || areSideBySide(registry),
  );
  return [
    `${used} ${full}`,
    `${free} ${empty}`,
    ...(isGone ? [`${givenBack} free, given back`] : []),
    ...(isUnmerged ? [`${border} another run begins, not merged`] : []),
    `${mixed} ${isGone ? 'several' : 'both'}`,
  ].join('   ');
}
