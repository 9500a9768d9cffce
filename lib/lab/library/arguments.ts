/**
 * Arguments: what the functions of the library are given, checked before anything happens.
 *
 * A subject, a path, a record, a signal and a listener that are none are ERR_INVALID_ARGUMENT; values of options are
 * ERR_INVALID_OPTION.
 *
 * Not here: options that are declared (settings.ts).
 */
import { describe } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';

export function refuseArgument(message: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_ARGUMENT', message, { value });
}

/** Passes a text. @param what what it is, as `a subject is the name of …` begins */
export function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string') refuseArgument(`${what}, not ${describe(value)}`, value);
}

/** Passes what a run can be ended by, and told to; either may be left out. */
export function checkListening(given: { readonly signal?: unknown; readonly onProgress?: unknown }): void {
  const { signal, onProgress } = given;
  const refuse = (option: string, must: string, value: unknown): never => {
    throw new PageHeapError(
      'ERR_INVALID_ARGUMENT',
      `option ${option}: must be ${must}, not ${describe(value)}`,
      {
        value,
        option,
      },
    );
  };
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('signal', 'an AbortSignal', signal);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    refuse('onProgress', 'a function', onProgress);
}
