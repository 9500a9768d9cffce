/**
 * The name of a library for LD_PRELOAD, which takes spaces and colons for the end of one, and `$` for the begin of a word of the
 * linker's. A library under such a name is reached by a link.
 */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from './file-error.ts';

const special = /[\s:$]/;

export interface Preload {
  /** What LD_PRELOAD is to name. */
  readonly path: string;
  /** Takes the link away, if there is one: nothing that starts from then on finds the library. */
  remove(): void;
}

/** @param library an absolute path @throws PageHeapError ERR_FILE where no link can be made */
export function preloadOf(library: string): Preload {
  if (!special.test(library)) return { path: library, remove: () => undefined };
  const base = special.test(tmpdir()) ? '/tmp' : tmpdir();
  try {
    const folder = mkdtempSync(join(base, 'pageheap-preload-'));
    const path = join(folder, 'library.so');
    symlinkSync(realpathSync(library), path);
    return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (cause) {
    throw fileError(base, cause);
  }
}
