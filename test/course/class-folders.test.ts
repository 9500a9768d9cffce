/** Hand-ins as learning platforms, archives and students leave them in folders. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { gradeClass } from '../../lib/course/grading/class.ts';
import { type Grade, grade } from '../../lib/course/grading/grade.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { findHandin, readHandin } from '../../lib/course/handout/hand-in.ts';
import { makeLabFile, readLabFile } from '../../lib/course/handout/lab-file.ts';
import { nameIn, requireName } from '../../lib/course/handout/names.ts';
import { classCsv } from '../../lib/course/report/class-csv.ts';
import { classPage } from '../../lib/course/report/class-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-handins-'));
afterAll(() => rmSync(folder, { recursive: true }));
const exercise = exerciseOf('best-fit');
/** It is refused, so that nothing runs. */
const refused = 'eval("1");\n';

let places = 0;
/** A folder with these files; texts by their path. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const at = join(folder, String(places++));
  mkdirSync(at);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  }
  return at;
}

const lab = (student: string): string => JSON.stringify(makeLabFile('best-fit', student, 't'));

describe('a name', () => {
  it.each([
    'alice',
    'Jörg Müller',
    'Ana María',
    'Zoë Ω',
    'Seán O’Brien',
    "D'Arcy, J. R. (2)",
    'José-María 3rd_12345',
    '山田 太郎',
    'अनिता राव',
    'محمد علي',
    'ada@uni.example',
  ])('is as people have it: %s', (name) => {
    expect(nameIn(name)).toBe(name.normalize('NFC'));
  });

  it('is the same, however the system writes its letters', () => {
    expect(nameIn('Jo\u0308rg')).toBe('J\u00f6rg');
    expect(nameIn(' Jo\u0308rg ')).toBe('J\u00f6rg');
  });

  it.each(['', ' ', 'a\u001b[31m', 'a\nb', 'a/b', 'a\\b', '<b>', 'a\u202eb', 'x'.repeat(101)])(
    'is none: %j',
    (name) => {
      expect(nameIn(name)).toBe(undefined);
      expect(() => requireName(name, '--student')).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    },
  );
});

const told = async (at: string) =>
  (await gradeClass(at, { exercise })).rows.map((row) => [row.student, row.grade?.student, row.note]);

describe('folders of a platform', () => {
  it('have names in several words: the student is that of the lab.json, where there is one', async () => {
    const at = folderOf({
      'Ana María/mine.mjs': refused,
      'Jörg Müller/mine.mjs': refused,
      // With a byte-order mark, as editors on Windows may write it.
      'Jörg Müller/lab.json': `\ufeff${lab('alice')}`,
      'Seán O’Brien/mine.mjs': refused,
      'Seán O’Brien/lab.json': lab('\u001b[2J'),
      'Zoë Ω.mjs': refused,
      'bob/mine.mjs': refused,
      'bob/lab.json': lab('carl'),
    });
    expect(await told(at)).toEqual([
      ['Ana María', 'Ana María', undefined],
      ['Jörg Müller', 'alice', 'graded as alice, by its lab.json'],
      ['Seán O’Brien', 'Seán O’Brien', expect.stringContaining('its student, ')],
      ['Zoë Ω', 'Zoë Ω', undefined],
      ['bob', 'bob', 'its lab.json is carl’s'],
    ]);
  });

  it('that name one student twice are told, for one of the two is a copy', async () => {
    const at = folderOf({
      'Ana María/mine.mjs': refused,
      'Ana María/lab.json': lab('ana'),
      'Jörg Müller/mine.mjs': refused,
      'Jörg Müller/lab.json': lab('ana'),
    });
    expect((await told(at)).map(([, , note]) => note)).toEqual(
      Array(2).fill('graded as ana, by its lab.json; several are graded as ana: Ana María, Jörg Müller'),
    );
  });

  it('of no name are graded by their lab.json, and else told to be renamed', async () => {
    const at = folderOf({ '#1/mine.mjs': refused, '#2/mine.mjs': refused, '#2/lab.json': lab('zoe') });
    expect(await told(at)).toEqual([
      ['#1', undefined, expect.stringMatching(/no lab\.json says whose it is, and the folder has no/)],
      ['#2', 'zoe', 'graded as zoe, by its lab.json'],
    ]);
  });

  it('print nothing but letters, whatever folders and files are called', async () => {
    const at = folderOf({
      'zoe/in\u001b[2J\u202eside/mine.mjs': refused,
      'a\u001b[31m\nb/mine.mjs': refused,
      'c\u009b.mjs': refused,
    });
    expect(await told(at)).toEqual([
      ['a\\u{1b}[31m\\nb', undefined, expect.stringMatching(/no lab\.json says whose it is/)],
      ['c\\u{9b}', undefined, expect.stringMatching(/no lab\.json says whose it is/)],
      ['zoe', 'zoe', 'in its folder in\\u{1b}[2J\\u{202e}side'],
    ]);
  });

  it('have no student in what unpacking leaves, and a lab.json beside files is nobody’s', async () => {
    const at = folderOf({
      '__MACOSX/._a.mjs': '',
      '.git/x.mjs': '',
      'Ana María.mjs': refused,
      'lab.json': lab('alice'),
    });
    expect(await told(at)).toEqual([['Ana María', 'Ana María', undefined]]);
  });
});

describe('a folder in the folder', () => {
  it.each([
    ['one', { 'best-fit/mine.mjs': refused }, 'best-fit', undefined],
    [
      'one in one, beside litter',
      { 'a/b/mine.mjs': refused, '__MACOSX/mine.mjs': refused, 'x.txt': '' },
      'a/b',
      undefined,
    ],
    ['none', { 'a/other.mjs': refused }, undefined, 'there is no mine.mjs in it'],
    [
      'two',
      { 'a/mine.mjs': '', 'b/mine.mjs': '' },
      undefined,
      'there is no mine.mjs in it; there is one in a, b',
    ],
    [
      'a lab.json at the top',
      { 'lab.json': lab('a'), 'b/mine.mjs': '' },
      undefined,
      'there is no mine.mjs in it; there is one in b',
    ],
    ['one at the top', { 'mine.mjs': refused, 'a/mine.mjs': '' }, undefined, undefined],
  ])('%s', (_what, files, inner, fault) => {
    const at = folderOf(files);
    const found = findHandin(at, exercise);
    const handin = readHandin(found, exercise);
    expect([found.inner, handin.fault]).toEqual([inner, fault]);
    if (fault === undefined) expect(handin.files.get('mine.mjs')).toBe(refused);
  });

  it('is found by its lab.json, where no exercise is named', () => {
    const found = findHandin(
      folderOf({ 'up/best-fit/mine.mjs': refused, 'up/best-fit/lab.json': lab('ana') }),
    );
    expect([found.inner, found.lab?.student]).toEqual(['up/best-fit', 'ana']);
  });

  it('is the one with a lab.json, though nothing is handed in and its examples look like it', async () => {
    const bugs = exerciseOf('find-the-bug');
    const at = folderOf({
      'Ana M/find-the-bug/lab.json': JSON.stringify(makeLabFile('find-the-bug', 'ana', 't')),
      'Ana M/find-the-bug/examples/sound.pages': '',
    });
    const [row] = (await gradeClass(at, { exercise: bugs })).rows;
    expect([row?.grade?.student, row?.note]).toEqual([
      'ana',
      'graded as ana, by its lab.json; in its folder find-the-bug',
    ]);
  });

  it('counts in a class as what it is', async () => {
    const at = folderOf({ 'ana/best-fit/mine.mjs': refused, 'ana/__MACOSX/best-fit/._mine.mjs': '' });
    const [row] = (await gradeClass(at, { exercise })).rows;
    expect([row?.note, row?.grade?.reason]).toEqual([
      'in its folder best-fit',
      expect.not.stringContaining('no mine'),
    ]);
  });
});

describe('a link', () => {
  it('is not followed, wherever it is', async () => {
    const secret = folderOf({ 'mine.mjs': refused, 'lab.json': lab('ana') });
    const at = folderOf({ 'b/x.txt': '', 'c/mine.mjs': refused, 'e/x.txt': '' });
    symlinkSync(secret, join(at, 'a'));
    symlinkSync(join(secret, 'mine.mjs'), join(at, 'b/mine.mjs'));
    symlinkSync(join(secret, 'lab.json'), join(at, 'c/lab.json'));
    symlinkSync(join(secret, 'mine.mjs'), join(at, 'd.mjs'));
    symlinkSync(secret, join(at, 'e/inner'));
    symlinkSync('nowhere', join(at, 'f.mjs'));
    symlinkSync('nowhere', join(at, 'g'));
    const { rows } = await gradeClass(at, { exercise });
    const link = 'is a link, and links are not followed';
    expect(
      rows.map(({ student, note, grade: made }) => [student, made?.points, made?.reason ?? '', note]),
    ).toEqual([
      ['a', 0, `it ${link}`, undefined],
      ['b', 0, `mine.mjs ${link}`, undefined],
      ['c', 0, expect.not.stringContaining('link'), expect.stringContaining(`lab.json: ${link}`)],
      ['d', 0, `it ${link}`, undefined],
      ['e', 0, 'there is no mine.mjs in it', undefined],
      ['f', 0, `it ${link}`, undefined],
    ]);
    expect(() => readLabFile(join(at, 'c'))).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });
});

describe('one odd file among several', () => {
  const bugs = exerciseOf('find-the-bug');
  const whom = { student: 'ada', term: 't' };
  const right = referenceFiles(ownPack, bugs, whom.student, whom.term);

  it('costs its own points alone', async () => {
    const names = [...right.keys()];
    const at = folderOf(Object.fromEntries([...right].filter(([name]) => !/0[3-6]/.test(name))));
    mkdirSync(join(at, names[2] as string));
    writeFileSync(join(at, names[3] as string), Buffer.alloc(2 ** 21));
    symlinkSync('/etc/passwd', join(at, names[4] as string));
    writeFileSync(join(at, names[5] as string), 'no trace\u0000');
    writeFileSync(join(at, 'more.pages'), 'nothing');
    const made = await grade({
      exercise: bugs,
      ...readHandin(findHandin(at, bugs), bugs),
      modules: {},
      ...whom,
    });
    expect(made.verdict).toBe('graded');
    const wrong = made.checks.flatMap(({ failure }, i) => (failure ? [[i + 1, failure.answered]] : []));
    expect(wrong).toEqual([
      [3, 'heap-03.pages is no file'],
      [4, 'heap-04.pages has more than 1048576 bytes'],
      [5, 'heap-05.pages is a link, and links are not followed'],
      [6, expect.any(String)],
    ]);
    expect(made.points).toBe(8 * 7);
  });
});

describe('why there are no points', () => {
  const failure = { cause: 'grow does not end', asked: '', answered: '', expected: '', steps: [] };
  const hang = {
    ...{ format: 1, exercise: 'best-fit', student: 'hang', term: 't', verdict: 'graded', points: 0, of: 9 },
    ...{ seeds: 'open', seed: '', sha256: '', measures: [], walls: [], version: '' },
    checks: [{ name: 'FirstFit: a few calls', points: 0, of: 9, failure }],
  } as unknown as Grade;
  const stopped = {
    ...hang,
    verdict: 'stopped',
    reason: 'it takes all memory',
    checks: [],
  } as unknown as Grade;
  const rows = [
    { student: 'hang', grade: hang, note: 'in its folder x' },
    { student: 'more', grade: stopped },
  ];

  it('is told in the CSV and on the page as in the terminal', () => {
    const result = { exercise, alike: [], rows, passedOver: [] };
    for (const text of [classCsv(result), classPage(result)]) {
      expect(text).toContain('in its folder x; FirstFit: a few calls: grow does not end');
      expect(text).toContain('stopped: it takes all memory');
    }
  });
});
