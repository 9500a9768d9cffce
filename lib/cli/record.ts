/**
 * `pageheap record`: runs a program, and records what it allocates and frees, and its memory beside.
 *
 * Standard output and input are the program's. What is said here goes to standard error, before and after it. Its exit code is
 * passed on; where a signal ended it, this process ends by the same.
 */

import { basename } from 'node:path';
import type { Command } from 'commander';
import { calledAs, commandHere } from '../base/called-as.ts';
import { controlsShown } from '../base/controls.ts';
import { PageHeapError } from '../base/errors.ts';
import { fileStem, freePath } from '../lab/record/folders.ts';
import { blindSpots, obstacleWords } from '../lab/recorder/blind-spots.ts';
import { finishRecording, type MadeRecording, type RecordOutcome, record } from '../lab/recorder/record.ts';
import { runtimeVariables } from '../lab/recorder/surroundings.ts';
import { formatBytes, formatDuration, formatNumber } from '../lab/report/client/format.ts';
import { programName } from '../lab/trace/recorded.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { Progress } from './progress.ts';
import { plain, type Terminal } from './terminal.ts';
import { endWords, silentWords } from './unrecorded.ts';

interface Options {
  readonly output?: string;
  readonly finish?: string;
}

/** Recordings of other processes that are told one by one. */
const mostTold = 8;
const ending = '.rec.gz';

const help = `
What is recorded: malloc, calloc, realloc, the aligned family and free, each with its
time, thread and size, in true order, of the program and of all that it starts: one
file a process. Beside it the program's RSS, which \`pageheap run\` then shows as it ran.

What is set for the program, unless it is set already:
${runtimeVariables.map(({ name, value, of }) => `  ${`${name}=${value}`.padEnd(24)} ${of}`).join('\n')}

What cannot be recorded is told: programs that are linked statically or set-user-id,
memory that a program maps itself or cuts out of pools (Java, V8, Go, OCaml, .NET).

Ctrl-C ends the program; what it did until then is recorded. A recorder that is killed
leaves raw files beside the output: pageheap run takes one, or their folder where it
holds one alone; --finish packs them.

Exit code: the program's own; a signal that ended it ends this command as well.

Examples:
  $ pageheap record -- python3 script.py          python3.rec.gz
  $ pageheap record -o my.rec.gz -- gcc -c a.c    my.rec.gz, and cc1's in my.children/
  $ pageheap run my.rec.gz                        the same program on this heap
  $ pageheap record --finish my.rec.gz.raw-Xy12ab -o my.rec.gz`;

/** A process with so many times the operations of the program itself is the one to look at. */
const workerShare = 4;

const count = (n: number, thing: string): string => `${formatNumber(n)} ${n === 1 ? thing : `${thing}s`}`;

function madeWords({ file, bytes, content }: MadeRecording): string {
  const { header, ops, threads, seconds, peakLive } = content;
  return (
    `recorded: ${controlsShown(file)}: ${controlsShown(programName(header))}, ${count(ops, 'operation')} of ${count(threads, 'thread')} in ` +
    `${formatDuration(seconds * 1000)}, ${formatBytes(peakLive)} alive at most; ${(bytes / ops).toFixed(1)} bytes an operation`
  );
}

function tellOthers(others: readonly MadeRecording[], terminal: Terminal): void {
  const sorted = others.toSorted((a, b) => b.content.ops - a.content.ops);
  for (const one of sorted.slice(0, mostTold)) terminal.note(madeWords(one));
  const rest = sorted.slice(mostTold);
  if (rest.length === 0) return;
  const ops = rest.reduce((sum, { content }) => sum + content.ops, 0);
  terminal.note(`recorded: ${rest.length} more processes beside, with ${count(ops, 'operation')}`);
}

/** What to run: the program itself, unless it is a driver, such as gcc, that has others do its work. */
function tellNext(made: readonly MadeRecording[], main: MadeRecording | undefined, terminal: Terminal): void {
  const [worker] = made.toSorted((a, b) => b.content.ops - a.content.ops);
  if (worker === undefined) return;
  const isDriver = main === undefined || worker.content.ops > workerShare * main.content.ops;
  const next = isDriver ? worker : main;
  terminal.note(`next: ${commandHere('run', next.file)}`);
  if (isDriver && made.length > 1)
    terminal.note(
      `that is ${controlsShown(programName(next.content.header))}, which has the most operations of ${count(made.length, 'recording')}`,
    );
}

