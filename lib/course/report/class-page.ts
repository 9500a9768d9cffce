/**
 * A class as one HTML page: the scoreboard, how points are spread, memory against faults where
 * an exercise measures both, what is wrong most often, and who is alike.
 */
import { type Html, html, raw } from '../../lab/report/html.ts';
import { type ClassResult, type ClassRow, passedOverText } from '../grading/class.ts';
import { rowNote } from './class-note.ts';
import { causesOf } from './failures.ts';
import { frontStyle, fronts } from './front.ts';
import { courseStyle, staticPage, tableHtml } from './grade-page.ts';

const scoreOf = ({ grade }: ClassRow): number => grade?.points ?? -1;

/** Points in tenths of what can be had, as bars. */
function spread(rows: readonly ClassRow[]): Html {
  const counts = new Array<number>(10).fill(0);
  for (const { grade } of rows)
    if (grade !== undefined && grade.points !== null) {
      const tenth = Math.min(9, Math.floor((10 * grade.points) / grade.of));
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
  const none = rows.length - counts.reduce((sum, n) => sum + n, 0);
  const most = Math.max(1, ...counts);
  const bars = counts.map(
    (n, i) =>
      `<rect class="s2" x="${i * 10 + 1}" y="${40 - (36 * n) / most}" width="8" height="${(36 * n) / most}"><title>${i * 10} to ${i * 10 + 10} %: ${n}</title></rect>`,
  );
  return html`<figure>${raw(`<svg class="spread" role="img" aria-label="How the points are spread" viewBox="0 0 100 40" preserveAspectRatio="none">${bars.join('')}</svg>`)}
<figcaption>Hand-ins by their share of the points: ${counts.map((n, i) => `${10 * i}–${i === 9 ? 100 : 10 * i + 9} %: ${n}`).join(', ')}${none === 0 ? '' : html`; ${none} without a grade`}</figcaption></figure>`;
}

/** Pairs that are seen at once; all others can be unfolded. */
const mostPairs = 60;

function pairsTable(pairs: ClassResult['alike']): Html {
  return tableHtml(
    ['', 'and', 'share', 'pieces'],
    [2, 3],
    pairs.map(({ a, b, share, common }) => [a, b, `${Math.round(100 * share)} %`, String(common)]),
  );
}

function pairsOf(alike: ClassResult['alike']): Html {
  if (alike.length === 0) return html`<p>No two share half or more.</p>`;
  const more = alike.slice(mostPairs);
  return html`${pairsTable(alike.slice(0, mostPairs))}
${more.length === 0 ? html`` : html`<details><summary>${more.length} more</summary>${pairsTable(more)}</details>`}`;
}

const style = `
.board td:last-child { white-space: normal; min-width: 16rem }
svg .s2 { fill: #2f6fb3 } figure svg.spread { height: 6rem }
@media (prefers-color-scheme: dark) { svg .s2 { fill: #6aa9ea } }`;

/** The file's text. */
export function classPage({ exercise, rows, alike, passedOver }: ClassResult): string {
  const graded = rows.flatMap(({ grade }) => (grade === undefined ? [] : [grade]));
  const first = graded[0];
  const ranked = [...rows].sort((a, b) => scoreOf(b) - scoreOf(a) || (a.student < b.student ? -1 : 1));
  const measures = first?.measures ?? [];
  const board = ranked.map((row) => {
    const { student, grade } = row;
    const wrong = grade?.checks.filter(({ failure }) => failure !== undefined).length;
    return [
      student,
      grade?.points === null || grade === undefined ? '–' : String(grade.points),
      wrong === undefined ? '' : `${(grade?.checks.length ?? 0) - wrong} of ${grade?.checks.length}`,
      ...measures.map(({ name }) => String(grade?.measures.find((one) => one.name === name)?.points ?? '')),
      rowNote(row),
    ];
  });
  const causes = new Map<string, number>();
  for (const grade of graded)
    for (const { cause } of causesOf(grade)) causes.set(cause, (causes.get(cause) ?? 0) + 1);
  const often = [...causes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 15);
  const body = html`<h1>${exercise.number}. ${exercise.title}</h1>
<p class="sum">${rows.length} hand-ins; each can have ${first?.of ?? 0} points</p>
${spread(rows)}
<h2>Scoreboard</h2>
<div class="board">${tableHtml(
    ['student', 'points', 'checks', ...measures.map((_, i) => `m${i + 1}`), ''],
    [1, 2, ...measures.map((_, i) => i + 3)],
    board,
  )}</div>
${passedOver.length === 0 ? html`` : html`<p>${passedOverText({ exercise, passedOver })}</p>`}
${
  measures.length === 0
    ? html``
    : html`<p class="soft">Measures: ${measures.map(({ name, of }, i) => `m${i + 1} ${name} (of ${of})`).join('; ')}.</p>`
}
${fronts(
  ranked,
  measures.map(({ name }) => name),
)}
<h2>What is wrong most often</h2>
${
  often.length === 0
    ? html`<p>Nothing.</p>`
    : tableHtml(
        ['', 'hand-ins'],
        [1],
        often.map(([cause, n]) => [cause, String(n)]),
      )
}
<h2>Alike</h2>
<p class="soft">Shares of the smaller hand-in that are in the other too, by the shape of the code. Where to look; no proof.</p>
${pairsOf(alike)}`;
  return staticPage(`${exercise.title}: the class`, courseStyle + style + frontStyle, body);
}
