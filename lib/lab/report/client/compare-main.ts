/// <reference lib="dom" />
/**
 * The program of a comparison's page: one chart a quantity, every run a curve, a colour and a dash for each
 * configuration. Curves of repetitions are thin, and can be left out.
 */
import type { ComparisonPayload } from '../comparison-payload.ts';
import { ChartGroup, type Layer, makeChart } from './chart.ts';
import { ComparedMaps } from './compare-maps.ts';
import { byId } from './dom.ts';
import { formatBytes, formatTick } from './format.ts';

const dashes: readonly (readonly number[])[] = [[], [9, 4], [3, 3], [12, 4, 3, 4]];

function layersOf(payload: ComparisonPayload, quantity: number): Layer[] {
  const { curves } = payload.quantities[quantity];
  // Those that stand for their configuration last, so that they lie on top.
  return [...curves]
    .sort((a, b) => Number(a.main) - Number(b.main))
    .map(({ configuration, label, main, values }) => ({
      label,
      colour: `c${configuration % 8}`,
      kind: 'line',
      width: main ? 2.5 : 1,
      dash: dashes[Math.floor(configuration / 2) % dashes.length],
      values,
      hidden: !main && curves.length > 12,
    }));
}

function startComparison(): void {
  document.documentElement.classList.add('scripted');
  const payload = JSON.parse(byId('run-data').textContent ?? '{}') as ComparisonPayload;
  const group = new ChartGroup(0, payload.t[payload.t.length - 1]);
  payload.quantities.forEach(({ id, title }, i) => {
    makeChart(
      byId(`chart-${id}`),
      {
        name: title,
        times: payload.t,
        layers: layersOf(payload, i),
        height: id === 'rss' ? 380 : 230,
        format: formatBytes,
        tick: formatTick,
        binary: true,
      },
      group,
    );
  });
  if (payload.moments.length > 0) {
    void new ComparedMaps(payload.moments, payload.labels).show(payload.firstMoment);
  }
  byId('whole-run').addEventListener('click', () => group.zoom(...group.whole));
}

startComparison();
