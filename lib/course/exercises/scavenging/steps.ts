/**
 * A demand as text, played for `lab step` on a real heap, second by second. A line each; what is behind # is a remark.
 *
 *     use 1000 2            so many pages in use, for so many seconds
 *     program tide          the program of that name, with the open seed
 */
import { PageHeapError } from '../../../base/errors.ts';
import { chanceOf } from '../../model/seeds.ts';
import type { Bench } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { failedStep } from '../own-policy.ts';
import { hindsightOf } from './hindsight.ts';
import { pagesQuestion, policyOn, viewText } from './play.ts';
import { inUseOf, programNames, programOf, type Rules, workFor } from './programs.ts';
import { runReal, type SecondOfWork, type SecondView } from './real-heap.ts';

const mostPages = 5000;
const mostSeconds = 600;

/** @throws PageHeapError ERR_FILE, with the line */
function parse(text: string, seed: string, rules: Rules): Promise<readonly SecondOfWork[]> {
  const uses: { readonly pages: number; readonly seconds: number }[] = [];
  let all = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const [word = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') continue;
    const [pages = -1, seconds = -1] = rest.map(Number);
    const isUse = word === 'use' && rest.length === 2 && Number.isInteger(pages) && Number.isInteger(seconds);
    const name = programNames.find((one) => one === rest[0]);
    if (word === 'program' && rest.length === 1 && name !== undefined && uses.length === 0)
      return workFor(name, seed, rules);
    if (!isUse || pages < 0 || pages > mostPages || seconds < 1 || all + seconds > mostSeconds)
      throw new PageHeapError(
        'ERR_FILE',
        `is no line of use PAGES SECONDS, of ${mostPages} pages and ${mostSeconds} s in all at most, nor program ${programNames.join('|')} alone`,
        { file: 'the trace', line: i + 1 },
      );
    uses.push({ pages, seconds });
    all += seconds;
  }
  const changes = programOf(
    uses.map(({ pages }) => pages),
    chanceOf('step'),
  );
  const calm: SecondOfWork = { alloc: [], free: [] };
  return Promise.resolve(
    changes.flatMap((change, i) => [
      change,
      ...new Array<SecondOfWork>((uses[i]?.seconds ?? 1) - 1).fill(calm),
    ]),
  );
}

/** What it has cost, a second, after each second. */
function costsSoFar(
  inUse: readonly number[],
  resident: readonly number[],
  faults: readonly number[],
  weight: number,
) {
  let sum = 0;
  return inUse.map((used, s) => {
    sum += (resident[s] ?? 0) - used + weight * (faults[s] ?? 0);
    return Math.round(sum / (s + 1));
  });
}

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function stepsOf(bench: Bench, rules: Rules, trace: string, seed: string): Promise<Step[]> {
  const work = await parse(trace, seed, rules);
  const policy = policyOn(bench);
  await policy.begin();
  if (policy.failure !== undefined) return failedStep(policy.failure);
  const asked: [view: SecondView, pages: number | undefined][] = [];
  const { resident } = await runReal(work, async (view) => {
    const pages = await policy.ask(pagesQuestion(view, rules));
    asked.push([view, pages]);
    return pages;
  });
  const inUse = inUseOf(work);
  const known = hindsightOf(inUse, rules).resident;
  const missed = inUse.map((used, s) => Math.max(0, used - (known[s - 1] ?? 0)));
  const faults = asked.map(([{ faulted }]) => faulted);
  const own = costsSoFar(inUse, resident, faults, rules.weight);
  const best = costsSoFar(inUse, known, missed, rules.weight);
  return asked.map(([view, pages], s) => {
    const goes = Math.max(known[s - 1] ?? 0, inUse[s] ?? 0) - (known[s] ?? 0);
    return {
      asked: viewText(view),
      answered: pages === undefined ? (policy.failure?.answered ?? '') : String(pages),
      ...{ expected: String(goes), whose: 'with hindsight' },
      note:
        pages === undefined
          ? (policy.failure?.expected ?? '')
          : `resident ${resident[s]} (with hindsight ${known[s]}), cost so far ${own[s]} (${best[s]})`,
    };
  });
}
