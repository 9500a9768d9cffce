/**
 * Recording a program: it is run with the recorder loaded, its memory sampled beside, and its raw files made into recordings
 * when it has ended.
 *
 * The program has the terminal: its input and outputs are this process's, and so is its process group. What ends it from
 * outside ends it alone: Ctrl-C reaches it by the terminal, other signals are passed on; then what was recorded is
 * written. A second one while that is done leaves the raw files as they are, which `pageheap run` reads as well.
 *
 * The recording of the program itself has the name that was asked for; where it replaced itself (exec), that of the image
 * with the most operations, but none where nothing is recorded of what it became in the end (last-image.ts). Every other process and image has a file in a folder beside: `my.children/1234-cc1.rec.gz`.
 * One that has allocated nothing has none. One that still runs keeps its raw file.
 *
 * Not here: the words (cli/record.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { signalChild } from '../../base/signal-child.ts';
import { ownSignal, stopSignals } from '../../base/stop-signals.ts';
import { type Preload, preloadOf } from '../../os/preload.ts';
import { recorderLibrary } from '../../os/recorder.ts';
import { fileStem, freePath, makeFolder } from '../record/folders.ts';
import { plainFile } from '../record/links.ts';
import { LongDocument } from '../record/long-document.ts';
import { type RawHeader, rawMagic } from '../trace/raw.ts';
import type { RawFile } from '../trace/raw-files.ts';
import { programName } from '../trace/recorded.ts';
import { type RawContent, readRaw, writeRecording } from './convert.ts';
import { type UnrecordedEnd, unrecordedEnd } from './last-image.ts';
import { MemoryWatch, type Watched } from './memory-watch.ts';
import { type Program, programOf } from './program.ts';
import { headerOf, isWritten, RawFolder } from './raw-folder.ts';
import { surroundings } from './surroundings.ts';

export interface RecordRequest {
  readonly command: readonly [string, ...string[]];
  /** Where the recording of the program goes. */
  readonly output: string;
}

/** One recording that was made. */
export interface MadeRecording {
  readonly file: string;
  readonly bytes: number;
  readonly content: RawContent;
  readonly libraries: ReadonlySet<string>;
  /** Whether it is that of the program itself. */
  readonly isMain: boolean;
}

/** An image of a process of which nothing is recorded, and why as far as that is known: a malloc of its own, or a reason to stop at once. */
export interface SilentProgram {
  readonly name: string;
  readonly ownMalloc: boolean;
  /** As in its header; empty for none. */
  readonly reason: string;
}

export interface RecordOutcome {
  /** How the program ended: one of the two is null. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly made: readonly MadeRecording[];
  /** Processes that allocated nothing. */
  readonly silent: readonly SilentProgram[];
  /** Whether it was stopped while it wrote: raw files are left then, unless it had come to its end. */
  readonly isStopped: boolean;
  /** Raw files that are left: of programs that still run, or because it was stopped. */
  readonly left: readonly string[];
  /** Whether the program itself has a raw file, made or left. */
  readonly hasMain: boolean;
  /** What the program became in the end, where nothing of that is recorded: then none of `made` is its own. */
  readonly unrecorded: UnrecordedEnd | undefined;
  /** What could not be written, and why. */
  readonly failures: readonly PageHeapError[];
}

export interface RecordHooks {
  /** Called before the program starts. */
  readonly onProgram?: (program: Program) => void;
  /** How far the writing is, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Refuses an output that is being recorded to. @throws PageHeapError ERR_FILE */
function checkNoRaw(output: string): void {
  if (!statSync(output, { throwIfNoEntry: false })?.isFile()) return;
  let fd: number | undefined;
  try {
    fd = openSync(output, 'r');
    const head = Buffer.alloc(rawMagic.length);
    const n = readSync(fd, head, 0, head.length, 0);
    if (head.toString('latin1', 0, n) !== rawMagic) return;
  } catch {
    return;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  throw new PageHeapError(
    'ERR_FILE',
    'this is a raw recording, which is not to be lost: name another output',
    {
      file: output,
    },
  );
}

/** Whether a Ctrl-C in the terminal reaches the program as well: it is of the group in the foreground. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 1).split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}

/** `my.children` of `my.rec.gz`, or with a number where that is there. */
function folderBeside(output: string): string {
  return freePath(
    join(dirname(output), `${basename(output).replace(/(?:\.(?:rec|raw|trace|gz))*$/, '')}.children`),
  );
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => done({ code, signal }));
  });
}

