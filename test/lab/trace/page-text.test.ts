import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isPageTrace, readPageEvents } from '../../../lib/lab/trace/page-events.ts';
import { beginsAsPageText, formatPageText, parsePageText } from '../../../lib/lab/trace/page-text.ts';

const whole = 'pages 1\n# a comment\n\na 7 16\na 8 4 = 96 # there\nf 7\r\nt 1.5\nr 32\na 7 1\n';

describe('a page trace as text', () => {
  it('is read, and written as it was', () => {
    const ops = parsePageText(whole, 'x');
    expect(ops).toEqual([
      { k: 'alloc', id: 7, pages: 16 },
      { k: 'alloc', id: 8, pages: 4, at: 96 },
      { k: 'free', id: 7 },
      { k: 'time', seconds: 1.5 },
      { k: 'release', pages: 32 },
      { k: 'alloc', id: 7, pages: 1 },
    ]);
    expect(parsePageText(formatPageText(ops, 'two\nlines'), 'x')).toEqual(ops);
  });

  it.each([
    ['no first line', 'a 1 2', 1, 'begins with the line: pages 1'],
    ['another version', 'pages 2\na 1 2', 1, 'begins with the line: pages 1'],
    ['an unknown operation', 'pages 1\nx 1', 2, 'no operation'],
    ['a number that is live', 'pages 1\na 1 2\na 1 2', 3, 'allocated already'],
    ['a free of what is not there', 'pages 1\n\nf 1', 3, 'not allocated'],
    ['no pages', 'pages 1\na 1 0', 2, 'whole number from 1'],
    ['a fraction', 'pages 1\na 1 1.5', 2, 'whole number from 1'],
    ['a sign', 'pages 1\na -1 1', 2, 'whole number from 0'],
    ['too much', 'pages 1\na 1 2 3', 2, 'more than the line can hold'],
    ['too much behind a place', 'pages 1\na 1 2 = 3 4', 2, 'more than the line can hold'],
    ['a time that goes back', 'pages 1\nt 2\nt 1', 3, 'none is before'],
  ])('tells the line of %s', (_what, text, line, words) => {
    expect(() => parsePageText(text, 'x.pages')).toThrow(
      expect.objectContaining({ code: 'ERR_TRACE', line, message: expect.stringContaining(words) }),
    );
  });

  it('is known by its first line', () => {
    expect(beginsAsPageText(Buffer.from('pages 1\r\n'))).toBe(true);
    expect(beginsAsPageText(Buffer.from('pages 12\n'))).toBe(false);
    expect(beginsAsPageText(Buffer.from(' pages 1'))).toBe(false);
  });
});

describe('as the trace of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-text-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['gzipped', (text: string) => gzipSync(text)],
    ['with a byte-order mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ])('%s, has the events and their times', async (name, pack) => {
    const file = join(folder, name);
    writeFileSync(file, pack(whole));
    expect(await isPageTrace(file)).toBe(true);
    const events = await readPageEvents(file);
    expect([...events.kinds]).toEqual([1, 1, 2, 3, 1]);
    expect([...events.pages]).toEqual([16, 4, 16, 32, 1]);
    expect([...events.times]).toEqual([0, 0, 0, 1.5e9, 1.5e9]);
    expect(events.bases[0]).toBe(events.bases[2]);
    expect(events.bases[1]).not.toBe(events.bases[0]);
  });
});
