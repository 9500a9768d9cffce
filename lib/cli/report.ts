/**
 * `pageheap report`: one HTML file from a run file, or from the folder of a comparison.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { calledAs, commandHere } from '../base/called-as.ts';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { isGrid, runsFolderOf } from '../lab/grid/store.ts';
import { readComparison } from '../lab/metrics/comparison.ts';
import { summarize } from '../lab/metrics/summary.ts';
import { comparisonFile } from '../lab/record/comparison-index.ts';
import { checkOpenOutputs, checkOutput } from '../lab/record/output.ts';
import type { RunData } from '../lab/record/run-data.ts';
import { readRunFile } from '../lab/record/run-file.ts';
import { runFilesIn } from '../lab/record/run-folder.ts';
import { type BesideCurve, readBeside } from '../lab/report/beside.ts';
import { renderComparison } from '../lab/report/comparison.ts';
import { renderReport } from '../lab/report/render.ts';
import { fileName } from './arguments.ts';
import {
  comparisonInputs,
  comparisonJson,
  comparisonNotes,
  drawComparison,
  writeComparison,
} from './comparison.ts';
import type { CommandContext } from './context.ts';
import { newestOf } from './newest.ts';
import { writePage } from './page-file.ts';
import { reportPathOf } from './report-path.ts';
import { isComparison } from './runs-of.ts';
import { drawSummary, summaryNotes } from './summary.ts';
import type { Terminal } from './terminal.ts';

const help = `
The report needs no network and no server: open it in a browser, send it to
someone. A run that was interrupted or crashed gives a report too, of what was
recorded until then.

Examples:
  $ pageheap report                        of what is newest in runs/
  $ pageheap report runs/perl.jsonl
  $ pageheap report runs/compare-git-20250131-235959
  $ pageheap report runs/perl.jsonl -o - > perl.html
  $ GODEBUG=gctrace=1,scavtrace=1 ./server 2> server.log
  $ pageheap report runs/perl.jsonl --beside server.log`;

interface Options {
  readonly output?: string;
  readonly beside?: readonly string[];
  readonly json?: true;
}

/** Renders and writes a report of a run file; answers its path. @throws PageHeapError ERR_FILE when it cannot be written. */
export function writeReport(
  data: RunData,
  path: string,
  runFile: string,
  beside: { readonly files?: readonly string[]; readonly curves?: readonly BesideCurve[] } = {},
): string {
  const { files = [], curves = [] } = beside;
  writePage(path, renderReport(data, curves), [runFile, ...files]);
  return path;
}

/** The folders of comparisons in a folder. */
function comparisonsIn(folder: string): string[] {
  const inside = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return inside
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .filter((path) => existsSync(join(path, comparisonFile)));
}

/** The run or the comparison made last. @throws PageHeapError ERR_FILE when there is none */
function newestIn(folder: string): string {
  const newest = newestOf([
    ...runFilesIn(folder).map((file) => join(folder, file)),
    ...comparisonsIn(folder),
  ]);
  if (newest === undefined) {
    throw new PageHeapError(
      'ERR_FILE',
      `there is no run file in ${folder}/, and no comparison; name one, or make one with ${calledAs()} run`,
    );
  }
  return newest;
}

