/**
 * A picture as SVG: curves or bars, with axes, marks and their names. Its colours follow the reader's light or dark theme, and
 * curves differ in dashes as well. It stands alone as a file, and within a page.
 *
 * Not here: what it shows (picture.ts), the same on a terminal (cli/picture.ts).
 */
import type { MetricUnit } from '../metrics/spread.ts';
import { formatCompact, formatTick } from '../report/client/format.ts';
import { escapeHtml } from '../report/html.ts';
import { nsInWords } from './answering.ts';
import {
  axisWords,
  type Bars,
  type Curves,
  type Picture,
  type PictureAxis,
  type PictureMark,
} from './picture.ts';

const style = `
  .pic { font: 13px system-ui, sans-serif; }
  .pic .ground { fill: #ffffff; } .pic text { fill: #1f2328; } .pic .faint { fill: #59636e; }
  .pic .grid { stroke: #d1d9e0; fill: none; } .pic .mark { stroke: #cf222e; stroke-dasharray: 3 3; fill: none; } .pic .marked { fill: #cf222e; }
  .pic .curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .pic .title { font-weight: 600; }
  .pic .c0 { stroke: #0969da; } .pic .c1 { stroke: #bc4c00; } .pic .c2 { stroke: #1a7f37; } .pic .c3 { stroke: #8250df; } .pic .c4 { stroke: #bf3989; } .pic .c5 { stroke: #6e7781; }
  .pic .b0 { fill: #0969da; } .pic .b1 { fill: #bc4c00; } .pic .b2 { fill: #1a7f37; } .pic .b3 { fill: #8250df; } .pic .b4 { fill: #bf3989; } .pic .b5 { fill: #6e7781; }
  @media (prefers-color-scheme: dark) {
    .pic .ground { fill: #0d1117; } .pic text { fill: #f0f6fc; } .pic .faint { fill: #9198a1; } .pic .grid { stroke: #3d444d; } .pic .mark { stroke: #f85149; } .pic .marked { fill: #f85149; }
    .pic .c0 { stroke: #4493f8; } .pic .c1 { stroke: #f0883e; } .pic .c2 { stroke: #3fb950; } .pic .c3 { stroke: #ab7df8; } .pic .c4 { stroke: #db61a2; } .pic .c5 { stroke: #9198a1; }
    .pic .b0 { fill: #4493f8; } .pic .b1 { fill: #f0883e; } .pic .b2 { fill: #3fb950; } .pic .b3 { fill: #ab7df8; } .pic .b4 { fill: #db61a2; } .pic .b5 { fill: #9198a1; }
  }`;
const dashes = ['', '7 4', '2 3', '10 3 2 3', '', '7 4'];
const width = 800;

/** A value at a tick of an axis. */
export function tickWords(unit: MetricUnit, value: number): string {
  switch (unit) {
    case 'bytes':
      return formatTick(value);
    case 'ns':
      return value === 0 ? '0' : nsInWords(value);
    case 'seconds':
      return Math.abs(value) < 0.005 ? '0 s' : `${Number(value.toPrecision(3))} s`;
    case 'share':
      return `${Number((100 * value).toPrecision(3))} %`;
    default:
      return formatCompact(value);
  }
}

/** Places of an axis from a least to a most value. */
class Scale {
  readonly #axis: PictureAxis;
  readonly #low: number;
  readonly #high: number;
  readonly #from: number;
  readonly #to: number;

  constructor(axis: PictureAxis, values: readonly number[], from: number, to: number) {
    this.#axis = axis;
    const known = values.filter((n) => Number.isFinite(n) && (axis.log !== true || n > 0));
    const most = known.reduce((a, b) => Math.max(a, b), axis.log === true ? 10 : 1e-9);
    const least = known.reduce((a, b) => Math.min(a, b), most);
    this.#high = axis.log === true ? most * 1.3 : most * 1.04;
    this.#low = axis.log === true ? Math.min(least / 1.3, this.#high / 10) : (axis.from ?? 0);
    this.#from = from;
    this.#to = to;
  }

