/**
 * V8's compiled code of the command line and of the processes it starts, kept in the user's cache folder.
 *
 * Node has this since 22.8; before, nothing is kept. A folder that cannot be made or written to is no error: Node then
 * compiles as ever. Where there is no home folder none is made. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE
 * decide before this does.
 *
 * Not here: how much there is to compile (scripts/bundle.js).
 */
import { existsSync } from 'node:fs';
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
  if (enableCompileCache === undefined || (env.NODE_COMPILE_CACHE ?? '') !== '') return;
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
  // Node makes all folders of a path: what is above the cache folder is not for it to make.
  const above = dirname(dirname(folder));
  return isAbsolute(folder) && existsSync(above) ? join(folder, 'compiled') : undefined;
}
