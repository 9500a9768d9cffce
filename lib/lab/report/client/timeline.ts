/// <reference lib="dom" />
/**
 * The charts of a run: the stacked timeline with its two lanes of marks, belief against fact, and the
 * activity of the kernel.
 *
 * Above the timeline's plot run two lanes: a triangle for each collection (filled when it was asked
 * for; a stroke where there are too many), and bars for what madvise gave back, as tall as the
 * logarithm of the bytes; scavenging on behalf of allocations, or on demand, in colours of its own.
 */

import type uPlotType from 'uplot';
import type { Column, Payload } from '../payload.ts';
import { type ChartGroup, makeChart } from './chart.ts';
import { byId, colour } from './dom.ts';
import { formatBytes, formatDuration, formatNumber, formatTick, formatTime } from './format.ts';
import { timelineLayers } from './timeline-layers.ts';

const headroom = 50;
const scavengeNames: Record<string, string> = { bg: 'background', eager: 'eager', forced: 'forced' };

/** One column minus another. */
function difference(a: Column, b: Column): Column {
  return a.map((value, i) => (value === null || typeof b[i] !== 'number' ? null : value - b[i]));
}

/** The parts above or below zero. */
function part(column: Column, sign: 1 | -1): Column {
  return column.map((value) => (value === null ? null : sign > 0 ? Math.max(value, 0) : Math.min(value, 0)));
}

