/**
 * The errnos that the library decides on, and their names.
 *
 * Numbers are those of Linux on x86-64 and arm64 (asm-generic).
 */
import { getSystemErrorName } from 'node:util';

export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ENOSYS = 38;
export const ETIMEDOUT = 110;

/** The symbol of an errno, "ENOMEM"; "errno 4095" where it has none. */
export function errnoName(errno: number): string {
  if (!Number.isInteger(errno) || errno <= 0) return `errno ${errno}`;
  const name = getSystemErrorName(-errno);
  return name.startsWith('Unknown') ? `errno ${errno}` : name;
}
