/**
 * The environment in which a program is recorded: the recorder, and what makes runtimes use malloc for what they would keep in pools of
 * their own.
 *
 * A variable that is set already is left as it is. The same variables belong to the other side of a comparison of speed.
 *
 * Not here: runtimes that have no such variable (blind-spots.ts names them).
 */

/** What is set for runtimes, and for which. */
export const runtimeVariables: readonly {
  readonly name: string;
  readonly value: string;
  readonly of: string;
}[] = [
  {
    name: 'PYTHONMALLOC',
    value: 'malloc',
    of: 'CPython: without it, objects up to 512 bytes come from its own arenas',
  },
  { name: 'G_SLICE', value: 'always-malloc', of: 'GLib before 2.76: its slices' },
  { name: 'USE_ZEND_ALLOC', value: '0', of: 'PHP: its own heap' },
  { name: 'GLIBCXX_FORCE_NEW', value: '1', of: 'libstdc++: the pool allocator, where a program uses it' },
];

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * @param library the recorder. @param folder where the raw files go, an absolute path
 * @returns the environment of the program
 */
export function surroundings(given: Variables, library: string, folder: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) all[name] = value;
  for (const { name, value } of runtimeVariables) all[name] ??= value;
  const preloaded = all.LD_PRELOAD ?? '';
  all.LD_PRELOAD = preloaded === '' ? library : `${library}:${preloaded}`;
  all.PAGEHEAP_RECORD = folder;
  all.PAGEHEAP_RECORDER = library;
  return all;
}
