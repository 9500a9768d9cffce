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
import { OwnPolicy, type Question } from '../own-policy.ts';
import { type CollectorRun, collect, type Pace, type Program, usedOver, type View } from './collector.ts';
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

const toldText = ({ now, heapLive, mappedReady, memoryLimit }: View): string =>
  `at ${(now / second).toFixed(3)} s: ${inMiB(heapLive)} live, ${inMiB(mappedReady)} mapped, limit ${inMiB(memoryLimit)}`;

const paceText = ({ goal, start, again }: Pace): string =>
  `goal ${inMiB(goal)}, start ${inMiB(start)}${again === Number.POSITIVE_INFINITY ? '' : `, again ${inMiB(again)}`}`;

export const policyOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, {
    target: policyClass,
    args: [{ pageSize: 8192 }],
    what: 'a policy',
  });

export const paceQuestion = (view: View): Question<Pace> => ({
  method: 'pace',
  args: [argumentOf(view)],
  text: viewText(view),
  told: toldText(view),
  answerText: paceText,
  expected: expectedPace,
  read: (value) => {
    const answer = paceOf(value);
    return answer === undefined ? { wrong: 'answers no size' } : { answer };
  },
});

/** Plays a program on the hand-in. The policy has the failure, if there is one. @throws HandinOver */
export async function playProgram(
  bench: Bench,
  program: Program,
): Promise<{ readonly policy: OwnPolicy; readonly run: CollectorRun }> {
  const policy = policyOn(bench);
  await policy.begin();
  const run = await collect(program, (view) => policy.ask(paceQuestion(view)));
  return { policy, run };
}

/** Memory in use over a run. @param limit bytes */
export function memoryCurve(run: CollectorRun, limit?: number): Curve {
  const { stretches } = run;
  const ns = (stretches.at(-1)?.to ?? 0) - (stretches[0]?.from ?? 0);
  return {
    what: 'memory in use, MiB',
    values: usedOver(run),
    end: `${(ns / second).toFixed(0)} s`,
    ...(limit === undefined ? {} : { mark: limit / MiB }),
  };
}
