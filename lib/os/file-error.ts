/**
 * What Node says of files that cannot be opened, read or written, in this library's words.
 */
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { PageHeapError } from '../base/errors.ts';
import { permissionWords } from '../base/permission.ts';

/** What the codes of Node's errors about files mean. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'this is a folder',
  ENOTDIR: 'its path leads through a file',
  EACCES: 'permission denied',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENXIO: 'nobody reads from it, or there is no such device',
  EPIPE: 'nobody reads from it any more',
  ETXTBSY: 'it is a program that is being run',
  EFBIG: 'the file would be larger than is permitted',
  EIO: 'the device fails',
};

/** The first folder on the way to a path that is not there, as the path names it. */
export function missingFolder(path: string): string | undefined {
  let missing: string | undefined;
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) {
    missing = folder;
    if (dirname(folder) === folder) break;
  }
  return missing;
}

/** What is said where nothing is at a path: that there is no such file, or no folder on the way to it. */
export function nothingAt(path: string, otherwise = 'no such file'): string {
  const folder = missingFolder(path);
  return folder === undefined ? otherwise : `no such folder: ${folder}`;
}

/** An error of Node's about a file in words. */
export function fileReason(cause: unknown): string {
  const { code, path } = cause as NodeJS.ErrnoException;
  const refused = permissionWords(cause);
  if (refused !== undefined) return refused;
  if (code === 'ENOENT' && typeof path === 'string') return nothingAt(path);
  // Of a path Node refuses that alone.
  if (code === 'ERR_INVALID_ARG_VALUE') return 'a name cannot hold the character of number 0';
  return reasons[code ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Whether a call of the system's that failed tells of a file: of its place, or of the right to it. */
export function tellsOfFile(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  // Files that are open already tell of the process.
  const isKnown = code !== undefined && code !== 'EMFILE' && Object.hasOwn(reasons, code);
  return (
    error instanceof Error &&
    syscall !== undefined &&
    syscall !== 'spawn' &&
    typeof path === 'string' &&
    isKnown
  );
}

/** Where a link leads, if there is a link of this name, and nothing is there. */
export function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() && !existsSync(path) ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** An error of Node's about a file, as one of this library's. */
export function fileError(path: string, cause: unknown): PageHeapError {
  const { syscall, code } = cause as NodeJS.ErrnoException;
  if (path === '')
    return new PageHeapError('ERR_FILE', 'the name of the file is empty', { value: path, cause });
  const target = code === 'ENOENT' ? linkTarget(path) : undefined;
  const reason =
    target === undefined
      ? code === 'ENOENT'
        ? nothingAt(path)
        : fileReason(cause)
      : `a link that leads nowhere: there is no file ${target}`;
  return new PageHeapError('ERR_FILE', reason, {
    file: path,
    cause,
    ...(syscall === undefined ? {} : { syscall }),
  });
}
