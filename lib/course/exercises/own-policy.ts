/**
 * A policy of the hand-in's own: an object of one of its classes that is asked again and again, and whose answers steer what the
 * judge plays.
 *
 * What may be answered is the exercise's to say, with each question. The first answer that may not be ends it: nothing is asked from then
 * on, and the failure has the last questions as its steps. A judge that finds the play wrong as a whole says so with `fail`.
 *
 * Not here: classes of which every answer is known beforehand (asked.ts).
 */
import type { Argument, Call, Value } from '../sandbox/protocol.ts';
import { type Bench, shown, troubleOf } from './bench.ts';
import type { Curve, Failure, Step } from './exercise.ts';

export interface Question<T> {
  readonly method: string;
  /** The method in causes, where another class has one of that name. */
  readonly named?: string;
  readonly args: readonly Argument[];
  /** As it would be written. */
  readonly text: string;
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
  /** Questions that a failure tells, at most. */
  readonly mostSteps: number;
}

export interface FailureMore {
  /** What was asked, where it is not the last question. */
  readonly asked?: string;
  readonly at?: string | undefined;
  /** A play as a whole: drawn, and no steps told. */
  readonly curve?: Curve;
}

/** Questions that are asked in one go. */
const atOnce = 400;

export class OwnPolicy {
  readonly #bench: Bench;
  readonly #of: PolicyClass;
  readonly #steps: string[] = [];
  #units = 0;
  #calls = 0;
  failure: Failure | undefined;

  constructor(bench: Bench, of: PolicyClass) {
    this.#bench = bench;
    this.#of = of;
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
      for (const [i, { method, named = method, text, expected, read: meaning }] of some.entries()) {
        this.#steps.push(text);
        if (this.#steps.length > this.#of.mostSteps) this.#steps.shift();
        const trouble = troubleOf(answers[i], stopped);
        if (trouble !== undefined) {
          this.fail(`${named} ${trouble.cause}`, trouble.words, expected, { at: trouble.at });
          break;
        }
        const [value, units] = answers[i] as readonly [Value, number];
        this.#units += units;
        this.#calls++;
        const meant = meaning(value);
        if ('wrong' in meant) {
          this.fail(`${named} ${meant.wrong}`, shown(value), expected);
          break;
        }
        read.push(meant.answer);
      }
    }
    return this.failure === undefined ? read : undefined;
  }

  /** Units a call, on average: tenths. */
  get work(): number {
    return Math.round((10 * this.#units) / Math.max(1, this.#calls)) / 10;
  }

  /** Ends it: what was answered is wrong, or what came of it. */
  fail(cause: string, answered: string, expected: string, more: FailureMore = {}): Failure {
    const { asked = this.#steps.at(-1) ?? '', at, curve } = more;
    this.failure = {
      ...{ cause, asked, answered, expected, steps: curve === undefined ? [...this.#steps] : [] },
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