  at(value: number): number {
    const { log } = this.#axis;
    const share =
      log === true
        ? Math.log(Math.max(value, this.#low) / this.#low) / Math.log(this.#high / this.#low)
        : (value - this.#low) / (this.#high - this.#low);
    return this.#from + share * (this.#to - this.#from);
  }

  /** Round values. */
  ticks(): number[] {
    const bytes = this.#axis.unit === 'bytes';
    const base = bytes ? 2 : 10;
    if (this.#axis.log === true) {
      const found: number[] = [];
      const step = bytes ? 4 : 1;
      const first = Math.ceil(Math.log(this.#low) / Math.log(base) - 1e-9);
      const last = Math.floor(Math.log(this.#high) / Math.log(base) + 1e-9);
      for (let power = first; power <= last; power++)
        if (!bytes || power % step === 0) found.push(base ** power);
      return found;
    }
    const rough = (this.#high - this.#low) / 5;
    const power = base ** Math.floor(Math.log(rough) / Math.log(base));
    const step = bytes
      ? rough > power * 1.5
        ? 2 * power
        : power
      : ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power;
    const first = Math.ceil(this.#low / step);
    return Array.from({ length: Math.floor(this.#high / step) - first + 1 }, (_, i) => (first + i) * step);
  }
}

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${escapeHtml(words)}</text>`;

function frame(height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="pic" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
<style>${style}
</style>
<rect class="ground" width="${width}" height="${height}"/>
${text(16, 24, title, ' class="title"')}
${parts.join('\n')}
</svg>
`;
}

/** Names beside places, moved apart where they would cover each other. */
function apart(places: readonly number[], least: number): number[] {
  const order = places.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < order.length; k++) order[k].y = Math.max(order[k].y, order[k - 1].y + least);
  const moved: number[] = [];
  for (const { y, i } of order) moved[i] = y;
  return moved;
}

function drawCurves({ title, x, y, curves, marks = [] }: Curves): string {
  const height = 360;
  const box = { left: 78, right: 596, top: 62, bottom: 312 };
  const points = curves.flatMap((curve) => curve.points);
  const across = new Scale(
    x,
    points.map(([value]) => value),
    box.left,
    box.right,
  );
  const up = new Scale(
    y,
    [...points.map(([, value]) => value), ...marks.map(({ value }) => value)],
    box.bottom,
    box.top,
  );
  const parts = [text(16, 46, `${axisWords(y)}, by ${axisWords(x)}`, ' class="faint"')];
  for (const tick of up.ticks()) {
    const at = up.at(tick).toFixed(1);
    parts.push(`<path class="grid" d="M${box.left} ${at}H${box.right}"/>`);
    parts.push(
      text(box.left - 8, Number(at) + 4, tickWords(y.unit, tick), ' class="faint" text-anchor="end"'),
    );
  }
  const ticks =
    x.log === true && x.unit === 'count'
      ? [...new Set(points.map(([value]) => value))].sort((a, b) => a - b)
      : across.ticks();
  let last = -100;
  for (const tick of ticks) {
    const at = across.at(tick);
    if (at - last < 44 || at > box.right + 1) continue;
    last = at;
    parts.push(text(at, box.bottom + 20, tickWords(x.unit, tick), ' class="faint" text-anchor="middle"'));
  }
  const names: { at: number; words: string; className: string }[] = [];
  curves.forEach(({ label, points: own }, i) => {
    if (own.length === 0) return;
    const path = own.map(([a, b]) => `${across.at(a).toFixed(1)} ${up.at(b).toFixed(1)}`).join('L');
    const dash = dashes[i % dashes.length];
    parts.push(
      `<path class="curve c${i % 6}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} d="M${path}"/>`,
    );
    names.push({ at: up.at(own[own.length - 1][1]), words: label, className: `b${i % 6}` });
  });
  for (const { label, value } of marks) {
    parts.push(`<path class="mark" d="M${box.left} ${up.at(value).toFixed(1)}H${box.right}"/>`);
    names.push({ at: up.at(value), words: label, className: 'marked' });
  }
  apart(
    names.map(({ at }) => at),
    17,
  ).forEach((at, i) => {
    const { words, className } = names[i];
    parts.push(`<circle class="${className}" cx="${box.right + 12}" cy="${at.toFixed(1)}" r="4"/>`);
    parts.push(text(box.right + 22, at + 4.5, words));
  });
  return frame(height, title, parts);
}

function markLines(marks: readonly PictureMark[], across: Scale, top: number, bottom: number): string[] {
  return marks.flatMap(({ label, value }, i) => {
    const at = across.at(value);
    // One above the other, since two may lie close.
    const y = top - 6 - 15 * i;
    const anchor = at > 620 ? 'end' : 'start';
    return [
      `<path class="mark" d="M${at.toFixed(1)} ${top}V${bottom}"/>`,
      text(at + (anchor === 'end' ? -4 : 4), y, label, ` class="marked" text-anchor="${anchor}"`),
    ];
  });
}

function drawBars({ title, value, groups, marks = [] }: Bars): string {
  const [barHeight, gap, groupGap] = [16, 3, 14];
  const left = 236;
  const right = 700;
  const top = 66 + 16 * marks.length;
  const bars = groups.flatMap((group) => group.bars);
  const across = new Scale(
    value,
    [...bars.map((bar) => bar.value), ...marks.map((mark) => mark.value)],
    left,
    right,
  );
  const parts = [text(16, 46, axisWords(value), ' class="faint"')];
  // A colour tells a kind again in the next group; in a single group names are enough.
  const kinds = groups.length === 1 ? [] : [...new Set(bars.map(({ label }) => label))];
  const drawn: string[] = [];
  let y = top;
  for (const group of groups) {
    if (group.label !== '') {
      drawn.push(text(16, y + 12, group.label, ' class="title"'));
      y += 19;
    }
    for (const bar of group.bars) {
      const to = Number.isFinite(bar.value) ? across.at(bar.value) : left;
      drawn.push(text(left - 8, y + 12.5, bar.label, ' class="faint" text-anchor="end"'));
      drawn.push(
        `<rect class="b${Math.max(0, kinds.indexOf(bar.label)) % 6}" x="${left}" y="${y}" width="${Math.max(0, to - left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
      );
      drawn.push(
        text(
          Math.max(left, to) + 6,
          y + 12.5,
          Number.isFinite(bar.value) ? tickWords(value.unit, bar.value) : '–',
        ),
      );
      y += barHeight + gap;
    }
    y += groupGap;
  }
  const bottom = y - groupGap;
  for (const tick of across.ticks()) {
    const at = across.at(tick).toFixed(1);
    parts.push(`<path class="grid" d="M${at} ${top}V${bottom}"/>`);
    parts.push(
      text(Number(at), bottom + 18, tickWords(value.unit, tick), ' class="faint" text-anchor="middle"'),
    );
  }
  return frame(bottom + 34, title, [...parts, ...drawn, ...markLines(marks, across, top, bottom)]);
}

export function drawPicture(picture: Picture): string {
  return picture.kind === 'curves' ? drawCurves(picture) : drawBars(picture);
}
