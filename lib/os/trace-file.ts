/**
 * Trace files: what a heap writes of itself while it works, a buffer at a time.
 *
 * The file is opened when the heap is made, so that what is wrong with it is told then, and its lock is taken
 * (file-lock.ts): no other trace, run or document goes there, whatever name led to the file. It is emptied with the first
 * buffer: a heap in which nothing happened leaves what was there, and makes no file. What is written late, when the heap
 * is disposed of, is the rest. A pipe, or a terminal, has nothing to lose, and somebody may wait for its other end: it is
 * opened with the first buffer.
 *
 * Not here: what stands in them.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { PageHeapError } from '../base/errors.ts';
import { whileWaiting } from '../base/waits.ts';
import type { Addon } from './addon.ts';
import { fileError } from './file-error.ts';
import { takeFileLock } from './file-lock.ts';

/** Bytes kept back at most. */
const bufferBytes = 64 * 1024;

const lockedWords =
  'another trace, or a run that has not ended, is being written to this file: name another output';

export class TraceFile {
  readonly #path: string | undefined;
  readonly #addon: Pick<Addon, 'lockFile'>;
  #fd: number | undefined;
  /** The file was made here, and nothing is in it yet. */
  #isNew = false;
  #isWritten = false;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #failure: { readonly cause: unknown } | undefined;

  /**
   * @param path undefined: standard error
   * @throws ERR_FILE where the file cannot be written, or somebody writes it
   */
  constructor(path: string | undefined, addon: Pick<Addon, 'lockFile'>) {
    this.#path = path;
    this.#addon = addon;
    try {
      if (path === undefined) this.#fd = process.stderr.fd;
      else this.#open(path);
    } catch (cause) {
      throw this.#errorOf(cause);
    }
  }

  /** Takes text, or bytes, which must stay as they are. What the system refuses is told when it is closed. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#chunks.push(bytes);
    this.#kept += bytes.length;
    if (this.#kept >= bufferBytes) this.#flush();
  }

  /** Writes the rest. @throws ERR_FILE where something could not be written */
  close(): void {
    this.#flush();
    this.#close();
    if (this.#failure !== undefined) throw this.#errorOf(this.#failure.cause);
  }

  #open(path: string): void {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isFIFO() || there?.isCharacterDevice()) return;
    this.#fd = openSync(path, constants.O_WRONLY | constants.O_CREAT);
    this.#isNew = there === undefined;
    if (!fstatSync(this.#fd).isFile() || takeFileLock(this.#fd, this.#addon)) return;
    // It is somebody's who came between.
    this.#isNew = false;
    this.#close();
    throw new PageHeapError('ERR_FILE', lockedWords, { file: path });
  }

  #close(): void {
    if (this.#path === undefined || this.#fd === undefined) return;
    try {
      if (this.#isNew) rmSync(realpathSync(this.#path), { force: true });
    } catch {
      // It is gone already.
    }
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#kept = 0;
    // The heap is in the middle of something: it cannot be left there.
    if (bytes.length === 0 || this.#failure !== undefined) return;
    try {
      const path = this.#path ?? '';
      this.#fd ??= whileWaiting(path, () => openSync(path, constants.O_WRONLY));
      this.#begin(this.#fd);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (cause) {
      this.#failure = { cause };
    }
  }

  /** Of what is there only a file's bytes are to go; standard error may be one, and goes on. */
  #begin(fd: number): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    this.#isNew = false;
    if (this.#path !== undefined && fstatSync(fd).isFile()) ftruncateSync(fd);
  }

  #errorOf(cause: unknown): PageHeapError {
    return cause instanceof PageHeapError ? cause : fileError(this.#path ?? 'standard error', cause);
  }
}
