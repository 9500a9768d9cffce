/**
 * Folders for what is recorded, and names in them.
 *
 * They are made level by level: where a folder is there but takes none (/proc), Node's recursive mkdir tries
 * for ever. What is wrong with a place is said before anything runs, and what was made for nothing goes again.
 *
 * Not here: the run files in them (run-folder.ts).
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileReason } from '../../os/file-error.ts';

function refuse(folder: string, why: string, cause?: unknown): never {
  throw new PageHeapError('ERR_FILE', why, { file: folder, ...(cause === undefined ? {} : { cause }) });
}

/** A name as part of a file's: letters, digits, `_.-`, at most 80, and not hidden. */
export function fileStem(name: string): string {
  return name
    .replace(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
}

/** A path that is not there yet: `base` and `ending`, with a number between them where that is taken. */
export function freePath(base: string, ending = ''): string {
  let path = `${base}${ending}`;
  for (let n = 2; existsSync(path); n++) path = `${base}-${n}${ending}`;
  return path;
}

/**
 * A path for what begins now, which is not there yet: `runs/perl-20250131-235959.jsonl`, with a number where two
 * begin in one second.
 */
export function stampedPath(folder: string, name: string, now: Date, ending = ''): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return freePath(join(folder, `${fileStem(name)}-${stamp}`), ending);
}

/**
 * As `stampedPath`, and makes the file, empty: two that begin in one second have two.
 * @throws PageHeapError ERR_FILE
 */
export function claimFile(folder: string, name: string, now: Date, ending: string): string {
  for (;;) {
    const path = stampedPath(folder, name, now, ending);
    try {
      closeSync(openSync(path, 'wx'));
      return path;
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') refuse(path, fileReason(cause), cause);
    }
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Whether a folder is there; false if nothing is. @throws PageHeapError ERR_FILE if something else is */
function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true;
  } catch (cause) {
    // A file further up is found on the way there.
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return false;
    refuse(path, fileReason(cause), cause);
  }
  return refuse(path, 'is a file, not a folder');
}

/** Makes one folder in one that is there; whether it did, or somebody else had. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' && isFolder(path)) return false;
    const none = codeOf(cause) === 'ENOENT';
    const why = none ? 'its file system takes none' : fileReason(cause);
    return refuse(path, `this folder cannot be made: ${why}`, cause);
  }
}

/**
 * Makes sure that a folder is there and can be written in.
 * @returns the folders that were made, from the top down
 * @throws PageHeapError ERR_FILE; nothing is made then
 */
export function makeFolder(path: string): string[] {
  const folder = resolve(path);
  const missing: string[] = [];
  for (let at = folder; !isFolder(at); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const at of missing) if (makeOne(at)) made.push(at);
    try {
      accessSync(folder, constants.W_OK);
    } catch (cause) {
      refuse(folder, `nothing can be written in this folder: ${fileReason(cause)}`, cause);
    }
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
  return made;
}

/**
 * Makes a folder that was not there, of this name, or with a number where that is taken: two that begin in one second
 * have two.
 * @returns its path, and the folders that were made for it and with it, from the top down
 * @throws PageHeapError ERR_FILE; nothing is made then
 */
export function claimFolder(path: string): { readonly folder: string; readonly made: readonly string[] } {
  const made = makeFolder(dirname(path));
  try {
    for (;;) {
      const folder = freePath(path);
      if (makeOne(folder)) return { folder, made: [...made, resolve(folder)] };
    }
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
}

/** Removes folders that `makeFolder` made, as far as nothing is in them. */
export function removeEmpty(made: readonly string[]): void {
  for (const at of made.toReversed()) {
    try {
      rmdirSync(at);
    } catch {
      return;
    }
  }
}
