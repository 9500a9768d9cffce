/**
 * Documents: files that are finished when they are written, such as reports, an index, a certificate.
 *
 * A document is written beside its place and renamed over it. Whatever ends the process, the old document is there or
 * the new one, whole. Links are followed, and what is replaced leaves its mode, and its owner where that is permitted.
 * What has no place to write beside is written directly: pipes, devices, open descriptors (`/dev/stdout`), and a
 * file in a folder that takes no other, or that is mounted by itself.
 *
 * Not here: one that is written piece by piece (long-document.ts); a run file, which grows where it stands (run-file.ts).
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { permissionWords, unlessRefused } from '../../base/permission.ts';
import { whileWaiting } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';
import { followLinks } from './links.ts';
import { checkOutput } from './output.ts';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Kept of a mode: all but what the file is. */
const modeBits = 0o7777;
/** A pipe of another's that is full is asked again after so many milliseconds. */
const fullPipeMs = 5;

/** The descriptor that a path names, such as `/dev/stdout`; to open it anew would begin its file at the front. */
function descriptorOf(path: string): number | undefined {
  const names: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 };
  const n = names[path] ?? /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
  return n === undefined ? undefined : Number(n);
}

/** Writes all of it, also to a pipe that is full and does not block. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipeMs);
    }
  }
}

/** A file that is to take the place of another, beside it. */
export interface Beside {
  readonly fd: number;
  readonly path: string;
}

/** A file of its own beside another. */
export function openBeside(path: string): Beside {
  for (let n = 0; ; n++) {
    const beside = join(dirname(path), `.${basename(path).slice(0, 200)}.${process.pid}-${n}`);
    try {
      return { fd: openSync(beside, 'wx'), path: beside };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** What a file that takes the place of another has of it. */
export function inherit({ fd, path }: Beside, former: Stats): void {
  try {
    fchownSync(fd, former.uid, former.gid);
  } catch {
    // Not permitted: then it is the writer's, as a new file is.
  }
  try {
    fchmodSync(fd, former.mode & modeBits);
  } catch (error) {
    // Node's permission model knows paths alone.
    if (permissionWords(error) === undefined) throw error;
    chmodSync(path, former.mode & modeBits);
  }
}

/** Where space is promised late, its lack is told here at the latest. Under Node's permission model it is told later. */
export const flush = (fd: number): void => unlessRefused(() => fsyncSync(fd));

/** Why a file that is there cannot be replaced, though it may well be written: its folder, or a mount on it. */
const onlyInPlace = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);

function replace(path: string, bytes: Uint8Array, former: Stats | undefined): void {
  const beside = openBeside(path);
  try {
    try {
      writeAll(beside.fd, bytes);
      if (former !== undefined) inherit(beside, former);
      flush(beside.fd);
    } finally {
      closeSync(beside.fd);
    }
    renameSync(beside.path, path);
  } catch (error) {
    rmSync(beside.path, { force: true });
    throw error;
  }
}

function writeInPlace(path: string, bytes: Uint8Array, isFile: boolean): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    if (isFile) ftruncateSync(fd);
    writeAll(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

function write(path: string, bytes: Uint8Array): void {
  const open = descriptorOf(path);
  if (open !== undefined) {
    writeAll(open, bytes);
    return;
  }
  const former = statSync(path, { throwIfNoEntry: false });
  if (former !== undefined && !former.isFile() && !former.isDirectory()) {
    whileWaiting(path, () => writeInPlace(path, bytes, false));
    return;
  }
  try {
    replace(followLinks(path), bytes, former);
  } catch (error) {
    if (former?.isFile() !== true || !onlyInPlace.has(codeOf(error) ?? '')) throw error;
    writeInPlace(path, bytes, true);
  }
}

/**
 * Writes a document.
 * @param inputs what it was made from, which it must not replace
 * @throws PageHeapError ERR_FILE; what was there is as it was
 */
export function writeDocument(path: string, text: string | Uint8Array, inputs: readonly string[] = []): void {
  checkOutput(path, inputs);
  try {
    write(path, Buffer.from(text as string));
  } catch (cause) {
    throw fileError(path, cause);
  }
}
