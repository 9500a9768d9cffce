/**
 * Pipes to another process that are used without the event loop: what is sent and answered is part of a loop that must
 * be held up when the other end is.
 *
 * This process's end does not block; whoever finds it full or empty waits here, for as long as there is patience.
 */
import { PageHeapError } from '../base/errors.ts';
import { type Addon, buildCommand, loadAddon } from './addon.ts';
import { EINTR, errnoName } from './errno.ts';

/** What is asked of the addon. */
type Pipes = Pick<Addon, 'makePipe' | 'waitPipe'>;

/** Descriptors. Neither is inherited by other processes unless it is handed on. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** The longest wait of one call, ms: the addon's. */
const sliceMs = 1000;

/** @param own which end is this process's, and does not block. @throws PageHeapError ERR_SYSTEM */
export function makePipe(own: 'read' | 'write', addon: Pipes = loadAddon()): Pipe {
  // A build of before has no pipes.
  if ((addon.makePipe as unknown) === undefined)
    throw new PageHeapError('ERR_ADDON', `the native addon is older than this: run \`${buildCommand()}\``);
  const ends = new Float64Array(2);
  const errno = addon.makePipe(ends, own === 'write');
  if (errno !== 0)
    throw new PageHeapError('ERR_SYSTEM', `there can be no pipe: ${errnoName(errno)}`, {
      errno,
      syscall: 'pipe2',
    });
  return { read: ends[0], write: ends[1] };
}

/** Waits until a pipe can be read from or written to, or its other end is gone; false when the time is over. */
export function waitForPipe(
  fd: number,
  what: 'read' | 'write',
  ms: number,
  addon: Pipes = loadAddon(),
): boolean {
  const until = performance.now() + ms;
  for (;;) {
    const left = until - performance.now();
    const answer = addon.waitPipe(fd, what === 'write', Math.min(sliceMs, Math.max(0, left)));
    if (answer > 0) return true;
    if (answer < 0 && answer !== -EINTR)
      throw new PageHeapError('ERR_SYSTEM', `a pipe cannot be waited for: ${errnoName(-answer)}`, {
        errno: -answer,
        syscall: 'poll',
      });
    if (left <= 0) return false;
  }
}
