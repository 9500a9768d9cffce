/**
 * A program as text, played for `lab step` on real memory: what the policy answers for each range, beside the best plain policy and
 * hindsight. A line each; what is behind # is a remark.
 *
 *     use 1 20              the range 1 is used: of so many pages where it is new, else again
 *     release 1             it is given back
 *     wait 3                so many seconds end
 *     pressure              the kernel is short of memory at the end of this second
 *     program habits        the program of that name, with the open seed
 *     program habits 40 60  of which these seconds are told
 */
import { PageHeapError } from '../../../base/errors.ts';
import type { Bench } from '../bench.ts';
import type { Step } from '../exercise.ts';
import { failedStep } from '../own-policy.ts';
import { accountOf } from './account.ts';
import { foreseen } from './hindsight.ts';
import { adviceQuestion, eventsOf, policyOn } from './play-policy.ts';
import { type Program, programNames, type RangeEvent } from './programs.ts';
import type { ExerciseAdvice, Pages } from './real-memory.ts';
import { costsSoFar, runAdvice } from './run.ts';
import { bestPlain, tellingProgram } from './telling.ts';

const mostPages = 5000;
const mostSeconds = 600;

interface Told {
  readonly program: Program;
  readonly from: number;
  /** The last second that is told. */
  readonly to: number;
}

const notALine = (line: number): PageHeapError =>
  new PageHeapError(
    'ERR_FILE',
    `is no line of use RANGE PAGES, use RANGE (of one that was given back), release RANGE (of one that is used), wait SECONDS, pressure, of ${mostPages} pages and ${mostSeconds} s in all at most, nor program ${programNames.join('|')} [FROM TO] alone`,
    { file: 'the trace', line },
  );

/** Reads lines into a program. */
class Reading {
  readonly #ranges: Pages[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #used = new Set<number>();
  readonly #events: RangeEvent[] = [];
  readonly #pressure = new Set<number>();
  #pages = 0;
  #second = 0;

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** @returns whether it is a line */
  take(word: string, numbers: readonly number[]): boolean {
    const [a = -1, pages] = numbers;
    if (!numbers.every((n) => Number.isInteger(n) && n >= 0)) return false;
    if (word === 'pressure') return numbers.length === 0 && this.#pressure.add(this.#second).size > 0;
    if (word === 'wait' && numbers.length === 1) {
      this.#second += a;
      return a > 0 && this.#second < mostSeconds;
    }
    if (word === 'use') return this.#use(a, pages, numbers.length);
    const range = this.#numbers.get(a);
    if (word !== 'release' || numbers.length !== 1 || range === undefined) return false;
    this.#events.push({ second: this.#second, range, to: 'released' });
    return this.#used.delete(range);
  }

  #use(number: number, pages: number | undefined, count: number): boolean {
    const known = this.#numbers.get(number);
    if ((known === undefined) !== (count === 2)) return false;
    const range = known ?? this.#ranges.length;
    if (this.#used.has(range)) return false;
    if (pages !== undefined) {
      if (pages === 0 || this.#pages + pages > mostPages) return false;
      this.#ranges.push({ page: this.#pages, n: pages });
      this.#numbers.set(number, range);
      this.#pages += pages;
    }
    this.#used.add(range);
    this.#events.push({ second: this.#second, range, to: known === undefined ? 'fresh' : 'reused' });
    return true;
  }

  program(): Program {
    const [ranges, events, pressure] = [this.#ranges, this.#events, this.#pressure];
    return { ranges, events, pressure, seconds: this.#second + 1, pages: this.#pages };
  }
}

/** @throws PageHeapError ERR_FILE, with the line */
async function parse(text: string, seed: string, weight: number): Promise<Told> {
  const reading = new Reading();
  for (const [i, line] of text.split('\n').entries()) {
    const [word = '', ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === '') continue;
    const name = programNames.find((one) => one === rest[0]);
    const [from = 0, to = Number.POSITIVE_INFINITY] = rest.slice(1).map(Number);
    if (word === 'program' && name !== undefined && reading.isEmpty && rest.length !== 2 && from <= to) {
      const { program } = await tellingProgram(name, seed, weight);
      return { program, from, to };
    }
    if (!reading.take(word, rest.map(Number))) throw notALine(i + 1);
  }
  if (reading.isEmpty) throw notALine(1);
  return { program: reading.program(), from: 0, to: Number.POSITIVE_INFINITY };
}

const tenths = (n: number | undefined): string => (n ?? 0).toFixed(1);
const saidText = (said: readonly ExerciseAdvice[]): string =>
  said.length === 0 ? 'nothing' : said.join(', ');

/** @throws PageHeapError ERR_FILE for what is no trace; HandinOver */
export async function policySteps(
  bench: Bench,
  weight: number,
  trace: string,
  seed: string,
): Promise<Step[]> {
  const { program, from, to } = await parse(trace, seed, weight);
  const policy = policyOn(bench);
  await policy.begin();
  if (policy.failure !== undefined) return failedStep(policy.failure);
  const events = eventsOf(program);
  const answers: (readonly ExerciseAdvice[])[] = [];
  for (const event of events) {
    const answer = await policy.ask(adviceQuestion(event));
    if (answer === undefined) break;
    answers.push(answer);
  }
  const known = foreseen(program, weight);
  const plain = bestPlain(program, weight);
  const own = runAdvice(program, answers);
  const costs = [own, plain.run, accountOf(program, known)].map((run) => costsSoFar(run, weight));
  const steps: Step[] = [];
  for (const [i, answer] of answers.entries()) {
    const { second, to: state } = program.events[i] as RangeEvent;
    if (second < from || second > to) continue;
    const isGiven = state === 'released';
    const [mine, plainly, best] = costs.map((list) => tenths(list[second]));
    const isLast = program.events[i + 1]?.second !== second;
    const lines = [
      ...(isGiven ? [`plain (${plain.name}): ${plain.said[i]}`] : []),
      ...(isLast
        ? [
            `second ${second} ends: ${own.idle[second]} pages resident though given back, ${own.faults[second]} faulted; cost so far ${mine} (plain ${plainly}, hindsight ${best})`,
          ]
        : []),
    ];
    steps.push({
      asked: adviceQuestion(events[i] as (typeof events)[number]).text,
      answered: saidText(answer),
      ...(isGiven ? { expected: known[i] as string, whose: 'with hindsight' } : { expected: '' }),
      ...(lines.length === 0 ? {} : { note: lines.join('\n') }),
    });
  }
  const { failure } = policy;
  return failure === undefined
    ? steps
    : [...steps, ...failedStep(failure).map((step): Step => ({ ...step, isWrong: true }))];
}
