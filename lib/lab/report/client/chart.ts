/// <reference lib="dom" />
/**
 * One chart over time, or over what else `x` says: a uPlot with the page's own legend, tooltip, keyboard and common cursor.
 *
 * All charts of a group share the cursor's time and the zoomed stretch of time (chart-group.ts). A chart is made anew
 * when its width or the colours change; what is shown (hidden layers, zoom) lives outside uPlot and
 * so survives. Layers are `area` (stacked on the visible areas before it), `line` or `bars`; a layer
 * without data is not offered.
 *
 * Keyboard, when the chart has the focus: left and right move the cursor (with shift ten times as
 * far), Home and End go to the ends, + and − zoom around the cursor, Escape shows the whole run.
 */

import type uPlotType from 'uplot';
import type { ChartGroup } from './chart-group.ts';
import { barPaths, lonely } from './chart-paths.ts';
import type { ChartSpec, Layer } from './chart-spec.ts';
import { chartTools, pictureOf, type ToolsOf } from './chart-tools.ts';
import { colour, lineMark, make, onAppearance, onWidth, paperWidth } from './dom.ts';
import { formatTime } from './format.ts';
import { showPrinted } from './print-chart.ts';
import { followTouch } from './touch-zoom.ts';

declare const uPlot: typeof uPlotType;

export type { ChartGroup } from './chart-group.ts';
export type { ChartSpec, Layer } from './chart-spec.ts';

/** A chart that was made. */
export interface Chart {
  /** Shows exactly the layers that are wanted. */
  readonly show: (wanted: (layer: Layer) => boolean) => void;
  /** Draws again what `decorate` and `underlay` draw. */
  readonly redraw: () => void;
  /** Shows other values: the same layers in the same order, over other times. The group is told before how far they reach. */
  readonly renew: (times: readonly number[], layers: readonly Layer[]) => void;
}

const lineWidth = 1.5;
const timeSteps = [
  10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5,
].concat([72e5, 144e5, 216e5, 432e5, 864e5, 1728e5, 6048e5]);
const binarySteps = Array.from({ length: 50 }, (_, i) => 2 ** i);

/** A time on the axis: short. */
function tickTime(ms: number, step: number): string {
  if (ms === 0) {
    return '0';
  }
  return step < 1000 || ms < 12e4 ? `${Number((ms / 1000).toFixed(step < 100 ? 2 : 1))} s` : formatTime(ms);
}

/** Values of each layer as drawn: areas stacked on the visible areas before them. */
export function stackLayers(layers: readonly Layer[], hidden: ReadonlySet<Layer>): (number | null)[][] {
  let below: readonly (number | null)[] | undefined;
  return layers.map((layer) => {
    if (layer.kind !== 'area' || hidden.has(layer)) {
      return [...layer.values];
    }
    const base = below;
    const sum = layer.values.map((value, i) => (value === null ? null : value + (base?.[i] ?? 0)));
    below = sum;
    return sum;
  });
}

function swatch(layer: Layer): Element {
  if (layer.kind === 'line') return lineMark(layer.colour, layer.width ?? lineWidth, layer.dash);
  const mark = make('span', { class: `swatch ${layer.kind}`, 'aria-hidden': 'true' });
  mark.style.setProperty('--swatch', `var(--${layer.colour})`);
  return mark;
}

const withValues = (layers: readonly Layer[]): Layer[] =>
  layers.filter((layer) => layer.values.some((value) => value !== null));

/** The areas that are stacked highest are drawn first, so that the lower ones stand before them. */
const drawingOrder = (layers: readonly Layer[]): Layer[] => [
  ...layers.filter((l) => l.kind === 'area').reverse(),
  ...layers.filter((l) => l.kind !== 'area'),
];

