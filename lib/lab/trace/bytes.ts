/**
 * Bytes of a trace, from a file or standard input, plain or gzipped.
 *
 * A source is pulled: `next` answers some bytes, good until the next call. Nothing is read ahead but
 * one piece of a compressed file, so memory does not depend on the length of the file, and a slow
 * consumer slows the reading. Whether it is compressed is seen from the first two bytes.
 *
 * What gunzip gave before an error is handed out before the error is, so that whoever counts lines
 * knows how far the stream was sound.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { PageHeapError } from '../../base/errors.ts';

export interface ByteSource {
  /** Some bytes, good until the next call; undefined at the end. Errors are those of Node. */
  next(): Promise<Uint8Array | undefined>;
  /** Bytes of the file itself, compressed as it is, that went into what `next` gave (or a piece more). */
  readonly consumed: number;
  /** Bytes of the file itself; undefined where that is not known. */
  readonly size: number | undefined;
  /** Whether the file is compressed; not known before the first `next`. */
  readonly packed: boolean;
  close(): Promise<void>;
}

/** The name that means standard input. */
export const standardInput = '-';

const readBytes = 256 * 1024;
/**
 * What gunzip is given and gives at a time. These traces shrink some 25 times, so that a piece is one
 * errand of zlib's thread, as long as the parsing of the piece before: more would wait for this thread.
 */
const compressedBytes = 32 * 1024;
const unpackedBytes = 1024 * 1024;

class FileSource implements ByteSource {
  readonly packed = false;
  readonly size: number | undefined;
  consumed = 0;
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);

  constructor(handle: FileHandle, size: number | undefined) {
    this.#handle = handle;
    this.size = size;
  }

  async next(): Promise<Uint8Array | undefined> {
    const { bytesRead } = await this.#handle.read(this.#buffer, 0, readBytes, null);
    this.consumed += bytesRead;
    return bytesRead === 0 ? undefined : this.#buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class StreamSource implements ByteSource {
  readonly packed = false;
  readonly size = undefined;
  consumed = 0;
  readonly #stream: NodeJS.ReadStream;
  readonly #iterator: AsyncIterator<string | Buffer>;

  constructor(stream: NodeJS.ReadStream) {
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#iterator.next();
    if (done === true) return undefined;
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.consumed += bytes.length;
    return bytes;
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}

/** A source whose first bytes were looked at. */
class PeekedSource implements ByteSource {
  readonly packed = false;
  readonly #inner: ByteSource;
  #head: Uint8Array | undefined;

  constructor(head: Uint8Array | undefined, inner: ByteSource) {
    this.#head = head;
    this.#inner = inner;
  }

  get consumed(): number {
    return this.#inner.consumed;
  }

  get size(): number | undefined {
    return this.#inner.size;
  }

  async next(): Promise<Uint8Array | undefined> {
    const head = this.#head;
    if (head === undefined) return this.#inner.next();
    this.#head = undefined;
    return head;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

class GunzipSource implements ByteSource {
  readonly packed = true;
  consumed = 0;
  readonly #inner: ByteSource;
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: unpackedBytes });
  readonly #ready: Uint8Array[] = [];
  #piece: Uint8Array = new Uint8Array(0);
  #error: unknown;
  #ended = false;
  #pumping: Promise<void> | undefined;
  /** Resolves when the stream can do no more, by its end or by an error. */
  readonly #over: Promise<void>;

  constructor(inner: ByteSource) {
    this.#inner = inner;
    this.#gunzip.on('data', (bytes: Buffer) => this.#ready.push(bytes));
    this.#over = new Promise((resolve) => {
      this.#gunzip.on('error', (error) => {
        this.#error ??= error;
        resolve();
      });
      this.#gunzip.on('end', resolve);
      this.#gunzip.on('close', resolve);
    });
  }

  get size(): number | undefined {
    return this.#inner.size;
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#ready.length === 0 && !this.#ended && this.#error === undefined) {
      this.#pumping ??= this.#pump();
      await this.#pumping;
    }
    const bytes = this.#ready.shift();
    if (bytes === undefined) {
      if (this.#error !== undefined) throw this.#error;
      return undefined;
    }
    // The next piece is decompressed by another thread while these bytes are used.
    if (this.#ready.length === 0 && !this.#ended) this.#pumping ??= this.#pump();
    return bytes;
  }

  async close(): Promise<void> {
    this.#gunzip.destroy();
    // Closing first: what is being pumped may be waiting for input that never comes.
    await this.#inner.close();
    await this.#pumping;
  }

  /** Gives zlib one piece; never rejects. */
  async #pump(): Promise<void> {
    try {
      if (this.#piece.length === 0) this.#piece = (await this.#inner.next()) ?? this.#piece;
      if (this.#piece.length === 0) {
        this.#gunzip.end();
        await this.#over;
        this.#ended = true;
      } else {
        const piece = this.#piece.subarray(0, compressedBytes);
        this.#piece = this.#piece.subarray(piece.length);
        this.consumed += piece.length;
        // An error in this piece leaves its callback uncalled.
        const written = new Promise<void>((resolve) => {
          this.#gunzip.write(piece, () => resolve());
        });
        await Promise.race([written, this.#over]);
      }
    } catch (error) {
      this.#error ??= error;
    }
    this.#pumping = undefined;
  }
}

const magics: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], name: 'zstd' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], name: 'xz' },
  { bytes: [0x42, 0x5a, 0x68], name: 'bzip2' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], name: 'zip' },
];

