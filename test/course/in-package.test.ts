/**
 * A hand-in beside the package itself: the judge's models are seen in it, whatever they are called and whatever stands beside
 * them; no reference of a pack is, nor an edit of one.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exerciseOf, exercises } from '../../lib/course/exercises/registry.ts';
import { gradeClass } from '../../lib/course/grading/class.ts';
import { mutantsOf, mutated, ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { isCode } from '../../lib/course/grading/with-package.ts';
import { filled, givenText, variantFor } from '../../lib/course/handout/start.ts';
import { classCsv } from '../../lib/course/report/class-csv.ts';
import { classPage } from '../../lib/course/report/class-page.ts';
import { inPackageText } from '../../lib/course/report/grade-table.ts';
import { inPackage } from '../../lib/course/source/in-package.ts';
import { inProcess } from '../cli/in-process.ts';
import { those } from '../support/extent.ts';
import { copies } from './shipped-copies.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-in-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What of a hand-in the package has. */
const told = (id: string, text: string) => inPackage(text, givenText(exerciseOf(id)));
const referenceOf = (id: string): string =>
  [...referenceFiles(ownPack, exerciseOf(id), 'ada', 't').values()].join('\n');

describe('a model of the judge', () => {
  it.each(copies)('as a hand-in of $exercise is seen, and named', ({ exercise, of, text }) => {
    const found = told(exercise, text);
    expect(found?.of).toEqual(of);
    expect(found?.share).toBeGreaterThan(0.6);
  });

  it.each(copies)(
    'of $exercise is seen under other names, beside the reference',
    ({ exercise, of, text }) => {
      const renamed = text
        .replace(/#(\w+)/g, '#own_$1')
        .replace(/\b(?:Model|run|page|runs|chunk|heap|model|at|n)\b/g, 'its_$&')
        .replace(/;\n/g, '; // said\n\n');
      const honest = referenceOf(exercise).replace(/^export /gm, '');
      const found = told(exercise, `${renamed}\nfunction beside() {\n${honest}\n}\n`);
      expect(found?.of).toEqual(of);
      expect(found?.share).toBeGreaterThan(0.15);
    },
  );
});

describe('nothing is said', () => {
  for (const exercise of exercises.filter(isCode)) {
    if (!existsSync(join(ownPack, exercise.id))) continue;
    it(`of the reference of ${exercise.id}, of edits of it, and of what is handed out`, () => {
      expect(told(exercise.id, givenText(exercise))).toBeUndefined();
      expect(told(exercise.id, referenceOf(exercise.id))).toBeUndefined();
      const variant = variantFor(exercise, 'ada', 't');
      const fill = (text: string): string => filled(text, variant, 'ada');
      const files = referenceFiles(ownPack, exercise, 'ada', 't');
      for (const mutant of those(mutantsOf(ownPack, exercise), (_, i) => i % 4 === 0)) {
        const edit = { ...mutant, find: fill(mutant.find), replace: fill(mutant.replace) };
        const text = [...mutated(files, edit).values()].join('\n');
        expect(told(exercise.id, text), mutant.name).toBeUndefined();
      }
    });
  }

  it('of what is no JavaScript', () => {
    expect(told('sweep', 'class {')).toBeUndefined();
  });
});

it('a grade says it, and takes no points for it: of one hand-in, and in a class', async () => {
  const { text } = copies.find(({ exercise }) => exercise === 'dense-rule') as (typeof copies)[number];
  const handins = join(folder, 'class');
  // Nothing of it runs: what is refused is looked at, too.
  mkdirSync(handins);
  writeFileSync(join(handins, 'alice.mjs'), `${text}\neval('1');\n`);
  writeFileSync(join(handins, 'bob.mjs'), "eval('1');\n");
  const note = /\b[89]\d % of it stands in the package itself \(ChunkModel\)/;
  const result = await gradeClass(handins, { exercise: exerciseOf('dense-rule') });
  expect(result.rows.map(({ grade }) => grade?.inPackage?.of)).toEqual([['ChunkModel'], undefined]);
  const [, alice, bob] = classCsv(result).split('\r\n');
  expect(alice).toMatch(note);
  expect(bob).not.toContain('package itself');
  expect(classPage(result)).toMatch(note);

  const path = join(handins, 'alice.mjs');
  const picture = join(folder, 'alice.html');
  const args = ['grade', path, '--lab', 'dense-rule', '--picture', picture];
  expect((await inProcess(args)).out).toMatch(note);
  expect(readFileSync(picture, 'utf8')).toMatch(note);
  const made = JSON.parse((await inProcess([...args, '--json'])).out);
  expect(made.inPackage).toMatchObject({ of: ['ChunkModel'] });
  expect(made.points).toBe(result.rows[0]?.grade?.points);
});

it('many declarations are not all named', () => {
  expect(inPackageText({ inPackage: { share: 0.705, common: 99, of: ['a', 'b', 'c', 'd', 'e', 'f'] } })).toBe(
    '71 % of it stands in the package itself (a, b, c, d and 2 more)',
  );
  expect(inPackageText({})).toBeUndefined();
});