/** A raw file whose process has ended, with what it holds. */
interface Finished {
  readonly file: RawFile;
  readonly content: RawContent;
  readonly watched: Watched | undefined;
}

class Recording {
  stops = 0;
  readonly #folder: RawFolder;
  readonly #output: string;
  readonly #made: MadeRecording[] = [];
  readonly #silent: SilentProgram[] = [];
  readonly #left: string[] = [];
  readonly #failures: PageHeapError[] = [];
  /** Images without an operation. */
  readonly #empty: { readonly file: RawFile; readonly header: RawHeader }[] = [];
  /** Where the recordings of other processes go, once there is one. */
  #children: string | undefined;

  constructor(folder: RawFolder, output: string) {
    this.#folder = folder;
    this.#output = output;
  }

  /** Makes recordings of what has ended. @param pid of the program itself */
  async finish(
    ended: Ended,
    pid: number | undefined,
    watch: MemoryWatch | undefined,
    onProgress: RecordHooks['onProgress'],
  ): Promise<RecordOutcome> {
    const finished = await this.#read(watch, pid);
    const unrecorded = this.#unrecorded(finished, ended, pid, watch);
    const main = unrecorded?.name === undefined ? mainOf(finished, pid) : undefined;
    const hasMain =
      unrecorded !== undefined || main !== undefined || this.#left.length > 0 || this.#silent.length > 0;
    const all = finished.reduce((sum, { content }) => sum + content.ops, 0);
    let done = 0;
    for (const one of finished) {
      await this.#write(one, one === main);
      done += one.content.ops;
      onProgress?.(done / Math.max(1, all));
    }
    this.#folder.remove();
    return {
      ...ended,
      made: this.#made,
      silent: this.#silent,
      isStopped: this.stops > 0,
      left: this.#left,
      hasMain,
      failures: this.#failures,
      unrecorded,
    };
  }

