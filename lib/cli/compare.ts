/**
 * `pageheap compare`: one subject, several heaps, each run in a process of its own, taking turns.
 *
 * Ctrl-C ends the run in progress and with it the comparison: what was finished is summed up and drawn.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { readEnvironment } from '../env.ts';
import { type Comparison, compareRuns, readComparison } from '../lab/compare.ts';
import { type MetricUnit, metrics, type Spread } from '../lab/compare-metrics.ts';
import { comparePhases, phaseMetrics } from '../lab/compare-phases.ts';
import { forkRun } from '../lab/fork-run.ts';
import { formatBytes, formatDuration } from '../lab/report/client/format.ts';
import { renderComparison } from '../lab/report/comparison.ts';
import { formatMetric } from '../lab/report/comparison-values.ts';
import { wholeNumber } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import {
  addHeapOptions,
  type Configuration,
  type HeapRequest,
  heapRequestOf,
  parseConfiguration,
} from './heap-options.ts';
import { addOutputOptions, type OutputOptions } from './output-options.ts';
import { packageVersion } from './package.ts';
import { Progress } from './progress.ts';
import {
  addSubjectOptions,
  defaultSubject,
  type Subject,
  type SubjectOptions,
  subjectNames,
  subjectOf,
} from './subject.ts';
import { drawTable, fits, type TableShape } from './table.ts';
import type { Terminal } from './terminal.ts';

const defaultConfigurations = ['lists', 'treap', 'radix'];
const comparisonPage = 'comparison.html';

interface Options extends SubjectOptions, OutputOptions {
  readonly configuration?: readonly string[];
  readonly repeat: number;
}

function help(): string {
  return `
A configuration is a generation and parts to change in it, by the names of the
flags above: 'radix', 'treap,advise=dontneed', 'no hints:treap,huge-page-hints=off';
a label and a colon may come first. Flags beside them hold for every configuration.
The configurations take turns, so that a noisy machine does not decide.

${subjectNames()}

Examples:
  $ pageheap compare                                 three generations, ${defaultSubject}
  $ pageheap compare rsscurve --repeat 1
  $ pageheap compare cache-refill -c treap -c treap,advise=dontneed
  $ pageheap compare git --duration 5 --idle 5 -c radix -c radix,scavenger=none
  $ pageheap compare stripes -c radix -c mine:radix,page-heap=./first-fit.mjs`;
}

/** A figure: its mean, and how far the runs were apart; how many runs have it, where not all do. */
function cellOf(unit: MetricUnit, spread: Spread | undefined, runs: number, between: string): string {
  if (spread === undefined) return '–';
  const mean = formatMetric(unit, spread.mean);
  const sd = spread.sd === null ? '' : formatMetric(unit, spread.sd);
  // A spread that rounds to nothing says no more than none.
  const apart = sd === '' || spread.sd === 0 || sd === formatMetric(unit, 0) ? '' : `${between}± ${sd}`;
  return spread.n < runs ? `${mean}${apart}${between}(${spread.n} of ${runs})` : `${mean}${apart}`;
}

/**
 * Draws figures: configurations as columns. Where the window is too narrow for a mean and its spread side by
 * side, the spread goes below; where it is too narrow for that, each figure is a list. Not in a window: as wide as it is.
 */
function drawFigures(
  { configurations }: Comparison,
  title: string,
  rows: readonly FigureRow[],
  terminal: Terminal,
): string {
  const colors = terminal.outColors;
  const columns = terminal.out.columns ?? Number.POSITIVE_INFINITY;
  const shape = (between: string): TableShape => ({
    head: [title, ...configurations.map(({ label }) => label)],
    numeric: configurations.map((_, i) => i + 1),
    rows: rows.map(({ label, unit, spreads }) => [
      label,
      ...spreads.map((spread, i) => cellOf(unit, spread, configurations[i].runs.length, between)),
    ]),
  });
  const beside = shape(' ');
  const below = shape('\n');
  return fits(beside, columns) || !fits(below, columns)
    ? drawTable(beside, columns, colors)
    : drawTable(below, columns, colors);
}

