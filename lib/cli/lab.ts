/**
 * `pageheap lab`: exercises, from the student's side.
 *
 * What it does is chosen by its first argument; what is printed is told here, what happens in lib/course.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { calledAs, commandHere } from '../base/called-as.ts';
import { PageHeapError } from '../base/errors.ts';
import { utf8Text } from '../base/utf8.ts';
import { whileWaiting } from '../base/waits.ts';
import { Bench } from '../course/exercises/bench.ts';
import type { Exercise } from '../course/exercises/exercise.ts';
import { predictionsFor, scenePages } from '../course/exercises/predict/scenes.ts';
import { exerciseOf, exercises } from '../course/exercises/registry.ts';
import { type Grade, grade, hashOf, limitsOf, withoutPictures } from '../course/grading/grade.ts';
import {
  findHandin,
  type HandinFiles,
  handoutModules,
  readHandin,
  runnable,
} from '../course/handout/hand-in.ts';
import { type LabFile, labFileName, readLabFile, writeLabFile } from '../course/handout/lab-file.ts';
import { requireName } from '../course/handout/names.ts';
import { anonymous, defaultTerm, startLab, variantFor } from '../course/handout/start.ts';
import { hiddenSeed, openSeed } from '../course/model/seeds.ts';
import { causesOf, drawCauses } from '../course/report/failures.ts';
import { figuresText, placeText, pointsText, refusalText } from '../course/report/grade-table.ts';
import { fileError } from '../os/file-error.ts';
import { fileName, wholeNumber } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { printSteps } from './lab-steps.ts';
import { Progress } from './progress.ts';
import { secretOf, secretSeedOption } from './secret-seed.ts';
import { drawFacts, drawTable } from './table.ts';
import { wrap } from './wrap.ts';

const help = `
Actions:
  list               the exercises, what each teaches, how long it takes
  start EXERCISE     a folder to work in: README, stubs, examples, lab.json
  check [FOLDER]     runs the checks on your code; what is wrong, cause by cause
  step TRACE         a trace on your code, operation by operation, beside the reference
  predict            operations whose answers you predict; -c tells the answers.
                     --sheet: a sheet to be filled in, of exercise 1
  hint CHECK         a hint for a check that fails; the next is plainer, and all are noted

Your code runs in a process of its own, in an engine that counts its work: what it is
told here is what a grade is made of, with other seeds.

Examples:
  $ pageheap lab list
  $ pageheap lab start best-fit --student alice
  $ pageheap lab check best-fit --first
  $ pageheap lab step examples/two-holes.pages --on FirstFit
  $ pageheap lab predict --seed 7 -c
  $ pageheap lab predict --sheet --student alice --secret-seed @secret.txt`;

interface Options {
  readonly student?: string;
  readonly term?: string;
  readonly out?: string;
  readonly first?: true;
  readonly check?: string;
  readonly on?: string;
  readonly seed?: number;
  readonly answers?: true;
  readonly sheet?: true;
  readonly secretSeed?: string;
  readonly json?: true;
}

type Act = (what: string | undefined, options: Options, context: CommandContext) => Promise<void> | void;

function needed(what: string | undefined, name: string): string {
  if (what === undefined) throw new PageHeapError('ERR_INVALID_ARGUMENT', `lab: ${name} is missing`);
  return what;
}

/** The folder of a started exercise. */
function started(folder: string): { readonly lab: LabFile; readonly exercise: Exercise } {
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) {
    const own = dirname(folder);
    const named = existsSync(join(own, labFileName)) ? `: ${own}` : '';
    throw new PageHeapError('ERR_FILE', `is a file; the folder of your work is wanted${named}`, {
      file: folder,
    });
  }
  const lab = readLabFile(folder);
  if (lab === undefined)
    throw new PageHeapError('ERR_FILE', `has no lab.json: \`${calledAs()} lab start\` makes such a folder`, {
      file: folder,
    });
  return { lab, exercise: exerciseOf(lab.exercise) };
}

const list: Act = (_what, { json }, { terminal }) => {
  if (json === true) {
    terminal.printJson(
      exercises.map(({ id, number, title, teaches, hours }) => ({ id, number, title, teaches, hours })),
    );
    return;
  }
  const rows = exercises.map(({ id, number, title, teaches, hours }) => [
    String(number),
    id,
    hours,
    `${title}: ${teaches}`,
  ]);
  terminal.print(
    drawTable(
      { head: ['', 'exercise', 'hours', 'what it teaches'], numeric: [0], rows },
      terminal.columnsOf(terminal.out),
      terminal.outColors,
    ),
  );
};

