/**
 * Run files: what a run leaves behind, JSON lines.
 *
 * The writer collects lines and hands them to the system on `flush`, which the sampler calls on
 * every beat: whatever ends the process, the file is readable up to the last beat. While it is open it holds the
 * file's lock (os/file-lock.ts), so that nobody else writes there. The reader takes
 * a file that ends early, and one last line that was cut off; anything else that is not as it must
 * be is an error with its line.
 *
 * Not here: what the lines hold (lines.ts), how they are sorted (run-data.ts).
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { whileWaiting } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';
import { takeFileLock } from '../../os/file-lock.ts';
import { makeFolder } from './folders.ts';
import { faultIn, withoutNulls } from './line-shapes.ts';
import { type RunLine, runFormats } from './lines.ts';
import { otherFile } from './other-files.ts';
import { checkOutput, liveRunWords } from './output.ts';
import { formatWords, type RunData, toRunData } from './run-data.ts';
import { isJsonObject, type JsonObject } from './shapes.ts';

/** Opens a run file, empty and with its lock. @throws PageHeapError ERR_FILE */
function openGrowing(path: string): number {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_CREAT);
    // Of a pipe or a device there is nothing to lose, nor to lock.
    if (fstatSync(fd).isFile()) {
      if (!takeFileLock(fd)) throw new PageHeapError('ERR_FILE', liveRunWords, { file: path });
      ftruncateSync(fd);
    }
    return fd;
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    throw cause instanceof PageHeapError ? cause : fileError(path, cause);
  }
}

export class RunFileWriter {
  readonly path: string;
  readonly #fd: number;
  #pending = '';
  #open = true;

  /**
   * Makes the file, and its folder; a file that is there is replaced.
   * @param inputs what the run reads
   * @throws PageHeapError ERR_FILE, also for a file that is one of the inputs, or that another run is writing
   */
  constructor(path: string, inputs: readonly string[] = []) {
    this.path = path;
    makeFolder(dirname(path));
    checkOutput(path, inputs);
    this.#fd = openGrowing(path);
  }

  /** Adds a line. Numbers that are not finite become null. */
  write(line: RunLine): void {
    this.#pending += `${JSON.stringify(line)}\n`;
  }

  /** Hands what was written to the system. @throws PageHeapError ERR_FILE */
  flush(): void {
    if (this.#pending === '') return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (cause) {
      throw fileError(this.path, cause);
    }
  }

  /** Flushes and closes; again is harmless. @throws PageHeapError ERR_FILE */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
    }
  }
}

const newline = 10;
/** Bytes; the longest that the engine could take for a text is 512 MiB. */
const longestLine = 2 ** 28;

/** What is wrong with a parsed line, or undefined. */
function faultOf(line: unknown, first: boolean, ofContender: boolean): string | undefined {
  if (!isJsonObject(line)) return 'not a JSON object';
  const { k } = line;
  if (typeof k !== 'string') return 'a line without its kind, the member k';
  if (first !== (k === 'run')) {
    return first
      ? `not a run file: its first line must be of kind run, not ${k}`
      : 'a second line of kind run';
  }
  if (first && !runFormats.includes(line.format as string)) {
    return `a run file of format ${formatWords} was expected, not ${JSON.stringify(line.format)}`;
  }
  return faultIn(k, line, ofContender);
}

/**
 * Reads a run file.
 *
 * A missing end is said in the remarks of the answer, and so is a last line that was cut off.
 * @throws PageHeapError ERR_RUN_FILE with file and line; ERR_FILE when it cannot be read
 */
export async function readRunFile(path: string): Promise<RunData> {
  let bytes: Buffer;
  try {
    bytes = whileWaiting(path, () => readFileSync(path));
  } catch (cause) {
    throw fileError(path, cause);
  }
  return parseRun(bytes, path);
}

/** As `readRunFile`, of bytes. @param file what errors say of where they come from */
export function parseRun(bytes: Buffer, file: string): RunData {
  const refuse = (line: number, message: string, cause?: unknown): never => {
    throw new PageHeapError('ERR_RUN_FILE', message, { file, line, cause });
  };
  /** Of the first line: whose it is says more than what is wrong with it. */
  const refuseFirst = (line: number, message: string, cause?: unknown): never =>
    refuse(line, otherFile(bytes, file) ?? message, cause);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    refuseFirst(1, 'the file is gzipped: unpack it first, with gunzip');
  const lines: unknown[] = [];
  let wasCut = false;
  let number = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(newline, at);
    const end = found < 0 ? bytes.length : found;
    number++;
    if (end - at > longestLine)
      refuse(number, `a line of ${end - at} bytes, which is longer than any of a run`);
    const text = bytes.toString('utf8', at, end).trim();
    at = end + 1;
    if (text === '') continue;
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch (cause) {
      wasCut = found < 0 && lines.length > 0;
      const refuseIt = lines.length === 0 ? refuseFirst : refuse;
      if (!wasCut) refuseIt(number, `not JSON: ${(cause as Error).message}`, cause);
      continue;
    }
    const ofContender = (lines[0] as JsonObject | undefined)?.contender !== undefined;
    const fault = faultOf(line, lines.length === 0, ofContender);
    if (fault !== undefined) (lines.length === 0 ? refuseFirst : refuse)(number, fault);
    lines.push(withoutNulls(line as JsonObject));
  }
  if (lines.length === 0) refuse(1, 'the file is empty');
  const data = toRunData(lines);
  return wasCut
    ? { ...data, remarks: [...data.remarks, 'The last line was cut off and is left out.'] }
    : data;
}
