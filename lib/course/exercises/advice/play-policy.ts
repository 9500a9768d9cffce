/**
 * An advice policy of the hand-in: it is asked for each event of a program, in turn, before the program runs on real memory.
 */
import type { RangeState } from '../../../os/advice-policy.ts';
import { type Call, isUnspeakable, type Value } from '../../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from '../bench.ts';
import type { Failure } from '../exercise.ts';
import type { Advise, Asked } from './policies.ts';
import type { Program } from './programs.ts';
import { advices, type ExerciseAdvice } from './real-memory.ts';

export const policyClass = 'AdvicePolicy';

const pageBytes = 4096;
/** Where the ranges seem to be: real ones lie elsewhere each time, and an answer is not to depend on that. */
const firstAddress = 2 ** 38;

export interface Question {
  readonly range: Asked;
  readonly state: RangeState;
  /** When, for messages. */
  readonly when: string;
}

export const questionsOf = ({ ranges, events }: Program): Question[] =>
  events.map(({ range, to, second }) => {
    const { page, n } = ranges[range] as (typeof ranges)[number];
    const bytes = n * pageBytes;
    return {
      range: { address: firstAddress + page * pageBytes, bytes, changing: bytes },
      state: to,
      when: ` in second ${second}`,
    };
  });

/** What may be answered for a state. */
const allowed = (state: RangeState): readonly ExerciseAdvice[] =>
  state === 'released' ? advices : ['cold', 'none'];

const mostAdvices = 8;

function adviceOf(value: Value, state: RangeState): readonly ExerciseAdvice[] | undefined {
  if (value === null || (isUnspeakable(value) && value['!'] === 'undefined')) return [];
  const list = Array.isArray(value) ? value : [value];
  const known = allowed(state) as readonly unknown[];
  return list.length <= mostAdvices && list.every((one) => known.includes(one))
    ? (list as readonly ExerciseAdvice[])
    : undefined;
}

const askText = ({ range: { address, bytes, changing }, state }: Question): string =>
  `advise({ address: 0x${address.toString(16)}, bytes: ${bytes}, changing: ${changing} }, '${state}')`;

const atOnce = 400;
const mostSteps = 8;

export interface Advised {
  readonly advice: readonly (readonly ExerciseAdvice[])[];
  readonly failure?: Failure;
  /** Units a call. */
  readonly work: number;
}

/** The hand-in's answers. @throws HandinOver */
export async function askPolicy(bench: Bench, questions: readonly Question[]): Promise<Advised> {
  await bench.fresh();
  const advice: (readonly ExerciseAdvice[])[] = [];
  const host = { physPageSize: pageBytes, hugePageSize: 2 ** 21, advise: 'dontneed' };
  const made = await bench.run([['new', policyClass, host]]);
  const fail = (cause: string, asked: string, answered: string, expected: string, at?: string): Advised => ({
    advice,
    work: 0,
    failure: {
      ...{ cause, asked, answered, expected },
      steps: questions.slice(Math.max(0, advice.length + 1 - mostSteps), advice.length + 1).map(askText),
      ...(at === undefined ? {} : { at }),
    },
  });
  const wrong = troubleOf(made.answers[0], made.stopped);
  if (wrong !== undefined)
    return fail(`new ${policyClass} ${wrong.cause}`, `new ${policyClass}`, wrong.words, 'a policy', wrong.at);
  let units = 0;
  for (let from = 0; from < questions.length; from += atOnce) {
    const some = questions.slice(from, from + atOnce);
    const { answers, stopped } = await bench.run(
      some.map(({ range, state }): Call => [0, 'advise', { ...range }, state]),
    );
    for (const [i, question] of some.entries()) {
      const { state, when } = question;
      const asked = `${askText(question)}${when}`;
      const expected = `one of ${allowed(state).join(', ')} for a range that is ${state}, or an array of them, or nothing`;
      const trouble = troubleOf(answers[i], stopped);
      if (trouble !== undefined)
        return fail(`advise ${trouble.cause}`, asked, trouble.words, expected, trouble.at);
      const [value, used] = answers[i] as readonly [Value, number];
      units += used;
      const given = adviceOf(value, state);
      if (given === undefined)
        return fail(`advise answers no advice for what is ${state}`, asked, shown(value), expected);
      advice.push(given);
    }
  }
  return { advice, work: Math.round((10 * units) / Math.max(1, questions.length)) / 10 };
}

/** The judge's own answers. */
export const answersOf = (program: Program, advise: Advise): readonly (readonly ExerciseAdvice[])[] =>
  questionsOf(program).map(({ range, state }) => [advise(range, state)]);
