/**
 * Loads the class of a custom page heap from a module: its default export, or the one named `PageHeap`.
 *
 * .js and .mjs everywhere, .ts where Node strips types. What the class must have is looked at when a heap
 * makes one (runtime/page-heaps.ts).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PageHeapError } from '../../base/errors.ts';
import type { PageHeapClass } from '../../pages/contract.ts';

/**
 * Where a module, or one that it imports, is no JavaScript: ` (file:line)`, or nothing where that cannot be told.
 * The error that an import throws rarely says so. A program that ends with it does; nothing of the module is
 * run there, since it does not get as far.
 */
function placeOf(cause: unknown, url: string): string {
  if (!(cause instanceof SyntaxError)) return '';
  const program = ['--input-type=module', '--eval', `import ${JSON.stringify(url)}`];
  const at = /^(file:\S+):(\d+)$/m;
  const found =
    at.exec(cause.stack ?? '') ??
    at.exec(spawnSync(process.execPath, program, { encoding: 'utf8', timeout: 10_000 }).stderr ?? '');
  if (found === null) return '';
  const file = relative('', fileURLToPath(found[1] ?? url));
  return ` (${file.startsWith('..') ? fileURLToPath(found[1] ?? url) : file}:${found[2]})`;
}

/** @throws PageHeapError ERR_FILE when the module cannot be loaded, ERR_INVALID_OPTION when it has no class */
export async function loadPageHeap(path: string): Promise<PageHeapClass> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new PageHeapError('ERR_FILE', `cannot be loaded as a module: ${why}`, { file: path, cause });
  };
  if (!existsSync(path)) refuse('there is no such file');
  if (!/^\.[cm]?[jt]s$/.test(extname(path))) refuse('it is no .js, .mjs or .ts file');
  const { href } = pathToFileURL(resolve(path));
  let module: Record<string, unknown> = {};
  try {
    module = (await import(href)) as Record<string, unknown>;
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    refuse(
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? `Node ${process.versions.node} takes .js and .mjs, and .ts only where it strips types (22.18, 23.6 and later)`
        : `${message ?? cause}${placeOf(cause, href)}`,
      cause,
    );
  }
  const found = module.default ?? module.PageHeap;
  // What arrow functions lack.
  if (typeof found !== 'function' || typeof found.prototype !== 'object') {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${path} exports no class of a page heap, neither by default nor as PageHeap`,
      { value: path },
    );
  }
  return found as PageHeapClass;
}