const start: Act = (what, { student: named = anonymous, term: inTerm = defaultTerm, out }, { terminal }) => {
  const exercise = exerciseOf(needed(what, 'the exercise'));
  const student = requireName(named, '--student');
  const term = requireName(inTerm, '--term');
  const folder = out ?? exercise.id;
  const files = startLab(exercise, folder, student, term);
  terminal.print(`${folder}: ${files.join(', ')}`);
  terminal.print(`Begin with ${join(folder, 'README.md')}; then: ${commandHere('lab', 'check', folder)}`);
  if (student === anonymous)
    terminal.note(
      'The constants of this handout are for nobody: with --student NAME they are yours, and a grade goes by them.',
    );
};

/** @throws PageHeapError ERR_FILE where the folder has no hand-in */
function filesOf(folder: string, exercise: Exercise): HandinFiles {
  const handin = readHandin(findHandin(folder, exercise), exercise);
  if (handin.fault !== undefined) throw new PageHeapError('ERR_FILE', handin.fault, { file: folder });
  return handin;
}

/** Grades with the open seeds. */
async function checked(folder: string, { first, check }: Options, context: CommandContext): Promise<Grade> {
  const { lab, exercise } = started(folder);
  const variant = variantFor(exercise, lab.student, lab.term);
  const names = [...exercise.checks(variant), ...exercise.measures(variant)].map(({ name }) => name);
  if (check !== undefined && !names.includes(check))
    throw new PageHeapError(
      'ERR_INVALID_ARGUMENT',
      `--check: there is none of that name; there are: ${names.join('; ')}`,
      { value: check },
    );
  const progress = new Progress(context.terminal, names.length, 30);
  let done = 0;
  try {
    const handin = filesOf(folder, exercise);
    return await grade(
      {
        exercise,
        ...handin,
        modules: handoutModules(exercise),
        student: lab.student,
        term: lab.term,
      },
      {
        only: check,
        ...(first === true ? { first } : {}),
        onDone: (name) => progress.update(++done, name.slice(0, 28)),
      },
    );
  } finally {
    progress.stop();
  }
}

/** Units of a check that are worth telling: a twentieth of what all together may take. */
const toldFrom = 3e6;

/** Keeps what took too much work, for a hint. A folder that nothing can be written to is checked all the same. */
function keepLimits(folder: string, made: Grade): void {
  const lab = readLabFile(folder);
  if (lab === undefined) return;
  const dear = limitsOf(made);
  const { limits, ...rest } = lab;
  if (limits === undefined && Object.keys(dear).length === 0) return;
  const before = limits?.sha256 === made.sha256 ? limits.checks : {};
  const tried = new Set(made.checks.filter(({ failure }) => failure !== null).map(({ name }) => name));
  const kept = Object.entries(before).filter(([name]) => !tried.has(name));
  const checks = { ...Object.fromEntries(kept), ...dear };
  try {
    writeLabFile(
      folder,
      Object.keys(checks).length === 0 ? rest : { ...rest, limits: { sha256: made.sha256, checks } },
    );
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
  }
}

const check: Act = async (what = '.', options, context) => {
  const { terminal } = context;
  const made = await checked(what, options, context);
  keepLimits(what, made);
  const wrong = [...made.checks, ...made.measures].some(({ failure }) => failure !== undefined);
  if (made.verdict !== 'graded' || wrong) context.exitCode = exitCodes.failed;
  if (options.json === true) {
    terminal.printJson(withoutPictures(made));
    return;
  }
  const colors = terminal.outColors;
  const columns = Math.min(110, terminal.columnsOf(terminal.out));
  for (const refusal of made.refusals ?? [])
    terminal.print(`${colors.red('refused')}  ${refusalText(refusal)}`);
  if (made.verdict !== 'graded') {
    const at = placeText(made);
    const told = wrap(`${pointsText(made)}${at === undefined ? '' : ` (${at})`}`, columns);
    terminal.print(colors.red(told.join('\n')));
    if (made.verdict === 'refused') return;
  }
  const tried = made.checks.filter(({ failure }) => failure !== null);
  for (const { name, failure, units = 0 } of tried) {
    const work = units < toldFrom ? '' : ` (${(units / 1e6).toFixed(1)} million units of work)`;
    terminal.print(`${failure === undefined ? colors.green('right ') : colors.red('wrong ')} ${name}${work}`);
  }
  for (const row of made.measures) {
    const { name, share, untried, failure, note, buckets } = row;
    if (untried === true) continue;
    const figures = figuresText(row);
    const told =
      failure === undefined || share > 0 ? `${Math.round(100 * share)} % of its points` : 'no points';
    terminal.print(
      `${failure === undefined ? colors.green('figure') : colors.red('wrong ')} ${name}: ${[...figures, told].join(', ')}`,
    );
    // Where points are missing, what they are given for.
    if (failure === undefined && share < 1)
      for (const words of note === undefined ? [buckets] : [note, buckets])
        terminal.print(`       ${wrap(words, columns - 7).join('\n       ')}`);
  }
  const causes = causesOf(made);
  if (causes.length > 0)
    terminal.print(`\n${colors.bold('What is wrong:')}\n\n${drawCauses(causes, columns, colors)}`);
  const untried = made.checks.length - tried.length;
  terminal.print(
    untried > 0
      ? `\n${tried.length} of ${made.checks.length} checks tried, with the open seeds; points are for all of them`
      : `\n${pointsText(made)} points with the open seeds`,
  );
  if (causes.length > 0) terminal.print(`A hint: ${calledAs()} lab hint "${causes[0]?.name}"`);
};