/** One figure of every configuration. */
interface FigureRow {
  readonly label: string;
  readonly unit: MetricUnit;
  readonly spreads: readonly (Spread | undefined)[];
}

/** The figures of whole runs, and RSS at the ends of phases where the subject has any. */
export function drawComparison(comparison: Comparison, terminal: Terminal): string {
  const { configurations } = comparison;
  const whole: readonly FigureRow[] = metrics.map(({ id, label, unit }) => ({
    label,
    unit,
    spreads: configurations.map(({ spread }) => spread[id]),
  }));
  const known = whole.filter(({ spreads }) => spreads.some((spread) => spread !== undefined));
  const phases: readonly FigureRow[] = comparePhases(configurations).map((phase) => ({
    label: phase.name,
    unit: 'bytes',
    spreads: phase.configurations.map(({ rss }) => rss),
  }));
  const tables = [drawFigures(comparison, '', known, terminal)];
  if (phases.length > 0) tables.push(drawFigures(comparison, 'RSS, end of', phases, terminal));
  return tables.join('\n\n');
}

/** Writes the page beside the index. @throws PageHeapError ERR_FILE */
export function writeComparison(comparison: Comparison, to?: string): string {
  const path = to ?? join(comparison.folder, comparisonPage);
  try {
    writeFileSync(path, renderComparison(comparison));
  } catch (cause) {
    throw new PageHeapError('ERR_FILE', `the report cannot be written: ${(cause as Error).message}`, {
      value: path,
      cause,
    });
  }
  return path;
}

/** The comparison for machines. */
export function comparisonJson(
  { index, folder, configurations }: Comparison,
  report: string | null,
): unknown {
  const phases = comparePhases(configurations);
  return {
    folder,
    report,
    name: index.name,
    repeat: index.repeat,
    seconds: index.seconds,
    interrupted: index.interrupted,
    configurations: configurations.map(({ label, files, spread }, i) => ({
      label,
      files,
      metrics: Object.fromEntries(metrics.map(({ id }) => [id, spread[id] ?? null])),
      phases: phases.map((phase) => ({
        name: phase.name,
        metrics: Object.fromEntries(phaseMetrics.map(({ id }) => [id, phase.configurations[i][id] ?? null])),
      })),
    })),
  };
}

function folderOf(out: string, name: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const base = join(out, `compare-${name.replace(/[^\w.-]+/g, '_')}-${stamp}`);
  let path = base;
  for (let n = 2; existsSync(path); n++) path = `${base}-${n}`;
  return path;
}

const collect = (value: string, former: readonly string[] = []): string[] => [...former, value];

/** How long all runs take: known where the pace is, but for the few seconds that work takes at full speed. */
function estimate({ work, idle, paced }: Subject, total: number): string {
  if (paced) return `about ${formatDuration(total * (work + idle) * 1000)}`;
  return idle === 0 ? 'as fast as it goes' : `${formatDuration(total * idle * 1000)} idle, and the work`;
}

function barOf(terminal: Terminal, subject: Subject, total: number): Progress {
  return new Progress(terminal, (subject.work + subject.idle) * total, 60);
}

/** @throws PageHeapError ERR_INVALID_OPTION, also for a generation beside configurations that have their own */
function configurationsOf(texts: readonly string[], base: HeapRequest): Configuration[] {
  const { generation, ...others } = base.heap;
  if (generation !== undefined && texts.every((text) => parseConfiguration(text).heap.generation)) {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `--generation ${generation}: every configuration has its own; compare fewer with -c, as in -c ${generation}`,
      { value: generation },
    );
  }
  return texts.map((text) => {
    // A generation is said once: by the configuration, or for all.
    const has = parseConfiguration(text).heap.generation !== undefined;
    return parseConfiguration(text, has ? { ...base, heap: others } : base);
  });
}

