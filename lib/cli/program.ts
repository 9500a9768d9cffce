/**
 * The parser of the command line: which commands there are, what is said of all of them, and how an error is told.
 *
 * Every error of a command comes here: a `PageHeapError` is told in one line, with its code; anything else is a defect of
 * pageheap and is told with its stack, for whoever mends it.
 *
 * Not here: the commands themselves (commands.ts, and a file each).
 */
import { Command, CommanderError } from 'commander';
import { calledAs, commandHere } from '../base/called-as.ts';
import { PageHeapError } from '../base/errors.ts';
import { likelyLimit } from '../base/limits.ts';
import { permissionWords } from '../base/permission.ts';
import { turn } from '../base/waits.ts';
import { packageVersion } from '../lab/record/package.ts';
import { fileError, tellsOfFile } from '../os/file-error.ts';
import { addCommands } from './commands.ts';
import type { CommandContext } from './context.ts';
import { exitCodeOf, exitCodes, exitCodesHelp } from './exit-codes.ts';
import { foreignPlace, noteForeignStack } from './foreign-stack.ts';
import { plain, type Stream } from './terminal.ts';
import { wrapHelp } from './wrap.ts';

export const introduction =
  'The page heap of the Go runtime, running for real: real mapped pages, real madvise, real RSS. ' +
  "Replay a program's allocations on it, and see what the heap believes beside what the kernel says.";

const examples = `
Start here:
  $ pageheap run                    a real program: 20 s of work, 20 s of idleness
  $ pageheap run perl --duration 5  another of the shipped traces, faster
  $ pageheap compare                three generations of the design, side by side
  $ pageheap doctor                 what this machine and kernel can do

In a clone of pageheap, and in a project that depends on it, every command begins with npx: npx pageheap run

Environment:
  GOGC, GOMEMLIMIT, GODEBUG         as the Go runtime reads them; options override them
  NO_COLOR, FORCE_COLOR             colour is for terminals, unless these say else
  PAGEHEAP_DEBUG=1                  prints the stack where a class of yours threw

${exitCodesHelp}`;

async function buildProgram(args: readonly string[], context: CommandContext): Promise<Command> {
  const { terminal } = context;
  const helpWidth = (stream: Stream): number => Math.min(100, terminal.columnsOf(stream));
  const program = new Command('pageheap')
    .description(introduction)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError(`Try \`${calledAs()} --help\`.`)
    .configureOutput({
      // Both add the end of the line. Texts that are added to a help come as they are written.
      writeOut: (text) => terminal.print(wrapHelp(text.replace(/\n$/, ''), helpWidth(terminal.out))),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
      getOutHelpWidth: () => helpWidth(terminal.out),
      getErrHelpWidth: () => helpWidth(terminal.err),
      getOutHasColors: () => terminal.outHasColors,
      getErrHasColors: () => terminal.errColors.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error:/, terminal.errColors.red('pageheap:'))),
    })
    // Beside the longest flags there are some thirty columns left: a text is broken there, too.
    .configureHelp({ styleTitle: (title) => terminal.outColors.bold(title), minWidthToWrap: 20 })
    .addHelpText('after', examples)
    .exitOverride()
    // Loaded here, as a help text needs none of it.
    .hook('preAction', async () => {
      const { checkOpenOutputs } = await import('../lab/record/output.ts');
      checkOpenOutputs();
    });
  await addCommands(program, args, context);
  for (const command of program.commands)
    command
      .copyInheritedSettings(program)
      .showHelpAfterError(`Try \`${calledAs()} ${command.name()} --help\`.`)
      .addHelpText('after', `\n${exitCodesHelp}`);
  return program;
}

/** Whether Node tells of a call of the system that has failed, which is no defect of whoever made it. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  const { syscall, errno, code } = (error ?? {}) as NodeJS.ErrnoException;
  return (
    error instanceof Error && typeof syscall === 'string' && typeof errno === 'number' && code !== undefined
  );
}

async function reportError({ terminal, modules }: CommandContext, thrown: unknown): Promise<number> {
  // A command that looks at a path may be told that this leads through a file, say, before it opens it.
  const error = tellsOfFile(thrown) ? fileError(thrown.path, thrown) : thrown;
  const stack = error instanceof Error ? error.stack : String(error);
  if (error instanceof PageHeapError) {
    const { inFlags } = await import('./heap-options.ts');
    const { isOfStandardError } = await import('../lab/record/output.ts');
    if (isOfStandardError(error)) terminal.leaveErr();
    // The place in the user's own class, which may throw anything: a terminal is not to obey it.
    terminal.fail(plain(`${inFlags(error)}${foreignPlace(error)} (${error.code})`));
    noteForeignStack(error, terminal);
  } else if (modules?.pageHeap !== undefined && error instanceof Error && error.name === 'FatalError') {
    terminal.fail(
      `an invariant of the heap is broken; a custom page heap is most likely the cause; ` +
        `try: ${commandHere('conform', modules.pageHeap)}\n${stack}`,
    );
  } else if (permissionWords(error) !== undefined) {
    terminal.fail(`${permissionWords(error)} (${plain((error as Error).message)})`);
  } else if (isOfSystem(error)) {
    const why = likelyLimit(error.code ?? '');
    terminal.fail(
      `the system has refused something: ${plain(error.message)}${why === undefined ? '' : ` (${why})`}`,
    );
  } else {
    terminal.fail(`this is a defect of pageheap:\n${stack}`);
  }
  return exitCodeOf(error);
}

/** Parses the command line, runs its command and answers the exit code. */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const program = await buildProgram(args, context);
    if (args.length === 0) {
      program.outputHelp();
      return context.exitCode;
    }
    // Of a command that is none, commander's help would say nothing.
    const [first, second] = args;
    const isUnknown =
      first === 'help' &&
      second !== undefined &&
      !second.startsWith('-') &&
      !program.commands.some((one) => one.name() === second);
    await program.parseAsync(isUnknown ? [second] : args, { from: 'user' });
    const [late] = context.late ?? [];
    return late === undefined || context.exitCode !== exitCodes.ok
      ? context.exitCode
      : await reportError(context, late);
  } catch (error) {
    context.interrupts.end();
    // For signals that came while this thread was kept: a tool that Ctrl-C has ended as well is no failure of its own.
    await turn();
    // Commander has printed its message already; code 0 is --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? context.exitCode : exitCodes.usage;
    return await reportError(context, error);
  }
}
