/**
 * Hand-ins as points: resident memory over time against faults, both over what hindsight has with the same seeds; and the
 * front, the hand-ins of which no other is better in one and at least as good in the other.
 *
 * Less is better in both. What is far out is drawn at the edge, so that a policy that never gives back does not press all others
 * into a corner.
 */
import { type Html, html } from '../../lab/report/html.ts';
import type { ClassRow } from '../grading/class.ts';
import { besideOf } from './grade-table.ts';

export interface FrontPoint {
  readonly student: string;
  /** Mean resident pages, and faults, over those with hindsight. */
  readonly rss: number;
  readonly faults: number;
}

/** The points of a measure; of hand-ins that have none of the two figures there is none. */
export function pointsOf(rows: readonly ClassRow[], measure: string): FrontPoint[] {
  return rows.flatMap(({ student, grade }) => {
    const row = grade?.measures.find(({ name }) => name === measure);
    if (row?.failure !== undefined || row?.rss === undefined || row.faults === undefined) return [];
    const { rss = 0, faults = 0 } = besideOf(row).figures;
    return rss > 0 && faults > 0 ? [{ student, rss: row.rss / rss, faults: row.faults / faults }] : [];
  });
}

/** Those of which no other is better, by rising memory. */
export function frontOf(points: readonly FrontPoint[]): FrontPoint[] {
  const sorted = [...points].sort((a, b) => a.rss - b.rss || a.faults - b.faults);
  const front: FrontPoint[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    const equal = last !== undefined && last.rss === point.rss && last.faults === point.faults;
    if (last === undefined || point.faults < last.faults || equal) front.push(point);
  }
  return front;
}

const width = 640;
const height = 320;
const left = 56;
const bottom = 44;
const margin = 16;
/** Farther out is drawn at the edge. */
const mostOver = 4;

/** Steps between 4 and 8 marks. */
function ticksTo(most: number): number[] {
  const step = [0.1, 0.2, 0.25, 0.5, 1].find((wide) => most / wide <= 8) ?? 1;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

const short = (n: number): string => String(Math.round(100 * n) / 100);

/** The picture of a measure. */
export function frontFigure(measure: string, points: readonly FrontPoint[]): Html {
  const front = frontOf(points);
  const onFront = new Set(front);
  const range = (of: (point: FrontPoint) => number): number =>
    Math.min(mostOver, Math.max(1.25, ...points.map(of)) * 1.05);
  const mostRss = range(({ rss }) => rss);
  const mostFaults = range(({ faults }) => faults);
  const x = (rss: number): number => left + ((width - left - margin) * Math.min(rss, mostRss)) / mostRss;
  const y = (faults: number): number =>
    height - bottom - ((height - bottom - margin) * Math.min(faults, mostFaults)) / mostFaults;
  const at = (n: number): string => n.toFixed(1);
  const grid = [
    ...ticksTo(mostRss).map(
      (n) =>
        html`<path class="grid" d="M${at(x(n))} ${margin}V${height - bottom}"/><text x="${at(x(n))}" y="${height - bottom + 16}" text-anchor="middle">${short(n)}</text>`,
    ),
    ...ticksTo(mostFaults).map(
      (n) =>
        html`<path class="grid" d="M${left} ${at(y(n))}H${width - margin}"/><text x="${left - 6}" y="${at(y(n) + 4)}" text-anchor="end">${short(n)}</text>`,
    ),
  ];
  // From one point of the front to the next: more memory first, then fewer faults. What is between is reached by nobody.
  const steps = front
    .map(({ rss, faults }, i) =>
      i === 0 ? `M${at(x(rss))} ${at(y(faults))}` : `H${at(x(rss))}V${at(y(faults))}`,
    )
    .join('');
  const dots = [...points].sort((a, b) => Number(onFront.has(a)) - Number(onFront.has(b)));
  const dot = (point: FrontPoint): Html => {
    const { student, rss, faults } = point;
    const isFront = onFront.has(point);
    return html`<circle class="${isFront ? 'best' : 'one'}" cx="${at(x(rss))}" cy="${at(y(faults))}" r="${isFront ? 5 : 4}"><title>${student}: memory ${short(rss)}, faults ${short(faults)}</title></circle>`;
  };
  return html`<h3>${measure}</h3>
<figure class="front"><svg role="img" aria-label="${measure}: resident memory against faults" viewBox="0 0 ${width} ${height}">
${grid}
<path class="steps" d="${steps}"/>
<path class="right" d="M${at(x(1) - 7)} ${at(y(1))}h14M${at(x(1))} ${at(y(1) - 7)}v14"><title>with hindsight</title></path>
${dots.map(dot)}
<text x="${(left + width - margin) / 2}" y="${height - 8}" text-anchor="middle">resident memory over time</text>
<text transform="translate(14 ${(height - bottom + margin) / 2}) rotate(-90)" text-anchor="middle">faults</text>
</svg>
<figcaption>On the front: ${front.map(({ student }) => student).join(', ')}.</figcaption></figure>`;
}

export const frontStyle = `
figure.front svg { height: auto; max-width: 44rem; border: 0 } figure.front text { font-size: 12px; fill: var(--soft) }
.front .grid { stroke: var(--line) } .front .steps { fill: none; stroke: #d9793b; stroke-width: 1.5 }
.front .right { stroke: currentColor; stroke-width: 2; fill: none } .front .one { fill: #2f6fb3; fill-opacity: .55 } .front .best { fill: #d9793b }
@media (prefers-color-scheme: dark) { .front .one { fill: #6aa9ea } }`;

/** All measures of a class that have both figures. */
export function fronts(rows: readonly ClassRow[], measures: readonly string[]): Html {
  const drawn = measures
    .map((name) => ({ name, points: pointsOf(rows, name) }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return html``;
  return html`<h2>Memory against faults</h2>
<p class="soft">Each hand-in is a point: its resident memory over time, and its faults, as parts of those with hindsight (the cross), with the same seeds. Less is better in both. Of those on the line no other is better in both.</p>
${drawn.map(({ name, points }) => frontFigure(name, points))}`;
}
