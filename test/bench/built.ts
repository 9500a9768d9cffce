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

/** Runs cases of dist/bench/ours, a script and its words each, one after the other in one process. @returns what each printed */
export function runCases(cases: readonly (readonly [script: string, words: readonly string[]])[]) {
  const mark = '\0';
  const all = `for (const [i, [script, words]] of ${JSON.stringify(cases)}.entries()) {
    process.argv = [process.execPath, script, ...words];
    await import('file://${join(root, 'dist', 'bench', 'ours')}/' + script + '?' + i);
    process.stdout.write('\\0');
  }`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', all], {
    encoding: 'utf8',
  });
  return { status, printed: stdout.split(mark).slice(0, -1), stderr };
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
