/**
 * Locks on open files, by which a process tells all others that it is writing one.
 *
 * A lock is the file's, whatever name led to it, and ends with the process. Where the file system knows no locks,
 * nobody holds one.
 */
import { type Addon, loadAddon } from './addon.ts';
import { EAGAIN } from './errno.ts';

/** What is asked of the addon. */
type Locks = Pick<Addon, 'lockFile'>;

/** Takes the lock of an open file for this process alone, until the file is closed; false where others have it. */
export function takeFileLock(fd: number, addon: Locks = loadAddon()): boolean {
  return addon.lockFile(fd, true) !== EAGAIN;
}

/** Whether another open file, of this process or another, holds the lock. The lock asked by goes with the file. */
export function isFileLocked(fd: number, addon: Locks = loadAddon()): boolean {
  return addon.lockFile(fd, false) === EAGAIN;
}
