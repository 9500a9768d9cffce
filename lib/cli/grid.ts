/**
 * `pageheap grid`: one subject under every combination of some options' values, several times, in an order that spreads
 * drift; and `pageheap grid merge`, which joins shares of it.
 *
 * Ctrl-C ends the run in progress, and what was finished is drawn; the same command goes on where it stopped.
 *
 * Not here: making the runs (lab/grid/), the page (lab/report/grid.ts).
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { readEnvironment } from '../design/environment.ts';
import { workOnGrid } from '../lab/grid/grid.ts';
import { mergeGrids } from '../lab/grid/merge.ts';
import { cellValues, checkPlan, type GridPlan, gridFormat, type Shard } from '../lab/grid/plan.ts';
import { type GridResults, gridCsv, readGrid } from '../lab/grid/results.ts';
import { GridStore } from '../lab/grid/store.ts';
import { hashModule } from '../lab/record/certificate.ts';
import { writeDocument } from '../lab/record/document.ts';
import { fileStem } from '../lab/record/folders.ts';
import { packageVersion } from '../lab/record/package.ts';
import { formatBytes, formatNumber } from '../lab/report/client/format.ts';
import { formatMetric } from '../lab/report/comparison-values.ts';
import { gridRemarks, renderGrid } from '../lab/report/grid.ts';
import { forkRun } from '../lab/run/fork-run.ts';
import { tryHeap } from '../lab/run/run-heap.ts';
import { checkSubject, nameFor, type Subject, subjectOf } from '../lab/subject/subject.ts';
import { samplingOptions } from '../lab/subject/subject-options.ts';
import { workloads } from '../lab/workloads/index.ts';
import { wholeNumber } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { readFlags } from './declared-options.ts';
import { exitCodes } from './exit-codes.ts';
import { addAxisOptions, axesOf } from './grid-options.ts';
import { type Configuration, parseConfiguration } from './heap-options.ts';
import { stoppingWords } from './interrupts.ts';
import { refuseLive } from './live-options.ts';
import { addOutputOptions } from './output-options.ts';
import { writePage } from './page-file.ts';
import { Progress } from './progress.ts';
import { addSubjectOptions, defaultSubject, subjectNames, subjectOptionsOf } from './subject.ts';
import { drawTable } from './table.ts';
import { plain, type Terminal } from './terminal.ts';
import { watchUserCode } from './user-code.ts';
import { tellFinished, writeEach } from './write-each.ts';

interface Options {
  readonly name?: string;
  readonly out?: string;
  readonly report: boolean;
  readonly json?: true;
  readonly repeat: number;
  readonly shard: Shard;
}

function help(): string {
  return `
Every option of the heap may have several values: a range with a factor or a step,
25..400x2 or 10..50+10, or values with commas between them, 64MiB,128MiB,off. A cell
is a combination of them. All cells are run once before any is run again, in a random
order in each round; a run has a process of its own.

The folder (-o, grid-SUBJECT unless it is named) has the plan (grid.json), a run file
for each run that was finished (runs/), all figures (grid.csv) and a page with heat
maps and curves (grid.html). The same command goes on where it stopped, also after
a kill. Several processes may work in one folder; --shard 3/16 does the third of 16
shares, on this machine or another, and \`pageheap grid merge\` joins folders.
examples/slurm and examples/ci have both ready.

${subjectNames()}

Examples:
  $ pageheap grid git --gogc 25..400x2 --memory-limit 64MiB,128MiB,off -r 5
  $ pageheap grid perl --retain-extra 0..50+10 --duration 5 --idle 10
  $ pageheap grid perl --generation lists,treap,radix --advise dontneed,free
  $ pageheap grid my.rec.gz --gogc 50,100,200 --shard 3/16 -o /scratch/mine
  $ pageheap grid merge share-1 share-2 -o whole`;
}

function shard(text: string): Shard {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const made = { index: Number(index), of: Number(of) };
  if (!(made.of >= 1 && made.index >= 1 && made.index <= made.of))
    throw new InvalidArgumentError('It takes a share of so many, from 1 on: 3/16.');
  return made;
}

/** SHA-256 of a file, by which a trace is the same on every machine. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

async function planOf(
  subject: Subject,
  name: string,
  given: Readonly<Record<string, unknown>>,
  repeat: number,
): Promise<GridPlan> {
  const { axes, fixed } = axesOf(given);
  const { trace, workload, ...pace } = subject.run;
  const paths = [...axes.flatMap(({ values }) => values), ...Object.values(fixed)];
  const modules = paths.filter((value) => /\.[cm]?[jt]s$/.test(value));
  return checkPlan({
    format: gridFormat,
    name,
    version: packageVersion(),
    subject: { name: subject.name, hash: trace === undefined ? null : await hashFile(trace) },
    run: JSON.parse(JSON.stringify({ ...pace, ...workload, ...readFlags(samplingOptions, given) })),
    axes,
    fixed,
    modules: Object.fromEntries(modules.map((path) => [path, hashModule(path)])),
    repeat,
  });
}

/** The heap of a cell, by the names that a configuration of a comparison has. */
function heapOfCell(plan: GridPlan, cell: number): Configuration {
  const values = cellValues(plan, cell);
  const pairs = [
    ...Object.entries(plan.fixed),
    ...plan.axes.map(({ name }, i) => [name, values[i] ?? ''] as const),
  ];
  return parseConfiguration(`cell:${pairs.map(([name, value]) => `${name}=${value}`).join(',')}`);
}

