/**
 * What the program of a grid's page reads: for each metric its curves over the longest axis, one for each combination of
 * the other axes. Plain data; no code here but what makes it.
 */
import type { GridResults } from '../grid/results.ts';
import type { MetricUnit } from '../metrics/spread.ts';

export interface GridCurve {
  readonly label: string;
  /** By the values of the axis; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface GridMetric {
  readonly id: string;
  readonly label: string;
  readonly unit: MetricUnit;
  readonly curves: readonly GridCurve[];
}

export interface GridPayload {
  /** The axis that the curves are over. */
  readonly axis: { readonly name: string; readonly values: readonly string[] };
  readonly metrics: readonly GridMetric[];
  /** More combinations than were drawn. */
  readonly leftOut: number;
}

/** More curves in one chart cannot be told apart. */
export const mostGridCurves = 16;

export function gridPayload({ plan, cells, metrics }: GridResults): GridPayload {
  const lengths = plan.axes.map(({ values }) => values.length);
  const along = lengths.indexOf(Math.max(...lengths));
  const axis = plan.axes[along] ?? { name: '', values: [] };
  const others = plan.axes.filter((_, i) => i !== along);
  const labelOf = (values: readonly string[]): string =>
    plan.axes
      .flatMap(({ name, values: of }, i) => (i === along || of.length === 1 ? [] : [`${name}=${values[i]}`]))
      .join(',') || 'all';
  const labels = [...new Set(cells.map(({ values }) => labelOf(values)))];
  const drawn = labels.slice(0, mostGridCurves);
  return {
    axis,
    leftOut: others.length === 0 ? 0 : labels.length - drawn.length,
    metrics: metrics.map(({ id, label, unit }) => ({
      ...{ id, label, unit },
      curves: drawn.map((curve) => ({
        label: curve,
        values: axis.values.map((value) => {
          const cell = cells.find(({ values }) => values[along] === value && labelOf(values) === curve);
          return cell?.spread[id]?.median ?? null;
        }),
      })),
    })),
  };
}
