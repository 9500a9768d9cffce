/**
 * A scavenging policy of the hand-in: how it is asked for a second, and played without a heap.
 */
import type { Bench } from '../bench.ts';
import { OwnPolicy, type Question } from '../own-policy.ts';
import { Account } from './account.ts';
import type { Prices } from './hindsight.ts';
import type { SecondView } from './real-heap.ts';

export const target = 'Scavenger';

export const viewText = ({ second, inUse, free, released, faulted }: SecondView): string =>
  `onSecond({ second: ${second}, inUse: ${inUse}, free: ${free}, released: ${released}, faulted: ${faulted} })`;

export const policyOn = (bench: Bench): OwnPolicy =>
  new OwnPolicy(bench, { target, args: [], what: 'a policy', mostSteps: Number.POSITIVE_INFINITY });

/** How many pages go back. */
export const pagesQuestion = (view: SecondView, { most }: Prices): Question<number> => ({
  method: 'onSecond',
  args: [{ ...view }],
  text: viewText(view),
  expected: `a whole number of pages, 0 to ${Math.min(view.free, most)}: ${view.free} are free, and ${most} may go in a second`,
  read: (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return { wrong: 'answers no whole number' };
    if (value < 0) return { wrong: 'answers less than nothing' };
    if (value > view.free) return { wrong: 'gives back more than is free' };
    return value > most ? { wrong: 'gives back more than may go in a second' } : { answer: value };
  },
});

/** A demand played without a heap: what goes back is gone, what is wanted comes. */
export async function playDemand(
  bench: Bench,
  demand: readonly number[],
  rules: Prices,
): Promise<{
  readonly policy: OwnPolicy;
  /** Pages that went in each second; and that are free in the end. */
  readonly gone: readonly number[];
  readonly free: number;
}> {
  const policy = policyOn(bench);
  await policy.begin();
  const account = new Account();
  const gone: number[] = [];
  for (const inUse of demand) {
    const pages = await policy.ask(pagesQuestion(account.pass(inUse), rules));
    if (pages === undefined) break;
    account.giveBack(pages);
    gone.push(pages);
  }
  return { policy, gone, free: account.free };
}
