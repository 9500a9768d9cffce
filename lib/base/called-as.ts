/**
 * What one types to call this program, for messages that name a command: as it was typed, so that what they say can be typed,
 * too. That is `npx pageheap` where npm has started it (npm tells its children), or where it is called in a folder of
 * packages; a path where it was called by one; and else `pageheap`.
 *
 * Not in documents that others read, in the help, nor in what a shell completes: they say `pageheap`.
 */
import { basename, delimiter, dirname, relative } from 'node:path';
import { shellWords } from './shell-words.ts';

export interface Call {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The script that Node was given: as typed, or a link to it in the path. */
  readonly script: string | undefined;
  readonly folder: string;
}

/** The folder of this process; the root where its folder is gone. */
function here(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

const name = 'pageheap';

export function calledAs(
  { env, script = '', folder }: Call = { env: process.env, script: process.argv[1], folder: here() },
): string {
  if (env.npm_command !== undefined || /\/node_modules\/(?:\.bin|pageheap\/bin)\/[^/]+$/.test(script))
    return `npx ${name}`;
  const file = basename(script);
  if (file !== name && file !== `${name}.js`) return name;
  const inPath = (env.PATH ?? '').split(delimiter).includes(dirname(script));
  if (inPath && file === name) return name;
  const near = relative(folder, script);
  // A path through many folders above is longer than that from the root.
  const path = near.length < script.length ? near : script;
  if (file !== name) return shellWords('node', path);
  return shellWords(path.includes('/') ? path : `./${path}`);
}

/** A command of this program as it can be typed here: `npx pageheap report runs/a.jsonl`. */
export function commandHere(...words: readonly string[]): string {
  return `${calledAs()} ${shellWords(...words)}`;
}
