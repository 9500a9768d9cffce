/**
 * `pageheap completion`: prints a shell's completion script.
 */
import { Argument, type Command } from 'commander';
import { generations } from '../design/design.ts';
import { questions } from '../lab/questions/questions.ts';
import { shippedTraces } from '../lab/subject/shipped-traces.ts';
import { workloads } from '../lab/workloads/index.ts';
import { type CommandNode, commandNode, type KnownWords } from './command-tree.ts';
import { completionScript, type Shell, shells } from './completion-scripts.ts';
import type { CommandContext } from './context.ts';

const help = `
Examples:
  $ source <(pageheap completion bash)
  $ pageheap completion zsh > "\${fpath[1]}/_pageheap"
  $ pageheap completion fish > ~/.config/fish/completions/pageheap.fish`;

/** What can be named, though any file can be, too. */
const knownWords = (): KnownWords => ({
  question: ['all', ...questions.map(({ name }) => name)],
  subject: [...shippedTraces(), ...workloads.map(({ name }) => name)],
  'page-heap': generations,
  generation: generations,
  design: generations,
});

/** Commands as data. */
export function commandNodes(commands: readonly Command[]): CommandNode[] {
  const known = knownWords();
  return commands.map((command) => commandNode(command, known));
}

/** @param all every command, complete */
export function defineCompletion(
  command: Command,
  context: CommandContext,
  all: () => Promise<readonly Command[]>,
): void {
  command
    .description('Prints a completion script for a shell: commands, options, and what they take.')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(shells))
    .addHelpText('after', help)
    .action(async (shell: Shell) => {
      context.terminal.print(completionScript(shell, commandNodes(await all())).trimEnd());
    });
}
