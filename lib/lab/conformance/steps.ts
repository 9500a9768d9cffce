/**
 * The calls of a session, and how one ends: with a failure that has them, or without one where the page heap may
 * decline what a check is about.
 *
 * A step that begins with two blanks is what the call before it did or answered. A failure is kept, too: it may be
 * thrown through a class that catches whatever its host throws, and ends the check with the next call then.
 */
import { describeThrown } from '../../base/describe.ts';
import { lookable } from '../../base/thrown.ts';

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

/** The page heap threw, where it must not. `cause` is what it threw. */
export class ThrownError extends ConformanceError {}

/** Why the rest of a check is not made. Never leaves the suite. */
export class Skipped extends Error {}

/**
 * Why a page heap declines, by what it threw where it may.
 * @throws the error itself where that is no refusal: a plain bug, a breach of the contract, or no Error
 */
export function refusal(error: unknown): string {
  const thrown = error instanceof ThrownError ? error.cause : error;
  const bug =
    !(thrown instanceof Error) ||
    thrown instanceof TypeError ||
    thrown instanceof ReferenceError ||
    thrown instanceof ConformanceError;
  if (bug) throw error;
  return `it refused: ${thrown.message}`;
}

/** `1 page`, `2 pages`. */
export const inPages = (n: number): string => `${n} page${n === 1 ? '' : 's'}`;

/** A step as a call: `alloc 7` is `alloc(7)`, `release 8192 bytes, by force` is `release(8192)`. */
function asCall(step: string): string {
  const [, name, rest = ''] = /^(\w+)([^,]*)/.exec(step) ?? ['', 'it'];
  return `${name}(${(rest.match(/-?[\d.]+(?:e[+-]?\d+)?|Infinity/g) ?? []).join(', ')})`;
}

const isCall = (step: string): boolean => !step.startsWith('  ');

export class Steps {
  readonly #all: string[] = [];
  /** The calls that changed a page's state, by their number; 0 is none. */
  readonly #changes: string[] = [''];
  #failure: ConformanceError | undefined;

  note(step: string): void {
    this.#all.push(step);
  }

  /** Notes a call that may change the state of pages. @returns its number */
  noteChange(step: string): number {
    this.note(step);
    return this.#changes.push(asCall(step)) - 1;
  }

  /** The call of a number: `alloc(7)`. */
  change(number: number): string {
    return this.#changes[number] ?? '';
  }

  /** The last call: `alloc(7)`. */
  get lastCall(): string {
    return asCall(this.#all.findLast(isCall) ?? '');
  }

  /** Ends the check with what is wrong. */
  fail(message: string): never {
    this.#failure = new ConformanceError(message, [...this.#all]);
    throw this.#failure;
  }

  /** Ends the check with what a call of the page heap threw. */
  threw(call: string, raw: unknown): never {
    const thrown = lookable(raw);
    // Its host told it so, and it passed that on.
    if (thrown instanceof ConformanceError || thrown instanceof Skipped) throw thrown;
    throw new ThrownError(`${call} threw ${describeThrown(raw)}`, [...this.#all], { cause: thrown });
  }

  require(holds: boolean, message: string): void {
    if (!holds) this.fail(message);
  }

  /** Ends the check with a failure that the page heap caught. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

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
