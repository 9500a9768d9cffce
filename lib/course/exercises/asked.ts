/**
 * Playing calls on a class of the hand-in where every answer is known beforehand: each call comes with what is to be said where its
 * answer is wrong.
 */
import type { Answer, Argument, Call } from '../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from './bench.ts';
import type { Failure, Strip } from './exercise.ts';

export interface Wrong {
  readonly cause: string;
  readonly answered?: string;
  readonly expected: string;
  readonly registry?: Strip['registry'];
}

export interface Asked {
  readonly call: Call;
  readonly text: string;
  /** A look at what it tells of itself: no step of its own. */
  readonly isLook?: true;
  /** Which figure its units belong to. */
  readonly figure?: string;
  readonly expected: string;
  /** The answer itself, where one number is right. */
  readonly right?: number;
  readonly strip?: Strip;
  readonly judge?: (answer: Answer) => Wrong | undefined;
}

export interface Played {
  readonly failure?: Failure;
  /** Units a call, by figure. */
  readonly units: Readonly<Record<string, number>>;
}

/** Characters of a constructor that is told: a longer one is of a heap that nobody reads. */
const mostBegun = 300;

/** Calls asked at a time, so that no answer is longer than a pipe likes. */
const blockCalls = 800;

export async function playAsked(
  bench: Bench,
  target: string,
  args: readonly Argument[],
  list: readonly Asked[],
): Promise<Played> {
  await bench.again();
  const made: Asked = {
    call: ['new', target, ...args],
    text: `new ${target}(${args.map((one) => JSON.stringify(one)).join(', ')})`,
    expected: 'that it returns, without an error',
  };
  const all = [made, ...list];
  const steps: string[] = [];
  const sums = new Map<string, { units: number; calls: number }>();
  for (let from = 0; from < all.length; from += blockCalls) {
    const part = all.slice(from, from + blockCalls);
    const { answers, stopped } = await bench.run(part.map(({ call }) => call));
    for (const [i, it] of part.entries()) {
      if (it.isLook !== true && it !== made) steps.push(it.text);
      const answer = answers[i];
      const trouble = troubleOf(answer, stopped);
      const wrong: (Wrong & { readonly at?: string | undefined }) | undefined =
        trouble === undefined
          ? it.judge?.(answer as Answer)
          : {
              cause: `${String(it.call[1])} ${trouble.cause}`,
              answered: trouble.words,
              expected: it.expected,
              at: trouble.at,
            };
      if (wrong !== undefined) {
        const { cause, answered, expected, registry, at } = wrong;
        return {
          failure: {
            cause,
            asked: it.isLook === true ? `${it.text} after ${steps.at(-1) ?? made.text}` : it.text,
            answered: answered ?? shown((answer as Answer)[0]),
            expected,
            ...(args.length > 0 && it !== made && made.text.length <= mostBegun ? { begun: made.text } : {}),
            steps: [...steps],
            ...(at === undefined ? {} : { at }),
            ...(it.strip === undefined
              ? {}
              : { strip: { ...it.strip, ...(registry === undefined ? {} : { registry }) } }),
          },
          units: {},
        };
      }
      if (it.figure === undefined) continue;
      const sum = sums.get(it.figure) ?? { units: 0, calls: 0 };
      sum.units += (answer as Answer)[1];
      sum.calls++;
      sums.set(it.figure, sum);
    }
  }
  return { units: Object.fromEntries([...sums].map(([name, { units, calls }]) => [name, units / calls])) };
}
