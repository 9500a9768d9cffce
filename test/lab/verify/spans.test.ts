import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyFile } from '../../../lib/lab/verify/verify.ts';
import { isWhole } from '../../support/extent.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-spans-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string): string =>
  new URL(`../../fixtures/golden/${name}.jsonl.gz`, import.meta.url).pathname;
const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(fixture(name)))
    .toString()
    .trim()
    .split('\n');

let files = 0;
function written(lines: readonly string[]): string {
  const path = join(folder, `${++files}.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** The trace with its nth line of a kind changed. */
function tampered(name: string, kind: string, nth: number, change: (numbers: number[]) => void): string {
  let seen = 0;
  return written(
    linesOf(name).map((line) => {
      if (!line.startsWith(`["${kind}"`) || ++seen !== nth) return line;
      const [op, ...numbers] = JSON.parse(line) as [string, ...number[]];
      change(numbers);
      return JSON.stringify([op, ...numbers]);
    }),
  );
}

const traces = [
  ['lists', 'lists/mh14-small'],
  ['treap', 'treap/mh112-small'],
] as const;

describe.each(traces)('the page heap %s against the real one', (kind, name) => {
  it('answers every operation alike', async () => {
    const outcome = await verifyFile(fixture(name));
    expect(outcome).toMatchObject({ kind, mismatch: undefined, checkpoints: 41 });
    expect(outcome.operations).toBeGreaterThan(5000);
  });

  it('does so on real pages, and the kernel agrees', async () => {
    // To the end where everything is tried.
    const file = isWhole ? fixture(name) : written(linesOf(name).slice(0, 800));
    expect(await verifyFile(file, { real: true })).toMatchObject({
      real: true,
      mismatch: undefined,
    });
  });

  it('tells how far a trace goes that was cut short, and refuses one without an operation', async () => {
    const lines = linesOf(name);
    expect((await verifyFile(fixture(name))).missing).toBe(0);
    const cut = await verifyFile(written(lines.slice(0, 1000)));
    expect(cut.mismatch).toBeUndefined();
    expect(cut.missing).toBe(5000 - lines.slice(1, 1000).filter((line) => !/^\["[ih]"/.test(line)).length);
    await expect(verifyFile(written(lines.slice(0, 1)))).rejects.toMatchObject({ code: 'ERR_GOLDEN' });
    await expect(verifyFile(written(lines.slice(0, 20)))).rejects.toMatchObject({
      code: 'ERR_GOLDEN',
      message: expect.stringContaining('a trace without an operation'),
    });
  });

  it('refuses spans at the start that overlap', async () => {
    const file = tampered(name, 'i', 3, (numbers) => {
      numbers[1]! += 1;
    });
    await expect(verifyFile(file)).rejects.toMatchObject({
      code: 'ERR_GOLDEN',
      message: expect.stringContaining('pages of another span'),
    });
  });

  it.each<[string, string, number, number, number]>([
    ['a placement', 'a', 700, 1, 1],
    ['a release by age', 'S', 4, 2, 8192],
    ['the hash of the free runs', 'h', 5, 0, 1],
    ['the number of free runs', 'h', 6, 1, 1],
    ['the free pages', 'h', 7, 2, 1],
    ['heapSys', 'h', 8, 3, 8192],
    ['heapIdle', 'h', 9, 4, 8192],
    ['heapReleased', 'h', 10, 5, 8192],
    ['the credit', 'h', 11, 6, 1],
    ['heapInuse', 'h', 12, 7, 8192],
  ])('finds a wrong %s', async (_what, op, nth, index, by) => {
    const file = tampered(name, op, nth, (numbers) => {
      numbers[index] = (numbers[index] ?? 0) + by;
    });
    const { mismatch } = await verifyFile(file, { last: 5 });
    expect(mismatch?.operation.startsWith(`["${op}"`)).toBe(true);
    expect(mismatch?.last).toHaveLength(5);
    expect(mismatch?.state.length).toBeGreaterThan(1);
    if (op === 'h') expect(mismatch?.fields).toHaveLength(1);
  });

  it('says which field of a checkpoint differs', async () => {
    const file = tampered(name, 'h', 3, (numbers) => {
      numbers[2] = 7;
    });
    expect((await verifyFile(file)).mismatch?.fields).toMatchObject([{ field: 'free pages', expected: '7' }]);
  });
});

it('finds a wrong amount that scavenging the largest came to', async () => {
  const file = tampered('treap/mh112-small', 'L', 2, (numbers) => {
    numbers[1] = (numbers[1] ?? 0) + 8192;
  });
  expect((await verifyFile(file)).mismatch?.operation).toMatch(/^\["L"/);
});

describe('an allocation beyond all address space', () => {
  it.each([
    ['lists', 'lists/mh14-small'],
    ['treap', 'treap/mh112-small'],
  ])('answers that there is none, and the heap is as it was: %s', async (_design, name) => {
    const lines = linesOf(name);
    const place = lines.findIndex((line) => line.startsWith('["h"'));
    for (const n of [2 ** 21, 2 ** 24, 2 ** 40]) {
      const text = lines.toSpliced(place, 0, `["a",${n},-1]`);
      // Time goes on by an operation: only what is compared before it is dated counts here.
      const { mismatch } = await verifyFile(written(text.slice(0, place + 2)));
      expect(mismatch).toBeUndefined();
    }
    const { mismatch } = await verifyFile(written(lines.toSpliced(place, 0, '["a",2097152,5]')));
    expect(mismatch?.found).toMatch(/no pages: the replay reaches/);
  });
});

describe('a malformed trace', () => {
  const lines = linesOf('lists/mh14-small');
  const header = lines[0] as string;
  it.each<[string, string[], number]>([
    ['no operation', [header, '7'], 2],
    ['an unknown operation', [header, '["q",1]'], 2],
    ['too few numbers', [header, '["a",1]'], 2],
    ['a negative number', [header, '["f",-3,1]'], 2],
    ['a fraction', [header, '["a",1.5,3]'], 2],
    ['a free of pages that are not allocated', [...lines.slice(0, 24), '["f",44,1]'], 25],
    ['a free beyond the heap', [...lines.slice(0, 24), '["f",900000,1]'], 25],
    ['an allocation of nothing', [...lines.slice(0, 24), '["a",0,1]'], 25],
    ['an operation of the other design', [...lines.slice(0, 24), '["L",8192,0]'], 25],
    ['a span of the start after the first operation', [...lines.slice(0, 26), '["i",0,1,0,0,0,0]'], 27],
    ['a version that is not known', [header.replace('go1.4.3', 'go1.9'), '["a",1,0]'], 1],
    ['a header without a clock', [header.replace('clock0', 'clock'), '["a",1,0]'], 1],
  ])('%s', async (_what, text, line) => {
    await expect(verifyFile(written(text))).rejects.toMatchObject({ code: 'ERR_GOLDEN', line });
  });
});
