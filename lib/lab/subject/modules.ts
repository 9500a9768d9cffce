/**
 * The modules of a heap's custom parts, by the options that they are for: paths, which another process can be sent, and
 * what is loaded from them.
 *
 * Not here: loading one (load-class.ts).
 */
import { designOptions } from '../../design/design.ts';
import type { Options } from '../../design/option.ts';
import type { HeapOptions } from '../../design/options.ts';
import { partOptions } from '../../design/parts.ts';
import { loadClass } from './load-class.ts';

/** Paths of modules by the names of options. */
export type ModuleFiles = Readonly<Record<string, string>>;

const declared: Options = { ...designOptions, ...partOptions };

/** The option's export, where its value may be a module's class; undefined where it may not. */
export function exportOf(option: string): string | undefined {
  return Object.hasOwn(declared, option) ? declared[option]?.kind.module : undefined;
}

/** Loads the classes. @throws PageHeapError ERR_FILE, ERR_INVALID_OPTION of a module without such a class */
export async function loadModules(files: ModuleFiles = {}): Promise<Partial<HeapOptions>> {
  const loaded: Record<string, unknown> = {};
  for (const [option, path] of Object.entries(files))
    loaded[option] = await loadClass(path, exportOf(option) ?? '');
  return loaded;
}

/** Something in the place of each class: where it makes no difference which it is. */
export function placeholders(files: ModuleFiles = {}): Partial<HeapOptions> {
  return Object.fromEntries(Object.keys(files).map((option) => [option, Object]));
}
