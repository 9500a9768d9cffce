/** A class of hand-ins: what its table says of each besides the points. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bucketsText, shareOf } from '../../lib/course/exercises/buckets.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { gradeClass, passedOverText } from '../../lib/course/grading/class.ts';
import { type Grade, grade } from '../../lib/course/grading/grade.ts';
import { makeLabFile } from '../../lib/course/handout/lab-file.ts';
import { oddities } from '../../lib/course/handout/start.ts';
import { gradescopeResults } from '../../lib/course/report/autograders.ts';
import { classCsv } from '../../lib/course/report/class-csv.ts';
import { classPage } from '../../lib/course/report/class-page.ts';
import { drawCauses, namesPlace } from '../../lib/course/report/failures.ts';
import { figuresText, placeText, pointsText } from '../../lib/course/report/grade-table.ts';
import { inProcess } from '../cli/in-process.ts';
import { isWhole } from '../support/extent.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-class-'));
afterAll(() => rmSync(folder, { recursive: true }));
const exercise = exerciseOf('best-fit');
/** It is refused, so that nothing runs. */
const refused = 'eval("1");\n';

describe('a class', () => {
  it('tells of two hand-ins of one name', async () => {
    const handins = join(folder, 'twice');
    mkdirSync(join(handins, 'alice'), { recursive: true });
    writeFileSync(join(handins, 'alice', 'mine.mjs'), refused);
    writeFileSync(join(handins, 'alice.mjs'), refused);
    writeFileSync(join(handins, 'bob.mjs'), refused);
    const { rows } = await gradeClass(handins, { exercise });
    expect(rows.map(({ student, note }) => [student, note])).toEqual([
      ['alice', 'one of several hand-ins of this name: alice'],
      ['alice', 'one of several hand-ins of this name: alice.mjs'],
      ['bob', undefined],
    ]);
  });

  it.each([
    ['that is not there', join(folder, 'none')],
    ['that is a file', new URL(import.meta.url).pathname],
  ])('in a folder %s is refused', async (_what, path) => {
    await expect(gradeClass(path, { exercise })).rejects.toMatchObject({ code: 'ERR_FILE', file: path });
  });
});

describe('who is alike', () => {
  const handins = join(folder, 'alike');
  const students = ['ana', 'ben', 'cem', 'dora', 'eva', 'flo'];
  // Enough code to be compared, and nothing runs.
  const text = readFileSync('instructor/best-fit/reference.mjs', 'utf8').replace(/\{\{\w+\}\}/g, '4');
  const copied = `${text}\n${refused}`;
  mkdirSync(handins);
  for (const student of students) writeFileSync(join(handins, `${student}.mjs`), copied);
  mkdirSync(join(handins, 'ana'));
  writeFileSync(join(handins, 'ana', 'mine.mjs'), copied);

  it.runIf(isWhole)('is told by ten pairs; all are on the page and in the CSV', async () => {
    const csv = join(folder, 'alike.csv');
    const html = join(folder, 'alike.html');
    const args = ['grade', handins, '--lab', 'best-fit', '--csv', csv, '--html', html];
    const { out } = await inProcess(args);
    const told = out.replace(/\n {2}/g, ' ').match(/^alike: .*$/gm) ?? [];
    expect(told).toHaveLength(11);
    expect(told[10]).toBe(`alike: 11 more; all 21 pairs are in ${html} and ${csv}`);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/,note,alike$/);
    const others = lines.slice(1).map((line) => line.split(',').at(-1)?.split('; ').length);
    expect(others).toEqual(new Array(7).fill(6));
    expect(lines.find((line) => line.startsWith('eva,'))).toMatch(/ana 100 %; .*ana\.mjs 100 %/);
    expect(readFileSync(html, 'utf8')).not.toContain('<details>');
  });

  it('can be unfolded on the page, where there are many', () => {
    const alike = Array.from({ length: 75 }, (_, i) => ({ a: `a${i}`, b: `b${i}`, share: 0.7, common: 20 }));
    const text = classPage({ exercise, alike, passedOver: [], rows: [] });
    expect(text).toContain('<details><summary>15 more</summary>');
    expect(text.match(/>b\d+</g)).toHaveLength(75);
  });
});

