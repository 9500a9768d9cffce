/**
 * Limits of the system by which it refuses processes, files or memory, in words; and as exit codes of a process that could not
 * load its program, by which the one that has started it learns that.
 */
const causes: Readonly<Record<string, string>> = {
  EAGAIN: 'no more processes are allowed here: see `ulimit -u`, or pids.max of the cgroup',
  EMFILE: 'this process may open no more files: see `ulimit -n`',
  ENFILE: 'the system has too many files open',
  ENOMEM: 'memory is out',
};

/** Why the system has refused something, in words; undefined where its code tells nobody more. */
export const likelyLimit = (code: string): string | undefined =>
  Object.hasOwn(causes, code) ? causes[code] : undefined;

/** Exit codes from this one on: by the place in `causes`. */
const firstExitCode = 220;

/** By which exit code a process tells it; undefined for another error. */
export function exitCodeOfLimit(code: string | undefined): number | undefined {
  const at = Object.keys(causes).indexOf(code ?? '');
  return at < 0 ? undefined : firstExitCode + at;
}

/** What a process told by its exit code: the system's word for it; undefined where it told nothing of the kind. */
export const limitOfExit = (exitCode: number | null): string | undefined =>
  Object.keys(causes)[(exitCode ?? 0) - firstExitCode];
