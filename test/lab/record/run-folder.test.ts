import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { claimFolder, fileStem, freePath, makeFolder, removeEmpty } from '../../../lib/lab/record/folders.ts';
import { hasRecorded, removeUnrecorded, runFilesIn } from '../../../lib/lab/record/run-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
writeFileSync(join(root, 'file'), '');
symlinkSync(join(root, 'nothing'), join(root, 'link'));

describe('a folder', () => {
  it('is made with those above it, and goes again if nothing came into it', () => {
    const made = makeFolder(join(root, 'a', 'b', 'c'));
    expect(made).toEqual([join(root, 'a'), join(root, 'a', 'b'), join(root, 'a', 'b', 'c')]);
    expect(readdirSync(made[2])).toEqual([]);
    writeFileSync(join(root, 'a', 'x'), '');
    removeEmpty(made);
    expect(readdirSync(join(root, 'a'))).toEqual(['x']);
  });

  it('that is there is taken as it is', () => expect(makeFolder(root)).toEqual([]));

  it.each([
    ['a file', join(root, 'file'), `${join(root, 'file')}: is a file, not a folder`],
    ['below a file', join(root, 'file', 'x', 'y'), `${join(root, 'file')}: is a file, not a folder`],
    ['a link to nothing', join(root, 'link'), 'this folder cannot be made'],
    ['in /proc', '/proc/x/y', '/proc/x: this folder cannot be made: its file system takes none'],
    ['of a name too long', join(root, 'n'.repeat(300)), 'the name is too long'],
  ])('that is %s is refused', (_what, path, message) => {
    expect(() => makeFolder(path)).toThrow(message);
    expect(() => makeFolder(path)).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });

  it.runIf(process.geteuid?.() === 0)('that is somebody else’s is refused', () => {
    const theirs = join(root, 'theirs');
    mkdirSync(theirs, { mode: 0o755 });
    process.seteuid?.(65_534);
    try {
      expect(() => makeFolder('/usr/pageheap-x')).toThrow('this folder cannot be made: permission denied');
    } finally {
      process.seteuid?.(0);
    }
    expect(existsSync('/usr/pageheap-x')).toBe(false);
  });
});

describe('a run file', () => {
  const header = '{"k":"run","format":"pageheap-run/1"}\n';
  const sample = (ops: number): string =>
    `{"k":"s","t":1,"inuse":1,"free":0,"released":0,"rss":1,"ops":${ops}}\n`;

  it.each([
    ['nothing', '', false],
    ['a header', header, false],
    ['a look before the first operation', header + sample(0), false],
    ['operations', header + sample(7), true],
    ['an end after some', `${header}{"k":"end","t":1,"ops":7}\n`, true],
  ])('of %s', async (_what, text, recorded) => {
    const made = makeFolder(join(root, 'run'));
    const file = join(root, 'run', 'x.jsonl');
    writeFileSync(file, text);
    expect(runFilesIn(join(root, 'run'))).toEqual(['x.jsonl']);
    expect(await hasRecorded(file)).toBe(recorded);
    expect(await removeUnrecorded(file, made)).toBe(!recorded);
    expect(existsSync(join(root, 'run'))).toBe(recorded);
    rmSync(join(root, 'run'), { recursive: true, force: true });
  });

  it('that is not there has recorded nothing', async () => {
    expect(await hasRecorded(join(root, 'none'))).toBe(false);
    expect(runFilesIn(join(root, 'none'))).toEqual([]);
  });
});

it.each([
  ['perl', 'perl'],
  ['a b/c', 'a_b_c'],
  ['../../x', '__.._x'],
  ['.hidden', '_hidden'],
  ['x'.repeat(100), 'x'.repeat(80)],
])('%s is %s in a file name', (name, stem) => expect(fileStem(name)).toBe(stem));

it('a free path has a number where its name is taken', () => {
  const base = join(root, 'taken');
  expect(freePath(base, '.jsonl')).toBe(`${base}.jsonl`);
  writeFileSync(`${base}.jsonl`, '');
  writeFileSync(`${base}-2.jsonl`, '');
  expect(freePath(base, '.jsonl')).toBe(`${base}-3.jsonl`);
});

it('two that begin in one second have two folders, and nothing is made where none can be', () => {
  const path = join(root, 'above', 'compare-x-1');
  expect(claimFolder(path)).toEqual({ folder: path, made: [join(root, 'above'), path] });
  expect(claimFolder(path)).toEqual({ folder: `${path}-2`, made: [`${path}-2`] });
  writeFileSync(join(root, 'plain'), '');
  expect(() => claimFolder(join(root, 'plain', 'x'))).toThrow(/is a file, not a folder/);
});
