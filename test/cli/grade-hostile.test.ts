/** `pageheap grade` of a hand-in that is out for what is the instructor's: his files, his terminal, his patience. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const grade = (...args: string[]) => inProcess(['grade', ...args], { cwd: folder });

describe('the place of the picture', () => {
  beforeAll(() => inProcess(['lab', 'start', 'find-the-bug', '--student', 'alice'], { cwd: folder }));

  const victim = join(folder, 'victim.txt');
  it.each<[string, (place: string) => void]>([
    [
      'a link to a file of somebody else',
      (place) => {
        writeFileSync(victim, 'mine\n');
        symlinkSync(victim, place);
      },
    ],
    ['a link to nothing', (place) => symlinkSync(join(folder, 'nothing'), place)],
    ['a folder', (place) => mkdirSync(place)],
    ['a pipe that nobody reads', (place) => execFileSync('mkfifo', [place])],
  ])('may be %s: the grade is there, the picture is not', async (what, make) => {
    const handedIn = join(folder, what.replaceAll(' ', '-'));
    cpSync(join(folder, 'find-the-bug'), handedIn, { recursive: true });
    make(join(handedIn, 'grade.html'));
    const results = join(folder, 'results.json');
    rmSync(results, { force: true });
    const { out, err } = await grade(handedIn, '--gradescope', results);
    expect(out).toContain('of 100');
    expect(err).toContain('grade.html: is no plain file, and links are not followed; --picture FILE names');
    expect(JSON.parse(readFileSync(results, 'utf8'))).toHaveProperty('score');
    if (what.endsWith('else')) expect(readFileSync(victim, 'utf8')).toBe('mine\n');
    const named = join(folder, 'named.html');
    await grade(handedIn, '--picture', named);
    expect(readFileSync(named, 'utf8')).toContain('<html');
    rmSync(named);
  });
});

it('what it throws, and how its lines are written, cannot draw on a terminal', async () => {
  const file = join(folder, 'mine.mjs');
  const text = '\\x1b[2J\\x1b[H100 of 100\\u202e\\x9b8m\\n';
  writeFileSync(
    file,
    `export class FirstFit { grow() { throw new Error('${text}'); } alloc() {} free() {} forEachFree() {} }
export class BestFit { grow() { for (;;) /* \x1b[2J\u202e */ ; } alloc() {} free() {} forEachFree() {} }
export class NextFit extends FirstFit {}
export class OwnFit extends FirstFit {}`,
  );
  const results = join(folder, 'results.json');
  const { out, err } = await grade(file, '--lab', 'best-fit', '--no-picture', '--gradescope', results);
  const said = `${out}${err}${readFileSync(results, 'utf8')}`;
  expect(said).toContain('\\u{1b}[2J');
  expect(said).toContain('\\u{202e}');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  expect(said).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
});

it('may begin with a line for the shell', async () => {
  const file = join(folder, 'shell.mjs');
  writeFileSync(
    file,
    '#!/usr/bin/env node\nexport class FirstFit {\n grow() { throw new Error("here"); } alloc() {} free() {} forEachFree() {} }\nexport { FirstFit as BestFit, FirstFit as NextFit, FirstFit as OwnFit };\n',
  );
  const { out } = await grade(file, '--lab', 'best-fit', '--no-picture');
  expect(out).toContain('Error: here at mine.mjs:3');
});
