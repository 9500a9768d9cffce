/**
 * Signals to child processes. A child that could not be started has no pid, and until Node has told so its `kill` sends the
 * signal to a pid that nobody has written: mostly 0, the whole group of this process and of whoever began it. So nothing else calls `kill` of a child.
 */
import type { ChildProcess } from 'node:child_process';

/** Sends a signal to a child, if it was started. One that has ended gets none. */
export function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) child.kill(signal);
}
