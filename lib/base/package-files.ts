/**
 * The package's own files: where it lies, and where its modules are.
 *
 * The code runs from lib/ (tests), or compiled from dist/lib/, where a chunk may hold it: what lies beside a
 * module is therefore not found from the module's own address.
 */
import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);

function findRoot(): string {
  let folder = dirname(here);
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The folder that holds package.json. */
export const packageRoot = findRoot();

/** `.ts` where the sources run, `.js` where compiled code does. */
export const moduleExtension = extname(here);

/** The path of a file or folder of lib/, as it runs now: in dist/lib where compiled code does. */
export function libraryPath(name: string): string {
  return moduleExtension === '.ts' ? join(packageRoot, 'lib', name) : join(packageRoot, 'dist', 'lib', name);
}
