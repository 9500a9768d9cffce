/// <reference lib="dom" />
/**
 * The program of a comparison's page: one chart a quantity, every run a curve, a colour and a dash for each
 * configuration. Curves of repetitions are thin, and can be left out; all charts have one legend. The axis of
 * time reaches as far as the curves that are shown.
 */
import type { ComparedCurve, ComparedPhaseEnd, ComparisonPayload } from '../comparison-payload.ts';
import { type Layer, makeChart } from './chart.ts';
import { ChartGroup } from './chart-group.ts';
import { type LegendChoice, makeLegend } from './compare-legend.ts';
import { ComparedMaps } from './compare-maps.ts';
import { drawPhaseMarks, phaseRoom, phaseWordsAt } from './compare-phase-marks.ts';
import { curveColour, curveDash, mainWidth, repetitionWidth } from './curve-style.ts';
import { byId } from './dom.ts';
import { formatBytes, formatNumber, formatTick } from './format.ts';
import { wirePrinting } from './print-page.ts';
import { wireSections } from './sections.ts';
import { wireSorting } from './sort-table.ts';

/** More curves than this are too many to begin with. */
const mostCurves = 12;

function isShown({ configuration, main }: ComparedCurve, { shown, repetitions }: LegendChoice): boolean {
  return shown[configuration] && (main || repetitions);
}

/** Where the last of the curves that are shown ends; of none, where the last of all ends. */
function lastEnd(curves: readonly ComparedCurve[], choice: LegendChoice): number {
  const shown = curves.filter((curve) => isShown(curve, choice));
  return (shown.length > 0 ? shown : curves).reduce((most, { end }) => Math.max(most, end), 1);
}

function layerOf(
  { configuration, label, main, values }: ComparedCurve,
  phases: readonly ComparedPhaseEnd[],
): Layer {
  return {
    label,
    colour: curveColour(configuration),
    kind: 'line',
    width: main ? mainWidth : repetitionWidth,
    dash: curveDash(configuration),
    values,
    ...(main && phases.length > 0 ? { noteAt: (t) => phaseWordsAt(phases, t) } : {}),
  };
}

function startComparison(): void {
  document.documentElement.classList.add('scripted');
  wireSections();
  wireSorting();
  wirePrinting();
  const payload = JSON.parse(byId('run-data').textContent ?? '{}') as ComparisonPayload;
  const { labels, mapped, phases, quantities } = payload;
  const all = quantities[0]?.curves ?? [];
  const isDrawn = (configuration: number): boolean =>
    all.some((curve) => curve.configuration === configuration);
  let choice = makeLegend(
    labels.map((label, i) => (isDrawn(i) ? label : `${label} (no finished run)`)),
    { some: all.some(({ main }) => !main), shown: all.length <= mostCurves },
    {
      changed: (now) => {
        choice = now;
        group.reach(lastEnd(all, choice));
        for (const { chart, curveOf } of charts) chart.show((layer) => isWanted(curveOf, layer));
      },
      pointed: (now) => {
        choice = now;
        for (const { chart, marked } of charts) if (marked) chart.redraw();
      },
    },
  );
  const isWanted = (curveOf: ReadonlyMap<Layer, ComparedCurve>, layer: Layer): boolean => {
    const curve = curveOf.get(layer);
    return curve !== undefined && isShown(curve, choice);
  };
  const group = new ChartGroup(0, lastEnd(all, choice));
  const room = phaseRoom(phases);
  const charts = quantities.map(({ id, title, unit, curves }) => {
    // Those that stand for their configuration last, so that they lie on top.
    const sorted = [...curves].sort((a, b) => Number(a.main) - Number(b.main));
    const curveOf = new Map(sorted.map((curve) => [layerOf(curve, phases[curve.configuration]), curve]));
    const marked = id === 'rss' && room !== undefined;
    const chart = makeChart(
      byId(`chart-${id}`),
      {
        name: title,
        times: payload.t,
        layers: [...curveOf.keys()],
        height: id === 'rss' ? 380 : 230,
        ...(unit === 'bytes'
          ? { format: formatBytes, tick: formatTick, binary: true }
          : { format: formatNumber }),
        legend: false,
        ...(marked
          ? {
              headroom: room,
              decorate: (plot, context, density) => drawPhaseMarks(plot, context, density, phases, choice),
            }
          : {}),
      },
      group,
    );
    chart.show((layer) => isWanted(curveOf, layer));
    return { chart, curveOf, marked };
  });
  if (payload.moments.length > 0) {
    void new ComparedMaps(payload.moments, mapped, labels).show(payload.firstMoment);
  }
}

startComparison();
