/**
 * A small chart of a run for the terminal: what the heap has in use, and what of it is resident.
 */
import asciichart from 'asciichart';
import type { Gap } from '../lab/metrics/pace.ts';
import { formatBytes, formatTime } from '../lab/report/client/format.ts';
import type { Colors } from './terminal.ts';

export interface ChartPoint {
  /** Milliseconds since the start. */
  readonly t: number;
  /** Bytes in use, and bytes of the heap's ranges that are resident; null where that is not known. */
  readonly inuse?: number;
  readonly rss: number | null;
}

/** Where a chart is drawn. */
export interface ChartPlace {
  /** Characters of its width at most, and of its height. */
  readonly columns: number;
  readonly height: number;
  readonly hasColors: boolean;
  readonly colors: Colors;
}

const labelWidth = 9;
/** Left of the curves: the label, a space and the axis. */
export const chartMargin = labelWidth + 2;
const margin = chartMargin;

/**
 * One value a column, the largest of the samples that fall into it, so that a peak is never lost;
 * a column without a sample holds the value before it. Points are in order of time.
 */
export function resample(
  points: readonly ChartPoint[],
  width: number,
  of: (p: ChartPoint) => number,
): number[] {
  const start = points[0].t;
  const span = Math.max(1, points[points.length - 1].t - start);
  const columns = new Array<number>(width).fill(Number.NaN);
  for (const point of points) {
    const column = Math.min(width - 1, Math.floor(((point.t - start) / span) * width));
    const value = of(point);
    if (!(columns[column] >= value)) columns[column] = value;
  }
  for (let i = 0; i < width; i++) {
    if (Number.isNaN(columns[i])) columns[i] = i === 0 ? of(points[0]) : columns[i - 1];
  }
  return columns;
}

/** A row below the axis that marks the columns in which no sample was taken; empty where there are none. */
function drawGaps(points: readonly ChartPoint[], gaps: readonly Gap[], width: number): string {
  const start = points[0].t;
  const span = Math.max(1, points[points.length - 1].t - start);
  const column = (t: number): number => Math.floor(((t - start) / span) * width);
  const cells = new Array<string>(width).fill(' ');
  for (const { from, to } of gaps) {
    for (let i = column(from) + 1; i < Math.min(width, column(to)); i++) cells[i] = '×';
  }
  const row = cells.join('').trimEnd();
  return row === '' ? '' : `${'no sample'.padEnd(margin)}${row}`;
}

/** Draws the chart; an empty text when there is too little to draw. */
export function drawChart(
  points: readonly ChartPoint[],
  gaps: readonly Gap[],
  { columns, height, hasColors, colors }: ChartPlace,
): string {
  const width = Math.min(120, columns - margin - 1);
  if (points.length < 2 || width < 10) return '';
  const inuse = points.some((p) => p.inuse !== undefined)
    ? resample(points, width, (p) => p.inuse ?? 0)
    : undefined;
  const rss = points.some((p) => p.rss !== null) ? resample(points, width, (p) => p.rss ?? 0) : undefined;
  // Without colour two crossing lines cannot be told apart: one alone is drawn, that of the resident bytes if it can be.
  const both = inuse !== undefined && rss !== undefined && hasColors;
  const series = both ? [inuse, rss] : rss !== undefined ? [rss] : inuse !== undefined ? [inuse] : [];
  if (series.length === 0) return '';
  const plot = asciichart.plot(series, {
    height,
    min: 0,
    max: Math.max(...(inuse ?? []), ...(rss ?? []), 1),
    // asciichart's cells: the label, a space, the axis.
    offset: 3,
    colors: both ? [asciichart.blue, asciichart.red] : [],
    format: (value) => formatBytes(value).padStart(labelWidth),
  });
  const length = formatTime(points[points.length - 1].t - points[0].t);
  const axis = `${' '.repeat(margin)}0 s${length.padStart(width - 3)}`;
  const names =
    rss === undefined
      ? 'in use over time'
      : both
        ? `${colors.red('─ resident (RSS)')}  ${colors.blue('─ in use')}`
        : 'resident (RSS) over time';
  const broken = drawGaps(points, gaps, width);
  return [
    plot.replaceAll(/ +$/gm, ''),
    axis,
    ...(broken === '' ? [] : [broken]),
    `${' '.repeat(margin)}${names}`,
  ].join('\n');
}