const step: Act = async (what, { on, out = '.' }, context) => {
  const { terminal } = context;
  const trace = needed(what, 'the trace');
  const { lab, exercise } = started(out);
  const { targets } = exercise;
  const target = on ?? targets[0] ?? '';
  if (!targets.includes(target))
    throw new PageHeapError('ERR_INVALID_ARGUMENT', `--on: it is one of ${targets.join(', ')}`, {
      value: on,
    });
  let text: string;
  try {
    text = utf8Text(whileWaiting(trace, () => readFileSync(trace)));
  } catch (error) {
    throw fileError(trace, error);
  }
  const handin = runnable(exercise, filesOf(out, exercise), handoutModules(exercise));
  if (!('entry' in handin))
    throw new PageHeapError('ERR_FILE', handin.map(refusalText).join('; '), { file: exercise.handin });
  const bench = new Bench(handin);
  try {
    const variant = variantFor(exercise, lab.student, lab.term);
    const seed = openSeed({ exercise: exercise.id, student: lab.student, term: lab.term });
    if (on === undefined && targets.length > 1)
      terminal.note(`on ${target}; with --on: ${targets.slice(1).join(', ')}`);
    const steps = await exercise.step(bench, variant, text, target, seed);
    const isRight = printSteps(steps, terminal);
    if (!isRight) context.exitCode = exitCodes.failed;
  } catch (error) {
    // An exercise knows the text alone.
    if (!(error instanceof PageHeapError) || error.file !== 'the trace') throw error;
    const { code, line } = error;
    const message = error.message.replace(/^the trace(:\d+)*:? ?/, '');
    throw new PageHeapError(code, message, { file: trace, ...(line === undefined ? {} : { line }) });
  } finally {
    bench.close();
  }
};

/** The sheet of exercise 1, as the folder has it; with a secret, another one. */
function sheetFor({ student = anonymous, term = defaultTerm, secretSeed }: Options): string {
  const exercise = exerciseOf('predictions');
  const whom = {
    exercise: exercise.id,
    student: requireName(student, '--student'),
    term: requireName(term, '--term'),
  };
  const secret = secretOf(secretSeed);
  const seed = secret === undefined ? openSeed(whom) : hiddenSeed(secret, whom);
  return exercise.sheet?.(variantFor(exercise, whom.student, whom.term), seed) ?? '';
}

const predict: Act = (_what, options, { terminal }) => {
  const { seed = 1, student, answers, sheet, secretSeed, json } = options;
  if (sheet !== true && secretSeed !== undefined)
    throw new PageHeapError('ERR_INVALID_OPTION', '--secret-seed: only a sheet comes from a secret: --sheet');
  if (sheet === true) {
    if (answers === true || json === true)
      throw new PageHeapError('ERR_INVALID_OPTION', '--sheet: a sheet has no answers, and is a text');
    terminal.print(sheetFor(options).trimEnd());
    return;
  }
  const scene = predictionsFor(student === undefined ? String(seed) : `${seed} ${student}`);
  if (json === true) {
    terminal.printJson(answers === true ? scene : { operations: scene.operations, designs: scene.designs });
    return;
  }
  const question =
    answers === true
      ? 'Below is the page at which each allocation begins.'
      : 'Which page does each allocation begin at? Write\nthem down, then ask for the answers with -c.';
  terminal.print(
    `These operations are done on fresh page heaps of the three designs, of ${scenePages} pages each, all of\nthem free. ${question}\n`,
  );
  const head = ['', 'operation', ...scene.designs];
  const rows = scene.operations.map((text, i) => [
    String(i + 1),
    text,
    ...scene.designs.map((design) =>
      answers === true ? (scene.answers[design]?.[i] ?? '') : text.includes('alloc') ? '?' : '',
    ),
  ]);
  terminal.print(
    drawTable({ head, numeric: [0, 2, 3, 4], rows }, terminal.columnsOf(terminal.out), terminal.outColors),
  );
};

