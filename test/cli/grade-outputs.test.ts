/** What `pageheap grade` writes: never over what it reads, and after what came out was told. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exerciseOf } from '../../lib/course/exercises/registry.ts';
import { startLab } from '../../lib/course/handout/start.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const grade = (...args: string[]) => inProcess(['grade', ...args], { cwd: folder });
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

beforeAll(async () => {
  await inProcess(['lab', 'start', 'find-the-bug', '--student', 'alice'], { cwd: folder });
  mkdirSync(join(folder, 'class'));
  for (const name of ['alice', 'bob'])
    cpSync(join(folder, 'find-the-bug'), join(folder, 'class', name), { recursive: true });
  writeFileSync(join(folder, 'class', 'alice', 'one.pages'), 'a 1\n');
  writeFileSync(join(folder, 'find-the-bug', 'one.pages'), 'a 1\n');
  writeFileSync(join(folder, 'secret.txt'), 'a secret of our own\n');
});

describe('an output that would replace what is read, or another output, is refused and nothing is lost', () => {
  const ofClass = ['class', '--lab', 'find-the-bug'];
  it.each<[string, string[]]>([
    ['the lab.json', ['find-the-bug', '--gradescope', 'find-the-bug/lab.json']],
    ['a file handed in', ['find-the-bug', '--picture', 'find-the-bug/one.pages']],
    ['the secret', ['find-the-bug', '--secret-seed', '@secret.txt', '--gradescope', 'secret.txt']],
    ['one another', ['find-the-bug', '--gradescope', 'x', '--picture', 'x']],
    ['a lab.json of a class', [...ofClass, '--csv', 'class/bob/lab.json']],
    ['a file handed in of a class', [...ofClass, '--html', 'class/alice/one.pages']],
    ['the secret of a class', [...ofClass, '--secret-seed', '@secret.txt', '--csv', 'secret.txt']],
    ['one another of a class', [...ofClass, '--csv', 'x', '--html', './x']],
  ])('%s', async (_, args) => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    const before = files.map((file) => readFileSync(join(file.parentPath, file.name)));
    const { code, err } = await grade(...args);
    expect([code, err]).toEqual([2, expect.stringMatching(/this is the input|cannot both go into one file/)]);
    expect(files.map((file) => readFileSync(join(file.parentPath, file.name)))).toEqual(before);
  });
});

describe('an output that cannot be written, which shows in the end only', () => {
  it('is told after the grade, and the others are there', async () => {
    const { code, out, err } = await grade(
      ...['find-the-bug', '--gradescope', '/dev/full', '--picture', 'seen.html', '--autolab'],
    );
    expect(code).toBe(2);
    expect(out).toMatch(/ of 100\n[\s\S]*\{"scores":.*\}\n$/);
    expect(err).toContain('/dev/full: ');
    expect(read('seen.html')).toContain('<html');
  });

  it('is told after the table of a class', async () => {
    const { code, out } = await grade(
      ...['class', '--lab', 'find-the-bug', '--csv', '/dev/full', '--html', 'class.html'],
    );
    expect(code).toBe(2);
    expect(out).toContain('bob');
    expect(read('class.html')).toContain('<html');
  });
});

it('a handout that cannot be written whole leaves nothing in the way of the next try', () => {
  const exercise = exerciseOf('find-the-bug');
  const sheet = {
    ...exercise,
    sheet: () => {
      throw new Error('no room');
    },
  };
  const made = join(folder, 'made');
  expect(() => startLab(sheet, made, 'alice', '2026a')).toThrow();
  expect(readdirSync(folder)).not.toContain('made');
  mkdirSync(made);
  expect(() => startLab(sheet, made, 'alice', '2026a')).toThrow();
  expect(readdirSync(made)).toEqual([]);
  expect(startLab(exercise, made, 'alice', '2026a')).toContain('lab.json');
});
