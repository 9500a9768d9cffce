/**
 * `pageheap compare`: one subject, several heaps, each run in a process of its own, taking turns.
 *
 * Ctrl-C ends the run in progress and with it the comparison: what was finished is summed up and drawn. A
 * configuration that fails is told at the end, with the place, and the exit code is 1.
 *
 * Not here: what is drawn (comparison.ts).
 */

import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { cacheFolder } from '../base/cache-folder.ts';
import { commandHere } from '../base/called-as.ts';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { readEnvironment } from '../design/environment.ts';
import { resolveOptions } from '../design/options.ts';
import { compareRuns } from '../lab/compare/compare.ts';
import type { ContenderRequest } from '../lab/contenders/contender.ts';
import { forkAny } from '../lab/contenders/fork-any.ts';
import { prepareContender } from '../lab/contenders/prepare.ts';
import { readComparison } from '../lab/metrics/comparison.ts';
import type { RunFailure } from '../lab/record/comparison-index.ts';
import { fileStem, stampedPath } from '../lab/record/folders.ts';
import { checkOpenOutputs } from '../lab/record/output.ts';
import { packageVersion } from '../lab/record/package.ts';
import { formatBytes, formatDuration } from '../lab/report/client/format.ts';
import type { ReplayerProgram } from '../lab/run/run-options.ts';
import { placeholders } from '../lab/subject/modules.ts';
import { runLiveness } from '../lab/subject/run-liveness.ts';
import { checkSubject, nameFor, type Subject, subjectOf, withOwnPace } from '../lab/subject/subject.ts';
import { samplingOptions } from '../lab/subject/subject-options.ts';
import type { SubjectRequest } from '../lab/subject/subject-request.ts';
import { workloads } from '../lab/workloads/index.ts';
import { wholeNumber } from './arguments.ts';
import { comparisonJson, comparisonNotes, drawComparison, writeComparison } from './comparison.ts';
import { conformanceNotes } from './conformance-notes.ts';
import { namesContender, parseContender } from './contender-options.ts';
import type { CommandContext } from './context.ts';
import { readFlags } from './declared-options.ts';
import { exitCodes } from './exit-codes.ts';
import { foreignPlace, noteForeignStack } from './foreign-stack.ts';
import {
  addHeapOptions,
  type Configuration,
  type HeapRequest,
  heapRequestOf,
  inFlags,
  parseConfiguration,
} from './heap-options.ts';
import { stoppingWords } from './interrupts.ts';
import { refuseLive } from './live-options.ts';
import { addOutputOptions, type OutputOptions } from './output-options.ts';
import { Progress } from './progress.ts';
import { addSubjectOptions, defaultSubject, subjectNames, subjectOptionsOf } from './subject.ts';
import { irregularityNotes } from './summary.ts';
import { plain, type Terminal } from './terminal.ts';
import { watchUserCode } from './user-code.ts';
import { tellFinished } from './write-each.ts';

const defaultConfigurations = ['lists', 'treap', 'radix'];

interface Options extends OutputOptions {
  readonly configuration?: readonly string[];
  readonly repeat: number;
}

function help(): string {
  return `
A configuration is a generation and options that change it, by the names of the
flags above: 'radix', 'treap,advise=dontneed', 'no hints:treap,huge-page-hints=off';
a label and a colon may come first. Flags beside them hold for every configuration.
Or it is a contender, an allocator of others: glibc, jemalloc, mimalloc, tcmalloc,
go, or as-it-ran of a recording; with variables of its environment as options, and
go with gogc, memory-limit, ps (docs/contenders.md; pageheap doctor says which
are installed).
The configurations take turns, so that a noisy machine does not decide. One that
fails has no further runs; the others go on. A trace is read once a run, so that
- (standard input) is refused where there are several: save it to a file.

${subjectNames()}

Examples:
  $ pageheap compare                                 three generations, ${defaultSubject}
  $ pageheap compare rsscurve --repeat 1
  $ pageheap compare cache-refill -c treap -c treap,advise=dontneed
  $ pageheap compare git --duration 5 --idle 5 -c radix -c radix,scavenger=none
  $ pageheap compare stripes -c radix -c mine:radix,page-heap=./first-fit.mjs
  $ pageheap compare perl -c radix -c glibc -c jemalloc -c go
  $ pageheap compare perl -c jemalloc -c lazy:jemalloc,MALLOC_CONF=dirty_decay_ms:-1`;
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

/** A configuration, and the contender that it asks for instead of a heap. */
type Compared = Configuration & { readonly contender?: ContenderRequest };

/** @throws PageHeapError ERR_INVALID_OPTION, also for a generation beside configurations that have their own */
function configurationsOf(texts: readonly string[], base: HeapRequest): Compared[] {
  const { generation, ...others } = base.heap;
  const heaps = texts.filter((text) => !namesContender(text));
  if (generation !== undefined && heaps.every((text) => parseConfiguration(text).heap.generation)) {
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `--generation ${generation}: every configuration has its own; compare fewer with -c, as in -c ${generation}`,
      { value: generation },
    );
  }
  const seen = new Set<string>();
  // A generation is said once: by the configuration, or for all.
  const heapOf = (text: string): Configuration => {
    const has = parseConfiguration(text).heap.generation !== undefined;
    return parseConfiguration(text, has ? { ...base, heap: others } : base);
  };
  return texts.map((text) => {
    const made: Compared = namesContender(text) ? { heap: {}, ...parseContender(text, base) } : heapOf(text);
    if (seen.has(made.label)) {
      const options = text.slice(text.startsWith(`${made.label}:`) ? made.label.length + 1 : 0);
      throw new PageHeapError(
        'ERR_INVALID_OPTION',
        `two configurations are called ${made.label}; give one a label of its own, as in -c again:${options}`,
        { value: text },
      );
    }
    seen.add(made.label);
    return made;
  });
}

