/**
 * Looking at what the user's code threw. It may be anything, and to look at it may run code again, or throw: a proxy, an error whose message is a
 * symbol or a getter, one that is its own cause. Nothing here throws.
 */
import { types } from 'node:util';
import { describeThrown } from './describe.ts';

/** What was thrown, where to look at it is safe; else an Error that says what it was. */
export function lookable(thrown: unknown): unknown {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return thrown;
  try {
    if (!types.isProxy(thrown)) {
      if (!(thrown instanceof Error)) return thrown;
      const own = Object.getOwnPropertyDescriptor(thrown, 'message');
      if (typeof (own === undefined ? thrown.message : own.value) === 'string') return thrown;
    }
  } catch {
    // That was the look.
  }
  return new Error(describeThrown(thrown));
}

/** The most errors that are followed from one to what caused it. */
const deepest = 20;

/** The first of the errors that led to one another; undefined where it is none. */
export function rootErrorOf(error: unknown): Error | undefined {
  let root: Error | undefined;
  try {
    for (let at = error, depth = 0; at instanceof Error && depth <= deepest; depth++) {
      root = at;
      at = at.cause;
    }
  } catch {
    // What caused it is not to be known.
  }
  return root;
}

/** The stack of an error; undefined where it has none that is a text. */
export function stackOf(error: unknown): string | undefined {
  try {
    const stack = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
