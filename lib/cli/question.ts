/**
 * `pageheap question`: the questions that people bring, each an experiment with a picture and bounds.
 *
 * Without a name it lists them. Each answer is a folder: the page, the picture as SVG, the answer as JSON, and run files.
 * What was measured is told before it is written down, and also where it cannot be.
 */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { calledAs } from '../base/called-as.ts';
import { decimal } from '../design/kinds.ts';
import { type Asked, askQuestion, questionMachine, verdictWords } from '../lab/questions/ask.ts';
import { drawPicture } from '../lab/questions/draw-picture.ts';
import { boundWords, renderQuestion } from '../lab/questions/page.ts';
import type { Question, QuestionMachine } from '../lab/questions/question.ts';
import { questionNamed, questions, reportOf } from '../lab/questions/questions.ts';
import { writeDocument } from '../lab/record/document.ts';
import { makeFolder, stampedPath } from '../lab/record/folders.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { writePage } from './page-file.ts';
import { drawPictureText } from './picture.ts';
import { Progress } from './progress.ts';
import { drawTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';
import { writeEach } from './write-each.ts';

const help = `
A bound is held against what was measured here, on this machine and now. A busy
machine is told; so is what cannot be told here: without huge pages, without
a look at them, on a kernel that takes an advice not.

Exit codes of this command:
  0    every bound that can be told here holds
  1    a bound did not hold
  3    nothing could be told here

Examples:
  $ pageheap question                   which there are
  $ pageheap question 9                 does khugepaged undo a release?
  $ pageheap question stalls --json
  $ pageheap question all --scale 0.2   all of them, smaller`;

/** Nothing of it can be told on this machine. */
const unanswerableCode = 3;

interface Options {
  readonly scale: number;
  readonly out: string;
  readonly json?: true;
}

function scaleOf(text: string): number {
  const value = decimal(text);
  if (!(value >= 0.01 && value <= 8)) throw new InvalidArgumentError('It takes a number, 0.01 to 8.');
  return value;
}

function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes a folder; this one is empty.');
  return text;
}

function list({ terminal }: CommandContext, json: boolean): void {
  if (json) {
    terminal.printJson(
      questions.map(({ number, name, question, how, reports, seconds, byHand }) => ({
        ...{ number, name, question, how, seconds, byHand },
        reports: reports.map(reportOf),
      })),
    );
    return;
  }
  const colors = terminal.outColors;
  terminal.print(`Questions; ${calledAs()} question NUMBER asks one (docs/questions.md):\n`);
  for (const { number, name, question, reports, seconds } of questions) {
    terminal.print(`${String(number).padStart(2)}  ${colors.bold(question)}`);
    const told = reports.map((report) => reportOf(report).name).join(', ');
    terminal.print(colors.dim(`    ${name}, about ${seconds} s; ${told}`));
  }
}

function questionsOf(names: readonly string[]): readonly Question[] {
  // Beside `all` the others must be names, too.
  const named = names.filter((name) => name !== 'all').map(questionNamed);
  return names.includes('all') ? questions : [...new Set(named)];
}

/** The answer as JSON has it. */
function answerJson(asked: Asked, folder: string | null): object {
  const { question, verdict, answer, unanswerable, size, seconds, machine, runs, remarks } = asked;
  return {
    ...{ number: question.number, name: question.name, question: question.question, verdict },
    ...{ words: verdictWords(asked), unanswerable: unanswerable ?? null, scale: size, seconds },
    reports: question.reports.map(reportOf),
    bounds: answer.bounds.map(({ says, found, holds, why }) => ({
      says,
      found,
      holds: holds ?? null,
      why: why ?? null,
    })),
    ...{
      table: answer.table,
      picture: answer.picture ?? null,
      notes: answer.notes ?? [],
      remarks,
      runs,
      folder,
    },
    machine: JSON.parse(JSON.stringify(machine)) as object,
  };
}

function tell(asked: Asked, terminal: Terminal): void {
  const { question, answer, verdict, remarks } = asked;
  const colors = terminal.outColors;
  const columns = terminal.columnsOf(terminal.out);
  terminal.print(colors.bold(`${question.number}. ${question.question}`));
  terminal.print(wrap(question.how, Math.min(100, columns)).join('\n'));
  if (answer.picture !== undefined) terminal.print(`\n${drawPictureText(answer.picture, columns)}`);
  const { head, rows } = answer.table;
  if (rows.length > 0)
    terminal.print(
      `\n${drawTable({ head, numeric: head.map((_, i) => i).slice(1), rows }, columns, colors)}`,
    );
  for (const note of answer.notes ?? []) terminal.print(`\n${wrap(note, Math.min(100, columns)).join('\n')}`);
  if (answer.bounds.length > 0) terminal.print('');
  const marks = { yes: colors.green('✓'), no: colors.red('✗'), unknown: colors.dim('–') };
  for (const one of answer.bounds) {
    const why = one.why === undefined ? '' : `: ${one.why}`;
    const lines = wrap(`${one.says}: ${one.found}${why}`, Math.min(100, columns) - 2);
    terminal.print(lines.map((line, i) => `${i === 0 ? marks[boundWords(one)] : ' '} ${line}`).join('\n'));
  }
  const paint = verdict === 'held' ? colors.green : verdict === 'failed' ? colors.red : colors.yellow;
  terminal.print(`\n${paint(colors.bold(`Question ${question.number}: ${verdictWords(asked)}`))}`);
  for (const remark of remarks) terminal.note(remark);
}

