/**
 * `pageheap view`: a run that is over, in the live page, with a slider over its time.
 */
import type { Command } from 'commander';
import { checkOpenOutputs } from '../lab/record/output.ts';
import { readRunFile } from '../lab/record/run-file.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { serveRunFile } from './live.ts';
import { addPortOption, type LiveOptions } from './live-options.ts';
import { newestRunIn, refuseFolderOf } from './newest.ts';

const help = `
The page is served to this machine alone, at the address that is printed, until
Ctrl-C. Move the slider, or play the run again: figures, collections, releases
and a mark on the charts are those of the moment. The page map is the last that
the run kept until then. For a page to send to someone, make a report.

Examples:
  $ pageheap view                  the newest run in runs/
  $ pageheap view runs/perl.jsonl`;

export function defineView(command: Command, context: CommandContext): void {
  const { terminal, interrupts } = context;
  command
    .description('Serves a page that shows a finished run moment by moment, with a slider over its time.')
    .argument('[run-file]', 'a run file (default: the newest in runs/)');
  addPortOption(command)
    .addHelpText('after', help)
    .action(async (runFile: string | undefined, { port }: LiveOptions) => {
      const file = runFile ?? newestRunIn('runs');
      checkOpenOutputs([file]);
      refuseFolderOf(file, 'view');
      // What cannot be shown is told here, and not on the page.
      const { remarks } = await readRunFile(file);
      for (const remark of remarks) terminal.noteInWords(remark);
      await serveRunFile(
        file,
        remarks.length === 0 ? undefined : remarks.join(' '),
        port,
        terminal,
        interrupts,
      );
      context.exitCode = exitCodes.interrupted;
    });
}
