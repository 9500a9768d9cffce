/**
 * A run file that may still grow, read in whole lines from any place.
 *
 * Nothing is kept of it: whoever reads says from where. So a reader that is slow, or comes late, costs no memory.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { whileWaiting } from '../../base/waits.ts';
import { fileError } from '../../os/file-error.ts';

const newline = 10;
const chunkBytes = 256 * 1024;

export class GrowingFile {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes of it so far. @throws PageHeapError ERR_FILE */
  get size(): number {
    return this.#look((fd) => fstatSync(fd).size);
  }

  /** Some whole lines from a place on, as many as fit; empty where there are none yet. @throws PageHeapError ERR_FILE */
  read(from: number): Buffer {
    return this.#look((fd) => {
      const { size } = fstatSync(fd);
      // A line may be longer than a chunk: a page map of a large heap.
      for (let most = chunkBytes; from < size; most *= 4) {
        const chunk = Buffer.allocUnsafe(Math.min(most, size - from));
        const got = readSync(fd, chunk, 0, chunk.length, from);
        const end = chunk.lastIndexOf(newline, got - 1);
        if (end >= 0) return chunk.subarray(0, end + 1);
        if (got < most) break;
      }
      return Buffer.alloc(0);
    });
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #look<T>(look: (fd: number) => T): T {
    try {
      this.#fd ??= whileWaiting(this.#path, () => openSync(this.#path, 'r'));
      return look(this.#fd);
    } catch (cause) {
      throw fileError(this.#path, cause);
    }
  }
}