/** Writes the answer's files, each also where another cannot be. @throws PageHeapError ERR_FILE, the first */
function keep(asked: Asked, folder: string): void {
  const inputs = asked.runs.map(({ file }) => file);
  const { picture } = asked.answer;
  const json = (): string => `${JSON.stringify(answerJson(asked, folder), undefined, 2)}\n`;
  const writes = [() => writeDocument(join(folder, 'answer.json'), json(), inputs)];
  if (picture !== undefined)
    writes.push(
      () => writeDocument(join(folder, 'picture.svg'), drawPicture(picture), inputs),
      () => writePage(join(folder, 'index.html'), renderQuestion(asked), inputs),
    );
  writeEach(writes);
}

/**
 * A question that was not answered, or whose answer could not be written: its folder goes where nothing is in it; else it is said
 * what that is.
 */
function leftBehind({ number }: Question, isAnswered: boolean, folder: string, terminal: Terminal): void {
  const runs = readdirSync(folder);
  if (runs.length === 0) rmdirSync(folder);
  else if (isAnswered) terminal.note(`what could be written of question ${number} is in ${folder}`);
  else
    terminal.note(
      `question ${number} has no answer and no page; ${runs.length === 1 ? 'a run file that was' : `${runs.length} run files that were`} made for it, the last perhaps not whole, ${runs.length === 1 ? 'is' : 'are'} in ${folder}`,
    );
}

interface Answered {
  readonly asked: Asked;
  /** Where its files are; null where there is none. */
  readonly folder: string | null;
}

/** Asks one, tells what came out, and writes that down. Its answer is added to `all` also where the last fails. */
async function askOne(
  question: Question,
  machine: QuestionMachine,
  { out, scale, json }: Options,
  { terminal, interrupts }: CommandContext,
  all: Answered[],
): Promise<void> {
  const name = `question-${String(question.number).padStart(2, '0')}-${question.name}`;
  const folder = stampedPath(out, name, new Date());
  makeFolder(folder);
  let asked: Asked | undefined;
  let isKept = false;
  const bar = new Progress(terminal, question.seconds * Math.max(0.2, scale), 40);
  try {
    asked = await askQuestion(question, {
      ...{ folder, size: scale, signal: interrupts.stop, kill: interrupts.kill, machine },
      onProgress: (what, seconds) => bar.update(seconds, `question ${question.number}: ${what}`),
    });
    bar.stop();
    if (!json) tell(asked, terminal);
    keep(asked, folder);
    isKept = true;
    if (!json && asked.answer.picture !== undefined)
      terminal.print(`page:    ${join(folder, 'index.html')}\npicture: ${join(folder, 'picture.svg')}`);
  } finally {
    bar.stop();
    if (!isKept) leftBehind(question, asked !== undefined, folder, terminal);
    if (asked !== undefined) all.push({ asked, folder: existsSync(folder) ? folder : null });
  }
}

async function execute(names: readonly string[], options: Options, context: CommandContext): Promise<void> {
  if (names.length === 0) {
    list(context, options.json === true);
    return;
  }
  const { terminal, interrupts } = context;
  const chosen = questionsOf(names);
  const machine = questionMachine();
  const all: Answered[] = [];
  let failure: unknown;
  interrupts.begin();
  try {
    for (const question of chosen) {
      if (!options.json && all.length > 0) terminal.print('');
      await askOne(question, machine, options, context, all);
    }
  } catch (error) {
    failure = error;
    if (interrupts.stop.aborted) {
      terminal.note('interrupted');
      context.exitCode = exitCodes.interrupted;
    } else if (all.length === 0) throw error;
  } finally {
    interrupts.end();
  }
  if (options.json) {
    const values = all.map(({ asked, folder }) => answerJson(asked, folder));
    terminal.printJson(chosen.length === 1 ? (values[0] ?? null) : values);
  } else if (chosen.length > 1)
    tellAll(
      all.map(({ asked }) => asked),
      terminal,
    );
  if (failure !== undefined && !interrupts.stop.aborted) throw failure;
  if (context.exitCode === exitCodes.ok) context.exitCode = codeOf(all.map(({ asked }) => asked));
}

function tellAll(all: readonly Asked[], terminal: Terminal): void {
  const count = (verdict: string): number => all.filter((asked) => asked.verdict === verdict).length;
  terminal.print('');
  for (const asked of all)
    terminal.print(
      `${String(asked.question.number).padStart(2)}  ${asked.question.question} ${verdictWords(asked)}`,
    );
  terminal.print(
    `\n${count('held')} held, ${count('failed')} did not, ${count('unanswerable')} cannot be told here`,
  );
}

function codeOf(all: readonly Asked[]): number {
  if (all.some(({ verdict }) => verdict === 'failed')) return exitCodes.failed;
  return all.some(({ verdict }) => verdict === 'held') ? exitCodes.ok : unanswerableCode;
}

export function defineQuestion(command: Command, context: CommandContext): void {
  command
    .description(
      'Asks a question that people bring about a runtime that keeps its memory: runs the experiment, draws its picture, and says whether ' +
        'what is said of it holds on this machine. Without a question it lists them.',
    )
    .argument('[question...]', 'numbers or names; all: each of them')
    .addOption(
      new Option('--scale <x>', 'how large the experiment is, 0.01 to 8; 1: as documented')
        .argParser(scaleOf)
        .default(1),
    )
    .addOption(
      new Option('-o, --out <dir>', 'where its files are written').argParser(folderName).default('runs'),
    )
    .addOption(new Option('--json', 'print what came out as JSON'))
    .addHelpText('after', help)
    .action((names: string[], options: Options) => execute(names, options, context));
}
