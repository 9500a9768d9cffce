/**
 * `pageheap report`: one HTML file from a run file.
 */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { renderReport } from '../lab/report/render.ts';
import type { RunData } from '../lab/report/run-data.ts';
import { readRunFile } from '../lab/run-file.ts';
import type { CommandContext } from './context.ts';
import { drawSummary, summarize } from './summary.ts';

const help = `
The report needs no network and no server: open it in a browser, send it to
someone. A run that was interrupted or crashed gives a report too, of what was
recorded until then.

Examples:
  $ pageheap report                        of the newest run in runs/
  $ pageheap report runs/perl.jsonl
  $ pageheap report runs/perl.jsonl -o - > perl.html`;

/** Beside the run file, with the ending .html. */
export function reportPathOf(runFile: string): string {
  return `${runFile.replace(/\.jsonl?$/, '')}.html`;
}

/** Renders and writes a report. @throws PageHeapError ERR_FILE when it cannot be written. */
export function writeReport(data: RunData, path: string): void {
  const text = renderReport(data);
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new PageHeapError('ERR_FILE', `the report cannot be written: ${(cause as Error).message}`, {
      value: path,
      cause,
    });
  }
}

/** The run file changed last. @throws PageHeapError ERR_FILE when there is none. */
function newestRun(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.jsonl')) : [];
  const paths = files.map((f) => join(folder, f));
  const newest = paths.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest === undefined) {
    throw new PageHeapError(
      'ERR_FILE',
      `there is no run file in ${folder}/; name one, or make one with pageheap run`,
    );
  }
  return newest;
}

export function addReport(program: Command, { terminal }: CommandContext): void {
  program
    .command('report')
    .summary('an HTML page from a run file')
    .description('Writes one HTML file that shows a run: timeline, belief against fact, page maps, figures.')
    .argument('[run-file]', 'a run file (default: the newest in runs/)')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: beside the run file)')
    .option('--json', 'print the summary of the run as JSON')
    .addHelpText('after', help)
    .action(async (runFile: string | undefined, options: { output?: string; json?: true }) => {
      const file = runFile ?? newestRun('runs');
      const data = await readRunFile(file);
      if (options.output === '-') {
        terminal.print(renderReport(data));
        return;
      }
      const path = options.output ?? reportPathOf(file);
      writeReport(data, path);
      const summary = summarize(data);
      if (options.json) {
        terminal.printJson({ runFile: file, report: path, ...summary });
        return;
      }
      terminal.print(drawSummary(summary, terminal.columnsOf(terminal.out), terminal.outColors));
      for (const remark of summary.remarks) terminal.note(remark);
      terminal.print(`\nreport: ${path}`);
    });
}
