/**
 * What became of pages in a trace as a picture: pages upwards, operations to the right, a colour for each state.
 *
 * A cell of the grid is the state of its first page at its last operation. Cells of one colour in a row are one rectangle, so
 * that a picture of a million pages is as large as one of a thousand.
 */
import type { PageChange, PageHistory } from '../exercises/exercise.ts';

const columns = 220;
const rows = 96;

/** 0 never had, 1 free, 2 used, 3 released. */
type Grid = readonly Uint8Array[];

const stateOf = { free: 1, used: 2, released: 3 } as const;

function gridOf({ ops, changes }: PageHistory, pages: number): Grid {
  const state = new Uint8Array(pages);
  const perRow = Math.max(1, pages / rows);
  const grid: Uint8Array[] = [];
  let next = 0;
  for (let column = 0; column < columns; column++) {
    const end = Math.ceil(((column + 1) * ops) / columns);
    for (; next < changes.length && (changes[next]?.op ?? 0) < end; next++) {
      const { page, n, to } = changes[next] as PageHistory['changes'][number];
      state.fill(stateOf[to], page, page + n);
    }
    grid.push(
      Uint8Array.from({ length: Math.min(rows, pages) }, (_, row) => state[Math.floor(row * perRow)] ?? 0),
    );
  }
  return grid;
}

export const pagesOf = ({ changes, had = 1 }: PageHistory): number =>
  changes.reduce((most, { page, n }) => Math.max(most, page + n), had);

/** The states that pictures show. */
export function statesIn(histories: readonly PageHistory[]): Set<PageChange['to']> {
  return new Set(histories.flatMap(({ changes }) => changes.map(({ to }) => to)));
}

/** An SVG, as wide as its place. @param title told to who cannot see it */
export function historySvg(history: PageHistory, pages: number, title: string): string {
  const grid = gridOf(history, pages);
  const height = Math.min(rows, pages);
  const rects: string[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns; ) {
      const state = grid[column]?.[row] ?? 0;
      let to = column + 1;
      while (to < columns && grid[to]?.[row] === state) to++;
      if (state > 0)
        rects.push(
          `<rect class="s${state}" x="${column}" y="${height - 1 - row}" width="${to - column}" height="1"/>`,
        );
      column = to;
    }
  }
  const escaped = title.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<svg role="img" aria-label="${escaped}" viewBox="0 0 ${columns} ${height}" preserveAspectRatio="none" shape-rendering="crispEdges"><title>${escaped}</title>${rects.join('')}</svg>`;
}

/** Colours of the states, light and dark. */
export const historyStyle = `
svg .s1 { fill: #c9d7e8 } svg .s2 { fill: #2f6fb3 } svg .s3 { fill: #f0b25a }
.key { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; vertical-align: -1px }
.key.s1 { background: #c9d7e8 } .key.s2 { background: #2f6fb3 } .key.s3 { background: #f0b25a }
@media (prefers-color-scheme: dark) {
  svg .s1 { fill: #33475e } .key.s1 { background: #33475e }
  svg .s2 { fill: #6aa9ea } .key.s2 { background: #6aa9ea }
  svg .s3 { fill: #c98a2e } .key.s3 { background: #c98a2e }
}`;
