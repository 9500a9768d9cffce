/**
 * `pageheap run`, the main job: a trace or a workload on a heap in a process of its own, watched, and
 * summed up; with a report.
 *
 * Ctrl-C (and SIGTERM, SIGHUP) asks the run to end (lab/run/fork-run.ts): its file is completed, the summary
 * printed and the report written as always, and no process is left. A second one ends it at once.
 */
import type { Command } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import { readEnvironment } from '../design/environment.ts';
import { summarize } from '../lab/metrics/summary.ts';
import { claimFile, makeFolder } from '../lab/record/folders.ts';
import { checkOpenOutput } from '../lab/record/output.ts';
import { packageVersion } from '../lab/record/package.ts';
import { readRunFile } from '../lab/record/run-file.ts';
import { removeUnrecorded } from '../lab/record/run-folder.ts';
import { formatBytes, formatNumber } from '../lab/report/client/format.ts';
import { forkRun } from '../lab/run/fork-run.ts';
import { checkLiveness, tryHeap } from '../lab/run/run-heap.ts';
import type { RunOptions, RunProgress, RunReason } from '../lab/run/run-options.ts';
import { checkSubject, nameFor, type Subject, subjectOf } from '../lab/subject/subject.ts';
import { samplingOptions } from '../lab/subject/subject-options.ts';
import { workloads } from '../lab/workloads/index.ts';
import { drawChart } from './chart.ts';
import { conformanceNotes } from './conformance-notes.ts';
import type { CommandContext } from './context.ts';
import { readFlags } from './declared-options.ts';
import { exitCodes } from './exit-codes.ts';
import { addHeapOptions, heapRequestOf } from './heap-options.ts';
import { Interrupts } from './interrupts.ts';
import { addOutputOptions, type OutputOptions } from './output-options.ts';
import { Progress } from './progress.ts';
import { reportPathOf, writeReport } from './report.ts';
import { addSubjectOptions, defaultSubject, subjectNames, subjectOptionsOf } from './subject.ts';
import { drawSummary, irregularityNotes, summaryNotes } from './summary.ts';
import type { Terminal } from './terminal.ts';

const chartHeight = 10;

type Options = OutputOptions;

function help(): string {
  return `
Traces: glibc's mtrace text, CS:APP's .rep and CS107's .script, plain or gzipped,
of any length; - is standard input. One that was cut off, or that two processes
wrote, counts as far as it is sound, and is told; --strict refuses it.
${subjectNames()}
To trace a program of your own, preload glibc's libc_malloc_debug.so.0 and call
mtrace() in it; docs/traces.md has that library.

Why two collections when idle: by the 2023 design, memory that was in dense use
in this cycle or the last is not given back; the second collection lets it go.

Examples:
  $ pageheap run                          ${defaultSubject}, as npm start does
  $ pageheap run perl --duration 5        another shipped trace, faster
  $ pageheap run --generation lists       the same program on the design of 2014
  $ pageheap run rsscurve                 a workload recorded from real Go, too
  $ pageheap run --advise free            why is RSS high when all is released?
  $ pageheap run --memory-limit 200MiB    what does a soft limit hold and cost?
  $ pageheap run --idle-gcs 1             what does one collection give back?
  $ zcat my.mtrace.gz | pageheap run - --duration 0 --json`;
}

/** Shows a run as it goes: replay and idleness as one bar. */
class RunProgressBar {
  readonly #bar: Progress;
  readonly #replayWeight: number;
  readonly #idleWeight: number;

  constructor(terminal: Terminal, subject: Subject) {
    this.#replayWeight = subject.work;
    this.#idleWeight = subject.idle;
    this.#bar = new Progress(terminal, this.#replayWeight + this.#idleWeight, 58);
  }

  show = ({ phase, share = 0, ops, sample }: RunProgress): void => {
    // A workload tells how much of its idleness is over, whatever it does.
    const done =
      phase === 'replay' ? share * this.#replayWeight : this.#replayWeight + share * this.#idleWeight;
    const memory =
      sample === undefined
        ? ''
        : ` in use ${formatBytes(sample.inuse)}${sample.rss === null ? '' : `, RSS ${formatBytes(sample.rss)}`}`;
    this.#bar.update(phase === 'counting' ? 0 : done, `${phase} ${formatNumber(ops)}${memory}`);
  };

  stop(): void {
    this.#bar.stop();
  }
}

/** A run that ended before its end: what is left of it. */
async function tellRest(output: string, made: readonly string[], terminal: Terminal): Promise<void> {
  if (await removeUnrecorded(output, made)) terminal.note('nothing was recorded');
  else terminal.note(`What was recorded until then: ${output}`);
}

