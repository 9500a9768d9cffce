/** What is said where the system lets no process be started: its limits of processes and of open files are the likely causes. */
import { PageHeapError } from './errors.ts';
import { permissionWords } from './permission.ts';

const causes: Readonly<Record<string, string>> = {
  EAGAIN: 'no more processes are allowed here: see `ulimit -u`, or pids.max of the cgroup',
  EMFILE: 'this process may open no more files: see `ulimit -n`',
  ENFILE: 'the system has too many files open',
  ENOMEM: 'memory is out',
};

/** Why the system has refused something, in words; undefined where its code tells nobody more. */
export const likelyLimit = (code: string): string | undefined =>
  Object.hasOwn(causes, code) ? causes[code] : undefined;

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
