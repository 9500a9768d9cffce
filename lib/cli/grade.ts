/**
 * `pageheap grade`: points for a hand-in, or for a class of them.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { PageHeapError } from '../base/errors.ts';
import type { Exercise } from '../course/exercises/exercise.ts';
import { exerciseOf } from '../course/exercises/registry.ts';
import { type ClassResult, filesOfClass, gradeClass, passedOverText } from '../course/grading/class.ts';
import { type Grade, grade, withoutPictures } from '../course/grading/grade.ts';
import { selfTest } from '../course/grading/self-test.ts';
import { withPackage } from '../course/grading/with-package.ts';
import { filesOf, findHandin, handoutModules, readHandin } from '../course/handout/hand-in.ts';
import { labFileName } from '../course/handout/lab-file.ts';
import { requireName } from '../course/handout/names.ts';
import { filledFromPack } from '../course/handout/pack-files.ts';
import { anonymous, defaultTerm, oddities } from '../course/handout/start.ts';
import { autolabLine, gradescopeResults } from '../course/report/autograders.ts';
import { classCsv } from '../course/report/class-csv.ts';
import { rowNote } from '../course/report/class-note.ts';
import { classPage } from '../course/report/class-page.ts';
import { causesOf, drawCauses } from '../course/report/failures.ts';
import { gradePage } from '../course/report/grade-page.ts';
import {
  bracketsText,
  gradeTable,
  notesOf,
  placeText,
  pointsText,
  refusalText,
} from '../course/report/grade-table.ts';
import { printable } from '../course/sandbox/printable.ts';
import { walls } from '../course/sandbox/walls.ts';
import { writeDocument } from '../lab/record/document.ts';
import { fileName } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { checkPlaces, outputOf, usualPlace, writeUsual } from './grade-outputs.ts';
import { Progress } from './progress.ts';
import { secretFile, secretOf, secretSeedOption } from './secret-seed.ts';
import { drawTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';
import { writeEach } from './write-each.ts';

const help = `
A hand-in is a module, or a folder that has one (with lab.json, as \`pageheap lab start\`
made it), or has one folder that has it. Links are not followed. A folder of hand-ins (a folder or a module for each student, by name) is a
class: --csv or --html says so. The grade is the same on every machine, idle or busy:
no clock is in it. A machine that gives a hand-in no time at all is told, and nothing graded.

With --secret-seed (a text, or @FILE) the seeds are hidden ones, from the secret, the
exercise, the student and the term; without it they are those of \`pageheap lab check\`.

--self-test holds the grading itself against an instructor's pack: references get full
marks, each mutant is caught, forgeries are refused.

Examples:
  $ pageheap grade best-fit/mine.mjs
  $ pageheap grade alice.mjs --lab best-fit --student alice --secret-seed @secret.txt
  $ pageheap grade handins/ --lab best-fit --csv grades.csv --html class.html
  $ pageheap grade --self-test --pack pageheap-instructor`;

interface Options {
  readonly lab?: string;
  readonly student?: string;
  readonly term?: string;
  readonly secretSeed?: string;
  readonly json?: true;
  readonly gradescope?: string;
  readonly autolab?: true;
  readonly csv?: string;
  readonly html?: string;
  readonly picture?: string | false;
  readonly selfTest?: true;
  readonly pack?: string;
  readonly requireIsolation?: true;
}

/** The file of the secret is read, too. */
const secretInput = ({ secretSeed }: Options): string[] => {
  const file = secretFile(secretSeed);
  return file === undefined ? [] : [file];
};

/** Which walls stand; refuses with fewer than all, where all are required. */
function checkWalls({ requireIsolation }: Options, context: CommandContext): void {
  const missing = walls().filter(({ stands }) => !stands);
  if (missing.length === 0 || requireIsolation !== true) return;
  for (const { name, what } of missing) context.terminal.note(`${name}: ${what}`);
  throw new PageHeapError(
    'ERR_SYSTEM',
    `--require-isolation: not all walls stand here: ${missing.map(({ name }) => name).join(', ')}`,
  );
}

