/** The environment of a run: the machine, the options, the pace, what fell back, what the trace held. */

import type { RunHeader, RunValue } from '../record/lines.ts';
import type { RunData } from '../record/run-data.ts';
import { type OptionRow, subjectRows } from './comparison-options.ts';
import { type Html, html } from './html.ts';
import { hasFlag, isSetByWorkload, optionInWords, optionName } from './option-names.ts';
import { heading, valueInWords } from './values.ts';

type Members = Readonly<Record<string, RunValue>>;

/** Longer values, such as histograms, are left to the run file. */
const longest = 400;

/** A card of names and values; what stands below a name is a note. */
function card(title: string, rows: readonly OptionRow[], wide = false): Html {
  if (rows.length === 0) return html``;
  const pairs = rows.map(({ name, note, values }) => {
    const below = note === undefined ? html`` : html`<small>${note}</small>`;
    return html`<div><dt>${name}${below}</dt><dd>${values.join(', ')}</dd></div>`;
  });
  return html`<div class="card${wide ? ' wide' : ''}"><h3>${title}</h3><dl class="pairs">${pairs}</dl></div>`;
}

const isShort = (value: RunValue | undefined): value is RunValue =>
  value !== undefined && JSON.stringify(value).length <= longest;

function definitions(title: string, members: Members | undefined, wide = false): Html {
  const entries = Object.entries(members ?? {}).filter(
    ([name, value]) => name !== 'fallbacks' && isShort(value),
  );
  return card(
    title,
    entries.map(([name, value]) => ({ name: heading(name), values: [valueInWords(name, value)] })),
    wide,
  );
}

/** The options of the heap by the names of the command line: those that it has, or those that it has not. */
function optionRows(
  { options = {}, workload, otherThanGo = [] }: RunHeader,
  ofCommandLine: boolean,
): OptionRow[] {
  return Object.entries(options)
    .filter(([key, value]) => isShort(value) && hasFlag(key) === ofCommandLine)
    .map(([key, value]) => {
      const note =
        workload !== undefined && isSetByWorkload(key)
          ? { note: 'set by the workload' }
          : otherThanGo.includes(key)
            ? { note: "other than Go's" }
            : {};
      return { name: optionName(key), ...note, values: [optionInWords(key, value)] };
    });
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
    ${card(header.workload === undefined ? 'Trace and pace' : 'Workload and pace', subjectRows(header))}
    ${card('Heap options', optionRows(header, true))}
    ${card('Options of the library alone', optionRows(header, false))}
    ${definitions('Conformance', conformanceMembers(header))}
    <div class="card"><h3>Fallbacks</h3>${fallen}</div>
    ${definitions('Against the clock', pace)}
    ${definitions('What sampling cost', cost)}
    ${definitions('Operations', end?.trace)}
  </div>
  ${definitions('Statistics at the end', end?.summary, true)}`;
}