describe('what lies among hand-ins and is none', () => {
  it('is told by name: in the result, the CSV, on the page', async () => {
    const handins = join(folder, 'archives');
    mkdirSync(join(handins, '__MACOSX'), { recursive: true });
    const files = [
      'alice.zip',
      'bob.mjs',
      'carl.MJS',
      '=1+1.js',
      'esc\u001b[2J.tar',
      '.DS_Store',
      'grades.csv',
    ];
    for (const name of files) writeFileSync(join(handins, name), refused);
    const result = await gradeClass(handins, { exercise, outputs: [join(handins, 'grades.csv')] });
    expect(result.rows.map(({ student }) => student)).toEqual(['bob']);
    expect(result.passedOver).toEqual(['=1+1.js', 'alice.zip', 'carl.MJS', 'esc\u001b[2J.tar']);
    const sentence =
      'passed over: "=1+1.js", alice.zip, carl.MJS, "esc\\u001b[2J.tar" (neither a folder nor a file .mjs)';
    expect(passedOverText(result)).toBe(sentence);
    const lines = classCsv(result).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 1 + 4);
    expect(lines[3]).toMatch(/^alice\.zip,,,none,+passed over: neither a folder nor a file \.mjs,$/);
    expect(new Set(lines.slice(2).map((line) => line.split(',').length)).size).toBe(1);
    expect(classPage(result)).toContain('passed over: &quot;=1+1.js&quot;, alice.zip');
    const many = Array.from({ length: 23 }, (_, i) => `${i}.zip`);
    expect(passedOverText({ exercise, passedOver: many })).toContain('19.zip and 3 more (');
  });

  it('is all that there is: it is named, too', async () => {
    const handins = join(folder, 'archives-only');
    mkdirSync(handins);
    writeFileSync(join(handins, 'class.zip'), '');
    const bugs = exerciseOf('find-the-bug');
    await expect(gradeClass(handins, { exercise })).rejects.toThrow(
      /has no hand-ins: a folder for each student, or a file with the name; passed over: class\.zip \(neither a folder nor a file \.mjs\)$/,
    );
    await expect(gradeClass(handins, { exercise: bugs })).rejects.toThrow(
      /a folder for each student; passed over: class\.zip \(neither a folder nor in one\)$/,
    );
  });
});

describe('a lab.json', () => {
  const lab = makeLabFile('best-fit', 'alice', 'spring');
  /** A term by which alice has other constants. */
  const other = Array.from({ length: 100 }, (_, i) => `t${i}`).find(
    (term) => oddities(exercise, lab, { student: 'alice', term }).length > 0,
  );

  it('of another exercise is told, in a class and of one hand-in', async () => {
    const told = 'its lab.json is of the exercise best-fit, and it is graded as treap';
    expect(oddities(exerciseOf('treap'), lab, { student: 'alice', term: 'spring' })).toEqual([told]);
    const strange = makeLabFile('x\u001b[2J', 'alice', 'spring');
    expect(oddities(exercise, strange, { student: 'alice', term: 'spring' })).toEqual([
      'its lab.json is of the exercise "x\\u001b[2J", and it is graded as best-fit',
    ]);
    const handins = join(folder, 'another');
    mkdirSync(join(handins, 'alice'), { recursive: true });
    writeFileSync(join(handins, 'alice', 'mine.mjs'), refused);
    writeFileSync(join(handins, 'alice', 'lab.json'), JSON.stringify(lab));
    const { rows } = await gradeClass(handins, { exercise: exerciseOf('treap') });
    expect(rows[0]?.note).toBe(told);
    const { err } = await inProcess(['grade', join(handins, 'alice'), '--lab', 'treap', '--no-picture']);
    expect(err).toContain(told);
  });

  it('of another student, or with the constants of another term, is told', () => {
    expect(oddities(exercise, lab, { student: 'alice', term: 'spring' })).toEqual([]);
    expect(oddities(exercise, undefined, { student: 'alice', term: 'spring' })).toEqual([]);
    expect(oddities(exercise, lab, { student: 'bob', term: 'spring' })).toEqual(['its lab.json is alice’s']);
    expect(oddities(exercise, lab, { student: 'alice', term: other as string })).toEqual([
      `its lab.json is of term spring, and it is graded by the constants of term ${other}`,
    ]);
  });
});

describe('a mistake in a hand-in', () => {
  const broken = 'export const a = 1;\nexport function b( {\n';
  const of = 100;

  it('is no mistake of the class: no points, and where it is', async () => {
    const handins = join(folder, 'mistakes');
    for (const name of ['empty', 'json']) mkdirSync(join(handins, name), { recursive: true });
    writeFileSync(join(handins, 'emil.mjs'), broken);
    writeFileSync(join(handins, 'json', 'mine.mjs'), refused);
    writeFileSync(join(handins, 'json', 'lab.json'), '{');
    mkdirSync(join(handins, 'zoe', 'mine.mjs'), { recursive: true });
    const result = await gradeClass(handins, { exercise });
    expect(result.rows.map(({ student, grade: made }) => [student, made?.verdict, made?.points])).toEqual([
      ['emil', 'refused', 0],
      ['empty', 'refused', 0],
      ['json', 'refused', 0],
      ['zoe', 'refused', 0],
    ]);
    const told = classCsv(result).split('\r\n');
    expect(told[1]).toMatch(/line 3, column 1: is no JavaScript module: Unexpected token/);
    expect(told[2]).toContain('there is no mine.mjs in it');
    expect(told[3]).toMatch(/lab\.json: is no JSON.*line 1, column 1: eval/);
    expect(told[4]).toContain('mine.mjs is no file');
  });

  it.each([undefined, 'a secret of ours'])(
    'has results for an autograder, with the place (%s)',
    async (secret) => {
      const files = new Map([['mine.mjs', broken]]);
      const made = await grade({ exercise, files, modules: {}, student: 'emil', term: 't', secret });
      expect(made).toMatchObject({ verdict: 'refused', points: 0, of });
      const results = gradescopeResults(made) as { score: number; output: string; tests: object[] };
      expect(results.score).toBe(0);
      expect(results.output).toContain('line 3, column 1: is no JavaScript module: Unexpected token');
      expect(results.tests.length).toBe(made.checks.length + made.measures.length);
    },
  );
});

