/** The environment of a run: the machine, the options, the pace, what fell back, what the trace held. */

import type { RunHeader, RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { type Html, html } from './html.ts';
import { optionInWords, optionName } from './option-names.ts';
import { heading, valueInWords } from './values.ts';

type Members = Readonly<Record<string, RunValue>>;

/** Longer values, such as histograms, are left to the run file. */
const longest = 400;

interface Words {
  readonly name: (name: string) => string;
  readonly value: (name: string, value: RunValue) => string;
}

const plainWords: Words = { name: heading, value: valueInWords };
const optionWords: Words = { name: optionName, value: optionInWords };

function definitions(title: string, members: Members | undefined, wide = false, words = plainWords): Html {
  const entries = Object.entries(members ?? {}).filter(
    ([name, value]) => name !== 'fallbacks' && value !== undefined && JSON.stringify(value).length <= longest,
  );
  if (entries.length === 0) {
    return html``;
  }
  const rows = entries.map(
    ([name, value]) => html`<div><dt>${words.name(name)}</dt><dd>${words.value(name, value)}</dd></div>`,
  );
  return html`<div class="card${wide ? ' wide' : ''}"><h3>${title}</h3><dl class="pairs">${rows}</dl></div>`;
}

/** What the kernel refused: of the machine, and of the run itself. */
function fallbacksOf(run: RunData): string[] {
  const lists = [run.header.env?.fallbacks, run.end?.summary?.fallbacks];
  const items = lists.flatMap((list): readonly RunValue[] => (Array.isArray(list) ? list : [list ?? null]));
  const texts = items
    .filter((item) => item !== null)
    .map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return [...new Set(texts)];
}

/** Of a custom page heap: what its certificate says. */
function conformanceMembers({ conformance }: RunHeader): Members | undefined {
  if (conformance === undefined) return undefined;
  const { hash, certificate } = conformance;
  const module = hash.slice(0, 12);
  if (certificate === null) return { module, suite: 'not run' };
  const { passed, profile, version, date } = certificate;
  return { module, suite: passed ? 'passed' : 'failed', extent: profile.extent, version, date };
}

/** Cards of all that, what the sampling cost, and how the run went against the clock. */
export function environmentCards(run: RunData, cost: Members, pace: Members): Html {
  const { header, end } = run;
  const fallbacks = fallbacksOf(run);
  const fallen =
    fallbacks.length === 0
      ? html`<p>None: the kernel did all that was asked.</p>`
      : html`<ul>${fallbacks.map((text) => html`<li>${text}</li>`)}</ul>`;
  return html`<div class="cards">
    ${definitions('Machine', header.env)}
    ${definitions('Workload', header.workload)}
    ${definitions('Heap options', header.options, false, optionWords)}
    ${definitions('Pace', header.pace)}
    ${definitions('Conformance', conformanceMembers(header))}
    <div class="card"><h3>Fallbacks</h3>${fallen}</div>
    ${definitions('Against the clock', pace)}
    ${definitions('What sampling cost', cost)}
    ${definitions(header.workload === undefined ? 'Trace' : 'Operations', end?.trace)}
  </div>
  ${definitions('Statistics at the end', end?.summary, true)}`;
}
