/**
 * Bytes out of a zstd stream, by the library fzstd: heaptrack's files are so compressed.
 *
 * As with gzip, what was unpacked before a fault is handed out before it, and a stream that was cut off ends.
 */
import { Decompress, ZstdErrorCode } from 'fzstd';
import { calledAs } from '../../base/called-as.ts';
import { PageHeapError } from '../../base/errors.ts';
import type { ByteSource, SourceEnd } from './byte-source.ts';

/** A library's error of its own for a stream that ends too early. */
const endsEarly = /EOF|end of/i;
/** Of a window that it knows to be too large, and of one for which the engine has no array. */
const isTooLarge = (cause: unknown): boolean =>
  cause instanceof RangeError ||
  (cause as { code?: unknown } | undefined)?.code === ZstdErrorCode.WindowSizeTooLarge;
const pieceBytes = 64 * 1024;
const nothing = new Uint8Array(0);

export class ZstdSource implements ByteSource {
  readonly packed = true;
  consumed = 0;
  readonly #inner: ByteSource;
  readonly #file: string;
  readonly #ready: Uint8Array[] = [];
  readonly #stream = new Decompress((bytes) => {
    // The library uses its buffer again.
    if (bytes.length > 0) this.#ready.push(bytes.slice());
  });
  #piece: Uint8Array = nothing;
  #ended = false;
  #cut = false;
  #error: PageHeapError | undefined;

  constructor(inner: ByteSource, file: string) {
    this.#inner = inner;
    this.#file = file;
  }

  get size(): number | undefined {
    return this.#inner.size;
  }

  get end(): SourceEnd {
    return { ...this.#inner.end, cut: this.#cut };
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#ready.length === 0 && !this.#ended) {
      if (this.#piece.length === 0) this.#piece = (await this.#inner.next()) ?? nothing;
      const piece = this.#piece.subarray(0, pieceBytes);
      this.#piece = this.#piece.subarray(piece.length);
      this.consumed += piece.length;
      this.#push(piece);
    }
    const bytes = this.#ready.shift();
    if (bytes === undefined && this.#error !== undefined) throw this.#error;
    return bytes;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** No bytes: the stream ends. */
  #push(bytes: Uint8Array): void {
    const isLast = bytes.length === 0;
    this.#ended = isLast;
    try {
      this.#stream.push(bytes.slice(), isLast);
    } catch (cause) {
      this.#ended = true;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (isLast && endsEarly.test(reason)) this.#cut = true;
      else {
        const message = isTooLarge(cause)
          ? `the zstd stream asks for a window that is larger than can be had here; unpack it: zstd -dc --long=31 ${this.#file === 'standard input' ? '-' : this.#file} | ${calledAs()} run -`
          : `the zstd stream is broken before byte ${this.consumed}: ${reason}`;
        this.#error = new PageHeapError('ERR_TRACE', message, { file: this.#file, cause });
      }
    }
  }
}
