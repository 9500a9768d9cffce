/**
 * The picture of a grade: one HTML file without any program in it, with the table, the pages over operations of each
 * trace or figures over time (the hand-in above what it is held against), and what is wrong.
 *
 * On a narrow screen a row of a table is a list, each figure with its name; where something is wider than its place all the same,
 * a shadow at the edge says so.
 */
import { type Html, html, raw } from '../../lab/report/html.ts';
import type { PageHistory, TracePicture } from '../exercises/exercise.ts';
import type { Grade, MeasureGrade } from '../grading/grade.ts';
import { curveStyle, curveSvg, topOf } from './curve.ts';
import { causesOf, drawFailure } from './failures.ts';
import { besideOf, bracketsText, gradeTable, notesOf, pointsText, refusalText } from './grade-table.ts';
import { axisHtml, historyStyle, historySvg, pagesOf, statesIn } from './history.ts';

export const courseStyle = `
:root { color-scheme: light dark; --line: #d5dae0; --soft: #5b6672; --edge: #0005 }
@media (prefers-color-scheme: dark) { :root { --line: #3a4450; --soft: #9aa7b4; --edge: #fff6 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
.sum { font-size: 1.3rem; margin: .2rem 0 1rem } .soft { color: var(--soft) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100% }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
td { overflow-wrap: anywhere } td:first-child { min-width: 9rem }
td.n, th.n { text-align: right; white-space: nowrap } td.long { white-space: normal; min-width: 8rem } .no { color: #b3261e; font-weight: 600 }
@media (prefers-color-scheme: dark) { .no { color: #ff8a80 } }
figure { margin: .3rem 0 } figure svg { width: 100%; height: 9rem; border: 1px solid var(--line); display: block }
figcaption { font-size: .85rem; color: var(--soft) }
pre { padding: .6rem; border: 1px solid var(--line); font-size: .85rem; line-height: 1.25 }
.scroll, pre { overflow-x: auto; background:
  linear-gradient(to right, Canvas 60%, transparent) left / 3rem 100% local,
  linear-gradient(to left, Canvas 60%, transparent) right / 3rem 100% local,
  linear-gradient(to right, var(--edge), transparent) left / 1rem 100% scroll,
  linear-gradient(to left, var(--edge), transparent) right / 1rem 100% scroll;
  background-repeat: no-repeat }
@media (max-width: 64rem) {
  table, tbody { display: block } thead { display: none }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line) }
  .scroll td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .05rem 0; white-space: normal; text-align: right; overflow-wrap: anywhere; min-width: 0 }
  .scroll td::before { content: attr(data-of); color: var(--soft); text-align: left; flex: none }
  .scroll td[data-of=""] { display: block; text-align: left } .scroll td:first-child { display: block; text-align: left; font-weight: 600 }
  .scroll td[data-of=""]::before, .scroll td:first-child::before { content: none } .scroll td:empty { display: none }
}
`;

/** A page without programs, which asks nothing of any network. */
export function staticPage(title: string, style: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.html;
}

/** Of more letters the text of a cell may go over several lines. */
const longest = 16;

