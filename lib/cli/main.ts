/**
 * The command line: `pageheap run | compare | report | workloads | verify | conform | doctor`.
 *
 * `main` parses, runs one command and answers the exit code; it never ends the process itself, so
 * that streams drain. Every error comes here: a `PageHeapError` is told in one line, with its code;
 * anything else is a defect of pageheap and is told with its stack, for whoever mends it.
 *
 * Not here: which commands there are (commands.ts), what they do (a file each).
 */
import { Command, CommanderError } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { packageVersion } from '../lab/record/package.ts';
import { addCommands } from './commands.ts';
import type { CommandContext } from './context.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { plain, Terminal } from './terminal.ts';

const introduction =
  'The page heap of the Go runtime, running for real: real mapped pages, real madvise, real RSS. ' +
  "Replay a program's allocations on it, and see what the heap believes beside what the kernel says.";

const examples = `
Start here:
  $ pageheap run                    a real program: 20 s of work, 20 s of idleness
  $ pageheap run perl --duration 5  another of the shipped traces, faster
  $ pageheap compare                three generations of the design, side by side
  $ pageheap doctor                 what this machine and kernel can do

Environment:
  GOGC, GOMEMLIMIT, GODEBUG         as the Go runtime reads them; options override them
  NO_COLOR, FORCE_COLOR             colour is for terminals, unless these say else

${exitCodesHelp}`;

async function buildProgram(args: readonly string[], context: CommandContext): Promise<Command> {
  const { terminal } = context;
  const program = new Command('pageheap')
    .description(introduction)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError('Try `pageheap --help`.')
    .configureOutput({
      // Both add the end of the line.
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
      getOutHelpWidth: () => Math.min(100, terminal.columnsOf(terminal.out)),
      getErrHelpWidth: () => Math.min(100, terminal.columnsOf(terminal.err)),
      getOutHasColors: () => terminal.outHasColors,
      getErrHasColors: () => terminal.errColors.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error:/, terminal.errColors.red('pageheap:'))),
    })
    .configureHelp({ styleTitle: (title) => terminal.outColors.bold(title) })
    .addHelpText('after', examples)
    .exitOverride()
    // Loaded here, as a help text needs none of it.
    .hook('preAction', async () => {
      const { checkOpenOutput } = await import('../lab/record/output.ts');
      checkOpenOutput(1, 'standard output');
    });
  await addCommands(program, args, context);
  for (const command of program.commands)
    command
      .copyInheritedSettings(program)
      .showHelpAfterError(`Try \`pageheap ${command.name()} --help\`.`)
      .addHelpText('after', `\n${exitCodesHelp}`);
  return program;
}

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

async function reportError({ terminal, pageHeapFile }: CommandContext, error: unknown): Promise<number> {
  const stack = error instanceof Error ? error.stack : String(error);
  if (error instanceof PageHeapError) {
    const { inFlags } = await import('./heap-options.ts');
    // The place in the user's own class, which may throw anything: a terminal is not to obey it.
    terminal.fail(plain(`${inFlags(error)} (${error.code})`));
    if (error.code === 'ERR_PAGE_HEAP' && error.cause instanceof Error)
      terminal.note(plain(error.cause.stack ?? ''));
  } else if (pageHeapFile !== undefined && error instanceof Error && error.name === 'FatalError') {
    terminal.fail(
      `an invariant of the heap is broken; a custom page heap is most likely the cause; ` +
        `try: pageheap conform ${pageHeapFile}\n${stack}`,
    );
  } else {
    terminal.fail(`this is a defect of pageheap:\n${stack}`);
  }
  return exitCodeOf(error);
}

/** Runs the command line `args`, without the names of Node and script; answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal();
  // Results are written to standard output by the commands; what the module of a custom page heap logs is none.
  console.log = console.error;
  console.info = console.error;
  const context: CommandContext = { terminal, exitCode: exitCodes.ok };
  watchStreams(context);
  try {
    const program = await buildProgram(args, context);
    if (args.length === 0) {
      program.outputHelp();
      return context.exitCode;
    }
    await program.parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has printed its message already; code 0 is --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? context.exitCode : exitCodes.usage;
    return await reportError(context, error);
  }
}
