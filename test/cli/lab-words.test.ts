/**
 * What `pageheap lab` and `pageheap grade` say where something else was meant, where a limit stopped a hand-in, and where it
 * wanted what is not there.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { those } from '../support/extent.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-words-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ask = (...args: string[]) => inProcess(args, { cwd: folder });
const mine = join(folder, 'best-fit', 'mine.mjs');
let stub = '';

beforeAll(async () => {
  for (const id of ['best-fit', 'find-the-bug']) await ask('lab', 'start', id, '--student', 'ada');
  stub = readFileSync(mine, 'utf8');
  mkdirSync(join(folder, 'class'));
  writeFileSync(join(folder, 'class', 'ada.mjs'), stub);
});

describe('what an action does not take', () => {
  it.each([
    [
      ['lab', 'check', 'best-fit', '--seed', '3'],
      '--seed: lab check has no such option; it is of lab predict',
    ],
    [['lab', 'start', 'best-fit', '--first'], '--first: lab start has no such option; it is of lab check'],
    [
      ['lab', 'hint', 'x', '--json'],
      '--json: lab hint has no such option; it is of lab list, check, predict',
    ],
    [['lab', 'list', 'extra'], 'lab list: takes nothing more'],
    [['lab', 'predict', 'extra'], 'lab predict: takes nothing more'],
    [['grade', 'best-fit/mine.mjs', '--csv', 'x.csv'], '--csv: is for a folder of hand-ins'],
    [['grade', 'class', '--csv', 'x.csv'], 'A class is of the exercise that --lab names'],
    [['grade', 'class', '--lab', 'best-fit'], 'is graded as a class with --csv FILE or --html FILE'],
    [
      ['lab', 'step', 'best-fit/README.md', '-o', 'find-the-bug'],
      'best-fit/README.md:1: a page trace as text',
    ],
    [['lab', 'step', 'best-fit/README.md', '-o', 'best-fit'], 'best-fit/README.md:1: '],
  ])('%s', async (args, told) => {
    const { code, err } = await ask(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(told)]);
    expect(err).not.toContain('the trace:');
  });
});

describe('a trace of exercise 13', () => {
  it('steps through the sound heap', async () => {
    writeFileSync(join(folder, 't.pages'), 'pages 1\na 1 5\na 2 1\nf 1\nr 3\na 3 64\nf 3\n');
    const { code, out } = await ask('lab', 'step', 't.pages', '-o', 'find-the-bug');
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.trimEnd());
    expect(lines.filter((line) => line.startsWith('='))).toEqual([
      '= a 1 5 → pages 0 to 4',
      '= a 2 1 → page 5',
      '= f 1 → pages 0 to 4 free again',
      '= r 3 → pages 0 to 4 given back',
      '= a 3 64 → -1: no run of one kind is large enough',
      '= f 3 → nothing: that allocation had failed',
    ]);
    expect(lines[5]).toBe(`  right   ·····█${'░'.repeat(58)}`);
    expect(lines[7]).toBe(`  right   ░░░░░█${'░'.repeat(58)}`);
  });

  it('that shows nothing is drawn', async () => {
    writeFileSync(join(folder, 'find-the-bug', 'heap-02.pages'), 'pages 1\na 1 5\na 2 1\nf 1\n');
    const { code, out } = await ask('lab', 'check', 'find-the-bug', '--check', 'heap 2');
    expect(code).toBe(1);
    expect(out).toContain(`free, right  ·····█${'░'.repeat(58)}`);
  });
});

describe('a hand-in', () => {
  const wants = [
    'Date.now()',
    'process.exit()',
    'setTimeout(() => {}, 1)',
    'require("fs")',
    'new Proxy({}, {})',
  ];
  it.each(those(wants, (code) => /process|Proxy/.test(code)))(
    'that wants %s is told the rule',
    async (code) => {
      writeFileSync(mine, `${stub}\n${code};\n`);
      const { out } = await ask('lab', 'check', 'best-fit', '--first');
      expect(out.replaceAll('\n', ' ')).toMatch(
        /not run, it cannot be loaded: .*is not defined: your code runs in an engine of its own/,
      );
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
    },
  );

  it('that is undefined by a slip of its own is not', async () => {
    writeFileSync(mine, `${stub}\nrunns.length;\n`);
    const { out } = await ask('lab', 'check', 'best-fit', '--first');
    expect(out).toMatch(/runns.? is not defined/);
    expect(out).not.toContain('engine of its own');
  });

  it('that a limit of units stops is told where they went, by check, grade and hint, until it is another', async () => {
    const endless = `export class FirstFit { constructor() {} grow() {\n for (;;)\n  Array(9999).fill(0); } }
export class BestFit extends FirstFit {} export class NextFit extends FirstFit {} export class OwnFit extends FirstFit {}`;
    writeFileSync(mine, endless);
    const words = 'of its work';
    const name = 'FirstFit: random calls';
    const checked = await ask('lab', 'check', 'best-fit', '--check', name);
    expect(checked.out.replace(/\s+/g, ' ')).toContain(words);
    expect(checked.out.replace(/\s+/g, ' ')).toMatch(/% at mine\.mjs:3, `Array\(9999\)\.fill\(0\); } }`/);
    const hinted = await ask('lab', 'hint', name, '-o', 'best-fit');
    expect(hinted.out).toMatch(/^stopped /);
    expect(hinted.out).toContain('1 of 3');
    writeFileSync(mine, `${endless}\n`);
    expect((await ask('lab', 'hint', name, '-o', 'best-fit')).out).not.toContain('stopped');
  });
});
