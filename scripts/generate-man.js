/**
 * Writes the man page, man/pageheap.1, from the command tree; npm installs it with the package:
 *
 *     npm run build:ts && node scripts/generate-man.js
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { allCommands } from '../dist/lib/cli/commands.js';
import { commandNodes } from '../dist/lib/cli/completion.js';
import { exitCodesHelp } from '../dist/lib/cli/exit-codes.js';
import { Interrupts } from '../dist/lib/cli/interrupts.js';
import { manMarkdown } from '../dist/lib/cli/man-page.js';
import { introduction } from '../dist/lib/cli/program.js';
import { Terminal } from '../dist/lib/cli/terminal.js';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'));

const commands = await allCommands({ terminal: new Terminal(), interrupts: new Interrupts(), exitCode: 0 });
const markdown = manMarkdown(commandNodes(commands), introduction, exitCodesHelp);
const words = ['--version', version, '--manual', 'pageheap', '--no-breaks'];
const { stdout, stderr, status } = spawnSync(
  execPath,
  [path('node_modules/marked-man/bin/marked-man.js'), ...words],
  { input: markdown, encoding: 'utf8' },
);
if (status !== 0) throw new Error(stderr);

mkdirSync(path('man'), { recursive: true });
// Without a date: the page of a version is the same whenever it is made.
writeFileSync(path('man/pageheap.1'), stdout.replace(/^(\.TH "\w+" "1" )"[^"]*"/, '$1""'));
