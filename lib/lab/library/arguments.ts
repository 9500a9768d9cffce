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
import { type Comparison, faultOfComparison } from '../metrics/comparison.ts';
import { faultOfData, type RunData } from '../record/run-data.ts';
import { isJsonObject, type Shape } from '../record/shapes.ts';

function refuseArgument(message: string, value: unknown): never {
  throw new PageHeapError('ERR_INVALID_ARGUMENT', message, { value });
}

/** Passes the path or the name of something, `what` in words. */
export function checkPath(value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string') refuseArgument(`${what} is expected, a text, not ${describe(value)}`, value);
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

/** @param name what is expected, and by whom it is answered */
function checkShape(fault: Shape, value: unknown, name: string): void {
  if (!isJsonObject(value)) refuseArgument(`${name}, is expected, not ${describe(value)}`, value);
  const wanted = fault(value);
  if (wanted !== undefined) refuseArgument(`${name}, needs ${wanted}`, value);
}

export function checkData(value: unknown): asserts value is RunData {
  checkShape(faultOfData, value, 'the record of a run, as readRun answers it');
}

export function checkComparison(value: unknown): asserts value is Comparison {
  checkShape(faultOfComparison, value, 'a comparison, as readComparison answers it');
}
