/// <reference lib="dom" />
/**
 * The program of a comparison's page: one chart a quantity, every run a curve, a colour and a dash for each
 * configuration. Curves of repetitions are thin, and can be left out; all charts have one legend. The charts are over
 * time, or over the operations made, which do not depend on how busy the machine was; each axis has charts of its own,
 * made when it is first asked for, and reaches as far as the curves that are shown.
 */
import type { ComparedCurve, ComparedPhaseEnd, ComparisonPayload } from '../comparison-payload.ts';
import { type Chart, type Layer, makeChart } from './chart.ts';
import { ChartGroup } from './chart-group.ts';
import type { XAxis } from './chart-spec.ts';
import { type LegendChoice, makeLegend } from './compare-legend.ts';
import { ComparedMaps } from './compare-maps.ts';
import { drawPhaseMarks, phaseRoom, phaseWordsAt } from './compare-phase-marks.ts';
import { curveColour, curveDash, mainWidth, repetitionWidth } from './curve-style.ts';
import { byId, make } from './dom.ts';
import { formatBytes, formatCompact, formatNumber, formatTick } from './format.ts';
import { wirePrinting } from './print-page.ts';
import { wireSections } from './sections.ts';
import { wireSorting } from './sort-table.ts';

/** More curves than this are too many to begin with. */
const mostCurves = 12;

function isShown({ configuration, main }: ComparedCurve, { shown, repetitions }: LegendChoice): boolean {
  return shown[configuration] && (main || repetitions);
}

/** What the curves are drawn over. */
interface Axis {
  readonly name: string;
  readonly grid: readonly number[];
  readonly valuesOf: (curve: ComparedCurve) => readonly (number | null)[];
  readonly endOf: (curve: ComparedCurve) => number;
  /** Where it is not of time. */
  readonly x?: XAxis;
}

const axesOf = ({ t, ops }: ComparisonPayload): Record<'time' | 'operations', Axis> => ({
  time: { name: 'time', grid: t, valuesOf: ({ values }) => values, endOf: ({ end }) => end },
  operations: {
    name: 'operations',
    grid: ops,
    valuesOf: ({ byOps }) => byOps,
    endOf: ({ endOps }) => endOps,
    x: { steps: decimalSteps, format: formatCompact },
  },
});

const decimalSteps = Array.from({ length: 13 }, (_, n) => [1, 2, 5].map((step) => step * 10 ** n)).flat();

/** Where the last of the curves that are shown ends; of none, where the last of all ends. */
function lastEnd({ endOf }: Axis, curves: readonly ComparedCurve[], choice: LegendChoice): number {
  const shown = curves.filter((curve) => isShown(curve, choice));
  return (shown.length > 0 ? shown : curves).reduce((most, curve) => Math.max(most, endOf(curve)), 1);
}

function layerOf(axis: Axis, curve: ComparedCurve, phases: readonly ComparedPhaseEnd[]): Layer {
  const { configuration, label, main } = curve;
  return {
    label,
    colour: curveColour(configuration),
    kind: 'line',
    width: main ? mainWidth : repetitionWidth,
    dash: curveDash(configuration),
    values: axis.valuesOf(curve),
    ...(axis.x === undefined && main && phases.length > 0 ? { noteAt: (t) => phaseWordsAt(phases, t) } : {}),
  };
}

/** The charts over one axis, which zoom together. */
interface ChartSet {
  readonly axis: Axis;
  readonly group: ChartGroup;
  readonly charts: readonly {
    readonly chart: Chart;
    readonly curveOf: ReadonlyMap<Layer, ComparedCurve>;
    readonly marked: boolean;
    readonly host: HTMLElement;
  }[];
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
        for (const { axis, group, charts } of sets.values()) {
          group.reach(lastEnd(axis, all, choice));
          for (const { chart, curveOf } of charts) chart.show((layer) => isWanted(curveOf, layer));
        }
      },
      pointed: (now) => {
        choice = now;
        for (const { charts } of sets.values())
          for (const { chart, marked } of charts) if (marked) chart.redraw();
      },
    },
  );
  const isWanted = (curveOf: ReadonlyMap<Layer, ComparedCurve>, layer: Layer): boolean => {
    const curve = curveOf.get(layer);
    return curve !== undefined && isShown(curve, choice);
  };
  const room = phaseRoom(phases);
  const sets = new Map<string, ChartSet>();

  /** Makes the charts over an axis. */
  const makeSet = (axis: Axis): ChartSet => {
    const group = new ChartGroup(0, lastEnd(axis, all, choice));
    const charts = quantities.map(({ id, title, unit, height, curves }) => {
      // Those that stand for their configuration last, so that they lie on top.
      const sorted = [...curves].sort((a, b) => Number(a.main) - Number(b.main));
      const curveOf = new Map(
        sorted.map((curve) => [layerOf(axis, curve, phases[curve.configuration]), curve]),
      );
      const marked = id === 'rss' && axis.x === undefined && room !== undefined;
      const host = make('div');
      byId(`chart-${id}`).append(host);
      const chart = makeChart(
        host,
        {
          name: axis.x === undefined ? title : `${title}, over ${axis.name}`,
          times: axis.grid,
          ...(axis.x === undefined ? {} : { x: axis.x }),
          layers: [...curveOf.keys()],
          height,
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
      return { chart, curveOf, marked, host };
    });
    return { axis, group, charts };
  };

  /** Shows the charts over an axis, and no others. */
  const show = (axis: Axis): void => {
    const set = sets.get(axis.name) ?? makeSet(axis);
    sets.set(axis.name, set);
    for (const other of sets.values()) for (const { host } of other.charts) host.hidden = other !== set;
  };
  const axes = axesOf(payload);
  show(axes.time);
  const choices = document.querySelectorAll<HTMLInputElement>('input[name=axis]');
  for (const input of choices)
    input.addEventListener('change', () => {
      show(input.value === 'operations' ? axes.operations : axes.time);
    });
  if (payload.moments.length > 0) {
    void new ComparedMaps(payload.moments, mapped, labels).show(payload.firstMoment);
  }
}

startComparison();