function wallLine(made: Grade): string {
  const fallen = walls().filter(({ name }) => !made.walls.includes(name));
  const told =
    fallen.length === 0 ? '' : `; missing: ${fallen.map(({ name, what }) => `${name} (${what})`).join(', ')}`;
  return `walls: ${made.walls.join(', ')}${told}`;
}

function labOf(
  given: string | undefined,
  found: string | undefined,
  path: string,
  isClass = false,
): Exercise {
  const id = given ?? found;
  if (id !== undefined) return exerciseOf(id);
  throw new PageHeapError(
    'ERR_INVALID_OPTION',
    `--lab: which exercise is ${path} of? ${isClass ? 'A class is of the exercise that --lab names' : 'There is no lab.json beside it'}`,
  );
}

const classWords = '; a folder of hand-ins is graded as a class with --csv FILE or --html FILE';

/** Whether a folder could be one of hand-ins. */
const holdsSeveral = (folder: string): boolean =>
  readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.isDirectory() || entry.name.endsWith('.mjs'),
  );

function tellGrade(made: Grade, exercise: Exercise, heading: string, terminal: Terminal): void {
  const columns = Math.min(120, terminal.columnsOf(terminal.out));
  const colors = terminal.outColors;
  terminal.print(colors.bold(heading));
  for (const refusal of made.refusals ?? [])
    terminal.print(`${colors.red('refused')}  ${refusalText(refusal)}`);
  terminal.print(drawTable(gradeTable(made), columns, colors));
  for (const note of notesOf(made)) terminal.print(note);
  const causes = causesOf(made);
  if (causes.length > 0) terminal.print(`\n${drawCauses(causes, columns, colors)}\n`);
  terminal.print(colors.bold(wrap(pointsText(made), columns).join('\n')));
  const at = placeText(made);
  const brackets = bracketsText(made);
  if (at !== undefined) terminal.print(`at ${at}`);
  terminal.print(
    `${made.seeds} seeds${made.seeds === 'hidden' ? ` (${made.seed})` : ''}${brackets === undefined ? '' : `; in brackets: ${brackets}`}`,
  );
  if (exercise.exports.length > 0) terminal.print(wallLine(made));
}