function tellOutcome(outcome: RecordOutcome, terminal: Terminal): void {
  const { made, silent, left, failures, hasMain, unrecorded } = outcome;
  const main = made.find(({ isMain }) => isMain);
  if (main !== undefined) terminal.note(madeWords(main));
  tellOthers(
    made.filter(({ isMain }) => !isMain),
    terminal,
  );
  const told = new Set<string>();
  for (const { content, libraries } of made) {
    for (const words of blindSpots(content, libraries, formatBytes)) {
      const sentence = `of ${controlsShown(programName(content.header))}: ${words}`;
      if (!told.has(sentence)) terminal.note(sentence);
      told.add(sentence);
    }
  }
  for (const words of silentWords(silent)) terminal.note(words);
  for (const { message, code } of failures) terminal.fail(plain(`${message} (${code})`));
  for (const file of left)
    terminal.note(`raw, as it was written: ${controlsShown(file)} (${commandHere('run', file)} takes it)`);
  if (!hasMain && made.length === 0)
    terminal.note(
      'nothing was recorded: the recorder was not loaded into the program, or could make no file beside the output',
    );
  // Neither anything made, nor anything said of why not.
  const isSilent = hasMain && [made, left, failures].every(({ length }) => length === 0);
  if (isSilent && silent.every(({ ownMalloc, reason }) => !ownMalloc && reason === ''))
    terminal.note('nothing was recorded: the program called neither malloc nor free');
  // Of a program alone all is said by then.
  if (unrecorded !== undefined && (unrecorded.before !== undefined || silent.length !== 1))
    terminal.note(endWords(unrecorded));
  // What is there would be taken for the program.
  if (silent.some(({ reason }) => reason === 'diskFull') || unrecorded?.reason === 'diskFull')
    terminal.note('next: record again, with -o on a disk that has more room');
  else if (unrecorded === undefined) tellNext(made, main, terminal);
}

/** Ends as the program did, unless it was stopped after that. */
function passOn({ code, signal, isStopped }: RecordOutcome, context: CommandContext): void {
  context.exitCode = isStopped ? exitCodes.interrupted : (code ?? exitCodes.failed);
  if (signal === null || isStopped) return;
  context.interrupts.leaveToSystem();
  process.kill(process.pid, signal);
}

async function execute(words: readonly string[], options: Options, context: CommandContext): Promise<void> {
  const { terminal, interrupts } = context;
  const [command, ...rest] = words;
  // Until the program has ended the terminal is its own.
  let bar: Progress | undefined;
  const onProgress = (share: number): void => {
    bar ??= new Progress(terminal, 1, 40);
    bar.update(share, 'packing');
  };
  let outcome: RecordOutcome;
  // The program ends by itself, and so does the packing.
  interrupts.begin();
  try {
    if (options.finish !== undefined) {
      if (command !== undefined)
        throw new PageHeapError(
          'ERR_INVALID_OPTION',
          '--finish packs what was recorded, and runs no program',
          {
            value: command,
          },
        );
      const output = options.output ?? options.finish.replace(/\.raw-[^/]*\/*$/, '');
      if (output === options.finish)
        throw new PageHeapError('ERR_INVALID_OPTION', 'name the output: -o FILE', { value: output });
      outcome = await finishRecording(options.finish, output, { onProgress });
    } else {
      if (command === undefined)
        throw new PageHeapError('ERR_INVALID_OPTION', `name a program: ${calledAs()} record -- COMMAND…`, {
          value: command,
        });
      const output = options.output ?? freePath(fileStem(basename(command)), ending);
      outcome = await record(
        { command: [command, ...rest], output },
        {
          onProgress,
          onProgram: (program) => {
            const obstacle = obstacleWords(program);
            if (obstacle !== undefined) terminal.warn(obstacle);
          },
        },
      );
    }
  } finally {
    bar?.stop();
    interrupts.end();
  }
  tellOutcome(outcome, terminal);
  if (outcome.failures.length > 0 && outcome.code === 0 && !outcome.isStopped)
    context.exitCode = exitCodes.failed;
  else passOn(outcome, context);
}

export function defineRecord(command: Command, context: CommandContext): void {
  command.parent?.enablePositionalOptions();
  command
    .description(
      'Runs a program and records what it allocates and frees, with the memory it has, for `pageheap run` to replay on ' +
        'other heaps. Takes any program that is linked dynamically.',
    )
    .usage('[options] -- COMMAND…')
    .argument('[command...]', 'the program and its arguments')
    .option('-o, --output <file>', 'the recording; default: the name of the program, and .rec.gz')
    .option('--finish <folder>', 'pack the raw files that a killed recorder left')
    .passThroughOptions()
    .addHelpText('after', help)
    .action((words: string[], options: Options) => execute(words, options, context));
}
