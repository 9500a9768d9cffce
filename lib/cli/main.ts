/**
 * The command line: `pageheap run`, `compare`, `report` and the others (commands.ts).
 *
 * `main` runs one command and answers the exit code. `command` ends the process, too, when all that was said is written: what
 * a module of the user's has left in the event loop (timers, sockets, workers) keeps no command whose work is done.
 *
 * `--version` is answered here, and loads no parser: of 44 ms of CPU time above Node alone 26 are left. For `run` the process
 * of the run is started here, so that it loads the heap while this one loads the parser.
 *
 * Not here: parsing, and what an error says (program.ts).
 */
import { surviveTerminal } from '../base/gone-terminal.ts';
import { stopSignals } from '../base/stop-signals.ts';
import { packageVersion } from '../lab/record/package.ts';
import { keepCompiledCode } from './compile-cache.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { Interrupts } from './interrupts.ts';
import { Terminal } from './terminal.ts';

/**
 * Watches the two streams. A reader that stops reading (`pageheap doctor | head -1`) is no error, and ends the command;
 * results that cannot be written for another reason are told once, and the exit code says so. What cannot be
 * written to standard error is lost, and changes nothing.
 */
function watchStreams(context: CommandContext): void {
  const { terminal } = context;
  let told = false;
  terminal.onOutputError = (error) => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(exitCodes.ok);
    context.exitCode = process.exitCode = exitCodes.failed;
    if (!told) terminal.fail(`standard output cannot be written: ${(error as Error).message} (ERR_FILE)`);
    told = true;
  };
  process.stdout.on('error', terminal.onOutputError);
  process.stderr.on('error', () => undefined);
}

/** Settles when the stream has written all, or can write no more. A pipe takes as much as its reader does. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || !stream.writable) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.once('close', resolve);
    stream.write('', () => resolve());
  });
}

/** Runs the command line `args` and ends the process. */
export async function command(args: readonly string[]): Promise<never> {
  surviveTerminal();
  process.exitCode = await main(args);
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // That a result cannot be written is said, and changes the code: after the event that was waited for here.
  await new Promise(setImmediate);
  await drained(process.stderr);
  // The exit waits for threads, and one may wait for a file that a module has opened: Ctrl-C shall end it then.
  if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq')))
    for (const signal of stopSignals) process.removeAllListeners(signal);
  // Node would take an idle process apart by itself, and signals do again what they do before that is done.
  process.exit();
}

/** Runs the command line `args`, without the names of Node and script; answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const interrupts = new Interrupts();
  const terminal = new Terminal();
  // Results are written to standard output by the commands; what the module of a custom page heap logs is none.
  console.log = console.error;
  console.info = console.error;
  const context: CommandContext = { terminal, interrupts, exitCode: exitCodes.ok };
  watchStreams(context);
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    terminal.print(packageVersion());
    return context.exitCode;
  }
  keepCompiledCode();
  if (args[0] === 'run') {
    const { beginRun, mayRun } = await import('./run-ahead.ts');
    if (mayRun(args)) context.ahead = beginRun();
  }
  try {
    const { runCommandLine } = await import('./program.ts');
    return await runCommandLine(args, context);
  } finally {
    context.ahead?.cancel();
  }
}