/** Each cell in a row of the terminal, with some figures. */
function drawGrid(results: GridResults, terminal: Terminal): string {
  const shown = ['rssMean', 'rssEnd', 'collections'];
  const known = results.metrics.filter(({ id }) => shown.includes(id));
  const columns = known.length > 0 ? known : results.metrics.slice(0, 4);
  const { axes } = results.plan;
  const head = [...axes.map(({ name }) => name), ...columns.map(({ label }) => label), 'runs'];
  const rows = results.cells.map(({ values, spread, runs, failure }) => [
    ...values,
    ...columns.map(({ id, unit }) => {
      const of = spread[id];
      return of === undefined ? (failure === undefined ? '–' : 'failed') : formatMetric(unit, of.median);
    }),
    formatNumber(runs.length),
  ]);
  const numeric = head.map((_, i) => i);
  return drawTable({ head, rows, numeric }, terminal.columnsOf(terminal.out), terminal.outColors);
}

function gridJson(
  { plan, missing, machines, cells, metrics }: GridResults,
  { folder, csv, page }: { readonly folder: string; readonly csv: string; readonly page: string | null },
): object {
  return {
    ...{ folder, csv, report: page, plan, missing, machines },
    cells: cells.map(({ values, label, runs, failure, spread }) => ({
      ...{ label, values, runs: runs.length, failure: failure ?? null },
      remarks: runs.flatMap(({ round, ending }) =>
        ending === undefined ? [] : [`round ${round}: ${ending}`],
      ),
      metrics: Object.fromEntries(metrics.map(({ id }) => [id, spread[id] ?? null])),
    })),
  };
}

/** Draws what is there. */
async function tell(store: GridStore, options: Options, terminal: Terminal): Promise<void> {
  const results = await readGrid(store);
  const csv = join(store.folder, 'grid.csv');
  const page = join(store.folder, 'grid.html');
  const write = (): void =>
    writeEach([
      () => writeDocument(csv, gridCsv(results)),
      ...(options.report ? [() => writePage(page, renderGrid(results), [])] : []),
    ]);
  // What came out is told, also where it cannot be written down.
  if (options.json === true) {
    let report: string | null = null;
    try {
      write();
      if (options.report) report = page;
    } finally {
      terminal.printJson(gridJson(results, { folder: store.folder, csv, page: report }));
    }
    return;
  }
  terminal.print(drawGrid(results, terminal));
  for (const note of gridRemarks(results)) terminal.note(plain(note));
  write();
  terminal.print(`\nfigures:   ${controlsShown(csv)}`);
  if (options.report) terminal.print(`report:    ${terminal.outColors.bold(controlsShown(page))}`);
}

