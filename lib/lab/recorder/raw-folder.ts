/**
 * The folder of a recording that is being made: a raw file for each image of each process, `PID-N.raw`, and a line of JSON
 * about the whole, `recording.json`, for whoever finds the folder after the recorder was killed.
 *
 * The folder lies beside the output. Where root records, everyone may write in it: a program may give up its privileges
 * before it starts another. Otherwise it is its maker's alone.
 */
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError, nothingAt } from '../../os/file-error.ts';
import { readCounter } from '../../os/recorder.ts';
import { type RawHeader, rawHeaderBytes, rawMagic, readRawHeader } from '../trace/raw.ts';
import { type RawFile, rawFilesIn, sessionName } from '../trace/raw-files.ts';

/** How long the counter is watched before anything starts, in nanoseconds. */
const watchedNs = 5e6;

/** Counts a microsecond of the processor's counter. */
export function counterRate(): number {
  const { count, ns } = readCounter();
  for (;;) {
    const now = readCounter();
    if (now.ns - ns >= watchedNs) return (1000 * (now.count - count)) / (now.ns - ns);
  }
}

/** The folder's own line, as it may be found. */
interface Session {
  readonly rate?: unknown;
  readonly command?: unknown;
}

/** Why there is nothing to pack: no such place, or what is there is something else. */
function noRawFolder(path: string, cause: unknown): PageHeapError {
  const stat = statSync(path, { throwIfNoEntry: false });
  const { code, name } = cause as NodeJS.ErrnoException;
  const isOther = code === 'ENOENT' || code === 'ENOTDIR' || name === 'SyntaxError';
  if (!isOther) return fileError(path, cause);
  if (stat === undefined)
    return new PageHeapError('ERR_FILE', nothingAt(path, 'there is no such folder'), { file: path, cause });
  const what = stat.isDirectory() ? 'this folder holds no' : 'is a file, not the folder of';
  return new PageHeapError('ERR_FILE', `${what} raw files that a recorder left`, { file: path, cause });
}

export class RawFolder {
  readonly path: string;
  /** Counts a microsecond. */
  readonly rate: number;
  /** What the recorder was told to run; empty where that is not known. */
  readonly command: readonly string[];

  private constructor(path: string, rate: number, command: readonly string[]) {
    this.path = path;
    this.rate = rate;
    this.command = command;
  }

  /** Makes one beside an output. @throws PageHeapError ERR_FILE */
  static make(output: string, command: readonly string[]): RawFolder {
    let path: string | undefined;
    try {
      // Programs change their folder.
      const folder = realpathSync(dirname(output));
      path = mkdtempSync(join(folder, `${basename(output).slice(0, 200)}.raw-`));
      if (process.geteuid?.() === 0) chmodSync(path, 0o1777);
      const rate = counterRate();
      writeFileSync(join(path, sessionName), `${JSON.stringify({ output, command, rate })}\n`);
      return new RawFolder(path, rate, command);
    } catch (cause) {
      // A full disk may have had room for the folder alone.
      if (path !== undefined) rmSync(path, { recursive: true, force: true });
      throw fileError(output, cause);
    }
  }

  /** Opens one that a recorder left. @throws PageHeapError ERR_FILE where it is none */
  static open(path: string): RawFolder & { readonly output?: string } {
    try {
      const { rate, command } = JSON.parse(readFileSync(join(path, sessionName), 'utf8')) as Session;
      return new RawFolder(
        path,
        typeof rate === 'number' ? rate : counterRate(),
        Array.isArray(command) ? command.map(String) : [],
      );
    } catch (cause) {
      throw noRawFolder(path, cause);
    }
  }

  /** The raw files, in the order of processes and their images. */
  files(): RawFile[] {
    return rawFilesIn(this.path);
  }

  /** Removes it, if nothing but its own line is in it. @returns whether it is gone */
  remove(): boolean {
    if (this.files().length > 0) return false;
    try {
      rmSync(join(this.path, sessionName), { force: true });
      rmdirSync(this.path);
      return true;
    } catch {
      return false;
    }
  }
}

/** The header of a raw file; undefined where it has none yet. @throws PageHeapError ERR_TRACE */
export function headerOf(path: string): RawHeader | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const bytes = Buffer.alloc(rawHeaderBytes);
    if (readSync(fd, bytes, 0, rawHeaderBytes, 0) < rawHeaderBytes) return undefined;
    return bytes.toString('latin1', 0, rawMagic.length) === rawMagic ? readRawHeader(bytes, path) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Whether the process that writes a raw file still does: it has the file mapped. */
export function isWritten({ path, pid }: RawFile): boolean {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(path);
  } catch {
    return false;
  }
}
