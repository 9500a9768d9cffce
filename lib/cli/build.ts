/**
 * `pageheap build`: compiles the native parts from the package's sources, where no shipped binary fits.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { libraryPath, packageRoot } from '../base/package-files.ts';
import { runTool } from '../base/tool.ts';
import { fileName } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { buildNative, compilerName, findCompilers, nativeParts } from './native-build.ts';

const help = `
Most systems need no build: the package carries binaries for x86-64 and arm64, for
glibc from 2.17 on and for musl. A build takes a C++ compiler, named by CXX and CC or
the usual one, and no other tool. It takes half a minute.

Where the package's folder cannot be written, name another, and tell pageheap of it:
  $ pageheap build --out ~/pageheap-native
  $ export PAGEHEAP_ADDON=~/pageheap-native/pageheap.node

Examples:
  $ pageheap build
  $ CXX=clang++ CC=clang pageheap build`;

/** Runs a heap on an addon, in a process of its own, as a bad one may end it. @throws PageHeapError ERR_ADDON */
function tryToRun(file: string): void {
  const library = JSON.stringify(pathToFileURL(libraryPath('index.js')).href);
  const script = `import(${library}).then(({ Heap }) => { const heap = new Heap(); heap.malloc(1); heap.dispose(); })`;
  const { status, signal, stderr } = runTool(process.execPath, ['-e', script], {
    env: { ...process.env, PAGEHEAP_ADDON: file },
  });
  if (status === 0) return;
  const why = /^.*Error: (.*)$/m.exec(stderr ?? '')?.[1] ?? `exit code ${status ?? signal}`;
  throw new PageHeapError('ERR_ADDON', `${file} was built, but no heap runs on it: ${why}`, { value: file });
}

export function defineBuild(command: Command, { terminal }: CommandContext): void {
  command
    .description(
      "Compiles pageheap's native parts from their sources, for systems that no shipped binary fits.",
    )
    .addOption(
      new Option(
        '-o, --out <dir>',
        "where they are written (default: the package's own build/Release)",
      ).argParser(fileName),
    )
    .addHelpText('after', help)
    .action(async ({ out }: { out?: string }) => {
      const into = out === undefined ? join(packageRoot, 'build', 'Release') : resolve(out);
      const compilers = findCompilers();
      terminal.note(`compiler: ${compilerName(compilers['c++'])}`);
      const files = await buildNative({
        into,
        compilers,
        parts: nativeParts(),
        onFile: (file, done, all) => terminal.note(`${done} of ${all}  ${file}`),
      });
      tryToRun(files[0]);
      for (const file of files) terminal.print(file);
      if (out !== undefined) terminal.note(`Use it by: export PAGEHEAP_ADDON=${files[0]}`);
    });
}
