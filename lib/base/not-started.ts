/**
 * What is said where the system lets no process be started, or loads none of its program: its limits of processes and of open
 * files are the likely causes.
 */
import { PageHeapError } from './errors.ts';
import { likelyLimit, limitOfExit } from './limits.ts';
import { libraryPath, moduleExtension } from './package-files.ts';
import { permissionWords } from './permission.ts';

/** What Node runs so that a program's process can say why it is not loaded; the program's path is its first argument. */
export const programLoader = libraryPath(`base/program-child${moduleExtension}`);

/** @param what the process, as the subject of a sentence @param cause what spawn threw, or its `error` event told */
export function notStarted(what: string, cause: unknown): PageHeapError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  const refused = permissionWords(cause);
  const why = likelyLimit(code);
  return new PageHeapError(
    'ERR_SYSTEM',
    `${what} cannot be started: ${refused ?? `${code}${why === undefined ? '' : ` (${why})`}`}`,
    { syscall: 'spawn', cause },
  );
}

/** The error of a process that ended with this code; undefined where it says nothing of the kind. */
export function notLoaded(what: string, exitCode: number | null): PageHeapError | undefined {
  const code = limitOfExit(exitCode);
  return code === undefined
    ? undefined
    : new PageHeapError('ERR_SYSTEM', `${what} cannot load its program: ${code} (${likelyLimit(code)})`, {
        value: exitCode,
      });
}
