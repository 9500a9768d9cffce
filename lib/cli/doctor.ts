/**
 * `pageheap doctor`: what this kernel and machine can do, and what falls back because of it; and which contenders of a
 * comparison are installed.
 */
import type { Command } from 'commander';
import { Heap } from '../api/heap.ts';
import { PageHeapError } from '../base/errors.ts';
import { KiB } from '../base/units.ts';
import { turn } from '../base/waits.ts';
import { contenderFindings } from '../lab/contenders/installed.ts';
import { inspectMachine } from '../os/machine.ts';
import { explainMachine, type Finding, type Verdict } from '../os/machine-words.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { drawTable } from './table.ts';
import type { Colors } from './terminal.ts';

const help = `
Every service is tried, on memory of its own; nothing is changed. "falls back" is
no error: the heap works, and does something else instead, which is named. Those
lines also stand in every run file. Contenders are allocators that compare takes
beside the heaps (docs/contenders.md).

Examples:
  $ pageheap doctor
  $ pageheap doctor --json | jq '.findings[] | select(.verdict != "ok")'`;

function mark(verdict: Verdict, colors: Colors): string {
  switch (verdict) {
    case 'ok':
      return colors.green('ok');
    case 'note':
      return colors.yellow('note');
    case 'fallback':
      return colors.red('falls back');
  }
}

/** Whether a heap works here: one is made, and has an object. */
function heapFinding(): Finding {
  const what = 'a heap';
  try {
    const heap = new Heap({ environment: false });
    try {
      const at = heap.malloc(64 * KiB);
      heap.fill(at, 64 * KiB, 1);
    } finally {
      heap.dispose();
    }
    return { what, found: 'works', verdict: 'ok', meaning: '' };
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    return { what, found: 'cannot be made', verdict: 'fallback', meaning: error.message };
  }
}

function rowOf({ what, found, verdict, meaning }: Finding, colors: Colors): string[] {
  return [what, mark(verdict, colors), meaning === '' ? found : `${found}: ${meaning}`];
}

export function defineDoctor(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command
    .description('Looks at what this kernel and machine can do for a page heap, and says what falls back.')
    .option(
      '--json',
      'print the machine and the findings as JSON (a limit that is not set is null, what is not known is left out)',
    )
    .addHelpText('after', help)
    .action(async (options: { json?: true }) => {
      const machine = inspectMachine();
      const heap = heapFinding();
      const findings = [...explainMachine(machine), heap, ...contenderFindings()];
      // A tool that Ctrl-C has ended was not looked for in earnest.
      await turn();
      if (options.json) {
        terminal.printJson({ machine, findings });
        return;
      }
      const colors = terminal.outColors;
      const rows = findings.map((finding) => rowOf(finding, colors));
      terminal.print(drawTable({ head: ['', '', ''], rows }, terminal.columnsOf(terminal.out), colors));
      if (heap.verdict !== 'ok') {
        terminal.print(`No heap can be made here: ${heap.meaning}`);
        context.exitCode = exitCodes.failed;
        return;
      }
      const fallbacks = findings.filter((f) => f.verdict === 'fallback').length;
      const notes = findings.filter((f) => f.verdict === 'note').length;
      terminal.print(
        fallbacks + notes === 0
          ? 'Everything is as a page heap wishes it.'
          : `${fallbacks} ${fallbacks === 1 ? 'falls' : 'fall'} back, ${notes} to know; a heap works here.`,
      );
    });
}
