/** The benchmark as it is compiled (`npm test` compiles first), and copies of the build that hold it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a script of dist/bench to its end. */
export function runBuilt(script: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'bench', script), ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

/** A copy of this build, in a folder. */
export function copyOfBuild(folder: string, name: string): string {
  const to = join(folder, name);
  mkdirSync(to);
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(to, part), { recursive: true });
  cpSync(join(root, 'build', 'Release', 'pageheap.node'), join(to, 'build', 'Release', 'pageheap.node'));
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
  return to;
}
