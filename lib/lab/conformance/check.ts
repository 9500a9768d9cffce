/**
 * A named check of the conformance suite, and what comes of it: kept, broken, or skipped with the reason.
 *
 * Memory that the system refuses is no fault of what is checked, which has no part in asking for it: such a check is skipped.
 */
import { PageHeapError } from '../../base/errors.ts';
import { ConformanceError, Skipped } from './steps.ts';

export interface ConformanceCheck {
  readonly name: string;
  /**
   * Throws a ConformanceError with the steps that led there, or whatever the page heap throws. Passes where it was
   * skipped, too.
   */
  readonly run: () => void;
  /** The same, and answers why it was skipped, where it was: the page heap, or this machine, cannot do what it is about. */
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

/** Why the system had no memory for the heap of a check, if that is what ended it; a heap without room is another matter. */
function refusedMemory(error: unknown): string | undefined {
  const last = error instanceof ConformanceError ? error.cause : error;
  return last instanceof PageHeapError && last.code === 'ERR_OUT_OF_MEMORY' && last.errno !== undefined
    ? `it needs more memory, or address space, than this process may have (see \`ulimit -v\`): ${last.message}`
    : undefined;
}

export function makeCheck(name: string, body: () => void): ConformanceCheck {
  const attempt = (): string | undefined => {
    try {
      body();
      return undefined;
    } catch (error) {
      if (error instanceof Skipped) return error.message;
      const refused = refusedMemory(error);
      if (refused !== undefined) return refused;
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
