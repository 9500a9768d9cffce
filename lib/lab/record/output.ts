/**
 * What may be written to: no output may be what is read, nor the file that a run which has not ended is writing.
 *
 * Files are told apart by device and inode, so that neither another name nor a link hides one; and they are looked
 * at before anything is truncated. A run holds its file's lock (os/file-lock.ts) until it ends. Of an open output, such
 * as standard output, the file is opened anew for the look: a lock asked for by its own descriptor would stay with
 * whoever else has it.
 *
 * Not here: writing a document (document.ts), a run file (run-file.ts).
 */
import {
  accessSync,
  closeSync,
  existsSync,
  fstatSync,
  constants as modes,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import { isFileLocked } from '../../os/file-lock.ts';
import { standardInput } from '../trace/bytes.ts';
import { followLinks } from './links.ts';

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

/** The input's name, where the output was given another. */
const ofName = (path: string, input: string): string => (path === input ? '' : `, ${nameOf(input)}`);

function refuse(file: string, why: string, fd?: number): never {
  throw new PageHeapError('ERR_FILE', why, { file, ...(fd === undefined ? {} : { value: fd }) });
}

/** Whether a run that has not ended is writing this file. What cannot be opened is not known to be. */
export function isLiveRun(path: string): boolean {
  // A FIFO would wait for its other end.
  if (statOf(path)?.isFile() !== true) return false;
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
const liveRunFile = 'a run that has not ended is writing this file';
export const liveRunWords = `${liveRunFile}: name another output`;

/** The path of an open file, as far as it is known. */
function pathOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return link;
  }
}

/**
 * Refuses an output that is one of the inputs, a module (it may be one that an input imports), or a live run's file. A path where
 * nothing is yet is right.
 * @param inputs paths that are read; `-` is standard input
 * @throws PageHeapError ERR_FILE
 */
export function checkOutput(path: string, inputs: readonly string[] = []): void {
  const stat = statOf(path);
  if (stat === undefined) return;
  const input = inputOf(stat, inputs);
  if (input !== undefined)
    refuse(path, `this is the input${ofName(path, input)}; writing the output there would lose it`);
  // What modules of the command line import is not known here.
  if (stat.isFile() && stat.size > 0 && /\.[cm]?[jt]sx?$/.test(placeOf(path)))
    refuse(path, 'this is a module; writing the output there would lose it');
  if (isLiveRun(path)) refuse(path, liveRunWords);
}

/** Refuses a path that is seen to be none for a file, before the work whose result goes there. @throws PageHeapError ERR_FILE */
export function checkWritable(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(resolve(path)), modes.W_OK);
  } catch (error) {
    throw fileError(path, error);
  }
  if (statOf(path)?.isDirectory() === true) refuse(path, 'is a folder');
}

/** A file to be written, and what goes there. */
export interface Output {
  readonly path: string;
  /** As a sentence may end: `the heap dumps`. */
  readonly what: string;
}

/** Where a path that leads nowhere yet would lead: two names of one file to be are one. */
function placeOf(path: string): string {
  try {
    const end = followLinks(path);
    return join(realpathSync(dirname(end)), basename(end));
  } catch {
    return resolve(path);
  }
}

function isOneFile(a: string, b: string): boolean {
  const [one, other] = [statOf(a), statOf(b)];
  if (one === undefined || other === undefined)
    return one === undefined && other === undefined && placeOf(a) === placeOf(b);
  return keepsBytes(one) && isSame(one, other);
}

/**
 * Refuses, of several outputs, one that is an input or a live run's file, and two that are one file.
 * @throws PageHeapError ERR_FILE, before anything is opened
 */
export function checkOutputs(outputs: readonly Output[], inputs: readonly string[]): void {
  for (const [i, { path, what }] of outputs.entries()) {
    checkOutput(path, inputs);
    const first = outputs.slice(0, i).find((other) => isOneFile(path, other.path));
    if (first !== undefined) refuse(path, `${first.what} and ${what} cannot both go into one file`);
  }
}

/** What is written to though nobody opened it here. */
const openOutputs = [
  { fd: 1, name: 'standard output' },
  { fd: 2, name: 'standard error' },
] as const;

/**
 * Refuses standard output, or standard error, that is one of the inputs, or a live run's file.
 * @throws PageHeapError ERR_FILE, with the descriptor as its value
 */
export function checkOpenOutputs(inputs: readonly string[] = []): void {
  for (const { fd, name } of openOutputs) checkOpenOutput(fd, name, inputs);
}

/** Whether an error is that of standard error, which is no place to tell it. */
export function isOfStandardError(error: PageHeapError): boolean {
  return error.code === 'ERR_FILE' && error.value === process.stderr.fd;
}

export function checkOpenOutput(fd: number, name: string, inputs: readonly string[] = []): void {
  let stat: Stats;
  try {
    stat = fstatSync(fd);
  } catch {
    return;
  }
  const input = inputOf(stat, inputs);
  if (input !== undefined)
    refuse(nameOf(input), `this is the input, and ${name} leads there; writing to it would spoil it`, fd);
  const again = `/proc/self/fd/${fd}`;
  if (isLiveRun(again)) refuse(pathOf(again), `${liveRunFile}, and ${name} leads there: name another`, fd);
}
