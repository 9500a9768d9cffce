/**
 * A trigger policy of the hand-in under a simulated collector, and its goals beside the judge's.
 */
import { MiB, second } from '../../../base/units.ts';
import {
  type Argument,
  type Call,
  isMembers,
  numberArgument,
  numberOf,
  type Value,
} from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Curve, Failure } from '../exercise.ts';
import { type CollectorRun, memoryOver, type Pace, type View } from './collector.ts';
import { type GoalHeap, type GoalNumbers, goalOf, type SpareBase } from './goals.ts';

export const goalFunction = 'goalOf';
export const policyClass = 'TriggerPolicy';

const argumentOf = (members: object): Argument =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      typeof value === 'number' ? numberArgument(value) : (value as boolean),
    ]),
  );

const textOf = (members: object): string =>
  `{ ${Object.entries(members)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} }`;

export interface GoalQuestion {
  readonly heap: GoalHeap;
  readonly numbers: GoalNumbers;
  /** Where it is known from elsewhere. */
  readonly right?: number;
}

const goalsAtOnce = 250;

/** Holds answers of `goalOf` against the judge's, or against what is right. @throws HandinOver */
export async function playGoals(
  bench: Bench,
  questions: readonly GoalQuestion[],
  base: SpareBase,
  where: string,
): Promise<Failure | undefined> {
  for (let from = 0; from < questions.length; from += goalsAtOnce) {
    const some = questions.slice(from, from + goalsAtOnce);
    await bench.again();
    const calls = some.map(
      ({ heap, numbers }): Call => ['export', goalFunction, argumentOf(heap), argumentOf(numbers)],
    );
    const { answers, stopped } = await bench.run(calls);
    for (const [i, { heap, numbers, right }] of some.entries()) {
      const { goal, why } = goalOf(heap, numbers, base);
      const expected = right ?? goal;
      const trouble = troubleOf(answers[i], stopped);
      const value = answers[i]?.[0];
      if (trouble === undefined && numberOf(value) === expected) continue;
      const wrong = numberOf(value) === undefined ? 'answers no number' : 'answers another goal';
      return {
        cause: `${goalFunction} ${trouble?.cause ?? `${wrong}${where}`}`,
        asked: `${goalFunction}(${textOf(heap)}, ${textOf(numbers)})`,
        answered: trouble?.words ?? shown(value),
        expected: `${expected}: ${why}`,
        steps: [],
        ...(trouble?.at === undefined ? {} : { at: trouble.at }),
      };
    }
  }
  return undefined;
}

const expectedPace = 'bytes from 0 on, or { goal, start, again } with such numbers';

/** An answer as the heap reads it. */
export function paceOf(value: Value): Pace | undefined {
  const isSize = (n: number | undefined): n is number => n !== undefined && n >= 0;
  const none = Number.POSITIVE_INFINITY;
  const number = numberOf(value);
  if (number !== undefined) return isSize(number) ? { goal: number, start: number, again: none } : undefined;
  if (!isMembers(value)) return undefined;
  const { goal, start, again } = value.members;
  // What is undefined is left out.
  const read = (member: Value | undefined, otherwise: number | undefined): number | undefined =>
    member === undefined ||
    (typeof member === 'object' && member !== null && '!' in member && member['!'] === 'undefined')
      ? otherwise
      : numberOf(member);
  const wanted = read(goal, undefined);
  const begins = read(start, wanted);
  const anew = read(again, none);
  return isSize(wanted) && isSize(begins) && isSize(anew)
    ? { goal: wanted, start: Math.min(begins, wanted), again: anew }
    : undefined;
}

const inMiB = (n: number): string => (Number.isFinite(n) ? `${(n / MiB).toFixed(1)} MiB` : String(n));

export const viewText = ({
  now,
  heapLive,
  heapMarked,
  lastHeapGoal,
  mappedReady,
  memoryLimit,
  cycles,
}: View): string =>
  `pace({ now: ${(now / second).toFixed(3)} s, heapLive: ${inMiB(heapLive)}, heapMarked: ${inMiB(heapMarked)}, lastHeapGoal: ${inMiB(lastHeapGoal)}, mappedReady: ${inMiB(mappedReady)}, memoryLimit: ${inMiB(memoryLimit)}, cycles: ${cycles}, … })`;

const mostSteps = 8;

/** The hand-in's answers. The first failure ends them. */
export class Pacing {
  readonly #bench: Bench;
  readonly #steps: string[] = [];
  units = 0;
  calls = 0;
  failure: Failure | undefined;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async begin(): Promise<void> {
    await this.#bench.fresh();
    const { answers, stopped } = await this.#bench.run([['new', policyClass, { pageSize: 8192 }]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble !== undefined)
      this.fail(`new ${policyClass} ${trouble.cause}`, trouble.words, 'a policy', {
        asked: `new ${policyClass}`,
        at: trouble.at,
      });
  }

  async ask(view: View): Promise<Pace | undefined> {
    if (this.failure !== undefined) return undefined;
    this.#steps.push(viewText(view));
    if (this.#steps.length > mostSteps) this.#steps.shift();
    const { answers, stopped } = await this.#bench.run([[0, 'pace', argumentOf(view)]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble !== undefined) {
      this.fail(`pace ${trouble.cause}`, trouble.words, expectedPace, { at: trouble.at });
      return undefined;
    }
    const [value, used] = answers[0] as readonly [Value, number];
    this.units += used;
    this.calls++;
    const pace = paceOf(value);
    if (pace === undefined) this.fail('pace answers no size', shown(value), expectedPace);
    return pace;
  }

  fail(
    cause: string,
    answered: string,
    expected: string,
    more: { readonly asked?: string; readonly at?: string | undefined; readonly curve?: Curve } = {},
  ): Failure {
    const { asked = this.#steps.at(-1) ?? '', at, curve } = more;
    this.failure = {
      ...{ cause, asked, answered, expected, steps: curve === undefined ? [...this.#steps] : [] },
      ...(at === undefined ? {} : { at }),
      ...(curve === undefined ? {} : { curve }),
    };
    return this.failure;
  }
}

/** Memory over a run. @param limit bytes */
export function memoryCurve(run: CollectorRun, limit?: number): Curve {
  const { stretches } = run;
  const ns = (stretches.at(-1)?.to ?? 0) - (stretches[0]?.from ?? 0);
  return {
    what: 'memory, MiB',
    values: memoryOver(run),
    end: `${(ns / second).toFixed(0)} s`,
    ...(limit === undefined ? {} : { mark: limit / MiB }),
  };
}
