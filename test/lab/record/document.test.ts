import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { writeDocument } from '../../../lib/lab/record/document.ts';
import { checkOpenOutput, checkOutput } from '../../../lib/lab/record/output.ts';
import { RunFileWriter } from '../../../lib/lab/record/run-file.ts';
import { times } from '../../support/extent.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-document-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

/** A folder of its own for each test. */
function place(): string {
  const path = join(folder, `${++made}`);
  mkdirSync(path);
  return path;
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777;
const refused = expect.objectContaining({ code: 'ERR_FILE' });

describe('a document', () => {
  it('is written where nothing was, with the mode that files get, and leaves nothing beside', () => {
    const at = place();
    writeDocument(join(at, 'a.html'), 'new');
    writeFileSync(join(at, 'b'), '');
    expect(readFileSync(join(at, 'a.html'), 'utf8')).toBe('new');
    expect(modeOf(join(at, 'a.html'))).toBe(modeOf(join(at, 'b')));
    expect(readdirSync(at)).toEqual(['a.html', 'b']);
  });

  it('takes the place of the old one at once, and keeps its mode', () => {
    const path = join(place(), 'a.html');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    // Who reads the old one reads it to its end.
    const fd = openSync(path, 'r');
    writeDocument(path, 'new');
    expect(readFileSync(fd, 'utf8')).toBe('old');
    closeSync(fd);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['new', 0o640]);
  });

  it('follows links, also to where nothing is yet', () => {
    const at = place();
    mkdirSync(join(at, 'far'));
    writeFileSync(join(at, 'far', 'real.html'), 'old');
    symlinkSync('far/real.html', join(at, 'one.html'));
    symlinkSync('one.html', join(at, 'two.html'));
    writeDocument(join(at, 'two.html'), 'new');
    symlinkSync('far/later.html', join(at, 'dangling.html'));
    writeDocument(join(at, 'dangling.html'), 'new');
    expect(
      readdirSync(join(at, 'far')).map((name) => [name, readFileSync(join(at, 'far', name), 'utf8')]),
    ).toEqual([
      ['later.html', 'new'],
      ['real.html', 'new'],
    ]);
    expect(readdirSync(at).sort()).toEqual(['dangling.html', 'far', 'one.html', 'two.html']);
    symlinkSync('loop', join(at, 'loop'));
    expect(() => writeDocument(join(at, 'loop'), 'x')).toThrow(refused);
  });

  it('goes directly into pipes and devices', async () => {
    const at = place();
    const pipe = join(at, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Into a file: what it gave to this process could not be read while this writes.
    const into = openSync(join(at, 'got'), 'w');
    const reader = spawn('cat', [pipe], { stdio: ['ignore', into, 'inherit'] });
    const ended = new Promise((done) => reader.on('close', done));
    closeSync(into);
    const long = 'x'.repeat(300_000);
    writeDocument(pipe, long);
    await ended;
    expect(readFileSync(join(at, 'got'), 'utf8')).toBe(long);
    expect(statSync(pipe).isFIFO()).toBe(true);
    writeDocument('/dev/null', 'x');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(() => writeDocument('/dev/full', 'x')).toThrow(/no space is left/);
  });

  it.each([
    ['a folder', () => place(), /folder/],
    ['a folder that is not there', () => join(place(), 'no', 'a.html'), /no such folder/],
  ])('is refused for %s, and leaves nothing', (_what, make, message) => {
    const path = make();
    expect(() => writeDocument(path, 'x')).toThrow(message);
    expect(existsSync(path) ? readdirSync(path) : []).toEqual([]);
  });

  it('is the old one or the new one when its writer is killed', async () => {
    const at = place();
    const path = join(at, 'a.html');
    const module = pathToFileURL(join(process.cwd(), 'dist/lib/lab/record/document.js')).href;
    const size = 3_000_000;
    writeFileSync(path, 'a'.repeat(size));
    const script = `import { writeDocument } from ${JSON.stringify(module)};
for (let i = 0; ; i++) writeDocument(${JSON.stringify(path)}, 'ab'[i % 2].repeat(${size}));`;
    for (let round = 0; round < times(2, 5); round++) {
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', script]);
      const ended = new Promise((done) => writer.once('close', done));
      await new Promise((done) => setTimeout(done, 120 + 13 * round));
      writer.kill('SIGKILL');
      await ended;
      const text = readFileSync(path, 'utf8');
      expect([text.length, new Set(text).size]).toEqual([size, 1]);
    }
  });
});

describe('an output', () => {
  it('is no input, by whatever name', () => {
    const at = place();
    const input = join(at, 'run.jsonl');
    writeFileSync(input, 'record');
    linkSync(input, join(at, 'hard'));
    symlinkSync('run.jsonl', join(at, 'soft'));
    for (const name of ['run.jsonl', './run.jsonl', 'hard', 'soft'])
      expect(() => writeDocument(join(at, name), 'x', [input]), name).toThrow(/this is the input/);
    expect(readFileSync(input, 'utf8')).toBe('record');
    const fd = openSync(join(at, 'hard'), 'r+');
    expect(() => checkOpenOutput(fd, 'standard output', [input])).toThrow(refused);
    closeSync(fd);
    checkOutput(join(at, 'other'), [input]);
    checkOutput('/dev/null', ['/dev/null']);
  });

  it('is no file that a run is writing, by whatever name, until it ends', () => {
    const at = place();
    const path = join(at, 'run.jsonl');
    const writer = new RunFileWriter(path);
    writer.write({ k: 'run', format: 'pageheap-run/2' });
    writer.flush();
    linkSync(path, join(at, 'hard'));
    for (const name of ['run.jsonl', 'hard']) {
      expect(() => writeDocument(join(at, name), 'x'), name).toThrow(/a run that has not ended/);
      expect(() => new RunFileWriter(join(at, name)), name).toThrow(/a run that has not ended/);
    }
    const fd = openSync(join(at, 'hard'), 'a');
    expect(() => checkOpenOutput(fd, 'standard output')).toThrow(
      `${join(at, 'hard')}: a run that has not ended is writing this file, and standard output leads there`,
    );
    expect(readFileSync(path, 'utf8')).toContain('pageheap-run/2');
    writer.close();
    checkOpenOutput(fd, 'standard output');
    // The look left no lock of its own with the descriptor.
    new RunFileWriter(path).close();
    closeSync(fd);
    writeDocument(path, 'x');
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  it('of a run is none of what it reads', () => {
    const trace = join(place(), 'a.mtrace');
    writeFileSync(trace, '= Start\n');
    expect(() => new RunFileWriter(trace, [trace])).toThrow(/this is the input/);
    expect(readFileSync(trace, 'utf8')).toBe('= Start\n');
  });
});
