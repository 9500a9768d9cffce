/**
 * A figure over time, drawn: as an SVG for the picture of a grade, as bars of characters for a failure.
 *
 * The scale begins at 0. In characters a column is the largest of its values, so that a short peak is seen.
 */
import { escapeHtml } from '../../lab/report/html.ts';
import type { Curve } from '../exercises/exercise.ts';

const width = 660;
const height = 150;
const left = 4;
/** Above it there is its name. */
const top = 24;

/** A round figure: three digits. */
export function rounded(n: number): string {
  if (n === 0 || !Number.isFinite(n)) return String(n);
  return String(Number(n.toPrecision(Math.abs(n) >= 1000 ? 4 : 3)));
}

/** The top of its scale. */
export const topOf = ({ values, mark = 0 }: Curve): number =>
  values.reduce((most, value) => Math.max(most, value), mark) || 1;

/** An SVG, as wide as its place. @param most the top of the scale @param title told to who cannot see it */
export function curveSvg(
  { what, values, mark, start = '0', end }: Curve,
  most: number,
  title: string,
): string {
  const x = (i: number): string =>
    (left + ((width - 2 * left) * i) / Math.max(1, values.length - 1)).toFixed(1);
  const y = (value: number): string =>
    (height - ((height - top) * Math.max(0, Math.min(value, most))) / most).toFixed(1);
  const points = values.map((value, i) => `${x(i)},${y(value)}`).join(' ');
  const line =
    mark === undefined
      ? ''
      : `<path class="mark" d="M${left} ${y(mark)}H${width - left}"/><text x="${left + 4}" y="${(Number(y(mark)) - 4).toFixed(1)}">${rounded(mark)}</text>`;
  return `<svg class="curve" role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${width} ${height + 20}"><title>${escapeHtml(title)}</title><path class="base" d="M${left} ${height}H${width - left}"/><polyline points="${points}"/>${line}<text x="${width - left}" y="14" text-anchor="end">${escapeHtml(what)}, up to ${rounded(most)}</text><text x="${left}" y="${height + 15}">${escapeHtml(start)}</text><text x="${width - left}" y="${height + 15}" text-anchor="end">${escapeHtml(end)}</text></svg>`;
}

export const curveStyle = `
figure svg.curve { height: auto } svg.curve polyline { fill: none; stroke: #2f6fb3; stroke-width: 1.6; stroke-linejoin: round }
svg.curve .base { stroke: var(--line) } svg.curve .mark { stroke: #d9793b; stroke-dasharray: 5 4 } svg.curve text { font-size: 12px; fill: var(--soft) }
@media (prefers-color-scheme: dark) { svg.curve polyline { stroke: #6aa9ea } }`;

const eighths = ' ▁▂▃▄▅▆▇█';
const rows = 4;

export interface CurveLine {
  readonly title: string;
  readonly cells: string;
}

/** Lines of at most `columns` characters, and what they mean. */
export function drawCurve(curve: Curve, columns: number): CurveLine[] {
  const { what, values, mark, start = '0', end, spot } = curve;
  const most = topOf(curve);
  const cells = Math.max(1, Math.min(columns, values.length));
  const tops = Array.from({ length: cells }, (_, i) =>
    values
      .slice(Math.floor((i * values.length) / cells), Math.floor(((i + 1) * values.length) / cells))
      .reduce((a, b) => Math.max(a, b), 0),
  );
  const lines: CurveLine[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    const text = tops.map((value) => {
      const steps = Math.round((value / most) * rows * 8) - 8 * row;
      return eighths[Math.max(0, Math.min(8, steps))];
    });
    lines.push({
      title: row === rows - 1 ? rounded(most) : row === 0 ? '0' : '',
      cells: text.join('').trimEnd(),
    });
  }
  if (spot !== undefined) {
    const cell = Math.min(cells - 1, Math.floor((spot.index * cells) / values.length));
    const { text } = spot;
    const right = `${' '.repeat(cell)}^ ${text}`;
    lines.push({
      title: '',
      cells: right.length <= columns ? right : `${' '.repeat(Math.max(0, cell - text.length - 1))}${text} ^`,
    });
  }
  const wanted = mark === undefined ? '' : `, and ${rounded(mark)} is wanted`;
  lines.push({ title: '', cells: `${what}, from ${start} to ${end}${wanted}` });
  return lines;
}
