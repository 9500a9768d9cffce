/**
 * A picture on the terminal: bars as rows of blocks; of curves each by itself, in blocks, all by one scale, so that they are
 * told apart without colours.
 *
 * Not here: the same as SVG (lab/questions/draw-picture.ts).
 */

import {
  axisWords,
  type Bars,
  type Curves,
  type Picture,
  type PictureAxis,
} from '../lab/questions/picture.ts';
import { tickWords } from '../lab/questions/picture-scale.ts';
import { widthOf } from './wrap.ts';

const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const leftEighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const curveRows = 3;

const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Where a value lies from 0 to 1 between the axis's beginning and the most; of a logarithmic axis between the least and the most. */
function shares(
  values: readonly number[],
  { log = false, from = 0 }: PictureAxis,
): (value: number) => number {
  const known = values.filter((n) => Number.isFinite(n) && (!log || n > 0));
  const most = known.reduce((a, b) => Math.max(a, b), 0);
  const least = known.reduce((a, b) => Math.min(a, b), most) / 2;
  if (most <= 0) return () => 0;
  if (!log) return (value) => Math.min(1, Math.max(0, (value - from) / (most - from)));
  return (value) => (value <= least ? 0 : Math.log(value / least) / Math.log(most / least));
}

function drawBars({ value: axis, groups, marks = [] }: Bars, columns: number): string[] {
  const bars = groups.flatMap((group) => group.bars);
  const labels = Math.max(
    ...bars.map(({ label }) => widthOf(label)),
    ...marks.map(({ label }) => widthOf(label)),
  );
  const words = (value: number): string => (Number.isFinite(value) ? tickWords(axis.unit, value) : '–');
  const room = Math.max(8, Math.min(60, columns - labels - 14));
  const shareOf = shares(
    [...bars, ...marks].map(({ value }) => value),
    axis,
  );
  const block = (value: number): string => {
    const parts = Math.round((Number.isFinite(value) ? shareOf(value) : 0) * room * 8);
    return '█'.repeat(Math.floor(parts / 8)) + leftEighths[parts % 8];
  };
  const row = (label: string, value: number, drawn: string): string =>
    `${padEnd(label, labels)}  ${padEnd(drawn, room)} ${words(value)}`;
  return [
    ...groups.flatMap((group) => [
      ...(group.label === '' ? [] : [group.label]),
      ...group.bars.map(({ label, value }) => row(label, value, block(value))),
    ]),
    ...marks.map(({ label, value }) =>
      row(label, value, `${' '.repeat(Math.max(0, Math.round(shareOf(value) * room) - 1))}│`),
    ),
  ];
}

/** One value a column, the largest that falls into it; a column without one holds the value before it. */
function resampled(
  points: readonly (readonly [number, number])[],
  from: number,
  to: number,
  width: number,
): number[] {
  const columns = new Array<number>(width).fill(Number.NaN);
  for (const [x, y] of points) {
    const column = Math.min(width - 1, Math.floor(((x - from) / Math.max(1e-9, to - from)) * width));
    if (!(columns[column] >= y)) columns[column] = y;
  }
  for (let i = 1; i < width; i++) if (Number.isNaN(columns[i])) columns[i] = columns[i - 1];
  return columns;
}

function drawCurves({ x, y, curves, marks = [] }: Curves, columns: number): string[] {
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) return [];
  const labels = Math.max(...[...curves, ...marks].map(({ label }) => widthOf(label)));
  const width = Math.max(10, Math.min(70, columns - labels - 14));
  const scaled = (value: number): number => (x.log === true ? Math.log(value) : value);
  const xs = all.map(([value]) => scaled(value));
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const shareOf = shares([...all.map(([, value]) => value), ...marks.map(({ value }) => value)], y);
  const rows = curves.flatMap(({ label, points }) => {
    const values = resampled(
      points.map(([a, b]) => [scaled(a), b] as const),
      from,
      to,
      width,
    );
    const known = points.map(([, value]) => value);
    const most = known.length === 0 ? Number.NaN : Math.max(...known);
    return Array.from({ length: curveRows }, (_, row) => {
      const below = (curveRows - 1 - row) * 8;
      const drawn = values.map((value) => {
        const level = Number.isNaN(value) ? 0 : Math.round(shareOf(value) * curveRows * 8) - below;
        return eighths[Math.min(8, Math.max(0, level))];
      });
      const beside = row === 0 ? `most ${tickWords(y.unit, most)}` : '';
      return `${padEnd(row === curveRows - 1 ? label : '', labels)}  ${drawn.join('')} ${beside}`.trimEnd();
    });
  });
  const ends = [from, to].map((value) => tickWords(x.unit, x.log === true ? Math.exp(value) : value));
  return [
    ...rows,
    `${' '.repeat(labels)}  ${ends[0]}${ends[1].padStart(Math.max(1, width - widthOf(ends[0])))}`,
    ...marks.map(({ label, value }) => `${label}: ${tickWords(y.unit, value)}`),
  ];
}

/** The picture in so many columns, its title first. */
export function drawPictureText(picture: Picture, columns: number): string {
  const drawn = picture.kind === 'bars' ? drawBars(picture, columns) : drawCurves(picture, columns);
  const axis =
    picture.kind === 'bars'
      ? axisWords(picture.value)
      : `${axisWords(picture.y)}, by ${axisWords(picture.x)}`;
  return [`${picture.title} (${axis})`, ...drawn].join('\n');
}
