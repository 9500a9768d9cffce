/**
 * A terminal that is gone before this process: its window was closed, or the connection to it has ended.
 *
 * Node puts back a terminal's settings as it exits, and takes the error of one that is gone for its own defect: it aborts, with
 * a crash report, or a core file. A descriptor that has become another file meanwhile it leaves alone. So what was a terminal at the start, and
 * is none at the end, becomes /dev/null then. Node's streams have descriptors of their own, and can go on with their errors.
 *
 * Each program of Node that may stand at a terminal calls this: commands, and the processes that they start with their streams.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const standard = [0, 1, 2];
let terminals: readonly number[] | undefined;

function leave(): void {
  for (const fd of terminals ?? [])
    if (!isatty(fd))
      try {
        closeSync(fd);
        // The lowest one that is free: this one.
        openSync('/dev/null', 'r+');
      } catch {
        // Somebody has closed it.
      }
}

/** From now on this process can end without its terminal. */
export function surviveTerminal(): void {
  if (terminals !== undefined) return;
  terminals = standard.filter((fd) => isatty(fd));
  if (terminals.length > 0) process.on('exit', leave);
}