async function execute(
  name: string,
  options: Options & Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupts } = context;
  const subject = subjectOf(name, subjectOptionsOf(options), workloads);
  readEnvironment();
  await checkSubject(subject, 2, workloads);
  const title = nameFor(subject, options.name);
  const plan = await planOf(subject, title, options, options.repeat);
  const store = GridStore.begin(options.out ?? `grid-${fileStem(title)}`, plan);
  const seconds = subject.work + subject.idle;
  let bar: Progress | undefined;
  interrupts.begin(() => terminal.note(stoppingWords));
  let failed = 0;
  let isWhole = false;
  let ending: unknown;
  try {
    isWhole = await workOnGrid(
      {
        ...{ store, shard: options.shard },
        run: {
          ...subject.run,
          ...readFlags(samplingOptions, options),
          ...{ command: ['pageheap', ...process.argv.slice(2)], version: packageVersion(), warned: true },
        },
        heapOf: (cell) => {
          const { label: _label, ...request } = heapOfCell(store.plan, cell);
          return request;
        },
      },
      {
        run: (run, onProgress) =>
          forkRun(run, { onProgress, signal: interrupts.stop, kill: interrupts.kill, handleSignals: false }),
        stopped: () => interrupts.count > 0,
        tryHeap: async (heap) => {
          if (heap.modules !== undefined) {
            watchUserCode(context);
            interrupts.leaveToSystem();
          }
          try {
            await tryHeap(heap);
          } finally {
            interrupts.begin();
          }
        },
        onFailure: (label, { message, code }) => {
          failed++;
          terminal.fail(plain(`${label}: ${message} (${code})`));
        },
        onProgress: ({ label, round, done, total }, progress) => {
          bar ??= new Progress(terminal, seconds * total, 60);
          const { phase = '', share = 0, sample } = progress ?? {};
          const part = phase === 'replay' ? share * subject.work : subject.work + share * subject.idle;
          const rss = typeof sample?.rss !== 'number' ? '' : ` RSS ${formatBytes(sample.rss)}`;
          bar.update(
            done * seconds + (phase === '' || phase === 'counting' ? 0 : part),
            `${done + 1} of ${total}, ${label}, round ${round}: ${phase}${rss}`,
          );
        },
      },
    );
  } catch (error) {
    ending = error;
  } finally {
    bar?.stop();
    interrupts.end();
  }
  if (ending !== undefined) {
    if (store.done().length > 0) await tellFinished(() => tell(store, options, terminal));
    throw ending;
  }
  if (failed > 0) context.exitCode = exitCodes.failed;
  // A run may have been ended alone.
  if (interrupts.count > 0 || !isWhole) context.exitCode = exitCodes.interrupted;
  await tell(store, options, terminal);
}

export function defineGrid(command: Command, context: CommandContext): void {
  command
    .description(
      'Runs one trace or workload under every combination of some options’ values, several times, each run in a process of ' +
        'its own. Goes on where it stopped. Draws heat maps and curves, and writes all figures as CSV.',
    )
    .argument('[subject]', 'a trace file, the name of a shipped trace or of a workload', defaultSubject)
    .addOption(
      new Option('-r, --repeat <n>', 'rounds: runs of each cell').argParser(wholeNumber(1, 100)).default(3),
    )
    .addOption(
      new Option('--shard <i/n>', 'do the ith of n shares')
        .argParser(shard)
        .default({ index: 1, of: 1 }, 'all of it'),
    );
  refuseLive(command, 'grid');
  addOutputOptions(addAxisOptions(addSubjectOptions(command)), 'grid', null)
    .addHelpText('after', help)
    .action((subject: string, options: Options) => execute(subject, { ...options }, context));
  command
    .command('merge')
    .description(
      'Joins shares of a grid, or draws one anew: checks that they belong together, tells of machines that differ.',
    )
    .argument('<folder...>', 'folders of shares; of one alone the page is made anew')
    .addOption(new Option('-o, --out <dir>', 'the folder of the whole'))
    .addOption(new Option('--no-report', 'write no page'))
    .addOption(new Option('--json', 'print the figures as JSON'))
    .action(async (folders: string[], _options: unknown, own: Command) => {
      // A flag that the command above has, too, is its own.
      const options = own.optsWithGlobals() as Options;
      const { store, notes } = mergeGrids(folders, options.out);
      for (const note of notes) context.terminal.note(note);
      if (store.done().length === 0)
        throw new PageHeapError('ERR_RUN_FILE', 'no run of this grid was finished', { file: store.folder });
      await tell(store, options, context.terminal);
    });
}
