/** A class of hand-ins: what its table says of each besides the points. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bucketsText, shareOf } from '../../lib/course/exercises/buckets.ts';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { gradeClass } from '../../lib/course/grading/class.ts';
import { type Grade, grade } from '../../lib/course/grading/grade.ts';
import { makeLabFile } from '../../lib/course/handout/lab-file.ts';
import { oddities } from '../../lib/course/handout/start.ts';
import { gradescopeResults } from '../../lib/course/report/autograders.ts';
import { classCsv } from '../../lib/course/report/class-csv.ts';
import { classPage } from '../../lib/course/report/class-page.ts';
import { figuresText } from '../../lib/course/report/grade-table.ts';

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

describe('a lab.json', () => {
  const lab = makeLabFile('best-fit', 'alice', 'spring');
  /** A term by which alice has other constants. */
  const other = Array.from({ length: 100 }, (_, i) => `t${i}`).find(
    (term) => oddities(exercise, lab, { student: 'alice', term }).length > 0,
  );

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
