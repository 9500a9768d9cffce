/** A disk of its own, which is small: a tmpfs on a folder, where that may be mounted. */
import { execFileSync } from 'node:child_process';

/** Mounts one; who did unmounts it. @param skip of the test, which has no disk then */
export function mountSmallDisk(folder: string, size: string, skip: (why: string) => void): string {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder], { stdio: 'ignore' });
  } catch {
    skip('mounting a small disk is not allowed here');
  }
  return folder;
}

export const unmount = (folder: string): void => {
  execFileSync('umount', [folder]);
};
