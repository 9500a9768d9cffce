/**
 * The grading held against itself, by an instructor's pack: a folder for each exercise with a reference, mutants of it,
 * and, for all, forgeries.
 *
 * - The reference gets all points, for several students, with open and with hidden seeds.
 * - Each mutant, a reference with one edit, loses points at a check: it is caught.
 * - A forgery is a hand-in that wants points for nothing: by what it prints, throws, patches, or ends. It gets none of
 *   them, and the grading outlives it. One that does a part honestly, and the rest by a short cut, has a most of its own.
 *
 * The pack is no part of what students get; `lab start` and `lab check` do not need it.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-files.ts';
import type { Exercise } from '../exercises/exercise.ts';
import { exercises } from '../exercises/registry.ts';
import { findHandin, type HandinFiles, handoutModules, readHandin } from '../handout/hand-in.ts';
import { readPackFile, referenceName, withReference } from '../handout/pack-files.ts';
import { filled, variantFor } from '../handout/start.ts';
import { hiddenSeed, openSeed } from '../model/seeds.ts';
import { type Grade, grade, withoutPictures } from './grade.ts';

export interface SelfTestLine {
  readonly exercise: string;
  readonly what: string;
  readonly ok: boolean;
  /** What is wrong; or how a mutant was caught. */
  readonly told: string;
}

/** A reference with an edit. */
export interface Mutant {
  readonly name: string;
  /** Where the edit is: in which of the files, if there are several. */
  readonly file?: string;
  readonly find: string;
  readonly replace: string;
}

/** The pack of a clone. */
export const ownPack = join(packageRoot, 'instructor');

function packFolder(given: string | undefined): string {
  const folder = given ?? ownPack;
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return folder;
  const what = stat === undefined ? 'there is' : 'is a file, and';
  throw new PageHeapError('ERR_FILE', `${what} no instructor’s pack; --pack names its folder`, {
    file: folder,
  });
}

/** What the module of a reference exports that fills in sheets. */
interface Solver {
  solve(sheet: string): string;
}

/**
 * What is handed in. Of an exercise with sheets the reference, or a mutant of it, is a module of the pack that fills in a
 * sheet: it is of whoever tests, and runs here.
 */
async function handedIn(
  files: ReadonlyMap<string, string>,
  { exercise, student, secret }: { exercise: Exercise; student: string; secret: string | undefined },
): Promise<ReadonlyMap<string, string>> {
  if (exercise.sheet === undefined) return files;
  const whom = { exercise: exercise.id, student, term };
  const seed = secret === undefined ? openSeed(whom) : hiddenSeed(secret, whom);
  const text = files.get(referenceName) ?? '';
  const { solve } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Solver;
  return new Map([[exercise.handin, solve(exercise.sheet(variantFor(exercise, student, term), seed))]]);
}

/** The files of a reference: the module, the one that fills in a sheet, or every file of the folder `reference`. */
export function referenceFiles(
  pack: string,
  exercise: Exercise,
  student: string,
  term: string,
): Map<string, string> {
  const variant = variantFor(exercise, student, term);
  const folder = join(pack, exercise.id);
  if (exercise.sheet !== undefined)
    return new Map([[referenceName, filled(readPackFile(join(folder, referenceName)), variant, student)]]);
  if (exercise.exports.length > 0)
    return new Map([[exercise.handin, filled(readPackFile(join(folder, referenceName)), variant, student)]]);
  const names = readdirSync(join(folder, 'reference')).sort();
  return new Map(
    names.map((name) => [name, filled(readPackFile(join(folder, 'reference', name)), variant, student)]),
  );
}

export function mutantsOf(pack: string, exercise: Exercise): readonly Mutant[] {
  return JSON.parse(readPackFile(join(pack, exercise.id, 'mutants.json'))) as readonly Mutant[];
}

/** The reference with an edit. @throws PageHeapError ERR_FILE where it has no such place, or several */
export function mutated(
  files: ReadonlyMap<string, string>,
  { name, file, find, replace }: Mutant,
): Map<string, string> {
  const target = file ?? [...files.keys()][0] ?? '';
  const text = files.get(target) ?? '';
  if (text.split(find).length !== 2)
    throw new PageHeapError(
      'ERR_FILE',
      `the mutant "${name}" edits what is there ${text.split(find).length - 1} times`,
      { file: target },
    );
  return new Map(files).set(
    target,
    text.replace(find, () => replace),
  );
}

/** An edit may name the student's constants, too. */
function forStudent(mutant: Mutant, exercise: Exercise): Mutant {
  const student = students[0] as string;
  const variant = variantFor(exercise, student, term);
  const of = (text: string): string => filled(text, variant, student);
  return { ...mutant, find: of(mutant.find), replace: of(mutant.replace) };
}

const term = 'self-test';
const secret = 'the secret of the self-test';

/** Students for whom the reference is graded; mutants are of the first. */
const students = ['ada', 'grace', 'barbara'];

type Tell = (line: SelfTestLine) => void;

