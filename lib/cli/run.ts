/**
 * `pageheap run`, the main job: a trace or a workload on a heap in a process of its own, watched, and
 * summed up; with a report.
 *
 * Ctrl-C (and SIGTERM, SIGHUP) asks the run to end (lab/run/fork-run.ts): its file is completed, the summary
 * printed and the report written as always, and no process is left. A second one ends it at once.
 */

import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { readEnvironment } from '../design/environment.ts';
import { traceFileOptions } from '../design/surroundings.ts';
import type { PagesWatch } from '../lab/live/pages-watch.ts';
import { claimFile, makeFolder } from '../lab/record/folders.ts';
import { checkOpenOutputs } from '../lab/record/output.ts';
import { packageVersion } from '../lab/record/package.ts';
import { removeUnrecorded } from '../lab/record/run-folder.ts';
import { forkRun, processFor } from '../lab/run/fork-run.ts';
import type { RunOptions, RunProgress, RunReason } from '../lab/run/run-options.ts';
import type { RunProcess } from '../lab/run/run-process.ts';
import { runLiveness } from '../lab/subject/run-liveness.ts';
import { checkSubject, nameFor, type Subject, subjectOf, withOwnPace } from '../lab/subject/subject.ts';
import { samplingOptions } from '../lab/subject/subject-options.ts';
import { standardInput } from '../lab/trace/bytes.ts';
import { workloads } from '../lab/workloads/index.ts';
import type { CommandContext } from './context.ts';
import { addFlags, readFlags } from './declared-options.ts';
import { exitCodes } from './exit-codes.ts';
import { addHeapOptions, type HeapRequest, heapRequestOf } from './heap-options.ts';
import type { Interrupts } from './interrupts.ts';
import type { LivePageOfRun } from './live.ts';
import { addLiveOptions, checkLiveOptions, type LiveOptions } from './live-options.ts';
import { addOutputOptions, type OutputOptions } from './output-options.ts';
import type { RunAhead } from './run-ahead.ts';
import { Bar, drawnRun, mayDraw, type ShownRun } from './run-show.ts';
import { addSubjectOptions, defaultSubject, subjectNames, subjectOptionsOf } from './subject.ts';
import type { Terminal } from './terminal.ts';
import { watchUserCode } from './user-code.ts';

type Options = OutputOptions & LiveOptions;

function help(): string {
  return `
Traces: what pageheap record writes, glibc's mtrace text, CS:APP's .rep and
CS107's .script, what valgrind --trace-malloc=yes, ltrace and heaptrack write,
and others (docs/traces.md); plain, gzipped or by zstd, of any length; - is
standard input. One that was cut off, or that two processes wrote, counts as far
as it is sound, and is told; --strict refuses it.
${subjectNames()}
To run a program of your own, record it: pageheap record -- python3 script.py

Why two collections when idle: by the 2023 design, memory that was in dense use
in this cycle or the last is not given back; the second collection lets it go.

Examples:
  $ pageheap run                          ${defaultSubject}, as npm start does
  $ pageheap run perl --duration 5        another shipped trace, faster
  $ pageheap run my.rec.gz --ps 1         a recorded program, its threads as one
  $ pageheap run --generation lists       the same program on the design of 2014
  $ pageheap run rsscurve                 a workload recorded from real Go, too
  $ pageheap run --advise free            why is RSS high when all is released?
  $ pageheap run --memory-limit 200MiB    what does a soft limit hold and cost?
  $ pageheap run --idle-gcs 1             what does one collection give back?
  $ pageheap run --live                   watch it in a browser, and steer it
  $ zcat my.mtrace.gz | pageheap run - --duration 0 --json`;
}

