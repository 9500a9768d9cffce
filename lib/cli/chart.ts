/**
 * A small chart of a run for the terminal: what the heap has in use, and what of it is resident.
 */
import asciichart from 'asciichart';
import { formatBytes, formatTime } from '../lab/report/client/format.ts';
import type { Colors } from './terminal.ts';

export interface ChartPoint {
  /** Milliseconds since the start. */
  readonly t: number;
  /** Bytes in use, and bytes of the heap's ranges that are resident. */
  readonly inuse: number;
  readonly rss: number;
}

const labelWidth = 9;
/** Left of the curves: the label, a space and the axis. */
const margin = labelWidth + 2;

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

/** Draws the chart, at most `columns` wide; an empty text when there is too little to draw. */
export function drawChart(
  points: readonly ChartPoint[],
  columns: number,
  height: number,
  hasColors: boolean,
  colors: Colors,
): string {
  const width = Math.min(120, columns - margin - 1);
  if (points.length < 2 || width < 10) return '';
  const inuse = resample(points, width, (p) => p.inuse);
  const rss = resample(points, width, (p) => p.rss);
  // Without colour two crossing lines cannot be told apart: the resident bytes alone are drawn.
  const series = hasColors ? [inuse, rss] : [rss];
  const max = Math.max(...inuse, ...rss, 1);
  const plot = asciichart.plot(series, {
    height,
    min: 0,
    max,
    // asciichart's cells: the label, a space, the axis.
    offset: 3,
    colors: hasColors ? [asciichart.blue, asciichart.red] : [],
    format: (value) => formatBytes(value).padStart(labelWidth),
  });
  const length = formatTime(points[points.length - 1].t - points[0].t);
  const axis = `${' '.repeat(margin)}0 s${length.padStart(width - 3)}`;
  const legend = hasColors
    ? `${' '.repeat(margin)}${colors.red('─ resident (RSS)')}  ${colors.blue('─ in use')}`
    : `${' '.repeat(margin)}resident (RSS) over time`;
  return `${plot.replaceAll(/ +$/gm, '')}\n${axis}\n${legend}`;
}