/** A configuration that failed: why, and where in a custom page heap. */
function tellFailure(
  { label, round, code }: RunFailure,
  error: unknown,
  { modules }: Configuration,
  terminal: Terminal,
): void {
  const place = `configuration '${label}', run ${round}:`;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const likely = `a custom page heap is most likely the cause; try: ${commandHere('conform', modules?.pageHeap ?? '')}`;
  if (error instanceof PageHeapError) {
    terminal.fail(plain(`${place} ${inFlags(error)}${foreignPlace(error)} (${code})`));
    noteForeignStack(error, terminal);
    // Its process ended without a word.
    if (code === 'ERR_SYSTEM' && modules?.pageHeap !== undefined) terminal.note(likely);
  } else if (modules?.pageHeap !== undefined) {
    terminal.fail(plain(`${place} ${likely}\n${stack}`));
  } else {
    terminal.fail(`${place} this is a defect of pageheap:\n${stack}`);
  }
}

function prepared(contender: ContenderRequest, terminal: Terminal): ReplayerProgram {
  return prepareContender(contender, (version, temporary) =>
    terminal.note(
      `${version} builds the replayer; ${
        temporary === undefined
          ? 'it is kept for later'
          : `the cache folder ${cacheFolder()} cannot be written: it is in ${temporary} until this command ends (XDG_CACHE_HOME names another)`
      }`,
    ),
  );
}

/** What the environment asks for in vain, and of which configurations, if not of all. */
function environmentNotes(configurations: readonly Configuration[], run: SubjectRequest): string[] {
  const told = new Map<string, string[]>();
  for (const { label, heap, modules } of configurations) {
    resolveOptions({
      ...heap,
      liveness: runLiveness(run, heap.liveness, workloads),
      // Which class it is makes no difference here.
      ...placeholders(modules),
      warn: (text) => told.set(text, [...(told.get(text) ?? []), label]),
    });
  }
  return [...told].map(([text, labels]) =>
    labels.length === configurations.length ? text : `${labels.join(', ')}: ${text}`,
  );
}

