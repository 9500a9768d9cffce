/// <reference lib="dom" />
/**
 * What is drawn beside the layers of the timeline: two lanes of marks, phases, the idle stretch, and what a person changed (a diamond).
 *
 * Above the timeline's plot run two lanes: a triangle for each collection (filled when it was asked
 * for; a stroke where there are too many), and bars for what madvise gave back, as tall as the
 * logarithm of the bytes; scavenging on behalf of allocations, or on demand, in colours of its own.
 */

import type uPlotType from 'uplot';
import type { Curves } from '../curves.ts';
import { steerWords } from '../steer-words.ts';
import { colour } from './dom.ts';
import { formatBytes, formatDuration, formatTime } from './format.ts';

/** Pixels above the plot that the lanes need. */
export const headroom = 50;
const scavengeNames: Record<string, string> = { bg: 'background', eager: 'eager', forced: 'forced' };

interface Release {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** What madvise gave back, slice by slice: exact and complete, where scavenging reports only now and then. */
function releasesOf({ activity }: Curves): Release[] {
  const releases: Release[] = [];
  activity.madvB.forEach((rate, i) => {
    if (rate !== null && rate > 0) {
      const [from, to] = [activity.t[i], activity.t[i + 1]];
      releases.push({ from, to, bytes: (rate * (to - from)) / 1000 });
    }
  });
  return releases;
}

export function drawLanes(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  curves: Curves,
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

  const releases = releasesOf(curves);
  const marks = curves.scavenges.filter(
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
  const shown = curves.collections
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
export function drawUnder(plot: uPlotType, context: CanvasRenderingContext2D, curves: Curves): void {
  const { left, top, width, height } = plot.bbox;
  const right = left + width;
  context.save();
  if (curves.idleFrom !== null) {
    const from = Math.max(left, plot.valToPos(curves.idleFrom, 'x', true));
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
  curves: Curves,
): void {
  const { left, top, width, height } = plot.bbox;
  context.font = `${12 * density}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  context.textAlign = 'right';
  let last = left;
  for (const { t, name } of curves.phases) {
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

/** A diamond at the top, and a line below it, wherever a person changed something. */
function drawSteers(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  curves: Curves,
): void {
  const { left, top, width, height } = plot.bbox;
  const size = 5 * density;
  context.fillStyle = colour('steer');
  for (const { t } of curves.steers) {
    const x = Math.round(plot.valToPos(t, 'x', true));
    if (x < left || x > left + width) continue;
    context.fillRect(x, top, density, height);
    context.beginPath();
    context.moveTo(x - size, top + size);
    context.lineTo(x, top);
    context.lineTo(x + size, top + size);
    context.lineTo(x, top + 2 * size);
    context.closePath();
    context.fill();
  }
}

/** Faint lines at collections, phases, and where the idle stretch begins. */
export function drawOver(
  plot: uPlotType,
  context: CanvasRenderingContext2D,
  density: number,
  curves: Curves,
): void {
  const { left, top, width, height } = plot.bbox;
  context.save();
  if (curves.collections.length <= 60) {
    context.strokeStyle = colour('ink');
    context.globalAlpha = 0.28;
    context.lineWidth = density;
    context.setLineDash([2 * density, 4 * density]);
    for (const mark of curves.collections) {
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
  drawSteers(plot, context, density, curves);
  drawPhases(plot, context, density, curves);
  if (curves.idleFrom !== null) {
    const x = plot.valToPos(curves.idleFrom, 'x', true);
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
export function eventsBetween(curves: Curves, from: number, to: number): string[] {
  const texts: string[] = [];
  for (const gc of curves.collections.filter((mark) => mark.t >= from && mark.t <= to).slice(0, 3)) {
    const sizes =
      gc.before === null || gc.live === null
        ? ''
        : `: ${formatBytes(gc.before)} → ${formatBytes(gc.live)} live`;
    const took = gc.ms === null ? '' : ` in ${formatDuration(gc.ms)}`;
    texts.push(`▼ gc ${gc.n}${gc.forced ? ' (forced)' : ''} at ${formatTime(gc.t)}${sizes}${took}`);
  }
  for (const mark of curves.steers.filter(({ t }) => t >= from && t <= to).slice(0, 3))
    texts.push(`◆ by hand at ${formatTime(mark.t)}: ${steerWords(mark)}`);
  const sums = new Map<string, number>();
  for (const mark of curves.scavenges) {
    if (mark.t >= from && mark.t <= to && mark.bytes > 0) {
      sums.set(mark.kind, (sums.get(mark.kind) ?? 0) + mark.bytes);
    }
  }
  for (const [kind, sum] of sums) {
    texts.push(`▮ scavenging reported ${formatBytes(sum)} (${scavengeNames[kind] ?? kind})`);
  }
  const given = releasesOf(curves).filter((release) => release.to >= from && release.from <= to);
  if (given.length > 0) {
    texts.push(`▮ ${formatBytes(given.reduce((sum, { bytes }) => sum + bytes, 0))} given back`);
  }
  return texts;
}