/** A run that ended before its end: what is left of it. One that never began left nothing to tell of. */
async function tellRest(output: string, made: readonly string[], terminal: Terminal): Promise<void> {
  const begun = (statSync(output, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!(await removeUnrecorded(output, made)))
    terminal.note(`What was recorded until then: ${controlsShown(output)}`);
  else if (begun) terminal.note('nothing was recorded');
}

/** Who is shown how the run goes. */
interface Watching {
  readonly shown: ShownRun;
  readonly pages?: PagesWatch;
  readonly page?: LivePageOfRun;
}

/** Makes the run; undefined where it was ended before it could answer. */
async function make(
  run: RunOptions,
  own: RunProcess,
  made: readonly string[],
  watching: Watching,
  interrupts: Interrupts,
  terminal: Terminal,
): Promise<RunReason | undefined> {
  const { shown, pages, page } = watching;
  const { stop: signal, kill } = interrupts;
  const onProgress = (progress: RunProgress): void => {
    shown.show(progress);
    page?.run.progress(progress);
    pages?.progress(progress);
  };
  try {
    if (signal.aborted) own.cancel();
    const { reason } = await forkRun(run, { onProgress, signal, kill, handleSignals: false }, own);
    page?.run.end('over', reason === 'interrupted' ? 'it was interrupted' : undefined);
    return reason;
  } catch (error) {
    shown.stop();
    page?.run.end('died', error instanceof Error ? error.message : String(error));
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
    shown.stop();
    interrupts.end();
  }
}

/** What is said of a trace without an operation. */
async function emptyNotes(): Promise<string[]> {
  const { irregularityNotes } = await import('./summary.ts');
  return irregularityNotes({ irregular: { noOperations: 1 } });
}

/** What there is to say of modules with parts of a heap. A class that no heap takes is refused. */
async function tryModules({ run }: Subject, request: HeapRequest): Promise<string[]> {
  if (request.modules === undefined) return [];
  const { tryHeap } = await import('../lab/run/run-heap.ts');
  await tryHeap({ ...run, ...request });
  const { conformanceNotes } = await import('./conformance-notes.ts');
  return conformanceNotes([request.modules.pageHeap]);
}

/** The process of the run: the one that was started ahead, unless the trace is standard input, which that one has not. */
function processOf({ run: { trace } }: Subject, ahead: RunAhead | undefined): RunProcess {
  if (ahead !== undefined && trace !== standardInput) return ahead.process;
  ahead?.process.cancel();
  return processFor(trace);
}

/** Who is shown how the run goes: on the terminal, and on its live page. What that takes is loaded where it is there. */
async function watchersOf(
  { output, modules }: RunOptions,
  subject: Subject,
  own: RunProcess,
  { live, port }: Options,
  terminal: Terminal,
): Promise<Watching> {
  const isDrawn = mayDraw(terminal, modules === undefined && !process.env.GODEBUG);
  if (live !== true && !isDrawn) return { shown: new Bar(terminal, subject) };
  const [{ PagesWatch }, { RunControl }] = await Promise.all([
    import('../lab/live/pages-watch.ts'),
    import('../lab/run/run-control.ts'),
  ]);
  const control = new RunControl(own);
  const pages = new PagesWatch(control);
  const { LivePageOfRun: Page } = live === true ? await import('./live.ts') : {};
  const page = await Page?.open(control, output, pages, port, terminal);
  const shown = isDrawn ? await drawnRun(terminal, subject, pages) : new Bar(terminal, subject);
  return { shown, pages, ...(page === undefined ? {} : { page }) };
}

async function execute(trace: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal, ahead, interrupts } = context;
  const pace = subjectOptionsOf({ ...options });
  const named = subjectOf(trace, pace, workloads);
  const name = nameFor(named, options.name);
  checkLiveOptions(options);
  // A malformed GOMEMLIMIT is told here, not by the process of the run.
  readEnvironment();
  const request = heapRequestOf({ ...options });
  context.modules = request.modules;
  runLiveness(named.run, request.heap?.liveness, workloads);
  checkOpenOutputs([named.run.trace ?? '', ...Object.values(request.modules ?? {})]);
  const own = processOf(named, ahead);
  context.ahead = undefined;
  let page: LivePageOfRun | undefined;
  try {
    const hasOperations = await checkSubject(named, 1, workloads);
    const subject = await withOwnPace(named, pace);
    const early = hasOperations ? [] : await emptyNotes();
    for (const note of early) terminal.noteInWords(note);
    if (request.modules !== undefined) {
      watchUserCode(context);
      interrupts.leaveToSystem();
    }
    // Before anything is said or made.
    own.keeps(false);
    for (const note of await tryModules(subject, request)) terminal.noteInWords(note);
    own.keeps(true);
    interrupts.begin();
    const made = makeFolder(options.out);
    const output = claimFile(options.out, name, new Date(), '.jsonl');
    const run: RunOptions = {
      ...subject.run,
      ...request,
      heap: { ...request.heap, ...readFlags(traceFileOptions, { ...options }) },
      output,
      name,
      ...readFlags(samplingOptions, { ...options }),
      command: ['pageheap', ...process.argv.slice(2)],
      version: packageVersion(),
      ...(options.live === true ? { steerable: true } : {}),
    };
    const watching = await watchersOf(run, subject, own, options, terminal).catch(async (error: unknown) => {
      await removeUnrecorded(output, made);
      throw error;
    });
    page = watching.page;
    const ended = make(run, own, made, watching, interrupts, terminal);
    const [reason, { tell }] = await Promise.all([ended, import('./run-result.ts')]);
    if (reason !== 'done') context.exitCode = exitCodes.interrupted;
    if (reason === undefined) return;
    const report = await tell(output, options, terminal, early);
    if (reason === 'done') await page?.stay(report, interrupts);
  } catch (error) {
    own.cancel();
    throw error;
  } finally {
    await page?.close(interrupts.stop);
  }
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
  addOutputOptions(addFlags(addHeapOptions(addSubjectOptions(command)), traceFileOptions), 'run');
  addLiveOptions(command)
    .addHelpText('after', help)
    .action((subject: string, options: Options) => execute(subject, options, context));
}
