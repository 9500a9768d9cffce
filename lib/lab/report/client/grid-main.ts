/// <reference lib="dom" />
/**
 * The program of a grid's page: one figure at a time, its heat maps and its curves. Curves are over the longest axis, by the
 * places of its values, not by their sizes: values that double stand as far apart as any.
 */
import type { GridMetric, GridPayload } from '../grid-payload.ts';
import { makeChart } from './chart.ts';
import { ChartGroup } from './chart-group.ts';
import { curveColour, curveDash, mainWidth } from './curve-style.ts';
import { byId } from './dom.ts';
import { formatBytes, formatDuration, formatNumber, formatTick } from './format.ts';
import { wirePrinting } from './print-page.ts';
import { wireSections } from './sections.ts';

/** From one value of the axis to the next, in the chart's own unit. */
const apart = 1000;
const steps = [1, 2, 5, 10, 20, 50].map((n) => n * apart);

function formatOf({ unit }: GridMetric): (value: number) => string {
  switch (unit) {
    case 'bytes':
      return formatBytes;
    case 'seconds':
      return (value) => `${value.toFixed(2)} s`;
    case 'ns':
      return (value) => formatDuration(value / 1e6);
    case 'share':
      return (value) => `${(value * 100).toFixed(1)} %`;
    case 'count':
    case 'rate':
      return (value) => formatNumber(Math.round(value));
  }
}

function startGrid(): void {
  document.documentElement.classList.add('scripted');
  wireSections();
  wirePrinting();
  const { axis, metrics } = JSON.parse(byId('run-data').textContent ?? '{}') as GridPayload;
  // With room for the last value's name.
  const group = new ChartGroup(0, Math.max(1, axis.values.length - 1) * apart * 1.06);
  const drawn = new Set<string>();
  const valueAt = (x: number): string => (x % apart === 0 ? (axis.values[x / apart] ?? '') : '');

  const draw = (metric: GridMetric): void => {
    if (drawn.has(metric.id) || axis.values.length < 2) return;
    drawn.add(metric.id);
    makeChart(
      byId(`chart-${metric.id}`),
      {
        name: `${metric.label}, over ${axis.name}`,
        times: axis.values.map((_, i) => i * apart),
        x: { steps, format: (x) => valueAt(Math.round(x)) },
        layers: metric.curves.map(({ label, values }, i) => ({
          ...{ label, values },
          ...{ kind: 'line', width: mainWidth, colour: curveColour(i), dash: curveDash(i) },
        })),
        height: 300,
        format: formatOf(metric),
        ...(metric.unit === 'bytes' ? { tick: formatTick, binary: true } : {}),
      },
      group,
    );
  };

  const show = (id: string): void => {
    for (const metric of metrics) {
      byId(`figure-${metric.id}`).hidden = metric.id !== id;
      if (metric.id === id) draw(metric);
    }
  };
  const choice = byId('metric') as HTMLSelectElement;
  choice.addEventListener('change', () => show(choice.value));
  show(choice.value);
}

startGrid();
