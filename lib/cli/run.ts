/**
 * `pageheap run`, the main job: a trace replayed on a heap in a process of its own, watched, and
 * summed up; with a report.
 *
 * Ctrl-C (and SIGTERM, SIGHUP) asks the run to end (fork-run.ts): its file is completed, the summary
 * printed and the report written as always, and no process is left. A second one ends it at once.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readEnvironment } from '../env.ts';
import { forkRun } from '../lab/fork-run.ts';
import type { LabHeapOptions } from '../lab/heap-target.ts';
import { formatBytes, formatNumber } from '../lab/report/client/format.ts';
import { type RunOptions, type RunProgress, type RunReason, traceName } from '../lab/run.ts';
import { readRunFile } from '../lab/run-file.ts';
import { gcPercent, memoryLimit, seconds, wholeNumber } from './arguments.ts';
import { drawChart } from './chart.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { packageVersion, resolveTrace, shippedTraces } from './package.ts';
import { Progress } from './progress.ts';
import { reportPathOf, writeReport } from './report.ts';
import { drawSummary, irregularityNotes, summarize } from './summary.ts';
import type { Terminal } from './terminal.ts';

const defaultTrace = 'sqlite-ramp';
const chartHeight = 10;

interface Options {
  readonly duration: number;
  readonly idle: number;
  readonly idleGcs: number;
  readonly gogc?: number;
  readonly memoryLimit?: number;
  readonly advise?: 'dontneed' | 'free';
  readonly touch: 'all' | 'page' | 'none';
  readonly gcPeriod?: number;
  readonly beat: number;
  readonly hardDecommit?: true;
  readonly historicalScavengeGoal?: true;
  readonly strict?: true;
  readonly name?: string;
  readonly out: string;
  readonly report: boolean;
  readonly json?: true;
}

function help(): string {
  return `
Traces: glibc's mtrace text and CS:APP's .rep, plain or gzipped, of any length;
- is standard input. Shipped: ${shippedTraces().join(', ')}.
To trace a program of your own, preload glibc's libc_malloc_debug.so.0 and call
mtrace() in it.

Why two collections when idle: by the 2023 design, memory that was in dense use
in this cycle or the last is not given back; the second collection lets it go.

Examples:
  $ pageheap run                          ${defaultTrace}, as npm start does
  $ pageheap run perl --duration 5        another shipped trace, faster
  $ pageheap run --advise free            why is RSS high when all is released?
  $ pageheap run --memory-limit 200MiB    what does a soft limit hold and cost?
  $ pageheap run --idle-gcs 1             what does one collection give back?
  $ zcat my.mtrace.gz | pageheap run - --duration 0 --json`;
}

/** The heap's options, the environment's included, so that the run file tells them all. */
function heapOptions(options: Options): LabHeapOptions {
  const env = readEnvironment();
  const limit = options.memoryLimit ?? env.memoryLimit;
  return {
    gcPercent: options.gogc ?? env.gcPercent ?? 100,
    ...(limit === undefined ? {} : { memoryLimit: limit }),
    advise: options.advise ?? (env.debug.madvdontneed === 0 ? 'free' : 'dontneed'),
    ...(options.gcPeriod === undefined
      ? {}
      : { forcedGCPeriod: options.gcPeriod * 1e9 || Number.POSITIVE_INFINITY }),
    ...(options.hardDecommit === undefined ? {} : { hardDecommit: true }),
    ...(options.historicalScavengeGoal === undefined ? {} : { historicalScavengeGoal: true }),
  };
}

/** `runs/perl-20250131-235959.jsonl`, with a number where two start in one second. */
function runFilePath(folder: string, name: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const base = join(folder, `${name.replace(/[^\w.-]+/g, '_')}-${stamp}`);
  let path = `${base}.jsonl`;
  for (let n = 2; existsSync(path); n++) path = `${base}-${n}.jsonl`;
  return path;
}

/** Shows a run as it goes: replay and idleness as one bar. */
class RunProgressBar {
  readonly #bar: Progress;
  readonly #replayWeight: number;
  readonly #idleWeight: number;

  constructor(terminal: Terminal, options: Options) {
    // How long an unpaced replay takes is not known; it gets a few seconds' worth of the bar.
    this.#replayWeight = options.duration || 5;
    this.#idleWeight = options.idle;
    this.#bar = new Progress(terminal, this.#replayWeight + this.#idleWeight, 58);
  }

  show = ({ phase, share = 0, ops, sample }: RunProgress): void => {
    const done =
      phase === 'idle' ? this.#replayWeight + share * this.#idleWeight : share * this.#replayWeight;
    const memory =
      sample === undefined ? '' : ` in use ${formatBytes(sample.inuse)}, RSS ${formatBytes(sample.rss)}`;
    this.#bar.update(phase === 'counting' ? 0 : done, `${phase} ${formatNumber(ops)}${memory}`);
  };