async function gradeOne(path: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (basename(path) === labFileName && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    throw new PageHeapError(
      'ERR_FILE',
      `tells of a hand-in, and is none; the hand-in is its folder, ${dirname(path)}`,
      {
        file: path,
      },
    );
  const found = findHandin(path, options.lab === undefined ? undefined : exerciseOf(options.lab));
  if (options.lab === undefined && found.labFault !== undefined) throw found.labFault;
  const exercise = labOf(options.lab, found.lab?.exercise, path);
  const student = requireName(options.student ?? found.lab?.student ?? anonymous, '--student');
  const term = requireName(options.term ?? found.lab?.term ?? defaultTerm, '--term');
  const secret = secretOf(options.secretSeed);
  const isFolder = statSync(path).isDirectory();
  const usual = isFolder
    ? join(path, 'grade.html')
    : join(dirname(path), `${basename(path, extname(path))}.grade.html`);
  const { gradescope, picture } = options;
  const inputs = [...filesOf(found, exercise), ...secretInput(options)];
  const [results, pictures] = [outputOf(gradescope, 'the results'), outputOf(picture, 'the picture')];
  checkPlaces([...results, ...pictures], inputs);
  const unnamed =
    picture === undefined
      ? usualPlace(usual, gradescope === undefined ? inputs : [...inputs, gradescope], terminal)
      : undefined;
  const handedIn = readHandin(found, exercise);
  // An autograder wants a grade of whatever comes; at a terminal it is the wrong folder.
  if (handedIn.fault !== undefined && options.gradescope === undefined && options.autolab !== true)
    throw new PageHeapError(
      'ERR_FILE',
      `${handedIn.fault}${isFolder && holdsSeveral(path) ? classWords : ''}`,
      {
        file: path,
      },
    );
  const constants = filledFromPack(found.folder, handedIn, { exercise, student, term });
  const subject = { ...handedIn, ...(constants === undefined ? {} : { files: constants }) };
  const modules = handoutModules(exercise);
  const made = withPackage(
    await grade({ exercise, ...subject, modules, student, term, secret }),
    exercise,
    subject.files,
  );
  if (constants !== undefined) terminal.note(`of a pack: with the constants of ${student}, term ${term}`);
  if (found.inner !== undefined) terminal.note(`the hand-in is in the folder ${printable(found.inner)}`);
  if (found.labFault !== undefined) terminal.note(found.labFault.message);
  for (const note of oddities(exercise, found.lab, { student, term })) terminal.note(note);
  if (made.verdict !== 'graded') context.exitCode = exitCodes.failed;
  const title = `${exercise.number}. ${exercise.title}`;
  // What came out is told, also where it cannot be written down.
  if (options.json === true) terminal.printJson(withoutPictures(made));
  else tellGrade(made, exercise, `${title}: ${student}`, terminal);
  if (options.autolab === true && options.json !== true) terminal.print(autolabLine(made));
  const page = (): string => gradePage(made, title);
  const resultsText = (): string => `${JSON.stringify(gradescopeResults(made), undefined, 2)}\n`;
  writeEach([
    ...results.map(
      ({ path }) =>
        () =>
          writeDocument(path, resultsText()),
    ),
    ...pictures.map(
      ({ path }) =>
        () =>
          writeDocument(path, page()),
    ),
  ]);
  if (typeof picture === 'string') terminal.note(`picture: ${picture}`);
  if (unnamed !== undefined) writeUsual(unnamed, page, terminal);
}

/** Pairs that the terminal tells. */
const mostAlike = 10;

/** Who is alike: the first, and where all are. */
function alikeLines({ alike }: ClassResult, { html, csv }: Options): string[] {
  const lines = alike
    .slice(0, mostAlike)
    .map(({ a, b, share }) => `alike: ${a} and ${b}, ${Math.round(100 * share)} % of the smaller one`);
  const more = alike.length - mostAlike;
  const places = [html, csv].filter((output) => output !== undefined).join(' and ');
  return more <= 0 ? lines : [...lines, `alike: ${more} more; all ${alike.length} pairs are in ${places}`];
}

function tellClass(result: ClassResult, options: Options, terminal: Terminal): void {
  if (options.json === true) {
    terminal.printJson({
      ...{ exercise: result.exercise.id, alike: result.alike, passedOver: result.passedOver },
      rows: result.rows.map((row) => ({
        ...row,
        ...(row.grade === undefined ? {} : { grade: withoutPictures(row.grade) }),
      })),
    });
    return;
  }
  const rows = result.rows.map((row) => [
    row.student,
    row.grade === undefined || row.grade.points === null ? 'none' : `${row.grade.points} of ${row.grade.of}`,
    rowNote(row),
  ]);
  const columns = Math.min(120, terminal.columnsOf(terminal.out));
  terminal.print(drawTable({ head: ['student', 'points', 'note'], rows }, columns, terminal.outColors));
  if (result.passedOver.length > 0)
    for (const line of wrap(passedOverText(result), columns)) terminal.print(line);
  for (const line of alikeLines(result, options)) terminal.print(wrap(line, columns).join('\n  '));
}

async function gradeMany(folder: string, options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true)
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `${options.csv === undefined ? '--html' : '--csv'}: is for a folder of hand-ins, and ${folder} is one hand-in`,
    );
  const exercise = labOf(options.lab, undefined, folder, true);
  for (const output of [options.csv, options.html])
    if (output !== undefined && resolve(output) === resolve(folder))
      throw new PageHeapError('ERR_INVALID_OPTION', 'the class is in that place', { value: output });
  const [lines, pages] = [outputOf(options.csv, 'the lines'), outputOf(options.html, 'the page')];
  checkPlaces([...lines, ...pages], [...filesOfClass(folder, exercise), ...secretInput(options)]);
  const progress = new Progress(terminal, 1000, 30);
  let result: ClassResult;
  try {
    result = await gradeClass(folder, {
      exercise,
      term: options.term,
      secret: secretOf(options.secretSeed),
      outputs: [options.csv, options.html].filter((output) => output !== undefined),
      onGraded: (done, of, { student }) =>
        progress.update((1000 * done) / of, `${done} of ${of} ${student}`.slice(0, 28)),
    });
  } finally {
    progress.stop();
  }
  const notGraded = result.rows.filter((row) => row.grade === undefined || row.grade.verdict === 'busy');
  if (notGraded.length > 0) context.exitCode = exitCodes.failed;
  // What came out is told, also where it cannot be written down.
  tellClass(result, options, terminal);
  writeEach([
    ...lines.map(
      ({ path }) =>
        () =>
          writeDocument(path, classCsv(result)),
    ),
    ...pages.map(
      ({ path }) =>
        () =>
          writeDocument(path, classPage(result)),
    ),
  ]);
  if (options.json !== true) for (const { path } of [...lines, ...pages]) terminal.note(path);
}

