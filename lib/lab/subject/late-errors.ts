/**
 * What the user's code does outside of its calls: an error that is thrown in a timer or an immediate, a promise that is rejected and that nobody
 * takes. No call fails by it, so Node ends the process with a stack. It is told as that class's failing instead, with its place.
 *
 * Whose it is the stack tells, where it leads into a module's file; otherwise whichever was loaded. An error whose stack has
 * nothing but this package's code is none of the user's.
 *
 * Not here: what a call throws (base/part.ts, pages/guard.ts).
 */
import { describeThrown } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { isOfPackage, placesOfError, shownPath } from '../../base/places.ts';
import { lookable } from '../../base/thrown.ts';
import { loadedClasses } from './load-class.ts';

/** What was thrown, or why a promise was rejected. */
interface Late {
  readonly cause: unknown;
  readonly isRejection: boolean;
}

/** As a failing of the user's; undefined where there is none of the user's code, or it is not to blame. */
function lateError({ cause, isRejection }: Late): PageHeapError | undefined {
  const loaded = loadedClasses();
  const places = placesOfError(cause);
  if (loaded.length === 0 || (places.length === 0 && isOfPackage(cause))) return undefined;
  const found = loaded.filter(({ path }) => places.some((place) => place.includes(`${shownPath(path)}:`)));
  const blamed = found.length === 0 ? loaded : found.slice(0, 1);
  const who = blamed.map(({ kind, name }) => `the ${kind} ${name}`).join(' or ');
  const did = isRejection ? 'left a rejected promise to nobody' : 'threw outside of its calls';
  const at = places[0] === undefined ? '' : ` (${places[0]})`;
  const code = blamed[0]?.kind === 'page heap' ? 'ERR_PAGE_HEAP' : 'ERR_POLICY';
  return new PageHeapError(code, `${who} ${did}: ${describeThrown(cause)}${at}`, {
    value: blamed[0]?.name,
    cause: lookable(cause),
  });
}

/**
 * From now on such an error does not end this process: it is told.
 * @param tell the error, as the user's failing where it is that; otherwise as it was thrown
 */
export function onLateErrors(tell: (error: unknown, isOfUser: boolean) => void): void {
  const take = (late: Late): void => {
    const error = lateError(late);
    tell(error ?? late.cause, error !== undefined);
  };
  process.on('uncaughtException', (cause) => take({ cause, isRejection: false }));
  process.on('unhandledRejection', (cause) => take({ cause, isRejection: true }));
}