async function execute(name: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const subject = subjectOf(name, options);
  readEnvironment();
  const base = heapRequestOf({ ...options });
  const configurations = configurationsOf(options.configuration ?? defaultConfigurations, base);
  context.pageHeapFile = configurations.find((c) => c.pageHeapFile !== undefined)?.pageHeapFile;
  const total = configurations.length * options.repeat;
  const eachSeconds = subject.work + subject.idle;
  if (!options.json) {
    terminal.note(
      `${configurations.length} ${configurations.length === 1 ? 'configuration' : 'configurations'}, ` +
        `${options.repeat} ${options.repeat === 1 ? 'run' : 'runs'} each: ${estimate(subject, total)}`,
    );
  }
  const bar = barOf(terminal, subject, total);
  const folder = folderOf(options.out, options.name ?? subject.name, new Date());
  let failure: unknown;
  let interrupts = 0;
  const onInterrupt = (): void => void interrupts++;
  process.on('SIGINT', onInterrupt);
  try {
    const index = await compareRuns(
      {
        configurations,
        repeat: options.repeat,
        folder,
        run: {
          ...subject.run,
          name: options.name ?? subject.name,
          beatMs: options.beat,
          command: ['pageheap', ...process.argv.slice(2)],
          version: packageVersion(),
        },
      },
      {
        run: (run, onProgress) => forkRun(run, { onProgress }),
        onProgress: ({ label, done }, progress) => {
          const { phase = '', share = 0, sample } = progress ?? {};
          const part =
            phase === 'replay'
              ? share * subject.work
              : phase === '' || phase === 'counting'
                ? 0
                : subject.work + share * subject.idle;
          const rss = sample === undefined ? '' : ` RSS ${formatBytes(sample.rss)}`;
          bar.update(done * eachSeconds + part, `${done + 1} of ${total}, ${label}: ${phase}${rss}`);
        },
      },
    );
    if (index.interrupted) context.exitCode = exitCodes.interrupted;
  } catch (error) {
    failure = error;
  } finally {
    bar.stop();
    process.off('SIGINT', onInterrupt);
  }
  if (failure !== undefined && interrupts < 2) {
    if (existsSync(folder)) terminal.note(`What was recorded until then: ${folder}`);
    throw failure;
  }
  if (failure !== undefined) context.exitCode = exitCodes.interrupted;
  if (!existsSync(folder)) {
    terminal.note('interrupted before anything was recorded');
    return;
  }
  const comparison = await readComparison(folder);
  const report = options.report ? writeComparison(comparison) : null;
  if (options.json) {
    terminal.printJson(comparisonJson(comparison, report));
    return;
  }
  terminal.print(drawComparison(comparison, terminal));
  if (comparison.index.interrupted) terminal.note('interrupted: this is what was finished until then');
  terminal.print(`\nrun files: ${folder}`);
  if (report !== null) terminal.print(`report:    ${terminal.outColors.bold(report)}`);
}

export function addCompare(program: Command, context: CommandContext): void {
  const command = program
    .command('compare')
    .summary('run one program on several designs, and lay them side by side')
    .description(
      'Runs one trace or workload on several configurations of the heap, in turns and repeated, each run in a ' +
        'process of its own. Prints a table with means and spreads, and writes one report with the curves over each other.',
    )
    .argument('[subject]', 'a trace file, the name of a shipped trace or of a workload', defaultSubject)
    .addOption(
      new Option(
        '-c, --configuration <parts>',
        '[label:]generation[,part=value…]; as often as wanted (default: lists, treap, radix)',
      ).argParser(collect),
    )
    .addOption(
      new Option('-r, --repeat <n>', 'runs of each configuration').argParser(wholeNumber(1, 100)).default(3),
    );
  addOutputOptions(addHeapOptions(addSubjectOptions(command)), 'comparison')
    .addHelpText('after', help)
    .action((subject: string, options: Options) => execute(subject, options, context));
}