export function tableHtml(
  head: readonly string[],
  numeric: readonly number[],
  rows: readonly (readonly string[])[],
): Html {
  const kind = (i: number, text: string): string =>
    [numeric.includes(i) ? 'n' : '', text === 'no' ? 'no' : '', text.length > longest ? 'long' : '']
      .filter((name) => name !== '')
      .join(' ');
  return html`<div class="scroll"><table>
<thead><tr>${head.map((title, i) => html`<th class="${kind(i, '')}">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class="${kind(i, cell)}" data-of="${head[i]}">${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

function curves(row: MeasureGrade): Html {
  const { name, curve } = row;
  if (curve === undefined) return html``;
  const beside = besideOf(row);
  const both = beside.curve === undefined ? [curve] : [curve, beside.curve];
  const most = Math.max(...both.map(topOf));
  return html`<h3>${name}</h3>
${both.map((of, i) => {
  const who = i === 0 ? 'the hand-in' : beside.who;
  return html`<figure>
${raw(curveSvg(of, most, `${name}: ${who}`))}
<figcaption>${who}</figcaption></figure>`;
})}`;
}

/** A picture with its numbers. @param pages how many are drawn upwards, some above those that it has */
function historyFigure(of: PageHistory, pages: number, name: string, caption: string): Html {
  return html`<figure>
${raw(historySvg(of, pages, name))}
${raw(axisHtml(of.ops))}
<div class="over">${of.words?.over ?? 'operations'} →</div><figcaption>${caption}</figcaption></figure>`;
}

function pictures(row: MeasureGrade): Html {
  const { name, history } = row;
  if (history === undefined) return html``;
  const beside = besideOf(row);
  const both = beside.history === undefined ? [history] : [history, beside.history];
  const pages = Math.max(...both.map(pagesOf));
  const figure = (of: PageHistory, role: string): Html => {
    const who = of.by ?? role;
    const drawn = of.drawn ?? `${pagesOf(of)} ${of.words?.unit ?? 'pages'}`;
    return historyFigure(
      of,
      pages,
      `${name}: ${who}`,
      [`${who}: ${drawn}`, of.told ?? ''].filter(Boolean).join('; '),
    );
  };
  return html`<h3>${name}</h3>
${figure(history, 'the hand-in')}
${beside.history === undefined ? html`` : figure(beside.history, beside.who)}`;
}

/** Of a trace that was handed in, what became of it on each heap. */
function tracePicture({ name, histories, told }: TracePicture): Html {
  const pages = Math.max(...histories.map(pagesOf));
  return html`<section><h3>${name}</h3>
<p class="soft">${told}</p>
${histories.map((of) => historyFigure(of, pages, `${name}: ${of.by ?? ''}`, of.by ?? ''))}</section>`;
}

function tracePictures({ traces = [] }: MeasureGrade): Html {
  return traces.length === 0 ? html`` : html`<div class="traces">${traces.map(tracePicture)}</div>`;
}

const keys = [
  ['used', 's2', 'used'],
  ['free', 's1', 'free'],
  ['released', 's3', 'given back'],
] as const;

/** What the colours are: of those that are there. */
function historyHead(drawn: readonly PageHistory[]): Html {
  const words = drawn[0]?.words;
  if (words === undefined) {
    const states = statesIn(drawn);
    return html`<h2>Pages over operations</h2>
<p class="soft">Upwards the pages, to the right the operations.${keys
      .filter(([state]) => states.has(state))
      .map(([, colour, name]) => html`<span class="key ${colour}"></span>${name}`)}${
      drawn.some(({ mark }) => mark !== undefined)
        ? html`<span class="key mark"></span>here a rule is broken`
        : html``
    }</p>`;
  }
  const { unit, over } = words;
  return html`<h2>${unit[0]?.toUpperCase()}${unit.slice(1)} over ${over}</h2>
<p class="soft">Upwards the ${unit}, to the right the ${over}.${keys.flatMap(([state, colour]) => {
    const { [state]: name } = words;
    return name === undefined ? [] : [html`<span class="key ${colour}"></span>${name}`];
  })}</p>`;
}

const plainPaint = { bold: String, red: String, green: String, yellow: String };
const pictureColumns = 100;

/** The file's text. */
export function gradePage(grade: Grade, title: string): string {
  const { head, numeric, rows } = gradeTable(grade);
  const causes = causesOf(grade);
  const drawn = grade.measures.flatMap((row) =>
    [row.history, besideOf(row).history, ...(row.traces ?? []).flatMap(({ histories }) => histories)].filter(
      (one) => one !== undefined,
    ),
  );
  const brackets = bracketsText(grade);
  const curved = grade.measures.filter(({ curve }) => curve !== undefined);
  const body = html`<h1>${title}</h1>
<p class="sum">${grade.student}: ${pointsText(grade)}</p>
${grade.refusals === undefined ? html`` : html`<ul>${grade.refusals.map((refusal) => html`<li>${refusalText(refusal)}</li>`)}</ul>`}
${tableHtml(head, numeric, rows)}
${notesOf(grade).map((note) => html`<p>${note}</p>`)}
<p class="soft">${brackets === undefined ? '' : `In brackets: ${brackets}. `}${grade.seeds === 'open' ? 'With the open seeds, which everybody knows.' : 'With hidden seeds.'}</p>
${drawn.length === 0 ? html`` : historyHead(drawn)}
${grade.measures.map(pictures)}
${grade.measures.map(tracePictures)}
${curved.length === 0 ? html`` : html`<h2>Over time</h2>`}
${curved.map(curves)}
${causes.length === 0 ? html`` : html`<h2>What is wrong</h2>`}
${causes.map(({ cause, names, shortest }) => html`<h3>${cause}</h3><p class="soft">in ${names.join(', ')}</p><pre>${drawFailure(shortest, pictureColumns, plainPaint)}</pre>`)}`;
  return staticPage(`${title}: ${grade.student}`, courseStyle + historyStyle + curveStyle, body);
}
