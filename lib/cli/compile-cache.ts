/**
 * V8's compiled code of the command line and of the processes it starts, kept in the user's cache folder.
 *
 * Node has this since 22.8; before, nothing is kept. A folder that cannot be made or written to is no error: Node then
 * compiles as ever. Where there is no home folder none is made. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE
 * decide before this does.
 *
 * Not here: how much there is to compile (scripts/bundle.js).
 */
import { accessSync, existsSync, mkdirSync, constants as modes } from 'node:fs';
import module from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { cacheFolder } from '../base/cache-folder.ts';

/** What Node's `module` has of it, where it has it; the types here are those of Node 20. */
export interface CompileCache {
  enableCompileCache?(folder: string): { readonly status: number };
  readonly constants?: { readonly compileCacheStatus?: { readonly ENABLED: number } };
}

/** Keeps compiled code from now on, in this process and, by the environment, in those it starts. */
export function keepCompiledCode(
  { enableCompileCache, constants }: CompileCache = module as CompileCache,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const { NODE_COMPILE_CACHE: chosen = '', NODE_DISABLE_COMPILE_CACHE: disabled = '' } = env;
  if (enableCompileCache === undefined || chosen !== '' || disabled !== '') return;
  const folder = compiledFolder();
  if (folder === undefined) return;
  const { status } = enableCompileCache(folder);
  if (status === constants?.compileCacheStatus?.ENABLED) env.NODE_COMPILE_CACHE = folder;
}

/** The folder for it, in a home or cache folder that is there. */
function compiledFolder(): string | undefined {
  let folder: string;
  try {
    folder = cacheFolder();
  } catch {
    // A user of whom the system knows nothing has no home folder.
    return undefined;
  }
  const above = dirname(dirname(folder));
  if (!isAbsolute(folder) || !existsSync(above)) return undefined;
  const compiled = join(folder, 'compiled');
  return [dirname(folder), folder, compiled].every(canBeMade) ? compiled : undefined;
}

/**
 * Makes a folder in one that is there, unless it is there itself. Node would make all folders of a path for the cache, and
 * its search for the first one that is there never ends in some places, such as /proc (seen in Node 24).
 */
function canBeMade(folder: string): boolean {
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    accessSync(folder, modes.W_OK | modes.X_OK);
    return true;
  } catch {
    return false;
  }
}
