/**
 * Signals to processes that a test began. A pid that was looked for and not found is often 0, and 0 means the whole
 * group: the test runner, and the shell that began it. So every test sends its signals from here
 * (test/layers.test.ts).
 */

function existing(pid: number | undefined): number {
  if (pid === undefined || !Number.isSafeInteger(pid) || pid <= 1)
    throw new RangeError(`${pid} is no process of a test's: it has ended, or was not found`);
  return pid;
}

/** Sends a signal to one process. Throws RangeError where `pid` is not that of one. */
export function sendSignal(pid: number | undefined, signal: NodeJS.Signals): void {
  process.kill(existing(pid), signal);
}

/** Sends a signal to the group of processes that `leader` leads. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  process.kill(-existing(leader), signal);
}

/** A zombie is alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(existing(pid), 0);
    return true;
  } catch {
    return false;
  }
}
