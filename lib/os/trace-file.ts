/**
 * Trace files: what a heap writes of itself while it works, a buffer at a time. The file is made with the first buffer, so
 * that a heap that was only tried leaves none; what is written late, when the heap is disposed of, is the rest.
 *
 * Not here: what stands in them.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { PageHeapError } from '../base/errors.ts';

/** Bytes kept back at most. */
const bufferBytes = 64 * 1024;

export class TraceFile {
  readonly #path: string | undefined;
  #fd: number | undefined;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #failure: { readonly cause: unknown } | undefined;

  /** @param path undefined: standard error */
  constructor(path: string | undefined) {
    this.#path = path;
    if (path === undefined) this.#fd = process.stderr.fd;
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
    if (this.#path !== undefined && this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    if (this.#failure === undefined) return;
    throw new PageHeapError('ERR_FILE', 'a trace of the heap cannot be written', {
      ...(this.#path === undefined ? {} : { file: this.#path }),
      cause: this.#failure.cause,
    });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#kept = 0;
    // The heap is in the middle of something: it cannot be left there.
    if (bytes.length === 0 || this.#failure !== undefined) return;
    try {
      this.#fd ??= openSync(this.#path ?? '', 'w');
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (cause) {
      this.#failure = { cause };
    }
  }
}
