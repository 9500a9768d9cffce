/**
 * `pageheap lab` and `pageheap grade`, as they are typed: what is printed, written, and ended with. How hand-ins are judged is
 * tested in test/course.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exerciseOf, exercises } from '../../lib/course/exercises/registry.ts';
import { ownPack, referenceFiles } from '../../lib/course/grading/self-test.ts';
import { isAlive } from '../support/signals.ts';
import { inProcess } from './in-process.ts';
import { childrenOf, pageheap } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-lab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lab = (...args: string[]) => inProcess(['lab', ...args], { cwd: folder });
const grade = (...args: string[]) => inProcess(['grade', ...args], { cwd: folder });
const handin = join(folder, 'best-fit', 'mine.mjs');
const hintsTaken = (): unknown =>
  JSON.parse(readFileSync(join(folder, 'best-fit', 'lab.json'), 'utf8')).hints;

let stub = '';
const reference = referenceFiles(ownPack, exerciseOf('best-fit'), 'alice', '-').get('mine.mjs') as string;

beforeAll(async () => {
  const { code, out } = await lab('start', 'best-fit', '--student', 'alice');
  expect(code).toBe(0);
  expect(out).toContain('best-fit: README.md');
  stub = readFileSync(handin, 'utf8');
});

describe('what is there', () => {
  it('is listed, also as JSON', async () => {
    const { code, out } = await lab('list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(exercises.map(({ id }) => id));
    const table = await lab('list');
    for (const { id } of exercises) expect(table.out).toContain(id);
  });

  it.each([
    ['best-fitt', 'did you mean best-fit?'],
    ['scavanging', 'did you mean scavenging?'],
    ['poetry', 'there are predictions, best-fit,'],
  ])('an exercise that is not: %s', async (name, told) => {
    const { code, err } = await lab('start', name);
    expect([code, err]).toEqual([2, expect.stringContaining(told)]);
    expect(existsSync(join(folder, name))).toBe(false);
  });
});

describe('a folder', () => {
  it('that is there already is left as it is', async () => {
    const { code, err } = await lab('start', 'best-fit');
    expect([code, err]).toEqual([2, expect.stringContaining('is there already')]);
    expect(readFileSync(handin, 'utf8')).toBe(stub);
  });

  it('without a name is for nobody, and this is told', async () => {
    const { code, err } = await lab('start', '2', '--out', 'nobody');
    expect([code, err]).toEqual([0, expect.stringContaining('--student NAME')]);
  });

  it.each([
    ['a name with a slash', ['start', 'best-fit', '--student', 'a/b', '--out', 'x']],
    ['a folder that none can be made in', ['start', 'best-fit', '--out', '/proc/none']],
    ['a folder that was not started', ['check', '.']],
    ['a folder that is not', ['check', 'no-such']],
    ['a check that is not', ['check', 'best-fit', '--check', 'Fit']],
    ['no exercise', ['start']],
    ['no such action', ['begin']],
  ])('%s: a mistake of use', async (_what, args) => {
    const { code, out, err } = await lab(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/\S/);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
});

describe('checking', () => {
  it('of stubs tells that they are to be written, and names a hint that there is', async () => {
    writeFileSync(handin, stub);
    const { code, out } = await lab('check', 'best-fit', '--first');
    expect(code).toBe(1);
    expect(out).toContain('is to be written');
    const [, name = ''] = /pageheap lab hint "([^"]+)"/.exec(out) ?? [];
    expect(Object.keys(exerciseOf('best-fit').hints)).toContain(name);
  });

  it('of what is right ends with 0, of one check alone', async () => {
    writeFileSync(handin, reference);
    const { code, out } = await lab('check', 'best-fit', '--check', 'BestFit: a few calls');
    expect([code, out]).toEqual([0, expect.stringContaining('right  BestFit: a few calls')]);
    expect(out).toContain('4 of 4 points');
  });

  it('of what may not be there names the line', async () => {
    writeFileSync(handin, `// one\neval('1');\n`);
    const { code, out } = await lab('check', 'best-fit');
    expect([code, out]).toEqual([1, expect.stringMatching(/refused.*line 2, column \d+/)]);
  });
});

describe('stepping', () => {
  const step = (...more: string[]) =>
    inProcess(['lab', 'step', 'examples/two-holes.pages', ...more], { cwd: join(folder, 'best-fit') });

  it('through what is right shows each call, and no difference', async () => {
    writeFileSync(handin, reference);
    const { code, out } = await step('--on', 'BestFit');
    expect(code).toBe(0);
    expect(out).toContain('= alloc(2) → ');
    expect(out).not.toContain('≠');
  });

  it('through what is not ends with the call that shows it', async () => {
    writeFileSync(handin, stub);
    const { code, out } = await step();
    expect(code).toBe(1);
    expect(out).toMatch(/≠ grow\(0, \d+\) → threw .*is to be written\n/);
  });

  it('on the class for which any free run will do: any is right, and one in use is not', async () => {
    writeFileSync(handin, reference);
    const right = await step('--on', 'OwnFit');
    expect([right.code, right.out]).toEqual([0, expect.stringMatching(/= alloc\(6, 4\) → \d+\n/)]);
    expect(right.out).not.toContain('≠');
    writeFileSync(handin, `${reference}\nOwnFit.prototype.alloc = () => 0;`);
    const wrong = await step('--on', 'OwnFit');
    expect([wrong.code, wrong.out]).toEqual([
      1,
      expect.stringMatching(/≠ alloc\(1, 7\) → 0, and one of free: 6–15 is right\n/),
    ]);
  });

  it('of a class, a trace or an exercise that cannot be is a mistake of use', async () => {
    expect(await step('--on', 'WorstFit')).toMatchObject({
      code: 2,
      err: expect.stringContaining('FirstFit, BestFit, NextFit, OwnFit'),
    });
    expect((await lab('step', 'none.pages', '--out', 'best-fit')).code).toBe(2);
    await lab('start', 'scavenging', '--student', 'alice');
    expect((await lab('step', 'best-fit/examples/two-holes.pages', '--out', 'scavenging')).code).toBe(2);
  });
});

describe('predicting', () => {
  it('asks first, and answers the same operations with -c', async () => {
    const asked = await lab('predict', '--seed', '7');
    const told = await lab('predict', '--seed', '7', '-c');
    const operations = (text: string): string[] =>
      [...text.matchAll(/│ (alloc\(\d+\)|free what \d+ gave|everything[^│]*?) +│/g)].map(
        ([, what = '']) => what,
      );
    expect([asked.code, told.code]).toEqual([0, 0]);
    expect(operations(asked.out).length).toBeGreaterThan(10);
    expect(operations(told.out)).toEqual(operations(asked.out));
    expect(asked.out).toContain('?');
    expect(told.out).not.toContain('?');
  });

  it('differs by seed and by student, and its answers by design', async () => {
    const scene = async (...args: string[]) =>
      JSON.parse((await lab('predict', '--json', '-c', ...args)).out);
    const seven = await scene('--seed', '7');
    expect(new Set(Object.values(seven.answers).map(String)).size).toBe(3);
    expect((await scene('--seed', '8')).operations).not.toEqual(seven.operations);
    expect((await scene('--seed', '7', '--student', 'bob')).operations).not.toEqual(seven.operations);
    const asked = JSON.parse((await lab('predict', '--json', '--seed', '7')).out);
    expect(asked).toEqual({ operations: seven.operations, designs: seven.designs });
  });
});

describe('a sheet', () => {
  it('is the one of the folder, and with a secret another that only this secret gives', async () => {
    await lab('start', '1', '--student', 'alice', '--term', 'x');
    const own = readFileSync(join(folder, 'predictions', 'predictions.txt'), 'utf8');
    const args = ['predict', '--sheet', '--student', 'alice', '--term', 'x'];
    expect((await lab(...args)).out).toBe(own);
    const hidden = await lab(...args, '--secret-seed', 'a secret of ours');
    expect(hidden.code).toBe(0);
    expect(hidden.out.split('\n')[0]).toBe(own.split('\n')[0]);
    expect(hidden.out).not.toBe(own);
    for (const more of [['-c'], ['--json'], ['--secret-seed', 'short']])
      expect([more, (await lab(...args, ...more)).code]).toEqual([more, 2]);
    expect((await lab('predict', '--secret-seed', 'a secret of ours')).code).toBe(2);
  });

  it('that is blank is checked, and has a picture', async () => {
    const { code, out } = await lab('check', 'predictions', '--first');
    expect([code, out]).toEqual([1, expect.stringContaining('a prediction is missing')]);
    expect((await grade('predictions')).out).toContain('0 of 100');
    expect(readFileSync(join(folder, 'predictions', 'grade.html'), 'utf8')).toContain('<svg');
  });
});

it('a hint is plainer each time, three times, and each is recorded', async () => {
  const name = 'BestFit: a few calls';
  const hints = exerciseOf('best-fit').hints[name] as readonly string[];
  for (const level of [1, 2, 3, 3]) {
    const { code, out } = await lab('hint', name, '--out', 'best-fit');
    expect(code).toBe(0);
    const words = out.replace(/\s+/g, ' ');
    for (const [i, text] of hints.entries())
      expect([level, i, words.includes(text.slice(0, 40))]).toEqual([level, i, i < level]);
    expect(hintsTaken()).toEqual({ [name]: level });
  }
  const unknown = await lab('hint', 'all', '--out', 'best-fit');
  expect([unknown.code, hintsTaken()]).toEqual([2, { [name]: 3 }]);
});

describe('grading', () => {
  it('prints the grade as JSON, without what is drawn, and writes the picture beside it', async () => {
    writeFileSync(handin, stub);
    const { code, out } = await grade('best-fit', '--json');
    expect(code).toBe(0);
    const made = JSON.parse(out);
    expect(made).toMatchObject({
      exercise: 'best-fit',
      student: 'alice',
      verdict: 'graded',
      points: 0,
      of: 100,
    });
    expect(made.measures.some((row: object) => 'history' in row)).toBe(false);
    expect(readFileSync(join(folder, 'best-fit', 'grade.html'), 'utf8')).toContain('alice: 0 of 100');
  });

  it.each([
    ['a hand-in that is not', ['none.mjs', '--lab', 'best-fit']],
    ['a folder without it', ['empty', '--lab', 'best-fit']],
    ['an exercise that is not', ['best-fit', '--lab', 'best-fitt']],
    ['an exercise that nothing tells', ['empty']],
    ['a short secret', ['best-fit', '--secret-seed', 'short']],
    ['a secret that is not there', ['best-fit', '--secret-seed', '@none.txt']],
    ['an output that cannot be written', ['best-fit', '--picture', '/proc/none/grade.html']],
    ['an output in a folder that is not', ['best-fit', '--gradescope', 'none/results.json']],
    ['an output that is a folder', ['best-fit', '--picture', 'empty']],
    ['a class whose table cannot be written', ['.', '--lab', 'best-fit', '--csv', 'none/grades.csv']],
    ['an output that is the hand-in', ['best-fit/mine.mjs', '--picture', 'best-fit/mine.mjs']],
    ['a class in an empty folder', ['empty', '--lab', 'best-fit', '--csv', 'grades.csv']],
    ['nothing', []],
  ])('%s: a mistake of use, told before anything is graded', async (_what, args) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    writeFileSync(handin, stub);
    const picture = join(folder, 'best-fit', 'grade.html');
    rmSync(picture, { force: true });
    const { code, out, err } = await grade(...args);
    expect([code, out]).toEqual([2, '']);
    expect(existsSync(picture)).toBe(false);
    expect(err).toMatch(/\S/);
    expect(readFileSync(handin, 'utf8')).toBe(stub);
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
  });

  it.each([
    ['a syntax error', 'best-fit', 'export (', /line 1, column 8/],
    ['a folder without it', 'empty', undefined, /there is no mine\.mjs in it/],
  ])('has results for an autograder of %s', async (_what, path, text, told) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    if (text !== undefined) writeFileSync(handin, text);
    const args = ['--lab', 'best-fit', '--gradescope', 'results.json', '--autolab', '--no-picture'];
    const { code, out } = await grade(path, ...args);
    expect(code).toBe(1);
    const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(results).toMatchObject({ score: 0, output: expect.stringMatching(told) });
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({ scores: { checks: 0, measures: 0 } });
    rmSync(join(folder, 'results.json'));
  });

  it('ends at Ctrl-C, without a grade, and without its children', async () => {
    // It takes seconds: every call is allowed half a million units, and uses most of them.
    const slow = reference.replaceAll(
      /^( {2}alloc\(\w+\) \{)$/gm,
      '$1\n    for (let i = 0; i < 50_000; i++);',
    );
    expect(slow).not.toBe(reference);
    writeFileSync(handin, slow);
    rmSync(join(folder, 'best-fit', 'grade.html'), { force: true });
    let children: number[] = [];
    const outcome = await pageheap(['grade', 'best-fit'], {
      cwd: folder,
      started: (child) => {
        const timer = setInterval(() => {
          if (child.pid === undefined || child.exitCode !== null) return clearInterval(timer);
          children = childrenOf(child.pid);
          if (children.length === 0) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 20);
      },
    });
    expect(outcome.signal ?? outcome.code).toBeOneOf(['SIGINT', 130]);
    expect(outcome.out).toBe('');
    expect(children.length).toBeGreaterThan(0);
    // A child ends when it sees that nobody asks any more: after the call that it is in.
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
    expect(existsSync(join(folder, 'best-fit', 'grade.html'))).toBe(false);
  });
});
