/** The page of a question: what was asked, what came out, its picture, its bounds, where it was made. */
import { formatNumber } from '../report/client/format.ts';
import { comparisonStyle } from '../report/comparison-style.ts';
import { type Html, html, raw, unbroken } from '../report/html.ts';
import { renderPage } from '../report/page.ts';
import { type Asked, verdictWords } from './ask.ts';
import { drawPicture } from './draw-picture.ts';
import type { Bound } from './question.ts';
import { reportOf } from './questions.ts';

const questionStyle = `
.verdict { font-size: 18px; font-weight: 650; margin: 14px 0 20px; } .verdict.held { color: var(--good); } .verdict.failed { color: var(--warn); }
.drawn { max-width: 902px; margin: 8px 0 18px; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.drawn .pic { width: 100%; height: auto; display: block; } .drawn.narrow { display: none; max-width: 520px; }
@media screen and (max-width: 760px) { .drawn.wide { display: none; } .drawn.narrow { display: block; } }
.compared th:first-child { width: auto; max-width: 46vw; }
.bounds { list-style: none; padding: 0; margin: 10px 0; } .bounds li { padding: 8px 0 8px 30px; position: relative; border-top: 1px solid var(--grid); }
.bounds li::before { position: absolute; left: 4px; font-weight: 700; } .bounds .yes::before { content: '✓'; color: var(--good); }
.bounds .no::before { content: '✗'; color: var(--warn); } .bounds .unknown::before { content: '–'; color: var(--muted); }
.bounds small { display: block; color: var(--muted); font-size: 13.5px; }
`;

export const boundWords = ({ holds }: Bound): 'yes' | 'no' | 'unknown' =>
  holds === undefined ? 'unknown' : holds ? 'yes' : 'no';

/** A constant's name is broken after its parts: `MADV_` `DONTNEED`. */
const afterUnderlines = (name: string): Html[] =>
  name.split(/(?<=_)/).map((part, i) => (i === 0 ? html`${part}` : html`<wbr>${part}`));

function tableOf({ answer: { table } }: Asked): Html {
  if (table.rows.length === 0) return html``;
  return html`<div class="compared" role="region" aria-label="Figures" tabindex="0"><table>
    <thead><tr>${table.head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${table.rows.map(
      ([name = '', ...cells]) =>
        html`<tr><th scope="row">${afterUnderlines(name)}</th>${cells.map((cell) => html`<td>${unbroken(cell)}</td>`)}</tr>`,
    )}</tbody></table></div>`;
}

/** One self-contained HTML file, without a program. */
export function renderQuestion(asked: Asked): string {
  const { question, answer, verdict, machine, size, seconds, runs, remarks } = asked;
  const body = html`<main>
    <p class="eyebrow">pageheap question ${question.number}</p>
    <h1>${question.question}</h1>
    <p class="lead">${question.how}</p>
    <p class="verdict ${verdict}">${verdictWords(asked)}</p>
    ${remarks.map((words) => html`<p class="remark">${words}</p>`)}
    <section aria-labelledby="h-picture">
      <h2 id="h-picture">What came out</h2>
      ${
        answer.picture === undefined
          ? html``
          : html`<div class="drawn wide">${raw(drawPicture(answer.picture))}</div>
      <div class="drawn narrow">${raw(drawPicture(answer.picture, 'narrow'))}</div>`
      }
      ${tableOf(asked)}
      ${(answer.notes ?? []).map((words) => html`<p class="below">${words}</p>`)}
    </section>
    <section aria-labelledby="h-bounds">
      <h2 id="h-bounds">Bounds</h2>
      <ul class="bounds">${answer.bounds.map(
        (one) =>
          html`<li class="${boundWords(one)}">${one.says}<small>${unbroken(one.found)}${one.why === undefined ? '' : `: ${one.why}`}</small></li>`,
      )}</ul>
    </section>
    <section aria-labelledby="h-where">
      <h2 id="h-where">Where, and further</h2>
      <ul>
        <li>Linux ${machine.kernel}, ${formatNumber(machine.cpus)} CPUs, huge pages ${machine.hugePages ?? 'not told'}; size ${size}, ${seconds.toFixed(0)} s</li>
        ${question.reports.map((report) => {
          const { name, url } = reportOf(report);
          return html`<li><a href="${url}">${name}</a></li>`;
        })}
        ${runs.map(({ label, file }) => html`<li>${label}: <code>pageheap report ${file}</code></li>`)}
        ${question.byHand.map((command) => html`<li>by hand: <code>${command}</code></li>`)}
      </ul>
    </section>
    <footer><p>Made by pageheap; this page holds everything and asks nothing of any network.</p></footer>
  </main>`;
  return renderPage({
    title: `${question.question} – pageheap`,
    style: comparisonStyle + questionStyle,
    body,
  });
}
