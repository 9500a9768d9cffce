/**
 * What a source of bytes is: pulled, and it tells how it ended.
 *
 * Not here: the sources (bytes.ts, zstd-source.ts).
 */

/** How a source ended, beside by its end: what a reader should be told. */
export interface SourceEnd {
  /** The gzip stream ends before its end. */
  readonly gzipCut: boolean;
  /** Another compressed stream does. */
  readonly cut: boolean;
  /** Bytes by which the file is longer, or shorter, than when it was opened. */
  readonly grownBytes: number;
  readonly lostBytes: number;
}

/** There is nothing to tell. */
export const soundEnd: SourceEnd = { gzipCut: false, cut: false, grownBytes: 0, lostBytes: 0 };

export interface ByteSource {
  /** Some bytes, good until the next call; undefined at the end. Errors are those of Node. */
  next(): Promise<Uint8Array | undefined>;
  /** Bytes of the file itself, compressed as it is, that went into what `next` gave (or a piece more). */
  readonly consumed: number;
  /** Bytes of the file itself; undefined where that is not known. */
  readonly size: number | undefined;
  /** Whether the file is compressed; not known before the first `next`. */
  readonly packed: boolean;
  /** How it ended, once `next` answered undefined. */
  readonly end: SourceEnd;
  close(): Promise<void>;
}
