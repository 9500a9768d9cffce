// npm's prepare step, in a clone: builds the addon and compiles the TypeScript, where either is missing or old.
//
// But not in passing: `npx pageheap` in a checkout installs the checkout into its cache and runs this, too, while the
// command that it was asked for, or another beside it, may be at work on what is there. Whoever installs the package
// from a registry gets both made, and this does not run.
import { spawnSync } from 'node:child_process';
import { env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

if (env.npm_command === 'exec') exit(0);
const native = fileURLToPath(new URL('build-native.js', import.meta.url));
for (const command of [
  [execPath, native],
  ['npm', 'run', '--silent', 'build:ts'],
]) {
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
  if (status !== 0) exit(status ?? 1);
}
