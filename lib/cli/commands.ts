/**
 * The commands: their names, what each is for, and the module that defines it.
 *
 * A module is loaded when its command is named, so `pageheap --version` and `pageheap --help` load none: all of
 * them together take 0.3 s to load, most of it for the laboratory.
 *
 * Not here: what the commands do (a file each).
 */
import { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** Gives a command its arguments, options, help and action. */
type Define = (command: Command, context: CommandContext) => void;

interface CommandEntry {
  readonly name: string;
  /** What `pageheap --help` says of it. */
  readonly summary: string;
  readonly load: () => Promise<Define>;
}

const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run a program on the heap and watch its memory',
    load: async () => (await import('./run.ts')).defineRun,
  },
  {
    name: 'compare',
    summary: 'run one program on several designs, and lay them side by side',
    load: async () => (await import('./compare.ts')).defineCompare,
  },
  {
    name: 'grid',
    summary: 'one program under many settings, with one picture',
    load: async () => (await import('./grid.ts')).defineGrid,
  },
  {
    name: 'question',
    summary: 'a question that people bring, answered here, with a picture and bounds',
    load: async () => (await import('./question.ts')).defineQuestion,
  },
  {
    name: 'record',
    summary: 'record what any program allocates, to run it on the heap',
    load: async () => (await import('./record.ts')).defineRecord,
  },
  {
    name: 'report',
    summary: 'an HTML page from a run file',
    load: async () => (await import('./report.ts')).defineReport,
  },
  {
    name: 'view',
    summary: 'a page that shows a finished run moment by moment',
    load: async () => (await import('./view.ts')).defineView,
  },
  {
    name: 'diff',
    summary: 'lay two runs or comparisons of different days or machines side by side',
    load: async () => (await import('./diff.ts')).defineDiff,
  },
  {
    name: 'export',
    summary: 'samples, collections and releases of runs as CSV',
    load: async () => (await import('./export.ts')).defineExport,
  },
  {
    name: 'workloads',
    summary: 'list the built-in workloads and shipped traces',
    load: async () => (await import('./workloads.ts')).defineWorkloads,
  },
  {
    name: 'verify',
    summary: 'hold the allocator against the real Go runtime',
    load: async () => (await import('./verify.ts')).defineVerify,
  },
  {
    name: 'conform',
    summary: 'hold a page heap, built in or custom, against the contract',
    load: async () => (await import('./conform.ts')).defineConform,
  },
  {
    name: 'lab',
    summary: 'exercises: hand out, check, step through',
    load: async () => (await import('./lab.ts')).defineLab,
  },
  {
    name: 'grade',
    summary: 'points for a hand-in of an exercise, or for a class',
    load: async () => (await import('./grade.ts')).defineGrade,
  },
  {
    name: 'doctor',
    summary: 'what this machine and kernel can do',
    load: async () => (await import('./doctor.ts')).defineDoctor,
  },
  {
    name: 'build',
    summary: 'compile the native parts, where no shipped binary fits',
    load: async () => (await import('./build.ts')).defineBuild,
  },
  {
    name: 'completion',
    summary: 'a completion script for bash, zsh or fish',
    load: async () => {
      const { defineCompletion } = await import('./completion.ts');
      return (command, context) => defineCompletion(command, context, () => allCommands(context));
    },
  },
];

/** The command that a command line names, also in `help NAME`; undefined where it names none. */
function named(args: readonly string[]): CommandEntry | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'));
  const name = first === 'help' ? second : first;
  return commands.find((command) => command.name === name);
}

/** All commands, complete, in the order of help. */
export async function allCommands(context: CommandContext): Promise<Command[]> {
  const program = new Command('pageheap');
  const made: Command[] = [];
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary);
    (await load())(command, context);
    made.push(command);
  }
  return made;
}

/** Adds all commands to the program; the one that `args` name is complete, the others have a summary only. */
export async function addCommands(
  program: Command,
  args: readonly string[],
  context: CommandContext,
): Promise<void> {
  const wanted = named(args);
  for (const entry of commands) {
    const command = program.command(entry.name).summary(entry.summary);
    if (entry === wanted) (await entry.load())(command, context);
  }
}
