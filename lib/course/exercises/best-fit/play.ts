/**
 * Playing a trace of pages on one of the hand-in's page heaps where a rule says which page is right: all answers are
 * known beforehand, and the whole trace is one block.
 *
 * Not here: where any free run will do (play-free.ts).
 */
import type { PageOp } from '../../../lab/trace/page-text.ts';
import { type Choose, FitModel, type Run } from '../../model/fits.ts';
import type { Answer, Call } from '../../sandbox/protocol.ts';
import { type Bench, runsOf, shown, strangeVisit, troubleOf } from '../bench.ts';
import type { Failure, Step, Strip } from '../exercise.ts';

/** Pages that a heap grows by: as many times this as are needed. */
export const growthPages = 16;

interface Planned {
  readonly call: Call;
  readonly text: string;
  /** The page that is right; undefined where an answer says nothing. */
  readonly page: number | undefined;
  readonly n: number;
  /** Free runs before and after, pages before and after. */
  readonly before: readonly Run[];
  readonly after: readonly Run[];
  readonly pages: number;
  readonly pagesAfter: number;
  /** Which end of the run it is taken from, and why that run. */
  readonly why: string;
}

export const copy = (runs: readonly Run[]): Run[] => runs.map((run) => ({ ...run }));

/** How much a heap grows for n pages. */
export const growthFor = (n: number): number => Math.ceil(n / growthPages) * growthPages;

export interface Ruled {
  readonly target: string;
  readonly choose: Choose;
  readonly tail: number;
  /** The rule in words, for messages. */
  readonly rule: string;
}

function planOf(ops: readonly PageOp[], { choose, tail, rule }: Ruled): Planned[] {
  const model = new FitModel(choose, tail);
  const place = new Map<number, Run>();
  const plan: Planned[] = [];
  const add = (
    call: Call,
    text: string,
    n: number,
    page: number | undefined,
    why: string,
    act: () => void,
  ): void => {
    const before = copy(model.runs);
    const pages = model.pages;
    act();
    plan.push({ call, text, page, n, before, after: copy(model.runs), pages, pagesAfter: model.pages, why });
  };
  const grow = (n: number): void => {
    const page = model.pages;
    add([0, 'grow', page, n], `grow(${page}, ${n})`, n, undefined, '', () => model.grow(page, n));
  };
  grow(growthPages);
  for (const op of ops) {
    if (op.k === 'alloc') {
      const n = op.pages;
      const why = n >= tail ? `${rule}; ${tail} pages or more are taken from the back of their run` : rule;
      let page = -1;
      const alloc = (): void => {
        const runs = copy(model.runs);
        const pages = model.pages;
        page = model.alloc(n);
        plan.push({
          call: [0, 'alloc', n],
          text: `alloc(${n})`,
          page,
          n,
          before: runs,
          after: copy(model.runs),
          pages,
          pagesAfter: pages,
          why,
        });
      };
      alloc();
      if (page < 0) {
        grow(growthFor(n));
        alloc();
      }
      place.set(op.id, { page, n });
    } else if (op.k === 'free') {
      const { page, n } = place.get(op.id) ?? { page: 0, n: 1 };
      place.delete(op.id);
      add([0, 'free', page, n], `free(${page}, ${n})`, n, undefined, '', () => model.free(page, n));
    }
  }
  return plan;
}