  stop(): void {
    this.#bar.stop();
  }
}

async function execute(trace: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const name = options.name ?? traceName(trace);
  const output = runFilePath(options.out, name, new Date());
  const run: RunOptions = {
    trace: resolveTrace(trace),
    output,
    name,
    heap: heapOptions(options),
    seconds: options.duration,
    idle: options.idle,
    collections: options.idleGcs,
    beatMs: options.beat,
    touch: options.touch,
    strict: options.strict === true,
    command: ['pageheap', ...process.argv.slice(2)],
    version: packageVersion(),
  };
  const bar = new RunProgressBar(terminal, options);
  let interrupts = 0;
  const onInterrupt = (): void => void interrupts++;
  process.on('SIGINT', onInterrupt);
  let reason: RunReason;
  try {
    ({ reason } = await forkRun(run, { onProgress: bar.show }));
  } catch (error) {
    bar.stop();
    if (existsSync(output)) terminal.note(`What was recorded until then: ${output}`);
    // The second Ctrl-C kills the run, which then has no answer to give: that is no failure of its own.
    if (interrupts < 2) throw error;
    context.exitCode = exitCodes.interrupted;
    return;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
  bar.stop();
  if (reason === 'interrupted') context.exitCode = exitCodes.interrupted;

  const data = await readRunFile(output);
  const summary = summarize(data);
  const report = options.report ? reportPathOf(output) : undefined;
  if (report !== undefined) writeReport(data, report);
  if (options.json) {
    terminal.printJson({ runFile: output, report: report ?? null, ...summary });
    return;
  }
  const colors = terminal.outColors;
  const columns = terminal.columnsOf(terminal.out);
  const chart = drawChart(data.samples, columns, chartHeight, terminal.outHasColors, colors);
  if (chart !== '') terminal.print(`${chart}\n`);
  terminal.print(drawSummary(summary, columns, colors));
  for (const note of irregularityNotes(summary)) terminal.note(note);
  if (reason === 'interrupted') terminal.note('interrupted: this is what was recorded until then');
  terminal.print(`\nrun file: ${output}`);
  if (report !== undefined) terminal.print(`report:   ${colors.bold(report)}`);
}

export function addRun(program: Command, context: CommandContext): void {
  program
    .command('run')
    .summary('replay a program on the heap and watch its memory')
    .description(
      "Replays a program's allocations on a real heap, in a process of its own; then stays idle and " +
        'watches how memory leaves. Prints a summary and writes a run file (JSON lines) and a report (HTML).',
    )
    .argument('[trace]', 'a trace file, the name of a shipped trace, or -', defaultTrace)
    .optionsGroup('Pace:')
    .addOption(
      new Option('--duration <s>', 'seconds of replay; 0: as fast as it goes').argParser(seconds).default(20),
    )
    .addOption(new Option('--idle <s>', 'seconds of idleness after it').argParser(seconds).default(20))
    .addOption(
      new Option('--idle-gcs <n>', 'collections when idle, a second apart')
        .argParser(wholeNumber(0, 1000))
        .default(2),
    )
    .optionsGroup('Heap:')
    .addOption(new Option('--gogc <percent>', 'as GOGC: an integer, or off').argParser(gcPercent))
    .addOption(
      new Option('--memory-limit <bytes>', 'as GOMEMLIMIT: 200MiB, 1GiB, or off').argParser(memoryLimit),
    )
    .addOption(
      new Option(
        '--advise <kind>',
        'how memory is given back to the kernel: dontneed (default) or free',
      ).choices(['dontneed', 'free']),
    )
    .addOption(
      new Option('--gc-period <s>', 'collect after so long at the latest; 0: never (default: 120)').argParser(
        seconds,
      ),
    )
    .addOption(new Option('--hard-decommit', 'make memory that was given back inaccessible'))
    .addOption(
      new Option(
        '--historical-scavenge-goal',
        "Go 1.19's and 1.21's defect: the background scavenger ignores the memory limit",
      ),
    )
    .optionsGroup('Replay and watching:')
    .addOption(
      new Option('--touch <what>', 'what is written of each object: all, a byte a page, none')
        .choices(['all', 'page', 'none'])
        .default('all'),
    )
    .addOption(
      new Option('--strict', 'a free of an unknown pointer, or an allocation at a live one, is an error'),
    )
    .addOption(
      new Option('--beat <ms>', 'milliseconds between samples')
        .argParser(wholeNumber(1, 60_000))
        .default(100),
    )
    .optionsGroup('Output:')
    .addOption(new Option('--name <name>', "what the run is called (default: the trace's name)"))
    .addOption(new Option('-o, --out <dir>', 'where run file and report are written').default('runs'))
    .addOption(new Option('--no-report', 'write no report'))
    .addOption(new Option('--json', 'print the summary as JSON'))
    .addHelpText('after', help)
    .action((trace: string, options: Options) => execute(trace, options, context));
}
