/**
 * The calls of a session, and how one ends: with a failure that has them, or without one where the page heap may
 * decline what a check is about.
 *
 * A step that begins with two blanks is what the call before it did or answered.
 */

/** A page heap does what the contract forbids. */
export class ConformanceError extends Error {
  /** The calls that led there, oldest first: all of them. */
  readonly steps: readonly string[];

  constructor(message: string, steps: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConformanceError';
    this.steps = steps;
  }
}

/** Why the rest of a check is not made. Never leaves the suite. */
export class Skipped extends Error {}

/**
 * Why a page heap declines, by what it threw where it may.
 * @throws the error itself where that is no refusal: a plain bug, a breach of the contract, or no Error
 */
export function refusal(error: unknown): string {
  const bug =
    !(error instanceof Error) ||
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof ConformanceError;
  if (bug) throw error;
  return `it refused: ${error.message}`;
}

/** `1 page`, `2 pages`. */
export const inPages = (n: number): string => `${n} page${n === 1 ? '' : 's'}`;

export class Steps {
  readonly #all: string[] = [];

  note(step: string): void {
    this.#all.push(step);
  }

  /** Ends the check with what is wrong. */
  fail(message: string): never {
    throw new ConformanceError(message, [...this.#all]);
  }

  require(holds: boolean, message: string): void {
    if (!holds) this.fail(message);
  }
}

const isCall = (step: string): boolean => !step.startsWith('  ');

/**
 * The last of a failure's steps, about `most` of them, from a call on: what comes before is counted. Of a single
 * call that did more than that, the call and the last of what it did.
 */
export function lastSteps(steps: readonly string[], most = 30): string[] {
  if (steps.length <= most) return [...steps];
  const last = steps.findLastIndex(isCall);
  const next = steps.findIndex((step, i) => i >= steps.length - most && isCall(step));
  const from = next < 0 ? Math.max(0, last) : next;
  const earlier = steps.slice(0, from).filter(isCall).length;
  const shown = steps.slice(from);
  const cut =
    shown.length <= most
      ? shown
      : [...shown.slice(0, 1), `  … ${shown.length - most} earlier`, ...shown.slice(1 - most)];
  return earlier === 0 ? cut : [`… ${earlier} earlier`, ...cut];
}
