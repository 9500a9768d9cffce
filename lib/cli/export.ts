/**
 * `pageheap export`: a run, or all runs of a comparison, as CSV for other programs.
 */
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { type ExportedRun, type TableName, tableNames, tableOf } from '../lab/export/tables.ts';
import { writeDocument } from '../lab/record/document.ts';
import { makeFolder } from '../lab/record/folders.ts';
import { checkOpenOutputs } from '../lab/record/output.ts';
import type { CommandContext } from './context.ts';
import { folderOf, isComparison, runsOf, stemOf } from './runs-of.ts';
import { writeEach } from './write-each.ts';

const help = `
Four files: NAME.samples.csv, NAME.collections.csv, NAME.releases.csv, and
NAME.steers.csv, what was changed by hand. Columns are called as the members of a
run file (docs/numbers.md), times are milliseconds since the start, sizes bytes; "configuration" and "round" say whose a row is. What
is not known is empty. examples/notebook/ has a notebook that draws them by pandas.

Examples:
  $ pageheap export runs/perl.jsonl
  $ pageheap export runs/compare-perl-20250131-235959 -o csv
  $ pageheap export runs/perl.jsonl --table samples | head`;

interface Options {
  readonly output?: string;
  readonly table?: TableName;
}

/** What the files are called: as the run file, or as the folder. */
function nameOf(path: string): string {
  return isComparison(path) && basename(path) === 'comparison.json' ? stemOf(folderOf(path)) : stemOf(path);
}

async function execute(
  path: string,
  { output, table }: Options,
  { terminal }: CommandContext,
): Promise<void> {
  checkOpenOutputs([path]);
  const configurations = await runsOf(path);
  const runs = configurations.flatMap(({ label, runs }) =>
    runs.map((data, i): ExportedRun => ({ configuration: label, round: i + 1, data })),
  );
  for (const { data, configuration, round } of runs)
    for (const remark of data.remarks)
      terminal.note(`${configuration}${runs.length > 1 ? `, round ${round}` : ''}: ${remark}`);
  if (table !== undefined) {
    terminal.printData(tableOf(table, runs).trimEnd());
    return;
  }
  const folder = output ?? folderOf(path);
  makeFolder(folder);
  const inputs = configurations.flatMap(({ files }) => files);
  writeEach(
    tableNames.map((name) => () => {
      const file = join(folder, `${nameOf(path)}.${name}.csv`);
      writeDocument(file, tableOf(name, runs), inputs);
      terminal.printData(file);
    }),
  );
}

export function defineExport(command: Command, context: CommandContext): void {
  command
    .description(
      'Writes samples, collections, releases and steers of a run, or of all runs of a comparison, as CSV.',
    )
    .argument('<runs>', 'a run file, the folder of a comparison, or a folder with run files')
    .option('-o, --output <dir>', 'where the files are written (default: beside the run)')
    .addOption(new Option('--table <name>', 'print one of the tables instead').choices(tableNames))
    .addHelpText('after', help)
    .action((path: string, options: Options) => execute(path, options, context));
}