async function testSelf(options: Options, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const chosen = options.lab === undefined ? undefined : exerciseOf(options.lab);
  const colors = terminal.outColors;
  const result = await selfTest(options.pack, chosen, ({ exercise, what, ok, told }) => {
    if (options.json !== true)
      terminal.print(
        `${ok ? colors.green('ok    ') : colors.red('wrong ')} ${exercise}: ${what}${told === '' ? '' : `: ${told}`}`,
      );
  });
  const wrong = result.filter(({ ok }) => !ok);
  if (wrong.length > 0) context.exitCode = exitCodes.failed;
  if (options.json === true) terminal.printJson(result);
  else terminal.print(`\n${result.length - wrong.length} of ${result.length} as they should be`);
}

export function defineGrade(command: Command, context: CommandContext): void {
  command
    .description(
      'Grades a hand-in, or a class: points, a table, a picture. The same file gets the same points anywhere.',
    )
    .argument('[hand-in]', 'a module, a folder with one, or a folder of hand-ins')
    .addOption(new Option('--lab <exercise>', 'the exercise (default: that of lab.json)'))
    .addOption(new Option('--student <name>', 'the student (default: that of lab.json)'))
    .addOption(new Option('--term <name>', 'the term (default: that of lab.json)'))
    .addOption(secretSeedOption('the secret that hidden seeds come from, or @FILE'))
    .option('--require-isolation', 'refuse to grade where not all walls around a hand-in stand')
    .optionsGroup('Output:')
    .option('--json', 'print the grade as JSON')
    .addOption(
      new Option('--gradescope <file>', 'write the results as Gradescope reads them').argParser(fileName),
    )
    .option('--autolab', 'print the scores as Autolab reads them, last')
    .addOption(
      new Option('--picture <file>', 'where the picture is written (default: beside the hand-in)').argParser(
        fileName,
      ),
    )
    .option('--no-picture', 'write no picture')
    .optionsGroup('A class:')
    .addOption(new Option('--csv <file>', 'write a line a student').argParser(fileName))
    .addOption(new Option('--html <file>', 'write the scoreboard and who is alike').argParser(fileName))
    .optionsGroup('The grading itself:')
    .option('--self-test', 'hold the grading against an instructor’s pack')
    .addOption(new Option('--pack <dir>', 'the instructor’s pack (default: the one of a clone)'))
    .addHelpText('after', help)
    .action(async (path: string | undefined, options: Options) => {
      checkWalls(options, context);
      if (options.selfTest === true) return testSelf(options, context);
      if (path === undefined)
        throw new PageHeapError('ERR_INVALID_ARGUMENT', 'grade: the hand-in is missing');
      if (options.csv !== undefined || options.html !== undefined) return gradeMany(path, options, context);
      return gradeOne(path, options, context);
    });
}
