/**
 * An advice policy of the hand-in: it is asked for each event of a program, in turn, before the program runs on real memory.
 */
import type { RangeState } from '../../../os/advice-policy.ts';
import { isUnspeakable, type Value } from '../../sandbox/protocol.ts';
import type { Bench } from '../bench.ts';
import { OwnPolicy, type Question } from '../own-policy.ts';
import type { Advise, Asked } from './policies.ts';
import type { Program } from './programs.ts';
import { advices, type ExerciseAdvice } from './real-memory.ts';

export const policyClass = 'AdvicePolicy';

const pageBytes = 4096;
/** Where the ranges seem to be: real ones lie elsewhere each time, and an answer is not to depend on that. */
const firstAddress = 2 ** 38;

export interface Event {
  readonly range: Asked;
  readonly state: RangeState;
  /** When, for messages. */
  readonly when: string;
}

export const eventsOf = ({ ranges, events }: Program): Event[] =>
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

const askText = ({ range: { address, bytes, changing }, state }: Event): string =>
  `advise({ address: 0x${address.toString(16)}, bytes: ${bytes}, changing: ${changing} }, '${state}')`;

export const policyOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, {
    target: policyClass,
    args: [{ physPageSize: pageBytes, hugePageSize: 2 ** 21, advise: 'dontneed' }],
    what: 'a policy',
  });

export const adviceQuestion = (event: Event): Question<readonly ExerciseAdvice[]> => ({
  method: 'advise',
  args: [{ ...event.range }, event.state],
  text: `${askText(event)}${event.when}`,
  expected: `one of ${allowed(event.state).join(', ')} for a range that is ${event.state}, or an array of them, or nothing`,
  read: (value) => {
    const answer = adviceOf(value, event.state);
    return answer === undefined ? { wrong: `answers no advice for what is ${event.state}` } : { answer };
  },
});

export interface Advised {
  /** Undefined where there is a failure. */
  readonly advice?: readonly (readonly ExerciseAdvice[])[];
  readonly policy: OwnPolicy;
}

/** The hand-in's answers. @throws HandinOver */
export async function askPolicy(bench: Bench, events: readonly Event[]): Promise<Advised> {
  const policy = policyOn(bench);
  await policy.begin();
  const advice = await policy.askAll(events.map(adviceQuestion));
  return { policy, ...(advice === undefined ? {} : { advice }) };
}

/** The judge's own answers. */
export const answersOf = (program: Program, advise: Advise): readonly ExerciseAdvice[] =>
  eventsOf(program).map(({ range, state }) => advise(range, state));