/** Says what a folder is that is no comparison's, and what can be drawn of it. */
function refuseFolder(folder: string): never {
  if (isGrid(folder))
    throw new PageHeapError(
      'ERR_FILE',
      `is a grid: its page is made by ${commandHere('grid', 'merge', folder)}; for one of its runs name a file in ${runsFolderOf(folder)}/`,
      { file: folder },
    );
  const comparisons = comparisonsIn(folder);
  const runs = runFilesIn(folder).map((file) => join(folder, file));
  const newest = newestOf([...comparisons, ...runs]);
  const counted = (n: number, thing: string): string => `${n} ${n === 1 ? thing : `${thing}s`}`;
  const holds = [
    ...(comparisons.length > 0 ? [counted(comparisons.length, 'comparison')] : []),
    ...(runs.length > 0 ? [counted(runs.length, 'run file')] : []),
  ];
  throw new PageHeapError(
    'ERR_FILE',
    newest === undefined
      ? `is a folder without ${comparisonFile} and without run files: neither a comparison nor anything else that can be drawn`
      : `is a folder without ${comparisonFile}, and so no comparison; it holds ${holds.join(' and ')}. ` +
          `Name one of them: ${commandHere('report', newest)}`,
    { file: folder },
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function reportComparison(
  path: string,
  options: { output?: string; json?: true },
  terminal: Terminal,
): Promise<void> {
  const comparison = await readComparison(path);
  checkOpenOutputs(comparisonInputs(comparison));
  if (comparison.configurations.every(({ runs }) => runs.length === 0)) {
    for (const note of comparisonNotes(comparison)) terminal.note(note);
    throw new PageHeapError('ERR_RUN_FILE', 'this comparison has no run that was finished', { file: path });
  }
  if (options.output === '-') {
    terminal.printData(renderComparison(comparison));
    return;
  }
  if (options.json) {
    const report = writeComparison(comparison, options.output);
    terminal.printJson(comparisonJson(comparison, report));
    for (const note of comparisonNotes(comparison)) terminal.note(note);
    return;
  }
  terminal.print(drawComparison(comparison, terminal));
  for (const note of comparisonNotes(comparison)) terminal.note(note);
  terminal.print(`\nreport: ${controlsShown(writeComparison(comparison, options.output))}`);
}

export function defineReport(command: Command, { terminal }: CommandContext): void {
  command
    .description('Writes one HTML file that shows a run: timeline, belief against fact, page maps, figures.')
    .argument('[run-file]', 'a run file, or the folder of a comparison (default: the newest in runs/)')
    .addOption(
      new Option(
        '-o, --output <file>',
        'where to write it, - for standard output (default: beside the run file)',
      ).argParser(fileName),
    )
    .addOption(
      new Option(
        '--beside <file>',
        "of a run: lay another program's memory over the timeline, a log with gctrace and scavtrace or a CSV of time and RSS; as often as wanted",
      ).argParser((file: string, former: readonly string[] = []) => [...former, fileName(file)]),
    )
    .option('--json', 'print the summary of the run as JSON')
    .addHelpText('after', help)
    .action(async (runFile: string | undefined, options: Options) => {
      if (options.json && options.output === '-') {
        throw new PageHeapError(
          'ERR_INVALID_OPTION',
          '--json and --output -: both would be written to standard output; leave one out',
        );
      }
      const file = runFile ?? newestIn('runs');
      if (isComparison(file)) {
        if (options.beside !== undefined)
          throw new PageHeapError(
            'ERR_INVALID_OPTION',
            '--beside: it is for the report of a run, and this is a comparison',
            {
              value: file,
            },
          );
        await reportComparison(file, options, terminal);
        return;
      }
      if (isFolder(file)) refuseFolder(file);
      checkOpenOutputs([file]);
      const path = options.output ?? reportPathOf(file);
      // What would be lost is told before anything is read or made.
      if (path !== '-') checkOutput(path, [file, ...(options.beside ?? [])]);
      const data = await readRunFile(file);
      const beside = (options.beside ?? []).flatMap(readBeside);
      if (path === '-') {
        terminal.printData(renderReport(data, beside));
        return;
      }
      const summary = summarize(data);
      if (options.json) {
        writeReport(data, path, file, { files: options.beside ?? [], curves: beside });
        terminal.printJson({ runFile: file, report: path, ...summary });
        return;
      }
      terminal.print(drawSummary(summary, terminal.columnsOf(terminal.out), terminal.outColors));
      for (const note of [...summaryNotes(summary), ...summary.remarks]) terminal.note(note);
      writeReport(data, path, file, { files: options.beside ?? [], curves: beside });
      terminal.print(`\nreport: ${controlsShown(path)}`);
    });
}