  #unrecorded(
    finished: readonly Finished[],
    { signal }: Ended,
    pid: number | undefined,
    watch: MemoryWatch | undefined,
  ): UnrecordedEnd | undefined {
    // What is left as it was written is not known to be empty.
    if (this.#left.length > 0) return undefined;
    const recorded = finished.map(({ file, content: { header } }) => ({ file, header, isRecorded: true }));
    const all = [...recorded, ...this.#empty.map((one) => ({ ...one, isRecorded: false }))];
    const own = all
      .filter(({ file }) => file.pid === pid)
      .map(({ file: { image }, header, isRecorded }) => ({ image, header, isRecorded }))
      .sort((a, b) => a.image - b.image);
    const isFull = all.some(({ header }) => header.reason === 'diskFull');
    return unrecordedEnd(own, watch?.seen, watch === undefined || signal !== null, isFull);
  }

  async #read(watch: MemoryWatch | undefined, pid: number | undefined): Promise<Finished[]> {
    const finished: Finished[] = [];
    for (const file of this.#folder.files()) {
      if (isWritten(file) || this.stops > 0) {
        this.#left.push(file.path);
        continue;
      }
      const watched = watch?.of(file);
      try {
        // Its process was ended before it had written who it is, and so before any operation.
        if (headerOf(file.path) === undefined) {
          rmSync(file.path, { force: true });
          continue;
        }
        const raw = await readRaw(file.path, this.#folder.rate, watched?.samples ?? []);
        const content = { ...raw, header: this.#named(raw.header, file, pid) };
        if (content.ops > 0) {
          finished.push({ file, content, watched });
          continue;
        }
        const { ownMalloc, reason } = content.header;
        this.#empty.push({ file, header: content.header });
        this.#silent.push({ name: programName(content.header), ownMalloc, reason });
        rmSync(file.path, { force: true });
      } catch (error) {
        this.#fail(error, file);
      }
    }
    return finished;
  }

  /** Without /proc a program does not learn by what it was started; of the first one this process knows. */
  #named(header: RawHeader, { pid, image }: RawFile, main: number | undefined): RawHeader {
    const isNamed = header.executable !== '' || header.command.length > 0;
    return isNamed || pid !== main || image > 0 ? header : { ...header, command: [...this.#folder.command] };
  }

  async #write({ file, content, watched }: Finished, isMain: boolean): Promise<void> {
    const { rate } = this.#folder;
    try {
      const output = isMain ? this.#output : this.#nameOfChild(file, content);
      const bytes = await writeRecording(file.path, rate, content, output, () => this.stops > 0);
      if (bytes === undefined) {
        this.#left.push(file.path);
        return;
      }
      const libraries = watched?.libraries ?? new Set<string>();
      this.#made.push({ file: output, bytes, content, libraries, isMain });
      rmSync(file.path, { force: true });
    } catch (error) {
      this.#fail(error, file);
    }
  }

  #nameOfChild({ pid, image }: RawFile, { header }: RawContent): string {
    if (this.#children === undefined) {
      this.#children = folderBeside(this.#output);
      makeFolder(this.#children);
    }
    const name = fileStem(`${pid}-${programName(header)}${image > 0 ? `-${image}` : ''}`);
    return join(this.#children, `${name}.rec.gz`);
  }

  #fail(error: unknown, file: RawFile): void {
    if (!(error instanceof PageHeapError)) throw error;
    this.#failures.push(error);
    this.#left.push(file.path);
  }
}

/** Of the images of the program itself, the one with the most operations; of all, where it left none. */
function mainOf(finished: readonly Finished[], pid: number | undefined): Finished | undefined {
  const own = finished.filter(({ file }) => file.pid === pid);
  const most = (all: readonly Finished[]): Finished | undefined =>
    all.toSorted((a, b) => b.content.ops - a.content.ops)[0];
  return most(own) ?? most(finished);
}

/**
 * Runs a program and records it.
 * @throws PageHeapError ERR_FILE where the program or the place of the output is not there; ERR_ADDON without a recorder;
 *   ERR_SYSTEM where the program cannot be started
 */
export async function record(request: RecordRequest, hooks: RecordHooks = {}): Promise<RecordOutcome> {
  const [command, ...rest] = request.command;
  const output = plainFile(request.output);
  const program = programOf(command);
  checkNoRaw(output);
  // Whether it can be written at all is told before anything runs.
  new LongDocument(output, [program.file, program.image, ...rest]).abandon();
  const recorder = recorderLibrary();
  const folder = RawFolder.make(output, request.command);
  const recording = new Recording(folder, output);
  const inForeground = isInForeground();
  hooks.onProgram?.(program);
  let child: ChildProcess | undefined;
  let library: Preload | undefined;
  let isOver = false;
  let isTold = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    isTold = true;
    if (isOver) recording.stops++;
    else if (child !== undefined && (signal !== 'SIGINT' || !inForeground)) signalChild(child, signal);
  };
  // Before there is a program: one that comes first would end this process, and leave the program alone.
  for (const signal of stopSignals) process.on(signal, onSignal);
  const watch = new MemoryWatch(folder);
  try {
    library = preloadOf(recorder);
    child = spawn(program.file, rest, {
      argv0: command,
      stdio: 'inherit',
      env: surroundings(process.env, library.path, folder.path),
    });
    watch.pid = child.pid;
    const ended = await endOf(child);
    // The program may have ended by a Ctrl-C of which this process does not know yet: it is no second one.
    if (!isTold) await ownSignal(ended.code === 128 + constants.signals.SIGINT ? 'SIGINT' : ended.signal);
    isOver = true;
    watch.stop();
    return await recording.finish(ended, child.pid, watch, hooks.onProgress);
  } catch (cause) {
    watch.stop();
    folder.remove();
    if (cause instanceof PageHeapError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new PageHeapError('ERR_SYSTEM', `${command} cannot be started: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    for (const signal of stopSignals) process.off(signal, onSignal);
    library?.remove();
  }
}

/**
 * Makes recordings of the raw files that a recorder left when it was killed.
 * @param path the folder of the raw files
 * @throws PageHeapError ERR_FILE where it is none
 */
export async function finishRecording(
  path: string,
  into: string,
  hooks: RecordHooks = {},
): Promise<RecordOutcome> {
  const output = plainFile(into);
  const folder = RawFolder.open(resolve(path));
  checkNoRaw(output);
  new LongDocument(output).abandon();
  const recording = new Recording(folder, output);
  const onSignal = (): void => void recording.stops++;
  for (const signal of stopSignals) process.on(signal, onSignal);
  try {
    const first = folder.files()[0]?.pid;
    return await recording.finish({ code: 0, signal: null }, first, undefined, hooks.onProgress);
  } finally {
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}
