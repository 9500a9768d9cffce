/**
 * What the package carries beside its code: its version and the traces that are shipped with it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  // The code runs from lib/ or, compiled, from dist/lib/.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The folder that holds package.json. */
export const packageRoot = findRoot();

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

const traces = join(packageRoot, 'traces');
const shippedEnding = /\.(?:mtrace|rep)(?:\.gz)?$/;

/** The names by which shipped traces can be given, in alphabetical order. */
export function shippedTraces(): string[] {
  if (!existsSync(traces)) return [];
  const names = readdirSync(traces).filter((file) => shippedEnding.test(file));
  return names.map((file) => file.replace(shippedEnding, '')).sort();
}

/**
 * The file of a trace: a file of that name, else the shipped trace of that name, else the name as
 * it was given (opening it will say what is wrong). `-` is standard input.
 */
export function resolveTrace(name: string): string {
  if (name === '-' || existsSync(name) || name.includes('/') || !existsSync(traces)) return name;
  const file = readdirSync(traces).find(
    (f) => shippedEnding.test(f) && f.replace(shippedEnding, '') === name,
  );
  return file === undefined ? name : join(traces, file);
}