const hint: Act = (what, { out = '.' }, { terminal }) => {
  const { lab, exercise } = started(out);
  const names = Object.keys(exercise.hints);
  const measures = exercise
    .measures(variantFor(exercise, lab.student, lab.term))
    .filter((one) => !names.includes(one.name));
  const measure = measures.find((one) => one.name === what);
  if (measure !== undefined) {
    // A figure is no riddle: what there is to know is what its points are given for.
    const { points, buckets } = measure;
    const facts = [[`of ${points}`, buckets]] as const;
    terminal.print(drawFacts(facts, Math.min(100, terminal.columnsOf(terminal.out)), terminal.outColors));
    return;
  }
  const name = names.find((known) => known === what);
  if (name === undefined)
    throw new PageHeapError(
      'ERR_INVALID_ARGUMENT',
      `there are hints for: ${names.join('; ')}${measures.length === 0 ? '' : `; what points are given for is told of: ${measures.map((one) => one.name).join('; ')}`}`,
      { value: what },
    );
  const limit = lab.limits?.checks[name];
  const level = Math.min(3, (lab.hints[name] ?? 0) + 1);
  writeLabFile(out, { ...lab, hints: { ...lab.hints, [name]: level } });
  const hints = exercise.hints[name] as readonly string[];
  const facts: (readonly [string, string])[] = hints
    .slice(0, level)
    .map((text, i) => [`${i + 1} of 3`, text]);
  // Nothing was wrong then: it was too much work, and the hints may speak of what is wrong.
  if (limit !== undefined && lab.limits?.sha256 === hashOf(filesOf(out, exercise).files))
    facts.unshift(['stopped', limit]);
  terminal.print(drawFacts(facts, Math.min(100, terminal.columnsOf(terminal.out)), terminal.outColors));
};

const actions: Readonly<Record<string, Act>> = { list, start, check, step, predict, hint };

/** The options that each takes. */
const taken: Readonly<Record<string, readonly (keyof Options)[]>> = {
  list: ['json'],
  start: ['student', 'term', 'out'],
  check: ['first', 'check', 'json'],
  step: ['on', 'out'],
  predict: ['seed', 'student', 'term', 'answers', 'sheet', 'secretSeed', 'json'],
  hint: ['out'],
};

/** Refuses what the action would not look at. */
function checkTaken(action: string, what: string | undefined, options: Options): void {
  if (what !== undefined && (action === 'list' || action === 'predict'))
    throw new PageHeapError('ERR_INVALID_ARGUMENT', `lab ${action}: takes nothing more`, { value: what });
  for (const name of Object.keys(options) as (keyof Options)[]) {
    if (options[name] === undefined || taken[action]?.includes(name) === true) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const others = Object.keys(taken).filter((other) => taken[other]?.includes(name) === true);
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${flag}: lab ${action} has no such option; it is of lab ${others.join(', ')}`,
    );
  }
}

export function defineLab(command: Command, context: CommandContext): void {
  command
    .description('Exercises on real pages: hands them out, checks what you wrote, and shows what is wrong.')
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
    .argument('[what]', 'an exercise, a folder, a trace or a check, by the action')
    .addOption(new Option('--student <name>', 'start, predict: whose constants it has'))
    .addOption(
      new Option(
        '--term <name>',
        'start, predict --sheet: the term; in another one the constants are others',
      ),
    )
    .addOption(
      new Option(
        '-o, --out <dir>',
        'start: the folder to make; step, hint: the folder of your work',
      ).argParser(fileName),
    )
    .option('--first', 'check: end at the first check that fails')
    .addOption(new Option('--check <name>', 'check: only the check of that name'))
    .addOption(new Option('--on <class>', 'step: which of your classes (default: the first)'))
    .addOption(
      new Option('--seed <n>', 'predict: another seed, other operations').argParser(
        wholeNumber(0, 2 ** 31 - 1),
      ),
    )
    .option('-c, --answers', 'predict: tell the answers')
    .option('--sheet', 'predict: the sheet of exercise 1, by --student and --term')
    .addOption(secretSeedOption('predict --sheet: operations that only this secret (or @FILE) gives'))
    .option('--json', 'list, check, predict: print it as JSON')
    .addHelpText('after', help)
    .action(async (action: string, what: string | undefined, options: Options) => {
      checkTaken(action, what, options);
      const asFolder = action === 'check' && what !== undefined && !existsSync(what) ? undefined : what;
      if (asFolder === undefined && action === 'check' && what !== undefined)
        throw new PageHeapError('ERR_FILE', 'there is no such folder', { file: what });
      await actions[action]?.(what, options, context);
    });
}
