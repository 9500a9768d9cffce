/**
 * `pageheap workloads`: what can be run without a trace of one's own.
 */
import type { Command } from 'commander';
import { formatBytes } from '../lab/report/client/format.ts';
import { workloads } from '../lab/workloads/index.ts';
import type { CommandContext } from './context.ts';
import { shippedTraces } from './package.ts';
import { wrap } from './table.ts';

export function addWorkloads(program: Command, context: CommandContext): void {
  const { terminal } = context;
  program
    .command('workloads')
    .summary('list the built-in workloads and shipped traces')
    .description(
      'Lists what `run` and `compare` can be given by name: workloads, and traces of real programs.',
    )
    .option('--json', 'print the list as JSON')
    .action((options: { json?: true }) => {
      if (options.json) {
        terminal.printJson({
          traces: shippedTraces(),
          workloads: workloads.map(({ run: _run, ...rest }) => rest),
        });
        return;
      }
      const colors = terminal.outColors;
      const columns = Math.min(100, terminal.columnsOf(terminal.out));
      for (const w of workloads) {
        const facts = `about ${formatBytes(w.peakBytes)} and ${w.idleSeconds} s of idleness; questions ${w.questions.join(', ')}`;
        terminal.print(`${colors.bold(w.name)}  ${colors.dim(facts)}`);
        terminal.print(
          `${wrap(w.description, columns - 2)
            .map((line) => `  ${line}`)
            .join('\n')}\n`,
        );
      }
      terminal.print(`${colors.bold('traces')}  ${shippedTraces().join(', ')}`);
    });
}
