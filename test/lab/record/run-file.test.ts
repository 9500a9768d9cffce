import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunHeader, RunSample } from '../../../lib/lab/record/lines.ts';
import { RunFileWriter, readRunFile } from '../../../lib/lab/record/run-file.ts';
import { renderReport } from '../../../lib/lab/report/render.ts';
import { runOf } from '../support/made-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-runfile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const header: RunHeader = { k: 'run', format: 'pageheap-run/1', name: 'x' };
const sample = (t: number): RunSample => ({
  k: 's',
  t,
  inuse: 1,
  free: 2,
  released: 3,
  rss: 4,
  goal: Number.POSITIVE_INFINITY,
});
const head = JSON.stringify(header);
let files = 0;

function file(text: string | Uint8Array): string {
  const path = join(folder, `${++files}.jsonl`);
  writeFileSync(path, text);
  return path;
}

describe('writing a run file', () => {
  it('makes the folder, hands over on flush, and replaces what was there', async () => {
    const path = join(folder, 'a', 'b', 'run.jsonl');
    for (let round = 0; round < 2; round++) {
      const writer = new RunFileWriter(path);
      expect(readFileSync(path, 'utf8')).toBe('');
      writer.write(header);
      writer.write(sample(round));
      expect(readFileSync(path, 'utf8')).toBe('');
      writer.flush();
      // What a process that is killed now leaves behind can be read.
      const data = await readRunFile(path);
      expect(data.samples).toEqual([{ ...sample(round), goal: null }]);
      expect(data.end).toBeUndefined();
      writer.write({ k: 'end', t: 5, reason: 'done' });
      writer.close();
      writer.close();
      expect((await readRunFile(path)).end).toEqual({ k: 'end', t: 5, reason: 'done' });
    }
  });

  it('refuses a place it cannot write to', () => {
    expect(() => new RunFileWriter(join(file('x'), 'run.jsonl'))).toThrow(
      expect.objectContaining({ code: 'ERR_FILE' }),
    );
  });
});

describe('reading a run file', () => {
  it('takes the goals of heaps without one: null, or near 2^63', async () => {
    const gc = { k: 'gc', t: 1, n: 1, forced: true, goal: 8_946_670_875_746_594_000 };
    const path = file(`${head}\n${JSON.stringify(gc)}\n${JSON.stringify({ ...gc, goal: null })}\n`);
    expect((await readRunFile(path)).collections).toEqual([gc, { ...gc, goal: null }]);
  });

  it('takes a last line that was cut off, and says so', async () => {
    const data = await readRunFile(
      file(`${head}\n${JSON.stringify(sample(1))}\n${JSON.stringify(sample(2)).slice(0, 20)}`),
    );
    expect(data.samples.length).toBe(1);
    expect(data.remarks.join()).toMatch(/no end line/);
    expect(data.remarks.join()).toMatch(/last line was cut off/);
  });

  it('takes a whole last line without newline, blank lines, and kinds it does not know', async () => {
    const data = await readRunFile(file(`${head}\n\n{"k":"later","x":1}\n${JSON.stringify(sample(2))}`));
    expect(data.samples.length).toBe(1);
    expect(data.remarks.join()).not.toMatch(/cut off/);
  });

  it.each([
    ['an empty file', '', 1, /empty/],
    ['another file', 'mine\n', 1, /not JSON/],
    ['a trace', '\n= Start\n+ 0x10 0x20\n', 2, /this is a trace: pageheap run \S+\.jsonl takes it/],
    ['a trace of a course', '# mine\n1000\n1\n2\n0\n', 1, /this is a trace/],
    ['a trace that is gzipped', gzipSync('a 0 16\nf 0\n'), 1, /this is a trace/],
    ['a report', renderReport(runOf([1])), 1, /this is a report already: open it in a browser/],
    ['another page', '<!doctype html>\n<p>404</p>\n', 1, /:1: this seems to be a web page/],
    ['a golden trace', '{"k":"hdr"}\n', 1, /:1: this seems to be a golden trace/],
    ['one half line', '{"k":"ru', 1, /not JSON/],
    ['a gzipped file', gzipSync(head), 1, /gzipped: unpack it first/],
    ['no header', `${JSON.stringify(sample(1))}\n`, 1, /first line must be of kind run/],
    [
      'another format',
      '{"k":"run","format":"pageheap-run/9"}\n',
      1,
      /pageheap-run\/1 or pageheap-run\/2 was expected, not "pageheap-run\/9"/,
    ],
    ['half a line in the middle', `${head}\n{"k":"s","t"\n${JSON.stringify(sample(1))}\n`, 2, /not JSON/],
    ['a broken last line that was ended', `${head}\n{"k":\n`, 2, /not JSON/],
    ['a second header', `${head}\n${head}\n`, 2, /a second line of kind run/],
    ['an array', `${head}\n[]\n`, 2, /not a JSON object/],
    ['a line without kind', `${head}\n{"t":1}\n`, 2, /without its kind/],
    [
      'a sample without its numbers',
      `${head}\n\n{"k":"s","t":1,"inuse":2,"free":3,"released":null,"rss":5}\n`,
      3,
      /needs released, a number/,
    ],
    ['a map without bytes', `${head}\n{"k":"map","t":1,"bits":{}}\n`, 2, /needs bits, state, a text/],
    ['size classes without rows', `${head}\n{"k":"classes","t":1}\n`, 2, /needs rows, a list of objects/],
    ['an end without time', `${head}\n{"k":"end"}\n`, 2, /needs t, a time in milliseconds/],
  ])('refuses %s', async (_what, text, line, message) => {
    const path = file(text);
    const failure = await readRunFile(path).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_RUN_FILE', file: path, line });
    expect((failure as Error).message).toMatch(message);
  });

  it('says when there is no file', async () => {
    await expect(readRunFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
