/**
 * `pageheap report`: one HTML file from a run file, or from the folder of a comparison.
 */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { comparisonFile, readComparison } from '../lab/compare.ts';
import { renderComparison } from '../lab/report/comparison.ts';
import { renderReport } from '../lab/report/render.ts';
import type { RunData } from '../lab/report/run-data.ts';
import { readRunFile } from '../lab/run-file.ts';
import { comparisonJson, drawComparison, writeComparison } from './compare.ts';
import type { CommandContext } from './context.ts';
import { drawSummary, summarize } from './summary.ts';
import type { Terminal } from './terminal.ts';

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

/** Whether a path is a comparison's folder or index. */
function isComparison(path: string): boolean {
  return basename(path) === comparisonFile || existsSync(join(path, comparisonFile));
}

async function reportComparison(
  path: string,
  options: { output?: string; json?: true },
  terminal: Terminal,
): Promise<void> {
  const comparison = await readComparison(path);
  if (options.output === '-') {
    terminal.print(renderComparison(comparison));
    return;
  }
  const report = writeComparison(comparison, options.output);
  if (options.json) terminal.printJson(comparisonJson(comparison, report));
  else terminal.print(`${drawComparison(comparison, terminal)}\n\nreport: ${report}`);
}

export function addReport(program: Command, { terminal }: CommandContext): void {
  program
    .command('report')
    .summary('an HTML page from a run file')
    .description('Writes one HTML file that shows a run: timeline, belief against fact, page maps, figures.')
    .argument(
      '[run-file]',
      'a run file, or the folder of a comparison (default: the newest run file in runs/)',
    )
    .option('-o, --output <file>', 'where to write it, - for standard output (default: beside the run file)')
    .option('--json', 'print the summary of the run as JSON')
    .addHelpText('after', help)
    .action(async (runFile: string | undefined, options: { output?: string; json?: true }) => {
      const file = runFile ?? newestRun('runs');
      if (isComparison(file)) {
        await reportComparison(file, options, terminal);
        return;
      }
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
