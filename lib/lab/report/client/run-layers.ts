/**
 * The layers of a declared chart (../charts.ts), with the values of a run. No DOM here.
 *
 * A quantity far above all others is drawn aside, so that it does not press them down.
 */
import type { LayerDeclaration, RunChart } from '../charts.ts';
import type { Column, Curves } from '../curves.ts';
import type { Layer } from './chart-spec.ts';

/** A curve of another program. */
export interface Beside {
  readonly label: string;
  readonly values: Column;
}

/** Curves of other programs differ by their dashes. */
const besideDashes = [[], [10, 3], [4, 3], [10, 3, 2, 3], [1, 2]] as const;

/** Rates as steps: the value of a slice stands at its end. */
const atEdges = (column: Column): Column => [column[0] ?? null, ...column];

/** A column less another, and of that the part above or below zero. */
function difference(a: Column, b: Column, part: 1 | -1 | undefined): Column {
  return a.map((value, i) => {
    const less = b[i];
    if (value === null || typeof less !== 'number') return null;
    const rest = value - less;
    return part === undefined ? rest : part > 0 ? Math.max(rest, 0) : Math.min(rest, 0);
  });
}

/** Whether a column is far above what the heap has and is resident: it would press everything else down. */
function farAbove({ series }: Curves): (column: Column) => boolean {
  const most = series.t.reduce((max, _t, i) => {
    const stack = (series.inuse[i] ?? 0) + (series.free[i] ?? 0) + (series.released[i] ?? 0);
    return Math.max(max, stack, series.rss[i] ?? 0);
  }, 0);
  return (column) => column.some((value) => value !== null && value > 1.6 * most);
}

/** The layers of a chart, with the values of a run. */
export function layersOf(chart: RunChart, curves: Curves, beside: readonly Beside[] = []): Layer[] {
  const isFar = farAbove(curves);
  const columns: Readonly<Record<string, Column>> =
    chart.over === 'samples' ? curves.series : curves.activity;
  const declared = chart.layers.map((layer: LayerDeclaration): Layer => {
    const { column, minus, part, aside, ...look } = layer;
    const told = minus === undefined ? columns[column] : difference(columns[column], columns[minus], part);
    const values = chart.over === 'samples' ? told : atEdges(told);
    return { ...look, values, aside: aside === 'always' || (aside === 'far' && isFar(values)) };
  });
  if (chart.marks !== true) return declared;
  const others = beside.map(
    ({ label, values }, i): Layer => ({
      ...{ label, values, colour: 'warn', kind: 'line', width: 2, steps: true, aside: isFar(values) },
      dash: [...besideDashes[i % besideDashes.length]],
      hint: 'of another program, by its own clock',
    }),
  );
  return [...declared, ...others];
}
