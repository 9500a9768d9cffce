/// <reference lib="dom" />
/**
 * What uPlot does not draw by itself: bars of any width, and values that stand alone.
 */
import type uPlotType from 'uplot';

/**
 * A bar for each value that is not zero, from the time before it to its own, and never thinner than a
 * pixel: what happened once in ten hours is still seen.
 */
export function barPaths(plot: uPlotType, series: number, from: number, to: number): uPlotType.Series.Paths {
  const fill = new Path2D();
  const scale = plot.series[series].scale ?? 'y';
  const times = plot.data[0];
  const values = plot.data[series];
  const zero = plot.valToPos(0, scale, true);
  for (let i = Math.max(from, 1); i <= to; i++) {
    const value = values[i];
    if (value) {
      const left = plot.valToPos(times[i - 1], 'x', true);
      const right = plot.valToPos(times[i], 'x', true);
      const y = plot.valToPos(value, scale, true);
      fill.rect(left, Math.min(y, zero), Math.max(right - left, 1), Math.abs(y - zero));
    }
  }
  return { fill };
}

/** The indexes of values that have no neighbour to be joined with. */
export function lonely(values: uPlotType.AlignedData[number]): number[] {
  const found: number[] = [];
  const isNone = (i: number): boolean => values[i] === null || values[i] === undefined;
  for (let i = 0; i < values.length; i++) if (!isNone(i) && isNone(i - 1) && isNone(i + 1)) found.push(i);
  return found;
}