interface Release {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** What madvise gave back, slice by slice: exact and complete, where scavenging reports only now and then. */
function releasesOf({ activity }: Payload): Release[] {
  const releases: Release[] = [];
  activity.madvB.forEach((rate, i) => {
    if (rate !== null && rate > 0) {
      const [from, to] = [activity.t[i], activity.t[i + 1]];
      releases.push({ from, to, bytes: (rate * (to - from)) / 1000 });
    }
  });
  return releases;
}

function drawLanes(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  payload: Payload,
): void {
  const { left, top, width } = plot.bbox;
  const place = (t: number): number => plot.valToPos(t, 'x', true);
  const visible = (x: number): boolean => x >= left - 1 && x <= left + width + 1;
  context.save();
  context.font = `${11 * density}px system-ui, sans-serif`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = colour('muted');
  context.fillText('collections', left - 8 * density, top - 36 * density);
  context.fillText('given back', left - 8 * density, top - 13 * density);
  context.fillStyle = colour('lane');
  context.fillRect(left, top - 24 * density, width, 20 * density);

  const releases = releasesOf(payload);
  const marks = payload.scavenges.filter(
    (mark) => mark.bytes > 0 && (mark.kind !== 'bg' || releases.length === 0),
  );
  const most = [...releases, ...marks].reduce((max, { bytes }) => Math.max(max, bytes), 1);
  const bar = (name: string, bytes: number, from: number, to: number): void => {
    const height = (18 * density * Math.log2(1 + bytes / 4096)) / Math.log2(1 + most / 4096);
    const start = Math.max(from, left);
    const end = Math.min(Math.max(to, from + 1.5 * density), left + width);
    if (end > start) {
      context.fillStyle = colour(name);
      context.fillRect(start, top - 4 * density - height, end - start, height);
    }
  };
  for (const { from, to, bytes } of releases) {
    bar('lazy', bytes, place(from), place(to));
  }
  for (const mark of marks) {
    const x = place(mark.t);
    bar(
      mark.kind === 'bg' ? 'lazy' : mark.kind === 'eager' ? 'goal' : 'ink',
      mark.bytes,
      x - density,
      x + density,
    );
  }
  const shown = payload.collections
    .map((mark) => ({ x: place(mark.t), forced: mark.forced }))
    .filter(({ x }) => visible(x));
  const crowded = shown.length > width / density / 9;
  const size = 5 * density;
  context.lineJoin = 'round';
  context.lineWidth = 1.25 * density;
  context.strokeStyle = colour('ink');
  for (const { x, forced } of shown) {
    context.fillStyle = colour(forced || crowded ? 'ink' : 'panel');
    if (crowded && !forced) {
      context.fillRect(x - density / 2, top - 42 * density, density, 11 * density);
      continue;
    }
    context.beginPath();
    context.moveTo(x - size, top - 42 * density);
    context.lineTo(x + size, top - 42 * density);
    context.lineTo(x, top - 31 * density);
    context.closePath();
    context.fill();
    context.stroke();
  }
  context.restore();
}

/** The idle stretch, shaded. */
function drawUnder(plot: uPlotType, context: CanvasRenderingContext2D, payload: Payload): void {
  const { left, top, width, height } = plot.bbox;
  const right = left + width;
  context.save();
  if (payload.idleFrom !== null) {
    const from = Math.max(left, plot.valToPos(payload.idleFrom, 'x', true));
    if (from < right) {
      context.fillStyle = colour('idle');
      context.fillRect(from, top, right - from, height);
    }
  }
  context.restore();
}

/** A line at the end of each phase of a workload, and its name before it where there is room. */
function drawPhases(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  payload: Payload,
): void {
  const { left, top, width, height } = plot.bbox;
  context.font = `${12 * density}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  context.textAlign = 'right';
  let last = left;
  for (const { t, name } of payload.phases) {
    const x = Math.round(plot.valToPos(t, 'x', true));
    if (x < left || x > left + width) continue;
    context.fillStyle = colour('muted');
    context.fillRect(x, top, density, height);
    if (x - last > context.measureText(name).width + 10 * density) {
      context.fillStyle = colour('text');
      context.fillText(name, x - 5 * density, top + 5 * density);
    }
    last = x;
  }
}

/** Faint lines at collections, phases, and where the idle stretch begins. */
function drawOver(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  payload: Payload,
): void {
  const { left, top, width, height } = plot.bbox;
  context.save();
  if (payload.collections.length <= 60) {
    context.strokeStyle = colour('ink');
    context.globalAlpha = 0.28;
    context.lineWidth = density;
    context.setLineDash([2 * density, 4 * density]);
    for (const mark of payload.collections) {
      const x = Math.round(plot.valToPos(mark.t, 'x', true)) + 0.5;
      if (x >= left && x <= left + width) {
        context.beginPath();
        context.moveTo(x, top);
        context.lineTo(x, top + height);
        context.stroke();
      }
    }
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
  drawPhases(plot, context, density, payload);
  if (payload.idleFrom !== null) {
    const x = plot.valToPos(payload.idleFrom, 'x', true);
    if (x >= left && x < left + width - 60 * density) {
      context.fillStyle = colour('muted');
      context.fillRect(x, top, density, height);
      context.font = `${12 * density}px system-ui, sans-serif`;
      context.textBaseline = 'top';
      context.textAlign = 'left';
      context.fillStyle = colour('text');
      context.fillText('idle', x + 6 * density, top + 5 * density);
    }
  }
  context.restore();
}

/** What the tooltip says of the collections and scavenges in a stretch of time. */
export function eventsBetween(payload: Payload, from: number, to: number): string[] {
  const texts: string[] = [];
  for (const gc of payload.collections.filter((mark) => mark.t >= from && mark.t <= to).slice(0, 3)) {
    const sizes =
      gc.before === null || gc.live === null
        ? ''
        : `: ${formatBytes(gc.before)} → ${formatBytes(gc.live)} live`;
    const took = gc.ms === null ? '' : ` in ${formatDuration(gc.ms)}`;
    texts.push(`▼ gc ${gc.n}${gc.forced ? ' (forced)' : ''} at ${formatTime(gc.t)}${sizes}${took}`);
  }
  const sums = new Map<string, number>();
  for (const mark of payload.scavenges) {
    if (mark.t >= from && mark.t <= to && mark.bytes > 0) {
      sums.set(mark.kind, (sums.get(mark.kind) ?? 0) + mark.bytes);
    }
  }
  for (const [kind, sum] of sums) {
    texts.push(`▮ scavenging reported ${formatBytes(sum)} (${scavengeNames[kind] ?? kind})`);
  }
  const given = releasesOf(payload).filter((release) => release.to >= from && release.from <= to);
  if (given.length > 0) {
    texts.push(`▮ ${formatBytes(given.reduce((sum, { bytes }) => sum + bytes, 0))} given back`);
  }
  return texts;
}

/** The stacked timeline. */
export function drawTimeline(payload: Payload, group: ChartGroup): void {
  const { series } = payload;
  makeChart(
    byId('timeline'),
    {
      name: 'Timeline',
      times: series.t,
      layers: timelineLayers(series, payload.beside),
      height: 420,
      format: formatBytes,
      tick: formatTick,
      binary: true,
      headroom,
      underlay: (plot, context) => drawUnder(plot, context, payload),
      decorate: (plot, context, density) => {
        drawOver(plot, context, density, payload);
        drawLanes(plot, context, density, payload);
      },
      eventsNear: (from, to) => eventsBetween(payload, from, to),
    },
    group,
  );
}

/** Belief beside fact, and their difference below. */
export function drawBelief(payload: Payload, group: ChartGroup): void {
  const { series } = payload;
  const gap = difference(series.rss, series.belief);
  makeChart(
    byId('belief'),
    {
      name: 'Belief and fact',
      times: series.t,
      layers: [
        {
          label: 'belief: HeapSys − HeapReleased',
          colour: 'accent',
          kind: 'line',
          width: 2.25,
          dash: [7, 3],
          values: series.belief,
        },
        { label: 'fact: RSS of the heap', colour: 'ink', kind: 'line', width: 2.25, values: series.rss },
      ],
      height: 260,
      format: formatBytes,
      tick: formatTick,
      binary: true,
    },
    group,
  );
  makeChart(
    byId('difference'),
    {
      name: 'Fact minus belief',
      times: series.t,
      layers: [
        { label: 'resident beyond belief', colour: 'over', kind: 'bars', values: part(gap, 1) },
        { label: 'believed, not resident', colour: 'under', kind: 'bars', values: part(gap, -1) },
      ],
      height: 170,
      format: formatBytes,
      tick: formatTick,
      binary: true,
      signed: true,
    },
    group,
  );
}

/** Rates as steps: the value of a slice stands at its end. */
function atEdges(column: Column): Column {
  return [column[0] ?? null, ...column];
}

/** Faults, calls of madvise and mappings over time. */
export function drawActivity(payload: Payload, group: ChartGroup): void {
  const { activity, series } = payload;
  const perSecond = (value: number): string => `${formatNumber(value)}/s`;
  makeChart(
    byId('faults'),
    {
      name: 'Page faults per second',
      times: activity.t,
      layers: [
        { label: 'minor faults', colour: 'in-use', kind: 'bars', values: atEdges(activity.minflt) },
        { label: 'major faults', colour: 'over', kind: 'bars', values: atEdges(activity.majflt) },
      ],
      height: 200,
      format: perSecond,
    },
    group,
  );
  makeChart(
    byId('madvise'),
    {
      name: 'madvise per second',
      times: activity.t,
      layers: [
        { label: 'calls', colour: 'lazy', kind: 'bars', values: atEdges(activity.madv) },
        {
          label: 'bytes',
          colour: 'ink',
          kind: 'line',
          right: true,
          values: atEdges(activity.madvB),
        },
      ],
      height: 200,
      format: perSecond,
      formatRight: (value) => `${formatTick(value)}/s`,
    },
    group,
  );
  for (const [id, name, label, values] of [
    ['vmas', 'Mappings of the process', 'VMAs', series.vmas],
    ['finalizers', 'Finalizers that wait', 'waiting', series.finalizers],
  ] as const) {
    if (values.length === 0) continue;
    const layer = { label, colour: 'manual', kind: 'line', width: 2, steps: true, values } as const;
    const spec = { name, times: series.t, layers: [layer], height: 150, format: formatNumber };
    makeChart(byId(id), spec, group);
  }
}
