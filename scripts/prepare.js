// npm's prepare step: compiles the TypeScript, but not in passing: `npx pageheap` in a checkout runs this, too, while
// the command that it was asked for, or another beside it, may be at work on what is there.
import { spawnSync } from 'node:child_process';
import { env, exit } from 'node:process';

if (env.npm_command === 'exec') exit(0);
const { status } = spawnSync('npm', ['run', '--silent', 'build:ts'], { stdio: 'inherit' });
exit(status ?? 1);