async function testExercise(pack: string, exercise: Exercise, tell: Tell): Promise<void> {
  const say = (what: string, ok: boolean, told = ''): void => tell({ exercise: exercise.id, what, ok, told });
  const modules = handoutModules(exercise);
  const graded = async (
    files: ReadonlyMap<string, string>,
    student: string,
    hidden = false,
  ): Promise<Grade> => {
    const whom = { exercise, student, secret: hidden ? secret : undefined };
    return grade({ ...whom, files: await handedIn(files, whom), modules, term });
  };
  /** A check that fails is enough. */
  const gradedUntilWrong = async (files: ReadonlyMap<string, string>): Promise<Grade> => {
    const whom = { exercise, student: students[0] as string, secret };
    const subject = { ...whom, files: await handedIn(files, whom), modules, term };
    const quick = await grade(subject, { first: true });
    return quick.verdict !== 'graded' || quick.points !== quick.of ? quick : grade(subject);
  };
  for (const [i, student] of students.entries()) {
    const made = await graded(referenceFiles(pack, exercise, student, term), student, i > 0);
    const lost = [...made.checks, ...made.measures]
      .filter(({ points, of }) => points < of)
      .map(({ name }) => name);
    say(
      `the reference, for ${student}`,
      made.points === made.of,
      made.points === made.of
        ? `${made.points} points`
        : `${made.points} of ${made.of}: ${made.reason ?? lost.join(', ')}`,
    );
  }
  const reference = referenceFiles(pack, exercise, students[0] as string, term);
  const again = await graded(reference, students[0] as string);
  const once = await graded(reference, students[0] as string);
  say('the same twice', JSON.stringify(withoutPictures(again)) === JSON.stringify(withoutPictures(once)));
  for (const mutant of mutantsOf(pack, exercise)) {
    const made = await gradedUntilWrong(mutated(reference, forStudent(mutant, exercise)));
    const at = [...made.checks, ...made.measures].find(({ points, of }) => points < of);
    const caught = made.verdict !== 'graded' || at !== undefined;
    say(
      `mutant, ${mutant.name}`,
      caught && made.verdict !== 'busy',
      caught ? (made.reason ?? at?.failure?.cause ?? at?.name ?? '') : 'it gets all points',
    );
  }
}

/**
 * A forgery: a file, or of an exercise with several a folder of them, which is read as any hand-in is.
 * Its first line, or that of the folder's `expect.txt`, says what must come of it.
 */
function forgeryAt(
  path: string,
  exercise: Exercise,
  fill: (text: string) => string,
): HandinFiles & { readonly says: string } {
  if (statSync(path).isDirectory())
    return {
      ...readHandin(findHandin(path, exercise), exercise),
      says: readPackFile(join(path, 'expect.txt')),
    };
  const text = fill(readPackFile(path));
  return { files: new Map([[exercise.handin, text]]), says: text };
}

/** Most of what a forgery may get: points of measures or checks that it did not earn would be more. */
async function testForgeries(pack: string, exercise: Exercise, tell: Tell): Promise<void> {
  const folder = join(pack, exercise.id, 'forgeries');
  if (!existsSync(folder)) return;
  const modules = handoutModules(exercise);
  const student = students[0] as string;
  const files = await handedIn(referenceFiles(pack, exercise, student, term), {
    ...{ exercise, student, secret: undefined },
  });
  const honest = await grade({ exercise, files, modules, student, term });
  const sheet = exercise.sheet?.(
    variantFor(exercise, student, term),
    openSeed({ exercise: exercise.id, student, term }),
  );
  const constants = { ...variantFor(exercise, student, term), ...(sheet === undefined ? {} : { sheet }) };
  const fill = (text: string): string => filled(text, constants, student);
  const reference = (): string => fill(readPackFile(join(pack, exercise.id, referenceName)));
  for (const name of readdirSync(folder).sort()) {
    const { says, ...handin } = forgeryAt(join(folder, name), exercise, (text) =>
      withReference(fill(text), reference),
    );
    const [, expected = 'none', most] = /^(?:\/\/|#) expect: (\w+)(?: (\d+))?/.exec(says) ?? [];
    const made = await grade({ exercise, ...handin, modules, student, term });
    const { points = 0 } = made;
    const workOf = (g: Grade): number =>
      Math.min(...g.measures.flatMap(({ work }) => (work === undefined ? [] : [work])));
    const ok =
      expected === 'counted'
        ? // Right, but its work is counted like anyone's.
          made.verdict === 'graded' &&
          workOf(made) >= workOf(honest) / 3 &&
          (points ?? 0) <= (honest.points ?? 0)
        : expected === 'refused'
          ? made.verdict === 'refused' && points === 0
          : expected === 'most'
            ? made.verdict === 'graded' && (points ?? 0) <= Number(most)
            : points === 0;
    tell({
      exercise: exercise.id,
      what: `forgery ${name}`,
      ok,
      told: `${made.verdict}${made.points === null ? '' : `, ${made.points} points`}${made.reason === undefined ? '' : `: ${made.reason}`}`,
    });
  }
}

/** Tests all exercises that the pack has, or one. @throws PageHeapError ERR_FILE without a pack */
export async function selfTest(
  given: string | undefined,
  only: Exercise | undefined,
  onLine: Tell = () => undefined,
): Promise<readonly SelfTestLine[]> {
  const pack = packFolder(given);
  const lines: SelfTestLine[] = [];
  const tell: Tell = (line) => {
    lines.push(line);
    onLine(line);
  };
  for (const exercise of only === undefined ? exercises : [only]) {
    if (!existsSync(join(pack, exercise.id))) {
      tell({ exercise: exercise.id, what: 'the pack', ok: false, told: 'has no folder for it' });
      continue;
    }
    await testExercise(pack, exercise, tell);
    await testForgeries(pack, exercise, tell);
  }
  return lines;
}
