/**
 * The first module of a process that this package starts: loads the program that its argument names, which finds the
 * arguments after that as its own.
 *
 * Where too few files may be open, or memory is out, Node cannot read the program's modules, and would say so by a stack. Here
 * the exit code says it to the process that has started this one, which has a sentence for it (not-started.ts).
 */
import { exitCodeOfLimit } from './limits.ts';

const [, , program = ''] = process.argv;
process.argv.splice(1, 1);
import(program).catch((error: NodeJS.ErrnoException) => {
  const code = exitCodeOfLimit(error.code);
  if (code === undefined) throw error;
  process.exit(code);
});