/** The moment that is looked at. */
function drawMoment({ ctx, bbox, valToPos }: uPlotType, t: number | undefined): void {
  if (t === undefined) return;
  const x = Math.round(valToPos(t, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.fillStyle = colour('accent');
  ctx.fillRect(x - uPlot.pxRatio, bbox.top, 2 * uPlot.pxRatio, bbox.height);
}

/** Makes a chart in an empty element. */
export function makeChart(host: HTMLElement, spec: ChartSpec, group: ChartGroup): Chart {
  let { times, layers: all } = spec;
  let hidden = new Set(all.filter((layer) => layer.hidden === true));
  let layers = withValues(all);
  let drawn = drawingOrder(layers);
  const canvasHost = make('div', {
    class: 'plot',
    tabindex: '0',
    role: 'application',
    'aria-roledescription': 'chart',
    'aria-label': `${spec.name}. Left and right move the cursor, plus and minus zoom, Escape shows the whole run.`,
  });
  const tip = make('div', { class: 'tip', hidden: '' });
  const spoken = make('p', { class: 'unseen', 'aria-live': 'polite' });
  const legend = make('div', { class: 'legend', role: 'group', 'aria-label': `Layers of ${spec.name}` });
  let plot: uPlotType | undefined;
  let index = -1;
  let width = 0;
  const tooled: ToolsOf = {
    spec,
    group,
    plot: () => plot,
    shown: () => layers.filter((layer) => !hidden.has(layer)),
    drawn: () => drawn,
    times: () => times,
    cursorTime: () => (index < 0 ? undefined : times[index]),
  };
  host.append(...(spec.legend === false ? [] : [legend]), chartTools(tooled), canvasHost, spoken);
  followTouch(canvasHost, () => plot, group);

  const dataOf = (): uPlotType.AlignedData => {
    const stacked = stackLayers(layers, hidden);
    return [[...times], ...drawn.map((layer) => stacked[layers.indexOf(layer)])];
  };

  const describe = (at: number): HTMLElement[] => {
    const rows = layers
      .filter((layer) => !hidden.has(layer) && typeof layer.values[at] === 'number')
      .map((layer) => {
        const write = layer.right === true ? (spec.formatRight ?? spec.format) : spec.format;
        const note = layer.noteAt?.(times[at]) ?? '';
        return make(
          'div',
          { class: 'row' },
          swatch(layer),
          make('span', {}, layer.label, ...(note === '' ? [] : [' ', make('small', {}, note)])),
          make('b', {}, write(layer.values[at]!)),
        );
      });
    return [make('div', { class: 'when' }, (spec.x?.format ?? formatTime)(times[at])), ...rows];
  };

  const showTip = (): void => {
    if (plot === undefined || index < 0 || group.following) {
      tip.hidden = true;
      return;
    }
    const left = plot.cursor.left ?? 0;
    const near = [plot.posToVal(left - 6, 'x'), plot.posToVal(left + 6, 'x')];
    const events = spec.eventsNear?.(near[0], near[1]) ?? [];
    tip.replaceChildren(...describe(index), ...events.map((text) => make('div', { class: 'event' }, text)));
    tip.hidden = false;
    const room = plot.over.clientWidth;
    const tipWidth = tip.offsetWidth;
    tip.style.left = `${left + 14 + tipWidth > room && left > room / 2 ? Math.max(left - tipWidth - 14, -40) : left + 14}px`;
    tip.style.top = '6px';
  };

  const options = (): uPlotType.Options => ({
    width,
    height: spec.height,
    padding: [spec.headroom ?? 10, layers.some((layer) => layer.right) ? 4 : 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: {
      x: { time: false, range: () => [group.range[0], group.range[1]] },
      y: {
        range: (_plot, low, high) => [
          spec.signed === true ? Math.min(low, 0) * 1.05 : 0,
          Math.max(high, 1) * 1.05,
        ],
      },
      right: { range: (_plot, _low, high) => [0, Math.max(high, 1) * 1.05] },
    },
    axes: [
      {
        stroke: colour('muted'),
        grid: { stroke: colour('grid'), width: 1 },
        ticks: { stroke: colour('grid'), width: 1, size: 5 },
        font: '12px system-ui, sans-serif',
        incrs: [...(spec.x?.steps ?? timeSteps)],
        space: 68,
        size: 36,
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((x) => spec.x?.format(x) ?? tickTime(x, step)),
      },
      {
        stroke: colour('muted'),
        grid: { stroke: colour('grid'), width: 1 },
        ticks: { show: false },
        font: '12px system-ui, sans-serif',
        size: 78,
        space: 36,
        ...(spec.binary === true ? { incrs: binarySteps } : {}),
        values: (_plot, splits) =>
          splits.map((value) => (value === 0 ? '0' : (spec.tick ?? spec.format)(value))),
      },
      ...(layers.some((layer) => layer.right)
        ? [
            {
              scale: 'right',
              side: 1 as const,
              stroke: colour('muted'),
              grid: { show: false },
              ticks: { show: false },
              font: '12px system-ui, sans-serif',
              size: 68,
              space: 36,
              incrs: binarySteps,
              values: (_plot: uPlotType, splits: number[]) =>
                splits.map((value) => (value === 0 ? '0' : (spec.formatRight ?? spec.format)(value))),
            },
          ]
        : []),
    ],
    series: [
      {},
      ...drawn.map((layer): uPlotType.Series => {
        const ink = colour(layer.colour);
        return {
          label: layer.label,
          scale: layer.right === true ? 'right' : 'y',
          show: !hidden.has(layer),
          auto: layer.aside !== true,
          stroke: ink,
          width: layer.kind === 'line' ? (layer.width ?? lineWidth) : layer.kind === 'area' ? 1 : 0,
          ...(layer.dash === undefined ? {} : { dash: [...layer.dash] }),
          ...(layer.kind === 'line' ? {} : { fill: ink }),
          ...(layer.kind === 'bars' ? { paths: barPaths } : {}),
          ...(layer.steps === true ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
          // A curve is broken where nothing is known; a value alone between two gaps is a dot.
          spanGaps: false,
          points: {
            show: layer.kind !== 'bars',
            size: 4,
            fill: ink,
            filter: (u: uPlotType, series: number) => lonely(u.data[series]),
          },
        };
      }),
    ],
    hooks: {
      drawAxes: [(u: uPlotType) => spec.underlay?.(u, u.ctx)],
      draw: [
        (u: uPlotType) => spec.decorate?.(u, u.ctx, uPlot.pxRatio),
        (u: uPlotType) => drawMoment(u, group.mark),
      ],
      setCursor: [
        (u: uPlotType) => {
          const at = u.cursor.idx;
          const inside = (u.cursor.left ?? -1) >= 0 && at !== null && at !== undefined;
          index = inside ? at : -1;
          showTip();
          group.point(inside ? u.posToVal(u.cursor.left!, 'x') : null, u);
        },
      ],
      setSelect: [
        (u: uPlotType) => {
          if (u.select.width > 4) {
            group.zoom(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
          }
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  });

  const build = (): void => {
    plot?.destroy();
    plot = new uPlot(options(), dataOf(), canvasHost);
    plot.over.append(tip);
    plot.over.addEventListener('dblclick', () => group.zoom(...group.whole));
  };

  const offer = (): void => {
    const buttons = layers.map((layer) => {
      const place = all.indexOf(layer);
      const button = make(
        'button',
        { type: 'button', 'aria-pressed': String(!hidden.has(layer)) },
        swatch(layer),
        layer.label,
      );
      button.title = layer.hint ?? '';
      button.addEventListener('click', () => {
        // The layer that stands there now: a chart that is renewed has others.
        const hide = !hidden.has(all[place]);
        hidden[hide ? 'add' : 'delete'](all[place]);
        button.setAttribute('aria-pressed', String(!hide));
        build();
      });
      return button;
    });
    legend.replaceChildren(...buttons);
  };
  offer();

  const renew = (newTimes: readonly number[], newLayers: readonly Layer[]): void => {
    const offered = (of: readonly Layer[]): string =>
      withValues(of)
        .map((layer) => `${of.indexOf(layer)} ${layer.aside}`)
        .join();
    const isSame = offered(all) === offered(newLayers);
    hidden = new Set(newLayers.filter((_layer, i) => hidden.has(all[i])));
    times = newTimes;
    all = newLayers;
    layers = withValues(all);
    drawn = drawingOrder(layers);
    if (isSame) plot?.setData(dataOf());
    else {
      offer();
      if (plot !== undefined) build();
    }
    if (index >= 0) showTip();
  };

  canvasHost.addEventListener('keydown', (event) => {
    const u = plot;
    if (u === undefined || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const [from, to] = group.range;
    const first = u.valToIdx(from);
    const last = u.valToIdx(to);
    const step = Math.max(1, Math.round((last - first) / 200)) * (event.shiftKey ? 10 : 1);
    const now = index >= 0 ? index : first;
    const targets: Record<string, number> = {
      ArrowLeft: now - step,
      ArrowRight: now + step,
      Home: first,
      End: last,
    };
    if (Object.hasOwn(targets, event.key)) {
      const at = Math.min(Math.max(targets[event.key], first), last);
      u.setCursor({ left: u.valToPos(times[at], 'x'), top: 0 });
      spoken.textContent = describe(at)
        .map((row) => row.innerText || row.textContent || '')
        .join(', ');
    } else if (event.key === '+' || event.key === '=' || event.key === '-') {
      const factor = event.key === '-' ? 1 : 0.25;
      const middle = times[now];
      group.zoom(middle - (to - from) * factor, middle + (to - from) * factor);
    } else if (event.key === 'Escape') {
      group.zoom(...group.whole);
    } else {
      return;
    }
    event.preventDefault();
  });
  canvasHost.addEventListener('blur', () => {
    index = -1;
    showTip();
  });

  onWidth(canvasHost, (now) => {
    width = now;
    build();
  });
  onAppearance((printing) => {
    const room = Math.floor(canvasHost.clientWidth);
    // One that is hidden is built when it is shown.
    if (room === 0) return;
    width = printing ? paperWidth : room;
    build();
    showPrinted(canvasHost, printing ? pictureOf(tooled) : undefined);
  });
  group.members.push({ plot: () => plot, redraw: build });
  return {
    show: (wanted) => {
      for (const layer of layers) hidden[wanted(layer) ? 'delete' : 'add'](layer);
      if (plot !== undefined) build();
    },
    renew,
    redraw: () => plot?.redraw(false),
  };
}
