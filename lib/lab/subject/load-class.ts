/**
 * Loads the class of a custom page heap, or of another part, from a module: its default export, or the one that is named
 * as its contract: `PageHeap`, `ScavengePolicy`.
 *
 * .js and .mjs everywhere, .ts where Node strips types. What the class must have is looked at when a heap
 * makes one (runtime/page-heaps.ts, runtime/parts.ts).
 */

import { type Stats, statSync } from 'node:fs';
import { basename, extname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { controlsShown } from '../../base/controls.ts';
import { describeThrown, nameOfClass, saidNameOfClass } from '../../base/describe.ts';
import { PageHeapError } from '../../base/errors.ts';
import { placesOfError } from '../../base/places.ts';
import { lookable } from '../../base/thrown.ts';
import { runTool } from '../../base/tool.ts';
import { fileReason, nothingAt } from '../../os/file-error.ts';

/** By address. Node, too, loads a module once; and that it has nothing left to do it says once. */
const loadings = new Map<string, Promise<Record<string, unknown>>>();

const loading = new Set<string>();

/** The modules that this process waits for. */
export const loadingNow = (): readonly string[] => [...loading];

/** A class that was loaded. */
export interface LoadedClass {
  readonly path: string;
  /** As `scavenge policy`. */
  readonly kind: string;
  readonly name: string;
}

const loaded = new Map<string, LoadedClass>();

/** The classes that this process has loaded; before its module has ended, one by the name of its file. */
export const loadedClasses = (): readonly LoadedClass[] => [...loaded.values()];

/** As cli/exit-codes.ts has it. */
const wrongFile = 2;
const interrupted = 130;

/**
 * Where a module threw, or where it, or one that it imports, is no JavaScript: ` (file:line:column)`, or nothing where that
 * cannot be told. Of the latter the error of an import rarely says so. A program that ends with it does; nothing of
 * the module is run there, since it does not get as far.
 */
function placeOf(cause: unknown, url: string): string {
  if (!(cause instanceof SyntaxError)) {
    const [place] = placesOfError(cause);
    return place === undefined ? '' : ` (${place})`;
  }
  const program = ['--input-type=module', '--eval', `import ${JSON.stringify(url)}`];
  // Node shows the line, and below it the place in that.
  const at = /^(file:\S+):(\d+)\n(?:.*\n)?( *)\^/m;
  const found =
    at.exec(cause.stack ?? '') ??
    at.exec(runTool(process.execPath, program, { timeout: 10_000 }).stderr ?? '');
  if (found === null) return '';
  const [, module = url, line, before = ''] = found;
  const file = relative('', fileURLToPath(module));
  return ` (${file.startsWith('..') ? fileURLToPath(module) : file}:${line}:${before.length + 1})`;
}

/** Nobody goes on after a module that ends the process: that is said while it ends, with the code of a wrong file. */
function tellExit(path: string, code: number): void {
  // Ctrl-C is not its doing.
  if (code === interrupted) return;
  process.stderr.write(
    `pageheap: ${controlsShown(path)}: cannot be loaded as a module: it ends the process, with code ${code} (ERR_FILE)\n`,
  );
  process.exitCode = wrongFile;
}

/**
 * What a module loads to. Of one that waits for what never comes it is known when the process has nothing left to do.
 * @param onExit told when it ends the process
 */
async function load(
  path: string,
  href: string,
  onExit = (code: number): void => tellExit(path, code),
): Promise<Record<string, unknown>> {
  let onIdle = (): void => undefined;
  const idle = new Promise<never>((_resolve, reject) => {
    onIdle = (): void => reject(new Error('its top-level await never settles'));
  });
  process.on('exit', onExit);
  process.on('beforeExit', onIdle);
  loading.add(path);
  try {
    return await Promise.race([import(href) as Promise<Record<string, unknown>>, idle]);
  } finally {
    loading.delete(path);
    process.off('exit', onExit);
    process.off('beforeExit', onIdle);
  }
}

/**
 * @param exported the name of its export, where that is not the default
 * @param onExit told when the module ends the process; without it that is said on standard error
 * @throws PageHeapError ERR_FILE when the module cannot be loaded, ERR_INVALID_OPTION when it has no class
 */
export async function loadClass<C>(
  path: string,
  exported: string,
  onExit?: (code: number) => void,
): Promise<C> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new PageHeapError('ERR_FILE', `cannot be loaded as a module: ${why}`, { file: path, cause });
  };
  if (path === '') throw new PageHeapError('ERR_FILE', 'the name of the module is empty', { value: path });
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    refuse(fileReason(cause), cause);
  }
  if (stat === undefined) refuse(nothingAt(path, 'there is no such file'));
  if (stat?.isDirectory()) refuse('it is a folder');
  if (!/^\.[cm]?[jt]s$/.test(extname(path))) refuse('it is no .js, .mjs or .ts file');
  const { href } = pathToFileURL(resolve(path));
  const kind = inWords(exported);
  loaded.set(href, { path, kind, name: basename(path) });
  let module: Record<string, unknown> = {};
  try {
    const begun = loadings.get(href) ?? load(path, href, onExit);
    loadings.set(href, begun);
    module = await begun;
  } catch (thrown) {
    const cause = lookable(thrown);
    const words = cause instanceof Error && cause.message !== '' ? cause.message : describeThrown(cause);
    refuse(
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? `Node ${process.versions.node} takes .js and .mjs, and .ts only where it strips types (22.18, 23.6 and later)`
        : `${words}${placeOf(cause, href)}`,
      cause,
    );
  }
  const found = module[exported] ?? module.default;
  // What arrow functions lack.
  if (typeof found !== 'function' || typeof found.prototype !== 'object') {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${path} exports no class of a ${kind}, neither by default nor as ${exported}`,
      { value: path },
    );
  }
  // The export's name is all that an anonymous class has.
  if (['default', ''].includes(nameOfClass(found)))
    Object.defineProperty(found, 'name', { value: basename(path), configurable: true });
  loaded.set(href, { path, kind, name: saidNameOfClass(found) });
  return found as C;
}

/** `ScavengePolicy` → `scavenge policy`. */
const inWords = (name: string): string => name.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
