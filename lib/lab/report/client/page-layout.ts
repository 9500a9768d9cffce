/**
 * Where each page stands in the page maps: arithmetic only.
 *
 * All moments of a run share one layout, the union of their ranges in address order, so that a page
 * stays where it is while the moments pass. Each range begins a new row; a blank row stands between
 * ranges that do not touch. Pages are counted from the lowest origin.
 */

export interface Block {
  /** First page, and how many. */
  readonly first: number;
  readonly pages: number;
  /** The row where it begins. */
  readonly row: number;
}

export interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly blocks: readonly Block[];
}

export type Ranges = readonly (readonly [number, number])[];

/** The union of several lists of [first page, pages], ascending, touching ranges joined. */
export function uniteRanges(lists: readonly Ranges[]): [number, number][] {
  const sorted = lists.flat().sort((a, b) => a[0] - b[0]);
  const united: [number, number][] = [];
  for (const [first, pages] of sorted) {
    const last = united.at(-1);
    if (last !== undefined && first <= last[0] + last[1]) {
      last[1] = Math.max(last[1], first + pages - last[0]);
    } else {
      united.push([first, pages]);
    }
  }
  return united;
}

/** Rows for ranges at so many columns. */
export function layOut(ranges: Ranges, columns: number): Layout {
  const blocks: Block[] = [];
  let row = 0;
  for (const [first, pages] of ranges) {
    row += blocks.length > 0 ? 1 : 0;
    blocks.push({ first, pages, row });
    row += Math.ceil(pages / columns);
  }
  return { columns, rows: row, blocks };
}

export interface Fit extends Layout {
  /** Device pixels of a cell; below 1 the map is drawn smaller than a pixel a page. */
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/**
 * The layout with the largest square cells of whole device pixels that fits; cells may then grow in
 * height to twice their width. Columns are a multiple of 64, the pages of a page cache's word (of 16
 * where the place is too narrow). A heap of more pages than pixels gets cells below a pixel.
 */
export function fitLayout(ranges: Ranges, width: number, height: number): Fit {
  for (let cell = 24; cell >= 1; cell--) {
    const fitting = Math.floor(width / cell);
    const columns = fitting >= 64 ? fitting - (fitting % 64) : fitting - (fitting % 16);
    if (columns < 16) {
      continue;
    }
    const layout = layOut(ranges, columns);
    if (layout.rows * cell <= height) {
      const tall = Math.min(Math.floor(height / Math.max(1, layout.rows)), cell * 2);
      return { ...layout, cellWidth: cell, cellHeight: Math.max(cell, tall) };
    }
  }
  const pages = ranges.reduce((sum, range) => sum + range[1], 0);
  const columns = 64 * Math.ceil(Math.sqrt((pages * width) / height) / 64);
  const layout = layOut(ranges, columns);
  return { ...layout, cellWidth: width / columns, cellHeight: Math.min(1, height / layout.rows) };
}

/** The page at a column and row, or −1 where none is. */
export function pageAt(layout: Layout, column: number, row: number): number {
  if (column < 0 || column >= layout.columns) {
    return -1;
  }
  for (const block of layout.blocks) {
    const index = (row - block.row) * layout.columns + column;
    if (row >= block.row && index < block.pages) {
      return block.first + index;
    }
  }
  return -1;
}

/** Column and row of a page, or undefined where the layout does not hold it. */
export function placeOf(layout: Layout, page: number): { column: number; row: number } | undefined {
  const block = layout.blocks.find((b) => page >= b.first && page < b.first + b.pages);
  if (block === undefined) {
    return undefined;
  }
  const index = page - block.first;
  return { column: index % layout.columns, row: block.row + Math.floor(index / layout.columns) };
}
