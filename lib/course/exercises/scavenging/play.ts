/**
 * A scavenging policy of the hand-in: how it is asked for a second, and played without a heap.
 */
import type { Bench } from '../bench.ts';
import type { Curve, Failure } from '../exercise.ts';
import { type FailureMore, mostTold, OwnPolicy, type Question } from '../own-policy.ts';
import { Account } from './account.ts';
import type { Prices } from './hindsight.ts';
import type { SecondView } from './real-heap.ts';

export const target = 'Scavenger';

export const viewText = ({ second, inUse, free, released, faulted }: SecondView): string =>
  `onSecond({ second: ${second}, inUse: ${inUse}, free: ${free}, released: ${released}, faulted: ${faulted} })`;

const toldText = ({ second, inUse, free, released }: SecondView): string =>
  `second ${second}: in use ${inUse}, free ${free}, released ${released}`;
const answerText = (pages: number): string => `gave back ${pages}`;

export const policyOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, { target, args: [], what: 'a policy' });

/** How many pages go back. */
export const pagesQuestion = (view: SecondView, { most }: Prices): Question<number> => ({
  method: 'onSecond',
  args: [{ ...view }],
  text: viewText(view),
  told: toldText(view),
  answerText,
  expected: `a whole number of pages, 0 to ${Math.min(view.free, most)}: ${view.free} are free, and ${most} may go in a second`,
  read: (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return { wrong: 'answers no whole number' };
    if (value < 0) return { wrong: 'answers less than nothing' };
    if (value > view.free) return { wrong: 'gives back more than is free' };
    return value > most ? { wrong: 'gives back more than may go in a second' } : { answer: value };
  },
});

/** Resident pages over the seconds of a play, of which one is spoken of: the last, unless told. */
export const residentCurve = (
  values: readonly number[],
  { mark, from = 0, second = values.length - 1 }: CurvePlace = {},
): Curve => ({
  what: 'resident pages',
  values: values.slice(from),
  ...(from === 0 ? {} : { start: `second ${from}` }),
  end: `second ${values.length - 1}`,
  spot: { index: second - from, text: `second ${second}` },
  ...(mark === undefined ? {} : { mark }),
});

interface CurvePlace {
  /** What they are to stay under. */
  readonly mark?: number;
  /** The second with which it begins. */
  readonly from?: number;
  readonly second?: number;
}

/** A failure in the middle of a play, which no few seconds show: with all that was resident until then. */
export const withPlay = (failure: Failure, resident: readonly number[]): Failure =>
  failure.operations === undefined || resident.length === 0
    ? failure
    : { ...failure, curve: residentCurve(resident) };

export interface PlayedDemand {
  readonly policy: OwnPolicy;
  /** An answer that may not be given. */
  readonly failure: Failure | undefined;
  /** Pages that went in each second, and that are resident after it; and that are free in the end. */
  readonly gone: readonly number[];
  readonly resident: readonly number[];
  readonly free: number;
  /** The seconds that lead to one, with it and what was answered. */
  told(second: number): FailureMore;
}

/** A demand played without a heap: what goes back is gone, what is wanted comes. */
export async function playDemand(
  bench: Bench,
  demand: readonly number[],
  rules: Prices,
): Promise<PlayedDemand> {
  const policy = policyOn(bench);
  await policy.begin();
  const account = new Account();
  const gone: number[] = [];
  const resident: number[] = [];
  const texts: string[] = [];
  for (const inUse of demand) {
    const view = account.pass(inUse);
    const pages = await policy.ask(pagesQuestion(view, rules));
    if (pages === undefined) {
      resident.push(inUse + account.free);
      break;
    }
    account.giveBack(pages);
    gone.push(pages);
    resident.push(inUse + account.free);
    texts.push(`${toldText(view)} → ${answerText(pages)}`);
  }
  return {
    ...{ policy, gone, resident, free: account.free },
    failure: policy.failure === undefined ? undefined : withPlay(policy.failure, resident),
    told: (second) => ({
      asked: texts[second] ?? '',
      steps: texts.slice(Math.max(0, second + 1 - mostTold), second + 1),
      operations: second + 1,
    }),
  };
}
