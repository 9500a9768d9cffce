/**
 * Playing a program between two collections on the hand-in's own way of sweeping: any spans will do that are left, each once.
 *
 * The program takes pages that were freed, and what is not there has to come from the system: the heap *grows*. A call's *pause* is the
 * pages of the spans that it sweeps; what is left in the end is swept at once, in the pause of the next collection. *Debt* is how many
 * pages it is behind the share of the way that the program has gone.
 */
import type { Answer } from '../../sandbox/protocol.ts';
import type { Bench } from '../bench.ts';
import { shown, troubleOf } from '../bench.ts';
import type { Curve, Failure, PageChange, PageHistory } from '../exercise.ts';
import type { SweepHeap } from './model.ts';

export const ownTarget = 'OwnSweep';

export interface Program {
  readonly heap: SweepHeap;
  /** Pages that it takes, call by call. */
  readonly takes: readonly number[];
}

export interface Run {
  readonly longest: number;
  readonly grown: number;
  /** Most pages behind. */
  readonly debt: number;
  readonly history: PageHistory;
  readonly curve: Curve;
}

/** Follows a run. */
export class Account {
  readonly #program: Program;
  readonly #all: number;
  readonly #first: readonly number[];
  readonly done: Uint8Array;
  readonly #changes: PageChange[] = [];
  readonly #debts: number[] = [];
  #taken = 0;
  #swept = 0;
  #free = 0;
  #grown = 0;
  #longest = 0;
  #op = 0;

  constructor(program: Program) {
    const { pages } = program.heap;
    this.#program = program;
    const first: number[] = [];
    let at = 0;
    for (const n of pages) {
      first.push(at);
      at += n;
    }
    this.#first = first;
    this.#all = at;
    this.done = new Uint8Array(pages.length);
    this.#changes.push({ op: 0, page: 0, n: at, to: 'used' });
  }

  sweep(spans: readonly number[]): void {
    const { pages, living } = this.#program.heap;
    let pause = 0;
    for (const span of spans) {
      const n = pages[span] as number;
      this.done[span] = 1;
      pause += n;
      if (living[span] !== 0) continue;
      this.#free += n;
      this.#changes.push({ op: this.#op, page: this.#first[span] as number, n, to: 'free' });
    }
    this.#swept += pause;
    this.#longest = Math.max(this.#longest, pause);
  }

  take(n: number): void {
    this.#op++;
    this.#taken += n;
    this.#grown += Math.max(0, n - this.#free);
    this.#free = Math.max(0, this.#free - n);
    const line = (this.#all * this.#taken) / this.#program.heap.distance;
    this.#debts.push(Math.max(0, Math.round(line) - this.#swept));
  }

  get left(): number[] {
    return [...this.done.keys()].filter((span) => this.done[span] === 0);
  }

  get run(): Run {
    return {
      ...{ longest: this.#longest, grown: this.#grown, debt: Math.max(0, ...this.#debts) },
      history: { ops: this.#program.takes.length + 1, changes: this.#changes },
      curve: { what: 'pages behind', values: this.#debts, end: `${this.#program.takes.length} calls` },
    };
  }
}

/** Spans of a heap that is told with a failure. */
const mostTold = 20;

/** Calls asked at a time. */
const blockCalls = 300;

/** @returns a failure, or the run */
export async function playOwn(
  bench: Bench,
  program: Program,
): Promise<
  | { readonly failure: Failure; readonly run?: undefined }
  | { readonly failure?: undefined; readonly run: Run }
> {
  await bench.again();
  const { heap, takes } = program;
  const account = new Account(program);
  const steps: string[] = [];
  const begun = `new ${ownTarget}(${JSON.stringify(heap.pages)}, ${JSON.stringify(heap.living)}, ${heap.distance})`;
  const isShort = heap.pages.length <= mostTold;
  const asked = [
    {
      call: ['new', ownTarget, [...heap.pages], [...heap.living], heap.distance] as const,
      text: `new ${ownTarget}(pages, living, ${heap.distance})`,
      n: 0,
    },
    ...takes.map((n) => ({ call: [0, 'before', n] as const, text: `before(${n})`, n })),
    { call: [0, 'rest'] as const, text: 'rest()', n: 0 },
  ];
  for (let from = 0; from < asked.length; from += blockCalls) {
    const part = asked.slice(from, from + blockCalls);
    const { answers, stopped } = await bench.run(part.map(({ call }) => call));
    for (const [i, { call, text, n }] of part.entries()) {
      const fail = (
        cause: string,
        answered: string,
        expected: string,
        at?: string,
      ): { failure: Failure } => ({
        failure: {
          ...{ cause: `${ownTarget}: ${cause}`, asked: text, answered, expected, steps: [...steps] },
          ...(isShort && call[0] !== 'new' ? { begun } : {}),
          ...(at === undefined ? {} : { at }),
        },
      });
      if (call[0] !== 'new') steps.push(text);
      const trouble = troubleOf(answers[i], stopped);
      if (trouble !== undefined)
        return fail(
          `${call[0] === 'new' ? 'new' : call[1]} ${trouble.cause}`,
          trouble.words,
          'that it returns, without an error',
          trouble.at,
        );
      if (call[0] === 'new') continue;
      const [value] = answers[i] as Answer;
      const wrong = wrongSpans(value, account.done);
      if (wrong !== undefined) return fail(`${call[1]} ${wrong.cause}`, shown(value), wrong.expected);
      account.sweep(value as number[]);
      if (n > 0) account.take(n);
    }
  }
  if (account.left.length > 0)
    return {
      failure: {
        cause: `${ownTarget}: spans are left unswept when the next collection begins`,
        asked: 'rest()',
        answered: `${account.left.length} are left: ${account.left.slice(0, 10).join(', ')}`,
        expected: 'all that were left: what is not swept cannot be marked again',
        steps,
        ...(isShort ? { begun } : {}),
      },
    };
  return { run: account.run };
}

/** What is wrong with a list of spans to be swept. */
function wrongSpans(value: unknown, done: Uint8Array): { cause: string; expected: string } | undefined {
  if (!Array.isArray(value))
    return { cause: 'answers no list of spans', expected: 'a list, empty where nothing is swept' };
  const seen = new Set<unknown>();
  for (const span of value) {
    if (!Number.isInteger(span) || span < 0 || span >= done.length)
      return { cause: 'answers what is no span', expected: `numbers from 0 to ${done.length - 1}` };
    if (done[span] === 1 || seen.has(span))
      return {
        cause: 'sweeps a span twice',
        expected: `span ${span} was swept already: objects that were allocated in it since would be freed`,
      };
    seen.add(span);
  }
  return undefined;
}
