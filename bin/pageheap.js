#!/usr/bin/env node
/**
 * The `pageheap` command, as installed and as run from a clone.
 *
 * Everything is in lib/cli; this file only finds its compiled form, and says how to build it when
 * it is not there.
 */
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/lib/cli/main.js', import.meta.url);

if (existsSync(compiled)) {
  try {
    const { command } = await import(compiled.href);
    await command(process.argv.slice(2));
  } catch (error) {
    // A module that cannot be read, as where too few files may be open (`ulimit -n`): the parser may be one of them.
    if (error?.syscall === undefined) throw error;
    const why = error.code === 'EMFILE' ? ' (this process may open no more files: see `ulimit -n`)' : '';
    process.stderr.write(`pageheap: the system has refused something: ${error.message}${why}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write(
    `pageheap is not built yet: ${compiled.pathname} is missing.
Build it once, in the project's folder:

    npm ci               fetches what it needs and builds everything
    npm run build        builds again after a change
`,
  );
  process.exitCode = 1;
}