/** The first bytes, enough to know a compression by; shorter only if the whole file is. */
async function peek(source: ByteSource): Promise<Uint8Array | undefined> {
  let head = await source.next();
  if (head === undefined || head.length >= 4) return head;
  while (head.length < 4) {
    const kept: Uint8Array = Uint8Array.from(head);
    const more = await source.next();
    if (more === undefined) return kept;
    head = Buffer.concat([kept, more]);
  }
  return head;
}

/** A source that finds out with its first bytes whether they are compressed. Opening waits for none. */
class DetectingSource implements ByteSource {
  readonly #path: string;
  readonly #raw: ByteSource;
  #source: ByteSource | undefined;

  constructor(path: string, raw: ByteSource) {
    this.#path = path;
    this.#raw = raw;
  }

  get packed(): boolean {
    return this.#source?.packed ?? false;
  }

  get consumed(): number {
    return this.#source?.consumed ?? 0;
  }

  get size(): number | undefined {
    return this.#raw.size;
  }

  async next(): Promise<Uint8Array | undefined> {
    this.#source ??= await this.#detect();
    return this.#source.next();
  }

  close(): Promise<void> {
    return (this.#source ?? this.#raw).close();
  }

  async #detect(): Promise<ByteSource> {
    const head = await peek(this.#raw);
    const whole = new PeekedSource(head, this.#raw);
    if (head === undefined) return whole;
    const other = magics.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte));
    if (other !== undefined) {
      throw new PageHeapError('ERR_TRACE', `the file is compressed with ${other.name}; only gzip is read`, {
        file: this.#path,
        line: 1,
      });
    }
    return head[0] === 0x1f && head[1] === 0x8b ? new GunzipSource(whole) : whole;
  }
}

/**
 * Opens a trace file, or standard input for `-`. Its first bytes tell whether it is compressed; `next`
 * throws ERR_TRACE when it is so otherwise than by gzip.
 * @throws PageHeapError ERR_FILE when it cannot be opened
 */
export async function openBytes(path: string): Promise<ByteSource> {
  try {
    const raw = path === standardInput ? new StreamSource(process.stdin) : await openFile(path);
    return new DetectingSource(path, raw);
  } catch (error) {
    throw fileError(path, error);
  }
}

async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r');
  const stat = await handle.stat();
  return new FileSource(handle, stat.isFile() ? stat.size : undefined);
}

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
};

/** An error of Node's about a file in words. */
export function fileReason(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** An error of Node's about a file, as one of this library's. */
export function fileError(path: string, cause: unknown): PageHeapError {
  const { syscall } = cause as NodeJS.ErrnoException;
  return new PageHeapError('ERR_FILE', fileReason(cause), {
    file: path,
    cause,
    ...(syscall === undefined ? {} : { syscall }),
  });
}
