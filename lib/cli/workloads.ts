/**
 * `pageheap workloads`: what can be run without a trace that one has to make.
 */
import type { Command } from 'commander';
import { formatBytes } from '../lab/report/client/format.ts';
import { shippedTraces, traceDescriptions } from '../lab/subject/shipped-traces.ts';
import { workloads } from '../lab/workloads/index.ts';
import type { CommandContext } from './context.ts';
import { wrap } from './wrap.ts';

const help = `
Examples:
  $ pageheap workloads
  $ pageheap run stripes
  $ pageheap run rsscurve --scale 0.5 --time-scale 0.2`;

export function defineWorkloads(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command
    .description(
      'Lists what `run` and `compare` can be given by name: workloads, and traces of real programs.',
    )
    .option('--json', 'print the list as JSON')
    .addHelpText('after', help)
    .action((options: { json?: true }) => {
      if (options.json) {
        terminal.printJson({
          traces: shippedTraces().map((name) => ({ name, description: traceDescriptions[name] ?? '' })),
          workloads: workloads.map(({ run: _run, ...rest }) => rest),
        });
        return;
      }
      const colors = terminal.outColors;
      const columns = Math.min(100, terminal.columnsOf(terminal.out));
      const paragraph = (text: string): string =>
        `${wrap(text, columns - 2)
          .map((line) => `  ${line}`)
          .join('\n')}\n`;
      terminal.print(
        'Workloads: programs on the heap, with a seed and a scale; the questions are those of docs/questions.md.\n',
      );
      for (const w of workloads) {
        const facts = `about ${formatBytes(w.peakBytes)} and ${w.idleSeconds} s of idleness`;
        terminal.print(`${colors.bold(w.name)}  ${colors.dim(facts)}`);
        terminal.print(paragraph(w.description).trimEnd());
        for (const question of w.questions) terminal.print(`  ${colors.dim('–')} ${question}`);
        terminal.print('');
      }
      terminal.print('Traces: what real programs allocated and freed, replayed.\n');
      for (const name of shippedTraces()) {
        terminal.print(colors.bold(name));
        terminal.print(paragraph(traceDescriptions[name] ?? ''));
      }
    });
}
