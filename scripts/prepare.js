// npm's prepare step, in a clone: builds the addon and compiles the TypeScript, where either is missing or old.
//
// But not in passing: `npx pageheap` in a checkout installs the checkout into its cache and runs this, too, while the
// command that it was asked for, or another beside it, may be at work on what is there. Whoever installs the package
// from a registry gets both made, and this does not run.
import { spawnSync } from 'node:child_process';
import { env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

if (env.npm_command === 'exec') exit(0);
for (const script of ['build-native.js', 'build-ts.js']) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status } = spawnSync(execPath, [path], { stdio: 'inherit' });
  if (status !== 0) exit(status ?? 1);
}
