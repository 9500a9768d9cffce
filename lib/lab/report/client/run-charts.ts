/// <reference lib="dom" />
/**
 * Draws the charts of a run as they are declared (../charts.ts): in the report once, on the live page again and again as the
 * run grows.
 *
 * Not here: the layers (run-layers.ts), what is drawn beside them (timeline-marks.ts), how a chart works (chart.ts).
 */
import { type RunChart, runCharts } from '../charts.ts';
import type { Curves } from '../curves.ts';
import { type Chart, type ChartGroup, type ChartSpec, makeChart } from './chart.ts';
import { formatBytes, formatNumber, formatTick } from './format.ts';
import { type Beside, layersOf } from './run-layers.ts';
import { drawLanes, drawOver, drawUnder, eventsBetween, headroom } from './timeline-marks.ts';

const perSecond = (value: number): string => `${formatNumber(value)}/s`;

function formatsOf(chart: RunChart): Pick<ChartSpec, 'format' | 'tick' | 'binary' | 'formatRight'> {
  if (chart.over === 'slices') return { format: perSecond, formatRight: (value) => `${formatTick(value)}/s` };
  if (chart.unit === 'count') return { format: formatNumber };
  return { format: formatBytes, tick: formatTick, binary: true };
}

const timesOf = (chart: RunChart, { series, activity }: Curves): readonly number[] =>
  chart.over === 'samples' ? series.t : activity.t;

/** A chart with the curves that it shows now. */
export interface DrawnChart {
  /** Shows other curves of the same run. */
  readonly renew: (curves: Curves) => void;
}

function drawChart(
  chart: RunChart,
  host: HTMLElement,
  first: Curves,
  group: ChartGroup,
  beside: readonly Beside[],
): DrawnChart {
  let curves = first;
  const { id: _id, name, height } = chart;
  const drawn: Chart = makeChart(
    host,
    {
      name,
      height,
      times: timesOf(chart, curves),
      layers: layersOf(chart, curves, beside),
      ...formatsOf(chart),
      ...(chart.signed === true ? { signed: true } : {}),
      ...(chart.marks === true
        ? {
            headroom,
            underlay: (plot, context) => drawUnder(plot, context, curves),
            decorate: (plot, context, density) => {
              drawOver(plot, context, density, curves);
              drawLanes(plot, context, density, curves);
            },
            eventsNear: (from, to) => eventsBetween(curves, from, to),
          }
        : {}),
    },
    group,
  );
  return {
    renew: (now) => {
      curves = now;
      drawn.renew(timesOf(chart, now), layersOf(chart, now, beside));
    },
  };
}

/**
 * Draws every chart that the page has a place for.
 * @param growing whether a chart without values is drawn: some may come
 */
export function drawRunCharts(
  curves: Curves,
  group: ChartGroup,
  beside: readonly Beside[] = [],
  growing = false,
): DrawnChart[] {
  return runCharts.flatMap((chart) => {
    const host = document.getElementById(chart.id);
    const isEmpty = layersOf(chart, curves).every(({ values }) => values.length === 0);
    return host === null || (isEmpty && !growing) ? [] : [drawChart(chart, host, curves, group, beside)];
  });
}
