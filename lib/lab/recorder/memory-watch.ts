/**
 * The memory of recorded processes, sampled from /proc on a beat, beside the recording.
 *
 * The beat is quick while a process is young, since most of its memory may come in its first moments; but beats take no more
 * than a tenth of the time.
 *
 * What the recorder itself has mapped of its file is taken off: its header says how much that is at most. A process that ends
 * between two beats has only those before. The samples of a process are bounded: where there are too many, every second
 * one goes, and from then on it is sampled half as often.
 *
 * Of the program's own process each beat also sees which program it is by then, since it may replace itself (exec) by one that has no file.
 *
 * Not here: what the samples are worth (convert.ts gives each the operations until then).
 */
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { Access } from '../../os/access.ts';
import type { RawFile } from '../trace/raw-files.ts';
import type { Image } from './last-image.ts';
import { headerOf, isWritten, type RawFolder } from './raw-folder.ts';

/** Milliseconds between beats, and while a process is young; how long it is. */
const beatMs = 20;
const quickMs = 2;
const youngMs = 200;
const mostShare = 0.1;
const mostSamples = 2000;
/** What statm counts in. */
let systemPage: number | undefined;
/** Where the header says what is mapped. */
const mappedAt = 96;
/** What is loaded is looked at when a process is so old (ms), and then again when it is twice as old. */
const firstLook = 20;

/** A moment of a process: milliseconds since its recording began, bytes. */
export interface MemorySample {
  readonly ms: number;
  readonly rss: number;
  readonly anon: number;
}

export interface Watched {
  readonly file: RawFile;
  readonly samples: MemorySample[];
  /** Names of the libraries that it had loaded, when it was looked at. */
  libraries: ReadonlySet<string>;
}

interface Watch extends Watched {
  samples: MemorySample[];
  readonly firstNs: number;
  readonly fd: number;
  /** When it was found first. */
  readonly foundMs: number;
  every: number;
  beats: number;
  nextLook: number;
}

const word = Buffer.alloc(8);

function mappedBytes(fd: number): number {
  return readSync(fd, word, 0, 8, mappedAt) === 8 ? Number(word.readBigUInt64LE(0)) : 0;
}

/** Bytes of a process: resident, and of that with a file behind; undefined where it has ended. */
function residentOf(pid: number): { readonly resident: number; readonly shared: number } | undefined {
  try {
    systemPage ??= new Access().physPageSize;
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number);
    return resident === 0 ? undefined : { resident: resident * systemPage, shared: shared * systemPage };
  } catch {
    return undefined;
  }
}

/** The files that a process has mapped as programs. */
function librariesOf(pid: number): ReadonlySet<string> {
  try {
    const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    return new Set(lines.flatMap((line) => /r-xp .*?(\/.*)$/.exec(line)?.[1] ?? []));
  } catch {
    return new Set();
  }
}

/** What a process is by now; undefined where it has ended, or is another user's. */
function imageOf(pid: number): Image | undefined {
  try {
    const executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return { executable, command };
  } catch {
    return undefined;
  }
}

export class MemoryWatch {
  /** What the program was when it was looked at last. */
  seen: Image | undefined;
  /** The program's own process, once it is there. */
  pid: number | undefined;
  readonly #folder: RawFolder;
  readonly #all = new Map<string, Watch>();
  readonly #living = new Set<Watch>();
  #timer: NodeJS.Timeout;
  /** When there was something young last: at first the program itself, which is to come. */
  #youngMs = performance.now();

  constructor(folder: RawFolder) {
    this.#folder = folder;
    this.#timer = setTimeout(() => this.#beat(), quickMs);
  }

  /** What is known of a raw file's process. */
  of(file: RawFile): Watched | undefined {
    return this.#all.get(file.name);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const watch of this.#living) this.#end(watch);
  }

  #beat(): void {
    const begin = performance.now();
    if (this.pid !== undefined) this.seen = imageOf(this.pid) ?? this.seen;
    try {
      this.#findNew();
    } catch {
      // The folder may be gone; whoever needs it tells.
    }
    for (const watch of this.#living) if (watch.beats++ % watch.every === 0) this.#sample(watch);
    for (const { foundMs } of this.#living) this.#youngMs = Math.max(this.#youngMs, foundMs);
    const end = performance.now();
    const next =
      end - this.#youngMs < youngMs ? Math.min(beatMs, Math.max(quickMs, (end - begin) / mostShare)) : beatMs;
    this.#timer = setTimeout(() => this.#beat(), next);
  }

  #findNew(): void {
    for (const file of this.#folder.files()) {
      if (this.#all.has(file.name)) continue;
      const header = headerOf(file.path);
      if (header === undefined) continue;
      const fd = openSync(file.path, 'r');
      const { firstNs } = header;
      const watch: Watch = {
        file,
        firstNs,
        fd,
        samples: [],
        libraries: new Set(),
        foundMs: performance.now(),
        every: 1,
        beats: 0,
        nextLook: firstLook,
      };
      this.#all.set(file.name, watch);
      this.#living.add(watch);
      // An image of the same process before it is over.
      for (const other of this.#living)
        if (other !== watch && other.file.pid === file.pid && other.file.image < file.image) this.#end(other);
    }
  }

  #end(watch: Watch): void {
    if (this.#living.delete(watch)) closeSync(watch.fd);
  }

  #sample(watch: Watch): void {
    const { file, firstNs, fd, samples } = watch;
    const ms = Number(process.hrtime.bigint()) / 1e6 - firstNs / 1e6;
    const now = residentOf(file.pid);
    if (now === undefined) {
      this.#end(watch);
      return;
    }
    const own = Math.min(mappedBytes(fd), now.shared);
    samples.push({ ms, rss: now.resident - own, anon: now.resident - now.shared });
    if (samples.length >= mostSamples) {
      watch.samples = samples.filter((_, i) => i % 2 === 0);
      watch.every *= 2;
    }
    if (ms < watch.nextLook) return;
    watch.nextLook *= 2;
    // Another program may have this number by now.
    if (isWritten(file)) watch.libraries = librariesOf(file.pid);
    else this.#end(watch);
  }
}
