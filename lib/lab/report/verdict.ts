/**
 * The top of a comparison's page: which configuration is better in what, by how much, in sentences and in a card for
 * each figure that has a better and a worse.
 *
 * Not here: the verdicts (metrics/verdict.ts), their words (verdict-words.ts).
 */
import type { ComparedRuns } from '../metrics/comparison.ts';
import type { Verdict } from '../metrics/verdict.ts';
import { formatInterval, formatMetric } from './comparison-values.ts';
import { breakable, type Html, html, unbroken } from './html.ts';
import { lineKey } from './line-key.ts';
import {
  distanceWords,
  evenWords,
  lessOrMore,
  verdictSentences,
  verdictsIn,
  type Words,
} from './verdict-words.ts';

function sentence(words: Words): Html {
  return html`${words.map((piece) =>
    typeof piece === 'string' ? html`${unbroken(piece)}` : html`<b>${unbroken(piece.strong)}</b>`,
  )} `;
}

function card(configurations: readonly ComparedRuns[], verdict: Verdict): Html {
  const { metric, better, leaders, others } = verdict;
  const name = html`<dt title="${metric.formula}">${metric.label}<small>${lessOrMore(metric.id, better)} is better</small></dt>`;
  if (others.length === 0) {
    const medians = leaders.map(({ spread }) => spread.median);
    const range = [Math.min(...medians), Math.max(...medians)].map((median) =>
      formatMetric(metric.unit, median),
    );
    const words = range[0] === range[1] ? range[0] : `${range[0]} to ${range[1]}`;
    const even = evenWords(verdict);
    const why = `${even.slice(0, 1).toUpperCase()}${even.slice(1)}.`;
    return html`<div class="even">${name}<dd><b>no difference shown</b><span>${unbroken(words)}</span><span>${unbroken(why)}</span></dd></div>`;
  }
  const figures = leaders.map(({ configuration, spread }) => {
    const deviation = formatInterval(metric.unit, spread);
    const name = breakable(configurations[configuration].label);
    return html`<b>${lineKey(configuration)} ${name}</b>
      <strong>${unbroken(formatMetric(metric.unit, spread.median))} <small>${unbroken(deviation)}</small></strong>`;
  });
  const together = leaders.length > 1 ? html`<span>Not to be told apart.</span>` : html``;
  return html`<div>${name}<dd>${figures}${together}<span>${unbroken(distanceWords(configurations, verdict))}</span></dd></div>`;
}

export function verdictSection(configurations: readonly ComparedRuns[]): Html {
  const verdicts = verdictsIn(configurations);
  const [first, ...rest] = verdictSentences(configurations);
  const rule = verdicts.some(({ isFirm }) => isFirm)
    ? html`<p class="below">A difference is claimed only where six rounds and more differ in one direction, or the runs of two do not overlap; of fewer than
        six, where they lie farther apart than either’s own reach. And the medians differ by more than 1 %. Nothing is claimed between those that stand
        together in a card. In brackets stand 95 % intervals of medians, by bootstrap. Distances are from the best to the next that can be told apart, and to
        the last.</p>`
    : html``;
  const cards =
    verdicts.length === 0
      ? html``
      : html`<dl class="verdicts">${verdicts.map((verdict) => card(configurations, verdict))}</dl>${rule}`;
  return html`<p class="answer">${sentence(first)}</p>
    ${rest.length === 0 ? html`` : html`<p class="more">${rest.map(sentence)}</p>`}
    ${cards}`;
}
