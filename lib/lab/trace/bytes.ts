/**
 * Bytes of a trace, from a file or standard input, plain, gzipped or compressed by zstd.
 *
 * A source is pulled: `next` answers some bytes, good until the next call. Nothing is read ahead but
 * one piece of a compressed file, so memory does not depend on the length of the file, and a slow
 * consumer slows the reading. Whether it is compressed is seen from the first bytes.
 *
 * What gunzip gave before an error is handed out before the error is, so that whoever counts lines
 * knows how far the stream was sound. A stream that was cut off is no error: it ends, and the source says how. Wrong
 * bytes are one, also where they follow a whole stream: zlib does not hand out what it unpacked just before them.
 *
 * A file counts as it was when it was opened: one that a program still writes has a moving end, and would not be the
 * same for two readers. A device may have no end: one that gives zeros alone is refused.
 */
import { fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { PageHeapError } from '../../base/errors.ts';
import { mayWait, waitFor } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';
import { type ByteSource, type SourceEnd, soundEnd } from './byte-source.ts';
import { foreignBytes, type Outer } from './foreign.ts';

/** The name that means standard input. */
export const standardInput = '-';

/** What errors call a trace. */
export const shownName = (path: string): string => (path === standardInput ? 'standard input' : path);

const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];
/** A zstd stream may begin with frames to be skipped, as pzstd's do. */
const isZstd = (head: Uint8Array): boolean =>
  zstdMagic.every((byte, i) => head[i] === byte) ||
  ((head[0] & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18);
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
  end = soundEnd;
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);
  readonly #waits: boolean;

  /** @param waits it may have to wait for who writes it */
  constructor(handle: FileHandle, size: number | undefined, waits: boolean) {
    this.#handle = handle;
    this.size = size;
    this.#waits = waits;
  }

  async next(): Promise<Uint8Array | undefined> {
    const { size = Number.POSITIVE_INFINITY } = this;
    const length = Math.min(readBytes, size - this.consumed);
    const bytesRead = length === 0 ? 0 : await this.#read(length);
    this.consumed += bytesRead;
    if (bytesRead > 0) return this.#buffer.subarray(0, bytesRead);
    if (this.size !== undefined) {
      const now = (await this.#handle.stat()).size;
      this.end = {
        ...soundEnd,
        grownBytes: Math.max(0, now - this.size),
        lostBytes: Math.max(0, this.size - this.consumed),
      };
    }
    return undefined;
  }

  async #read(length: number): Promise<number> {
    const call = this.#handle.read(this.#buffer, 0, length, null);
    return (await (this.#waits ? waitFor(call) : call)).bytesRead;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** More zeros than that, one after the other, are all that a device has. */
const mostDeviceZeros = 1024 * 1024;

/** A device, which may have no end: a file's hole of zeros ends somewhere, that of /dev/zero does not. */
class DeviceSource implements ByteSource {
  readonly packed = false;
  readonly size = undefined;
  readonly #inner: ByteSource;
  readonly #path: string;
  #zeros = 0;

  constructor(inner: ByteSource, path: string) {
    this.#inner = inner;
    this.#path = path;
  }

  get consumed(): number {
    return this.#inner.consumed;
  }

  get end(): SourceEnd {
    return this.#inner.end;
  }

  async next(): Promise<Uint8Array | undefined> {
    const bytes = await this.#inner.next();
    this.#zeros = bytes?.every((byte) => byte === 0) ? this.#zeros + bytes.length : 0;
    if (this.#zeros <= mostDeviceZeros) return bytes;
    throw new PageHeapError(
      'ERR_FILE',
      'this is a device that gives zeros, and nothing else for 1 MiB; give a trace',
      { file: shownName(this.#path) },
    );
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

class StreamSource implements ByteSource {
  readonly packed = false;
  readonly size = undefined;
  readonly end = soundEnd;
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
  readonly #inner: ByteSource;
  #head: Uint8Array | undefined;

  constructor(head: Uint8Array | undefined, inner: ByteSource) {
    this.#head = head;
    this.#inner = inner;
  }

  get packed(): boolean {
    return this.#inner.packed;
  }

  get consumed(): number {
    return this.#inner.consumed;
  }

  get size(): number | undefined {
    return this.#inner.size;
  }

  get end(): SourceEnd {
    return this.#inner.end;
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
  #cut = false;
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

  get end(): SourceEnd {
    return { ...this.#inner.end, gzipCut: this.#cut };
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#ready.length === 0 && !this.#ended && this.#error === undefined) {
      this.#pumping ??= this.#pump();
      await this.#pumping;
    }
    const bytes = this.#ready.shift();
    if (bytes === undefined) {
      if (this.#error === undefined) return undefined;
      if ((this.#error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw this.#error;
      this.#cut = true;
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

  get end(): SourceEnd {
    return this.#source?.end ?? soundEnd;
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
    if (isZstd(head)) {
      // The library is loaded for who needs it.
      const { ZstdSource } = await import('./zstd-source.ts');
      const unpacked = new ZstdSource(whole, shownName(this.#path));
      this.#source = unpacked;
      const inside = await peek(unpacked);
      if (inside !== undefined) this.#refuseForeign(inside, 'zstd -dc');
      return new PeekedSource(inside, unpacked);
    }
    this.#refuseForeign(head);
    // One byte of it may be all there is.
    const isGzip = head[0] === 0x1f && (head.length === 1 || head[1] === 0x8b);
    if (!isGzip) return whole;
    const unpacked = new GunzipSource(whole);
    // From here on it is this one that has to be closed.
    this.#source = unpacked;
    const inside = await peek(unpacked);
    if (inside !== undefined) this.#refuseForeign(inside, 'gunzip -c');
    return new PeekedSource(inside, unpacked);
  }

  #refuseForeign(head: Uint8Array, outer?: Outer): void {
    const foreign = foreignBytes(head, outer);
    if (foreign === undefined) return;
    const { what, advice } = foreign;
    const message = `no trace; it seems to be ${what}; ${advice.replaceAll('FILE', this.#path)}`;
    throw new PageHeapError('ERR_TRACE', message, { file: this.#path, line: 1 });
  }
}

/**
 * Opens a trace file, or standard input for `-`. Its first bytes tell whether it is compressed; `next`
 * throws ERR_TRACE when it is so otherwise than by gzip or zstd.
 * @param most bytes of the file that count; what was there at another opening
 * @throws PageHeapError ERR_FILE when it cannot be opened
 */
export async function openBytes(path: string, most = Number.POSITIVE_INFINITY): Promise<ByteSource> {
  try {
    const raw = path === standardInput ? openStandardInput() : await openFile(path, most);
    return new DetectingSource(path, raw);
  } catch (error) {
    throw fileError(shownName(path), error);
  }
}

function openStandardInput(): ByteSource {
  const stat = fstatSync(0);
  // Node's stream of a folder just ends.
  if (stat.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR', syscall: 'read' });
  const source = new StreamSource(process.stdin);
  return stat.isCharacterDevice() ? new DeviceSource(source, standardInput) : source;
}

async function openFile(path: string, most: number): Promise<ByteSource> {
  const waits = mayWait(path);
  const handle = await (waits ? waitFor(open(path, 'r')) : open(path, 'r'));
  const stat = await handle.stat();
  if (stat.isCharacterDevice()) return new DeviceSource(new FileSource(handle, undefined, waits), path);
  // What the kernel makes up as it is read has the size 0.
  const size = stat.isFile() && stat.size > 0 ? Math.min(stat.size, most) : undefined;
  return new FileSource(handle, size, waits);
}
