/**
 * `pageheap verify`: allocator and pacer held against recorded answers of the real Go runtime.
 */
import type { Command } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { checkOpenOutputs } from '../lab/record/output.ts';
import { formatDuration, formatNumber } from '../lab/report/client/format.ts';
import { type VerifyMismatch, type VerifyOutcome, verifyFile } from '../lab/verify/verify.ts';
import { fileError } from '../os/file-error.ts';
import type { CommandContext } from './context.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { drawFacts, drawTable } from './table.ts';
import { plain, type Terminal } from './terminal.ts';

const help = `
A golden trace is JSON lines, plain or gzipped: operations on the radix page
allocator, on the page heaps of 2014 and 2019, allocations by malloc, or what
the pacer of concurrent marking was told, each with what the real runtime
answered. Addresses are arithmetic, no memory is mapped; with --real the pages
are mapped and written, and the kernel's view of them (mincore) is held against
the allocator's as well. With --typed objects have types, on a heap that traces;
where the recorded heap had been collected, it is filled with garbage first, and
has to become that heap by a collection of its own.
A file stops at its first mismatch, or where it is malformed; the others go on.

Examples:
  $ pageheap verify test/fixtures/golden/radix/pa-64-20k.jsonl.gz
  $ pageheap verify --real test/fixtures/golden/radix/*.gz
  $ pageheap verify --typed test/fixtures/golden/malloc/*.gz`;

function drawMismatch(file: string, m: VerifyMismatch, terminal: Terminal): string {
  const colors = terminal.outColors;
  const columns = terminal.columnsOf(terminal.out);
  const parts = [
    colors.bold(colors.red(`${file}:${m.line}: mismatch`)),
    drawFacts(
      [
        ['operation', m.operation],
        ['expected', colors.green(m.expected)],
        ['found', colors.red(m.found)],
      ],
      columns,
      colors,
    ),
  ];
  if (m.fields.length > 0) {
    const rows = m.fields.map((f) => [f.field, f.expected, f.found]);
    parts.push(drawTable({ head: ['field', 'expected', 'found'], rows }, columns, colors));
  }
  if (m.state.length > 0) parts.push(`${colors.bold('state')}\n  ${m.state.join('\n  ')}`);
  if (m.last.length > 0) parts.push(`${colors.bold('before it')}\n  ${m.last.join('\n  ')}`);
  return parts.join('\n');
}

function drawOutcome(
  { file, operations, checkpoints, missing, notes, mismatch }: VerifyOutcome,
  ms: number,
  terminal: Terminal,
): string {
  if (mismatch !== undefined) return drawMismatch(file, mismatch, terminal);
  const counts = `${formatNumber(operations)} operations, ${formatNumber(checkpoints)} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`;
  const cut = `the trace was cut short: its header tells of ${formatNumber(missing)} more operations`;
  const told = [...(missing === 0 ? [] : [cut]), ...notes].map((note) => `; ${note}`).join('');
  return `${terminal.outColors.green('equal')} ${file}: ${counts}, ${formatDuration(ms)}${told}`;
}

/** A file that cannot be read: why. */
function withReason(file: string, error: unknown): unknown {
  const isFile = error instanceof PageHeapError && error.code === 'ERR_FILE';
  return isFile && error.cause !== undefined ? fileError(file, error.cause) : error;
}

export function defineVerify(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command
    .description('Replays recorded decisions of the real Go runtime; stops at the first that differs.')
    .argument('<file...>', 'golden traces')
    .option('--real', 'on mapped pages, held against mincore as well')
    .option('--typed', 'of malloc: objects with types, on a heap that traces')
    .option('--json', 'print the outcomes as JSON')
    .addHelpText('after', help)
    .action(async (files: string[], options: { real?: true; typed?: true; json?: true }) => {
      checkOpenOutputs(files);
      const outcomes: VerifyOutcome[] = [];
      const failures: { file: string; code: string; error: string }[] = [];
      for (const file of files) {
        const start = performance.now();
        let outcome: VerifyOutcome;
        try {
          outcome = await verifyFile(file, {
            real: options.real === true,
            typed: options.typed === true,
          });
        } catch (thrown) {
          const error = withReason(file, thrown);
          if (!(error instanceof PageHeapError) || files.length === 1) throw error;
          failures.push({ file, code: error.code, error: error.message });
          terminal.fail(plain(`${error.message} (${error.code})`));
          context.exitCode = exitCodeOf(error);
          continue;
        }
        outcomes.push(outcome);
        if (outcome.mismatch !== undefined) context.exitCode = exitCodes.failed;
        if (!options.json) terminal.print(drawOutcome(outcome, performance.now() - start, terminal));
      }
      if (options.json) terminal.printJson([...outcomes, ...failures]);
    });
}
