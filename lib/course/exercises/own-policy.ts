/**
 * A policy of the hand-in's own: an object of one of its classes that is asked again and again, and whose answers steer what the
 * judge plays.
 *
 * What may be answered is the exercise's to say, with each question. The first answer that may not be ends it: nothing is asked from then
 * on, and the failure has the last questions as its steps, with what was answered. Where a new object that is asked the last few of them alone fails in the same
 * way, that is the failure: the shortest of 1, 2, 4, 8 and 16. A judge that finds the play wrong as a whole says so with `fail`.
 *
 * Not here: classes of which every answer is known beforehand (asked.ts).
 */
import type { Argument, Call, Value } from '../sandbox/protocol.ts';
import { type Bench, HandinOver, shown, troubleOf } from './bench.ts';
import type { Curve, Failure, Step } from './exercise.ts';

export interface Question<T> {
  readonly method: string;
  /** The method in causes, where another class has one of that name. */
  readonly named?: string;
  readonly args: readonly Argument[];
  /** As it would be written. */
  readonly text: string;
  /** The same as a step before a failure, where that is shorter; and what an answer means there. */
  readonly told?: string;
  answerText?(answer: T): string;
  /** What may be answered. */
  readonly expected: string;
  /** What the answer means; or what is wrong with it: `answers no size`. */
  read(value: Value): { readonly answer: T } | { readonly wrong: string };
}

export interface PolicyClass {
  readonly target: string;
  readonly args: readonly Argument[];
  /** What an object of it is: `a policy`. */
  readonly what: string;
}

export interface FailureMore {
  /** What was asked, where it is not the last question. */
  readonly asked?: string;
  readonly at?: string | undefined;
  /** A play as a whole: drawn, and no steps told but these, of so many. */
  readonly curve?: Curve;
  readonly steps?: readonly string[];
  readonly operations?: number;
}

/** Questions that are asked in one go. */
const atOnce = 400;

/** Questions that a failure tells at most: the last of them, with that which was answered wrongly. */
export const mostTold = 5;

/** Questions that a new object is asked, to have a failure with few of them. */
const mostAgain = 16;

export class OwnPolicy {
  readonly #bench: Bench;
  readonly #of: PolicyClass;
  /** It is asked again what another was asked. */
  readonly #isAgain: boolean;
  /** What was answered, and the last question of all. */
  readonly #steps: string[] = [];
  readonly #last: Question<unknown>[] = [];
  #asked = 0;
  #units = 0;
  #calls = 0;
  failure: Failure | undefined;

  constructor(bench: Bench, of: PolicyClass, isAgain = false) {
    this.#bench = bench;
    this.#of = of;
    this.#isAgain = isAgain;
  }

  /** Makes the object, in a realm in which nothing has happened. @throws HandinOver */
  async begin(): Promise<Failure | undefined> {
    const { target, args, what } = this.#of;
    await this.#bench.fresh();
    const { answers, stopped } = await this.#bench.run([['new', target, ...args]]);
    const trouble = troubleOf(answers[0], stopped);
    if (trouble !== undefined)
      this.fail(`new ${target} ${trouble.cause}`, trouble.words, what, {
        asked: `new ${target}`,
        at: trouble.at,
      });
    return this.failure;
  }

  /** @returns undefined where there is a failure, now or from before @throws HandinOver */
  async ask<T>(question: Question<T>): Promise<T | undefined> {
    return (await this.askAll([question]))?.[0];
  }

  /** Asks all of them, whatever is answered. @returns undefined where there is a failure @throws HandinOver */
  async askAll<T>(questions: readonly Question<T>[]): Promise<readonly T[] | undefined> {
    const read: T[] = [];
    for (let from = 0; from < questions.length && this.failure === undefined; from += atOnce) {
      const some = questions.slice(from, from + atOnce);
      const { answers, stopped } = await this.#bench.run(
        some.map(({ method, args }): Call => [0, method, ...args]),
      );
      for (const [i, question] of some.entries()) {
        const { method, named = method, text, told = text, expected, read: meaning } = question;
        this.#note(this.#steps, text, this.#isAgain ? mostAgain : mostTold);
        this.#note(this.#last, question as Question<unknown>, mostAgain);
        this.#asked++;
        const trouble = troubleOf(answers[i], stopped);
        if (trouble !== undefined) {
          const failure = this.fail(`${named} ${trouble.cause}`, trouble.words, expected, { at: trouble.at });
          if (stopped === undefined) this.failure = await this.#shortest(failure);
          break;
        }
        const [value, units] = answers[i] as readonly [Value, number];
        this.#units += units;
        this.#calls++;
        const meant = meaning(value);
        if ('wrong' in meant) {
          this.failure = await this.#shortest(this.fail(`${named} ${meant.wrong}`, shown(value), expected));
          break;
        }
        this.#steps.pop();
        this.#steps.push(`${told} → ${question.answerText?.(meant.answer) ?? shown(value)}`);
        read.push(meant.answer);
      }
    }
    return this.failure === undefined ? read : undefined;
  }

  #note<T>(list: T[], one: T, most: number): void {
    list.push(one);
    if (list.length > most) list.shift();
  }

  /** The failure with the fewest of the last questions, asked of a new object; or the one that is there. */
  async #shortest(failure: Failure): Promise<Failure> {
    if (this.#isAgain) return failure;
    const { target, args } = this.#of;
    for (let n = 1; n < Math.min(this.#asked, mostAgain + 1); n *= 2) {
      const again = new OwnPolicy(this.#bench, this.#of, true);
      try {
        await again.begin();
        await again.askAll(this.#last.slice(-n));
      } catch (error) {
        if (error instanceof HandinOver) return failure;
        throw error;
      }
      const begun = `new ${target}(${args.map((one) => JSON.stringify(one)).join(', ')})`;
      if (again.failure?.cause === failure.cause) return { ...again.failure, begun };
    }
    return failure;
  }

  /** Units a call, on average: tenths. */
  get work(): number {
    return Math.round((10 * this.#units) / Math.max(1, this.#calls)) / 10;
  }

  /** Ends it: what was answered is wrong, or what came of it. */
  fail(cause: string, answered: string, expected: string, more: FailureMore = {}): Failure {
    const { asked = this.#steps.at(-1) ?? '', at, curve, operations = this.#asked } = more;
    const steps = more.steps ?? (curve === undefined ? [...this.#steps] : []);
    this.failure = {
      ...{ cause, asked, answered, expected, steps },
      ...(steps.length > 0 ? { apart: true } : {}),
      ...(steps.length > 0 && steps.length < operations ? { operations } : {}),
      ...(at === undefined ? {} : { at }),
      ...(curve === undefined ? {} : { curve }),
    };
    return this.failure;
  }
}

/** For `lab step`, where not even a policy could be made. */
export const failedStep = (failure: Failure | undefined): Step[] =>
  failure === undefined
    ? []
    : [{ asked: failure.asked, answered: failure.answered, expected: failure.expected }];
