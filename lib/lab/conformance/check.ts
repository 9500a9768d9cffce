/** A named check of the conformance suite, and what comes of it: kept, broken, or skipped with the reason. */
import { Skipped } from './steps.ts';

export interface ConformanceCheck {
  readonly name: string;
  /**
   * Throws a ConformanceError with the steps that led there, or whatever the page heap throws. Passes where it was
   * skipped, too.
   */
  readonly run: () => void;
  /** The same, and answers why it was skipped, where it was: the page heap cannot, or refuses, what it is about. */
  readonly attempt: () => string | undefined;
}

/** What came of a check. */
export interface ConformanceResult {
  readonly name: string;
  /** Undefined where it passed, or was skipped. */
  readonly error: Error | undefined;
  /** Why it was not made. Undefined where it was. */
  readonly skipped: string | undefined;
}

/** Leaves the rest of a check: what it is about the page heap need not do. */
export function skip(reason: string): never {
  throw new Skipped(reason);
}

export function makeCheck(name: string, body: () => void): ConformanceCheck {
  const attempt = (): string | undefined => {
    try {
      body();
      return undefined;
    } catch (error) {
      if (error instanceof Skipped) return error.message;
      throw error;
    }
  };
  return {
    name,
    attempt,
    run: () => {
      attempt();
    },
  };
}