const empty = {
  ...{ format: 1, exercise: 'best-fit', student: 'a', term: 't', verdict: 'graded', points: 1, of: 2 },
  ...{ seeds: 'open', seed: '', sha256: '', checks: [], walls: [], version: '' },
} as unknown as Grade;

describe('the place of a stop', () => {
  const plain = { bold: String, red: String, green: String, yellow: String };

  it.each([
    ['of the work there 90 % at mine.mjs:12, `for (;;)`', 'mine.mjs:12', true],
    ['of the work there 90 % at mine.mjs:12, `for (;;)`', 'mine.mjs:1', false],
    ['at mine.mjs:12, as at mine.mjs:1', 'mine.mjs:1', true],
    ['', 'mine.mjs:1', false],
  ])('in %j: %s', (text, place, named) => {
    expect(namesPlace(text, place)).toBe(named);
  });

  it('is told once', () => {
    const stop = { ...empty, verdict: 'stopped', at: 'mine.mjs:12', measures: [] } as unknown as Grade;
    expect(placeText({ ...stop, reason: 'of the work there 90 % at mine.mjs:12, `for (;;)`' })).toBe(
      undefined,
    );
    expect(placeText({ ...stop, reason: 'of the work there 90 % at mine.mjs:120, `f()`' })).toBe(
      'mine.mjs:12',
    );
    const failure = (answered: string) => ({
      ...{
        cause: 'does not end',
        asked: 'alloc(1)',
        answered,
        expected: 'a page',
        at: 'mine.mjs:12',
        steps: [],
      },
    });
    const drawn = (answered: string): string =>
      drawCauses(
        [{ cause: 'does not end', names: ['c'], name: 'c', shortest: failure(answered) }],
        100,
        plain,
      );
    expect(drawn('no answer; of its work 90 % at mine.mjs:12, `for (;;)`')).not.toMatch(/^ *at +mine/m);
    expect(drawn('no answer')).toMatch(/^ *at +mine\.mjs:12$/m);
    const titled = { ...failure('no answer'), cause: 'does not end at mine.mjs:12' };
    const whole = drawCauses(
      [{ cause: titled.cause, names: ['c'], name: 'c', shortest: titled }],
      100,
      plain,
    );
    expect(whole.match(/mine\.mjs/g)).toHaveLength(1);
    const place = { line: 3, column: 1, message: 'is no module' };
    const refusal = {
      ...empty,
      verdict: 'refused',
      refusals: [place],
      reason: 'it cannot be run',
      points: 0,
    };
    expect(pointsText(refusal as unknown as Grade)).toBe('0 of 2: not run');
    expect(
      (gradescopeResults({ ...refusal, measures: [] } as unknown as Grade) as { output: string }).output,
    ).toBe('0 of 2: not run\n\nline 3, column 1: is no module');
  });
});

describe('points in words', () => {
  it('are one point and several points', () => {
    expect(
      bucketsText(
        [
          [4, 1],
          [60, 0.25],
        ],
        4,
        (most) => `up to ${most} %`,
      ),
    ).toBe('up to 4 %: 4 points, up to 60 %: 1 point');
    expect(shareOf([[4, 1]], 5)).toBe(0);
  });

  it('a part of the points has no status at Gradescope', () => {
    const measure = (share: number) => ({ name: 'm', points: 6 * share, of: 6, buckets: 'b', share });
    const made = {
      ...{ format: 1, exercise: 'sweep', student: 's', term: 't', verdict: 'graded', points: 1.5, of: 18 },
      ...{ seeds: 'open', seed: '', sha256: '', checks: [], walls: [], version: '' },
      measures: [measure(1), measure(0.25), measure(0)],
    } as unknown as Grade;
    const { tests } = gradescopeResults(made) as { tests: { status?: string }[] };
    expect(tests.map(({ status }) => status)).toEqual(['passed', undefined, 'failed']);
    expect(
      figuresText({ ...measure(0.25), work: 3, other: 'cost 490', reference: { other: 'cost 300' } }),
    ).toEqual(['3.0 units an operation', 'cost 490 (the reference cost 300)']);
  });

  it('measures have short heads in the scoreboard, and who has no grade is counted', () => {
    const page = classPage({
      exercise,
      alike: [],
      passedOver: [],
      rows: [
        {
          student: 'a',
          grade: { ...empty, measures: [{ name: 'a long name', points: 1, of: 2, buckets: '', share: 0.5 }] },
        },
        { student: 'b', note: 'no name' },
      ],
    });
    expect(page).toMatch(/<th class="n">m1<\/th>/);
    expect(page).toContain('m1 a long name (of 2)');
    expect(page).toContain('; 1 without a grade');
  });
});