/** Makes the run; undefined where it was ended before it could answer. */
async function make(
  run: RunOptions,
  made: readonly string[],
  bar: RunProgressBar,
  interrupts: Interrupts,
  terminal: Terminal,
): Promise<RunReason | undefined> {
  try {
    const { reason } = await forkRun(run, { onProgress: bar.show });
    return reason;
  } catch (error) {
    bar.stop();
    const died = error instanceof PageHeapError && error.code === 'ERR_SYSTEM';
    // A run that is killed by the second Ctrl-C, or by the first before it had begun, is no failure of its own.
    if (interrupts.count > 0 && died) {
      terminal.note('interrupted');
      await tellRest(run.output, made, terminal);
      return undefined;
    }
    // One that died says itself what is left.
    if (died) await removeUnrecorded(run.output, made);
    else await tellRest(run.output, made, terminal);
    throw error;
  } finally {
    bar.stop();
    interrupts.end();
  }
}

async function execute(trace: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const interrupts = new Interrupts();
  const subject = subjectOf(trace, subjectOptionsOf({ ...options }), workloads);
  const name = nameFor(subject, options.name);
  // A malformed GOMEMLIMIT is told here, not by the process of the run.
  readEnvironment();
  const request = heapRequestOf({ ...options });
  context.pageHeapFile = request.pageHeapFile;
  checkOpenOutput(1, 'standard output', [subject.run.trace ?? '', request.pageHeapFile ?? '']);
  const hasOperations = await checkSubject(subject, 1, workloads);
  const early = hasOperations ? [] : irregularityNotes({ irregular: { noOperations: 1 } });
  for (const note of early) terminal.note(note);
  if (request.pageHeapFile !== undefined) interrupts.leaveToForeignCode();
  // A class that no heap takes is refused before anything is said or made.
  if (request.pageHeapFile !== undefined) await tryHeap({ ...subject.run, ...request });
  for (const note of await conformanceNotes([request.pageHeapFile])) terminal.note(note);
  checkLiveness({ ...subject.run, ...request });
  interrupts.begin();
  const made = makeFolder(options.out);
  const output = claimFile(options.out, name, new Date(), '.jsonl');
  const run: RunOptions = {
    ...subject.run,
    ...request,
    output,
    name,
    ...readFlags(samplingOptions, { ...options }),
    command: ['pageheap', ...process.argv.slice(2)],
    version: packageVersion(),
  };
  const reason = await make(run, made, new RunProgressBar(terminal, subject), interrupts, terminal);
  if (reason !== 'done') context.exitCode = exitCodes.interrupted;
  if (reason !== undefined) await tell(output, reason, options, terminal, early);
}

/** Sums up the run, and makes the report; `told` are notes that were there before. What is known is told before the report is tried: it needs a place. */
async function tell(
  output: string,
  reason: RunReason,
  options: Options,
  terminal: Terminal,
  told: readonly string[],
): Promise<void> {
  const data = await readRunFile(output);
  const summary = summarize(data);
  const write = (): string | null =>
    options.report ? writeReport(data, reportPathOf(output), output) : null;
  if (options.json) {
    let report: string | null = null;
    const { output: printed } = data.end ?? {};
    try {
      report = write();
    } finally {
      terminal.printJson({
        runFile: output,
        report,
        ...summary,
        ...(printed === undefined ? {} : { output: printed }),
      });
    }
    return;
  }
  for (const line of data.end?.output ?? []) terminal.print(line);
  const colors = terminal.outColors;
  const columns = terminal.columnsOf(terminal.out);
  const chart = drawChart(data.samples, summary.gaps, {
    columns,
    height: chartHeight,
    hasColors: terminal.outHasColors,
    colors,
  });
  if (chart !== '') terminal.print(`${chart}\n`);
  terminal.print(drawSummary(summary, columns, colors));
  for (const note of summaryNotes(summary)) if (!told.includes(note)) terminal.note(note);
  if (reason === 'interrupted') terminal.note('interrupted: this is what was recorded until then');
  terminal.print(`\nrun file: ${output}`);
  const report = write();
  if (report !== null) terminal.print(`report:   ${colors.bold(report)}`);
}

export function defineRun(command: Command, context: CommandContext): void {
  command
    .description(
      "Replays a program's allocations on a real heap, or runs a built-in workload, in a process of its own, and " +
        'watches how memory comes and leaves. Prints a summary and writes a run file (JSON lines) and a report (HTML).',
    )
    .argument(
      '[subject]',
      'a trace file, the name of a shipped trace or of a workload, or -',
      defaultSubject,
    );
  addOutputOptions(addHeapOptions(addSubjectOptions(command)), 'run')
    .addHelpText('after', help)
    .action((subject: string, options: Options) => execute(subject, options, context));
}