const ordinal = (n: number): string => {
  const tens = n % 100;
  const end = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${end}`;
};

const runText = ({ page, n }: Run): string => (n < 1 ? `${n} pages at ${page}` : `${page}–${page + n - 1}`);
export const runsText = (runs: readonly Run[]): string =>
  runs.length === 0
    ? 'nothing is free'
    : `free: ${runs.slice(0, 12).map(runText).join(', ')}${runs.length > 12 ? ` and ${runs.length - 12} more` : ''}`;

const isFree = (runs: readonly Run[], page: number, n: number): boolean =>
  runs.some((run) => page >= run.page && page + n <= run.page + run.n);

/** What is wrong with an answer of `alloc`, in words; the cause, and what was expected. */
function wrongPage(
  value: Answer[0],
  { page = -1, n, before, pages, why }: Planned,
): { cause: string; expected: string } | undefined {
  if (value === page) return undefined;
  const right = page < 0 ? `−1: there is no run of ${n} free pages` : `page ${page}: ${why}`;
  if (typeof value !== 'number' || !Number.isInteger(value))
    return { cause: 'alloc answers no page number', expected: right };
  if (value < 0) return { cause: 'alloc finds no room where there is some', expected: right };
  if (value + n > pages) return { cause: 'alloc hands out pages that it never had', expected: right };
  if (!isFree(before, value, n)) return { cause: 'alloc hands out pages that are in use', expected: right };
  const run = before.find((r) => page >= r.page && page < r.page + r.n);
  const sameRun = run !== undefined && value >= run.page && value < run.page + run.n;
  return {
    cause: sameRun ? 'alloc takes the wrong end of the run' : 'alloc takes another run than the rule says',
    expected: right,
  };
}

/** What is wrong with the free runs that it tells, in words. */
function wrongRuns(told: readonly Run[] | undefined, right: readonly Run[]): string | undefined {
  if (told === undefined) return 'forEachFree visits what is no run, or too much';
  if (
    told.length === right.length &&
    told.every(({ page, n }, i) => page === right[i].page && n === right[i].n)
  )
    return undefined;
  const sum = (runs: readonly Run[]): number => runs.reduce((all, { n }) => all + n, 0);
  if (told.some(({ page }, i) => i > 0 && page < (told[i - 1]?.page ?? 0)))
    return 'forEachFree does not go from the lowest run up';
  if (sum(told) !== sum(right))
    return sum(told) < sum(right) ? 'free pages are lost' : 'pages are free that are in use';
  if (told.some(({ page, n }, i) => told[i + 1]?.page === page + n)) return 'neighbours are not merged';
  return 'the free runs are others';
}

export const asked = (text: string, step: number): string => `${text}, the ${ordinal(step + 1)} call`;

/**
 * Plays a trace against the rule.
 * @param registry whether its free runs are looked at after each call: for short traces
 */
export async function playRuled(
  bench: Bench,
  ruled: Ruled,
  ops: readonly PageOp[],
  registry: boolean,
): Promise<Failure | undefined> {
  await bench.again();
  const plan = planOf(ops, ruled);
  const look: Call = [0, 'forEachFree', { collect: true }];
  const calls: Call[] = [['new', ruled.target]];
  for (const { call } of plan) calls.push(call, ...(registry ? [look] : []));
  if (!registry) calls.push(look);
  const { answers, stopped } = await bench.run(calls);
  const stride = registry ? 2 : 1;
  const steps = plan.map(({ text }) => text);
  const made = troubleOf(answers[0], stopped);
  if (made !== undefined)
    return {
      cause: `new ${ruled.target} ${made.cause}`,
      asked: `new ${ruled.target}`,
      answered: made.words,
      expected: 'a page heap',
      steps: [],
      ...(made.at === undefined ? {} : { at: made.at }),
    };
  for (let i = 0; i < plan.length; i++) {
    const step = plan[i];
    const answer = answers[1 + i * stride];
    const strip = (told: readonly Run[] | undefined, value?: number): Strip => ({
      pages: step.pagesAfter,
      model: step.before,
      ...(step.page === undefined ? { isBefore: true } : {}),
      ...(told === undefined ? {} : { registry: told }),
      ...(value === undefined || value < 0 ? {} : { answered: { page: value, n: step.n } }),
      ...(step.page === undefined || step.page < 0 ? {} : { expected: { page: step.page, n: step.n } }),
    });
    const common = { asked: asked(step.text, i), steps: steps.slice(0, i + 1) };
    const trouble = troubleOf(answer, stopped);
    const before = registry && i > 0 ? runsOf(answers[i * stride]) : undefined;
    if (trouble !== undefined)
      return {
        ...common,
        cause: `${step.text.replace(/\(.*/, '')} ${trouble.cause}`,
        answered: trouble.words,
        expected:
          step.page === undefined
            ? 'that it returns, without an error'
            : step.page < 0
              ? '−1'
              : `page ${step.page}`,
        ...(trouble.at === undefined ? {} : { at: trouble.at }),
        strip: strip(before),
      };
    const [value] = answer as Answer;
    if (step.page !== undefined) {
      const wrong = wrongPage(value, step);
      if (wrong !== undefined) {
        const told = before ?? (await registryBefore(bench, ruled.target, plan.slice(0, i)));
        return {
          ...common,
          ...wrong,
          answered: shown(value),
          strip: strip(told, typeof value === 'number' ? value : undefined),
        };
      }
    }
    if (registry || i === plan.length - 1) {
      const looked = answers[(registry ? 2 : 1) + i * stride + (registry ? 0 : 1)];
      const lookTrouble = troubleOf(looked, stopped);
      const told = runsOf(looked);
      const wrong =
        lookTrouble === undefined ? wrongRuns(told, step.after) : `forEachFree ${lookTrouble.cause}`;
      if (wrong !== undefined)
        return {
          ...common,
          cause: wrong,
          asked: `forEachFree after ${asked(step.text, i)}`,
          answered: lookTrouble?.words ?? (told === undefined ? strangeVisit(looked) : runsText(told)),
          expected: runsText(step.after),
          ...(lookTrouble?.at === undefined ? {} : { at: lookTrouble.at }),
          strip: {
            pages: step.pagesAfter,
            model: step.after,
            ...(told === undefined ? {} : { registry: told }),
          },
        };
    }
  }
  return undefined;
}

/** Its free runs after calls that were right. */
async function registryBefore(
  bench: Bench,
  target: string,
  plan: readonly Planned[],
): Promise<Run[] | undefined> {
  await bench.fresh();
  const { answers } = await bench.run([
    ['new', target],
    ...plan.map(({ call }) => call),
    [0, 'forEachFree', { collect: true }],
  ]);
  return answers.length < plan.length + 2 ? undefined : runsOf(answers.at(-1));
}

/** Plays a trace call by call, for `lab step`. */
export async function stepsOf(bench: Bench, ruled: Ruled, ops: readonly PageOp[]): Promise<Step[]> {
  await bench.fresh();
  const plan = planOf(ops, ruled);
  const calls: Call[] = [['new', ruled.target]];
  for (const { call } of plan) calls.push(call, [0, 'forEachFree', { collect: true }]);
  const { answers, stopped } = await bench.run(calls);
  const steps: Step[] = [];
  for (let i = 0; i < plan.length; i++) {
    const { text, page, after, pagesAfter } = plan[i];
    const answer = answers[1 + 2 * i];
    const trouble = troubleOf(answer, stopped);
    steps.push({
      asked: text,
      answered: trouble?.words ?? (page === undefined ? '' : shown((answer as Answer)[0])),
      expected: page === undefined ? '' : String(page),
      free: {
        pages: pagesAfter,
        registry: trouble === undefined ? runsOf(answers[2 + 2 * i]) : undefined,
        model: after,
      },
    });
    if (trouble !== undefined) break;
  }
  return steps;
}
