/**
 * What may be written to: no output may be what is read, nor the file that a run which has not ended is writing.
 *
 * Files are told apart by device and inode, so that neither another name nor a link hides one; and they are looked
 * at before anything is truncated. A run holds its file's lock (os/file-lock.ts) until it ends.
 *
 * Not here: writing a document (document.ts), a run file (run-file.ts).
 */
import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { PageHeapError } from '../../base/errors.ts';
import { isFileLocked } from '../../os/file-lock.ts';
import { standardInput } from '../trace/bytes.ts';

/** What a path leads to, or standard input; undefined where there is nothing, or nothing to be seen. */
function statOf(path: string): Stats | undefined {
  try {
    return path === standardInput ? fstatSync(0) : statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether writing changes what a reader finds: not so with a terminal or /dev/null. */
const keepsBytes = (stat: Stats): boolean => stat.isFile() || stat.isBlockDevice();

const isSame = (a: Stats, b: Stats): boolean => a.dev === b.dev && a.ino === b.ino;

/** The input that a file is, if it is one of them. */
function inputOf(stat: Stats, inputs: readonly string[]): string | undefined {
  if (!keepsBytes(stat)) return undefined;
  return inputs.find((input) => {
    const other = statOf(input);
    return other !== undefined && isSame(stat, other);
  });
}

const nameOf = (input: string): string => (input === standardInput ? 'standard input' : input);

function refuse(file: string, why: string): never {
  throw new PageHeapError('ERR_FILE', why, { file });
}

/** Whether a run that has not ended is writing this file. What cannot be opened is not known to be. */
export function isLiveRun(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    return isFileLocked(fd);
  } finally {
    closeSync(fd);
  }
}

/** What is said of a file that a run is writing. */
export const liveRunWords = 'a run that has not ended is writing this file: name another output';

/**
 * Refuses an output that is one of the inputs, or a live run's file. A path where nothing is yet is right.
 * @param inputs paths that are read; `-` is standard input
 * @throws PageHeapError ERR_FILE
 */
export function checkOutput(path: string, inputs: readonly string[] = []): void {
  const stat = statOf(path);
  if (stat === undefined) return;
  const input = inputOf(stat, inputs);
  if (input !== undefined)
    refuse(path, `this is also what is read (${nameOf(input)}), and would be lost: name another output`);
  if (stat.isFile() && isLiveRun(path)) refuse(path, liveRunWords);
}

/**
 * Refuses an open file as output, standard output above all, that is one of the inputs.
 * @throws PageHeapError ERR_FILE
 */
export function checkOpenOutput(fd: number, name: string, inputs: readonly string[]): void {
  let stat: Stats;
  try {
    stat = fstatSync(fd);
  } catch {
    return;
  }
  const input = inputOf(stat, inputs);
  if (input !== undefined) refuse(nameOf(input), `is read, and ${name} would be written into it`);
}
