/**
 * A document that is too long to be in memory at once: written piece by piece beside its place, and renamed over it when it
 * is whole.
 */
import { closeSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';
import { type Beside, flush, inherit, openBeside, writeAll } from './document.ts';
import { followLinks } from './links.ts';
import { checkOutput } from './output.ts';

export class LongDocument {
  readonly path: string;
  readonly #place: string;
  readonly #former: Stats | undefined;
  readonly #beside: Beside;
  #open = true;

  /** @param inputs what it is made from. @throws PageHeapError ERR_FILE, also where something else than a file is there */
  constructor(path: string, inputs: readonly string[] = []) {
    this.path = path;
    checkOutput(path, inputs);
    try {
      this.#former = statSync(path, { throwIfNoEntry: false });
      if (this.#former?.isFile() === false)
        throw new PageHeapError('ERR_FILE', 'this is no file: it cannot be replaced by one', { file: path });
      this.#place = followLinks(path);
      this.#beside = openBeside(this.#place);
    } catch (cause) {
      throw cause instanceof PageHeapError ? cause : fileError(path, cause);
    }
  }

  /** @throws PageHeapError ERR_FILE; nothing is left beside then */
  write(bytes: Uint8Array): void {
    this.#try(() => writeAll(this.#beside.fd, bytes));
  }

  /** It is whole: now it takes its place. @throws PageHeapError ERR_FILE */
  finish(): void {
    this.#try(() => {
      if (this.#former !== undefined) inherit(this.#beside, this.#former);
      flush(this.#beside.fd);
      renameSync(this.#beside.path, this.#place);
    });
    this.#open = false;
    closeSync(this.#beside.fd);
  }

  /** It will not be whole; again, or after `finish`, is harmless. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#beside.fd);
    rmSync(this.#beside.path, { force: true });
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.abandon();
      throw fileError(this.path, cause);
    }
  }
}
