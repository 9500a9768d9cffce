/**
 * What became of pages in a trace as a picture: pages upwards, operations to the right, a colour for each state.
 *
 * A cell of the grid is the state of its first page at its last operation. Cells of one colour in a row are one rectangle, so
 * that a picture of a million pages is as large as one of a thousand. It is stretched to its place, so what is written along its
 * operations is no part of it, but stands below: the number k is where the kth is done; of few operations, below each its number.
 */
import type { PageChange, PageHistory } from '../exercises/exercise.ts';

const columns = 220;
const rows = 96;
/** Of what is marked, from the borders of its operation. */
const markInset = 1.5;

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

/** Of so many operations each has its number. */
const mostNumbered = 16;
const mostTicks = 10;

interface Tick {
  readonly number: number;
  /** Of the width. */
  readonly at: number;
}

/** Round numbers of operations, at most eleven; or all of them. */
export function ticksOf(ops: number): Tick[] {
  if (ops <= mostNumbered)
    return Array.from({ length: ops }, (_, i) => ({ number: i + 1, at: (i + 0.5) / ops }));
  const unit = 10 ** Math.floor(Math.log10(ops / mostTicks));
  const step = unit * ([1, 2, 5].find((times) => ops <= mostTicks * times * unit) ?? 10);
  return Array.from({ length: Math.floor(ops / step) + 1 }, (_, i) => ({
    number: i * step,
    at: (i * step) / ops,
  }));
}

/** What stands below a picture: its numbers. Where there is little room, every second one. */
export function axisHtml(ops: number): string {
  const each = ticksOf(ops).map(({ number, at }, i) => {
    const name = i % 2 === 1 && ops > mostNumbered ? ' class="odd"' : '';
    const shift = at > 0.97 ? '-100%' : at < 0.03 ? '0' : '-50%';
    return `<span${name} style="left:${(100 * at).toFixed(2)}%;transform:translateX(${shift})">${number}</span>`;
  });
  return `<div class="axis">${each.join('')}</div>`;
}

/** Lines at the numbers, or between operations that have one each; and what is marked. */
function linesOf({ ops, mark }: PageHistory, pages: number, height: number): string {
  const lines =
    ops <= mostNumbered
      ? Array.from({ length: ops - 1 }, (_, i) => (i + 1) / ops)
      : ticksOf(ops).map(({ at }) => at);
  const x = (at: number): string => (columns * at).toFixed(1);
  const ticks = `<path class="tick" d="${lines.map((at) => `M${x(at)} 0V${height}`).join('')}"/>`;
  if (mark === undefined) return ticks;
  const { op, page, n } = mark;
  const y = (at: number): string => (height - (height * Math.min(at, pages)) / pages).toFixed(1);
  // At both sides alone: of a single page nothing would be seen within a frame.
  const side = (at: number, inset: number): string =>
    `M${(columns * at + inset).toFixed(1)} ${y(page)}V${y(page + n)}`;
  return `${ticks}<path class="mark" d="${side(op / ops, markInset)}${side((op + 1) / ops, -markInset)}"/>`;
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
  return `<svg role="img" aria-label="${escaped}" viewBox="0 0 ${columns} ${height}" preserveAspectRatio="none" shape-rendering="crispEdges"><title>${escaped}</title>${rects.join('')}${linesOf(history, pages, height)}</svg>`;
}

/** Colours of the states, light and dark. */
export const historyStyle = `
svg .tick { fill: none; stroke: #0003; vector-effect: non-scaling-stroke } svg .mark { fill: none; stroke: #c2185b; stroke-width: 5; stroke-linecap: square; vector-effect: non-scaling-stroke }
.axis { position: relative; height: 1.1rem; font-size: .75rem; color: var(--soft); font-variant-numeric: tabular-nums } .axis span { position: absolute }
.over { float: right; font-size: .85rem; color: var(--soft); margin-left: 1rem }
@media (max-width: 40rem) { .axis .odd { display: none } }
svg .s1 { fill: #c9d7e8 } svg .s2 { fill: #2f6fb3 } svg .s3 { fill: #f0b25a }
.key { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; vertical-align: -1px }
.key.s1 { background: #c9d7e8 } .key.s2 { background: #2f6fb3 } .key.s3 { background: #f0b25a }
.key.mark { width: .4em; background: #c2185b }
.traces { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 0 1.5rem } .traces figure svg { height: 8rem }
@media (prefers-color-scheme: dark) {
  svg .tick { stroke: #fff3 } svg .mark { stroke: #ff80ab } .key.mark { background: #ff80ab }
  svg .s1 { fill: #33475e } .key.s1 { background: #33475e }
  svg .s2 { fill: #6aa9ea } .key.s2 { background: #6aa9ea }
  svg .s3 { fill: #c98a2e } .key.s3 { background: #c98a2e }
}`;