async function execute(name: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal, interrupts } = context;
  const pace = subjectOptionsOf({ ...options });
  const named = subjectOf(name, pace, workloads);
  const title = nameFor(named, options.name);
  readEnvironment();
  const base = heapRequestOf({ ...options });
  const asked = configurationsOf(options.configuration ?? defaultConfigurations, base);
  // Before anything is made: what is not installed here, and what must be built.
  const configurations = asked.map(({ contender, ...others }) =>
    contender === undefined ? others : { ...others, contender: prepared(contender, terminal) },
  );
  context.modules = configurations.find((c) => c.modules?.pageHeap !== undefined)?.modules;
  const files = configurations.flatMap(({ modules = {} }) => Object.values(modules));
  checkOpenOutputs([named.run.trace ?? '', ...files]);
  const total = configurations.length * options.repeat;
  const hasOperations = await checkSubject(named, total, workloads);
  const subject = await withOwnPace(named, pace);
  const empty = hasOperations ? [] : irregularityNotes({ irregular: { noOperations: 1 } });
  if (files.length > 0) {
    watchUserCode(context);
    interrupts.leaveToSystem();
  }
  const conformance = await conformanceNotes(configurations.map(({ modules }) => modules?.pageHeap));
  const eachSeconds = subject.work + subject.idle;
  let folder = stampedPath(options.out, `compare-${fileStem(title)}`, new Date());
  let begun = false;
  const failures: { failure: RunFailure; error: unknown }[] = [];
  let bar: Progress | undefined;
  let ending: unknown;
  let isWhole = false;
  try {
    const { interrupted } = await compareRuns(
      {
        configurations,
        repeat: options.repeat,
        folder,
        run: {
          ...subject.run,
          name: title,
          ...readFlags(samplingOptions, { ...options }),
          command: ['pageheap', ...process.argv.slice(2)],
          version: packageVersion(),
          warned: true,
        },
      },
      {
        run: (run, onProgress) =>
          forkAny(run, { onProgress, signal: interrupts.stop, kill: interrupts.kill, handleSignals: false }),
        stopped: () => interrupts.count > 0,
        onBegin: (claimed) => {
          folder = claimed;
          begun = true;
          interrupts.begin(() => terminal.note(stoppingWords));
          for (const note of [
            ...environmentNotes(
              asked.filter((one) => one.contender === undefined),
              named.run,
            ),
            ...conformance,
            ...empty,
          ])
            terminal.note(note);
          if (!options.json) {
            terminal.note(
              `${configurations.length} ${configurations.length === 1 ? 'configuration' : 'configurations'}, ` +
                `${options.repeat} ${options.repeat === 1 ? 'run' : 'runs'} each: ${estimate(subject, total)}`,
            );
          }
          bar = barOf(terminal, subject, total);
        },
        onFailure: (failure, error) => failures.push({ failure, error }),
        onProgress: ({ label, done, total: runs }, progress) => {
          const { phase = '', share = 0, sample } = progress ?? {};
          const part =
            phase === 'replay'
              ? share * subject.work
              : phase === '' || phase === 'counting'
                ? 0
                : subject.work + share * subject.idle;
          const rss = typeof sample?.rss !== 'number' ? '' : ` RSS ${formatBytes(sample.rss)}`;
          bar?.update(
            ((done * eachSeconds + part) * total) / runs,
            `${done + 1} of ${runs}, ${label}: ${phase}${rss}`,
          );
        },
      },
    );
    isWhole = !interrupted;
  } catch (error) {
    ending = error;
  } finally {
    bar?.stop();
    interrupts.end();
  }
  for (const { failure, error } of failures) {
    const configuration = configurations.find(({ label }) => label === failure.label);
    if (configuration !== undefined) tellFailure(failure, error, configuration, terminal);
  }
  if (failures.length > 0) context.exitCode = exitCodes.failed;
  // A run may have been ended alone.
  if (interrupts.count > 0 || !isWhole) context.exitCode = exitCodes.interrupted;
  if (ending !== undefined) {
    if (begun && existsSync(folder)) await tellFinished(() => tell(folder, options, terminal));
    throw ending;
  }
  await tell(folder, options, terminal);
}

/** Sums up what was finished. */
async function tell(folder: string, options: Options, terminal: Terminal): Promise<void> {
  if (!existsSync(folder)) {
    terminal.note('it ended before anything was recorded');
    return;
  }
  const comparison = await readComparison(folder);
  if (comparison.configurations.every(({ runs }) => runs.length === 0)) {
    if (options.json) terminal.printJson(comparisonJson(comparison, null));
    const how = comparison.index.interrupted
      ? 'interrupted before a run was finished'
      : 'no run was finished';
    terminal.note(`${how}: there is no table and no report`);
    terminal.note(`What was recorded until then: ${controlsShown(folder)}`);
    return;
  }
  const write = (): string | null => (options.report ? writeComparison(comparison) : null);
  if (options.json) {
    for (const note of comparisonNotes(comparison, true)) terminal.note(note);
    let report: string | null = null;
    try {
      report = write();
    } finally {
      terminal.printJson(comparisonJson(comparison, report));
    }
    return;
  }
  terminal.print(drawComparison(comparison, terminal));
  for (const note of comparisonNotes(comparison, true)) terminal.note(note);
  terminal.print(`\nrun files: ${controlsShown(folder)}`);
  const report = write();
  if (report !== null) terminal.print(`report:    ${terminal.outColors.bold(controlsShown(report))}`);
}

export function defineCompare(command: Command, context: CommandContext): void {
  command
    .description(
      'Runs one trace or workload on several configurations of the heap, in turns and repeated, each run in a ' +
        'process of its own. Prints a table with medians and their 95 % intervals, and writes one report with the curves over each other.',
    )
    .argument(
      '[subject]',
      'a trace file, the name of a shipped trace or of a workload; - with a single run only',
      defaultSubject,
    )
    .addOption(
      new Option(
        '-c, --configuration <design>',
        '[label:]generation[,option=value…], or a contender; as often as wanted (default: lists, treap, radix)',
      ).argParser(collect),
    )
    .addOption(
      new Option('-r, --repeat <n>', 'runs of each configuration').argParser(wholeNumber(1, 100)).default(3),
    );
  refuseLive(command, 'comparison');
  addOutputOptions(addHeapOptions(addSubjectOptions(command)), 'comparison')
    .addHelpText('after', help)
    .action((subject: string, options: Options) => execute(subject, options, context));
}
