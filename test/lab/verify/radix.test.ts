import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import { readGolden } from '../../../lib/lab/verify/golden.ts';
import { verifyRadix } from '../../../lib/lab/verify/radix.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = new URL('../../fixtures/golden/radix/pa-1.jsonl.gz', import.meta.url);
const whole = gunzipSync(readFileSync(fixture)).toString().trimEnd().split('\n');

let files = 0;
function write(content: string | Uint8Array): string {
  const file = join(folder, `trace-${files++}`);
  writeFileSync(file, content);
  return file;
}

/** The trace with a line replaced (counted from 1). */
function withLine(line: number, text: string): string {
  return write(`${whole.map((old, i) => (i + 1 === line ? text : old)).join('\n')}\n`);
}

async function codeOf(file: string): Promise<[code: string, line: number | undefined]> {
  try {
    await verifyRadix(file);
  } catch (error) {
    if (error instanceof PageHeapError) return [error.code, error.line];
    throw error;
  }
  return ['none', undefined];
}

describe('a trace that differs', () => {
  it('in a placement: the operation, both answers, the state and what came before', async () => {
    expect(whole[13]).toBe('["a",2,0,0]');
    const { mismatch, operations } = await verifyRadix(withLine(14, '["a",2,7,8192]'), { last: 3 });
    expect(operations).toBe(13);
    expect(mismatch).toMatchObject({
      line: 14,
      operation: '["a",2,7,8192]',
      expected: 'page 7, 8192 bytes scavenged',
      found: 'page 0, 0 bytes scavenged',
      last: [`11: ${whole[10]}`, `12: ${whole[11]}`, `13: ${whole[12]}`],
    });
    // The answer that differed has been given: its pages are allocated.
    expect(mismatch?.state.join('\n')).toContain('allocated [0,2]');
  });

  it('shows 20 operations unless told', async () => {
    const { mismatch } = await verifyRadix(withLine(60, '["a",3,500,0]'));
    expect(mismatch?.last).toHaveLength(20);
    expect(mismatch?.last.at(-1)).toBe(`59: ${whole[58]}`);
  });

  it('in a page cache, a scavenge and a checkpoint', async () => {
    const lineOf = (start: string, from = 0): number =>
      whole.findIndex((text, i) => i >= from && text.startsWith(start)) + 1;
    const cache = lineOf('["c"');
    expect(
      (await verifyRadix(withLine(cache, '["c",0,64,"0000000000000001","0000000000000000"]'))).mismatch,
    ).toMatchObject({
      line: cache,
      expected: 'base 64, free 0000000000000001, scavenged 0000000000000000',
      found: 'base 0, free ffffc00fffffffff, scavenged 0000000000000000',
    });
    const scavenge = lineOf('["s"');
    expect((await verifyRadix(withLine(scavenge, '["s",8192,8192]'))).mismatch).toMatchObject({
      line: scavenge,
      expected: '8192 bytes',
      found: '2097152 bytes',
    });
    const second = lineOf('["h"', lineOf('["h"'));
    const checkpoint = JSON.parse(whole[second - 1]!) as [
      string,
      number,
      number,
      number,
      number,
      [number, number[]],
    ];
    checkpoint[3]++;
    checkpoint[5][1][4] = 1;
    const { mismatch } = await verifyRadix(withLine(second, JSON.stringify(checkpoint)));
    expect(mismatch?.fields.map(({ field }) => field)).toEqual(['free', 'summary[4]']);
    expect(mismatch?.fields[0]).toEqual({
      field: 'free',
      expected: `${checkpoint[3]}`,
      found: `${checkpoint[3] - 1}`,
    });
  });

  it('is not compared where the trace recorded nothing', async () => {
    const first = whole.findIndex((text) => text.startsWith('["h"')) + 1;
    for (const text of [
      '["h",null,null,512,0,null]',
      '["h",1768495365,null,512,0,[0,null,-1,false,511,true,511,0,null]]',
    ]) {
      expect((await verifyRadix(withLine(first, text))).mismatch).toBeUndefined();
    }
  });
});

describe('what the real runtime could have answered is sound', () => {
  const header = JSON.stringify({ ...JSON.parse(whole[0]!), chunks: [0], ops: undefined });
  const trace = (...lines: string[]): Promise<unknown> =>
    verifyRadix(write([header, '["i",0,[[0,448]],[]]', ...lines].join('\n'))).then((v) => v.mismatch);

  it.each([513, 524, 2 ** 21 + 1, 2 ** 31, 2 ** 32 + 1, 2 ** 50])(
    'an allocation of %i pages, more than the heap has, finds none and changes nothing',
    async (n) => {
      expect(
        await trace(`["a",${n},-1,0]`, '["a",64,448,0]', `["a",${n},-1,0]`, '["a",1,-1,0]'),
      ).toBeUndefined();
      expect(await trace(`["a",${n},448,0]`)).toMatchObject({ found: 'page -1, 0 bytes scavenged' });
    },
  );

  it('a page cache is asked for more than it holds, when it is empty, and filled again', async () => {
    const none = '["c",0,-1]';
    const full = '["c",0,448,"ffffffffffffffff","0000000000000000"]';
    expect(await trace(full, '["k",0,65,-1,0]', '["k",0,100000,-1,0]', '["k",0,64,448,0]')).toBeUndefined();
    expect(await trace(full, '["k",0,64,448,0]', '["k",0,1,-1,0]', none, '["u",0]')).toBeUndefined();
    expect(
      await trace('["a",64,448,0]', none, '["k",0,1,-1,0]', none, '["u",0]', '["f",448,64]', full),
    ).toBeUndefined();
  });

  it.each([
    ['pages from a cache that are none', '["k",0,0,-1,0]'],
    ['a cache that has pages left is not filled', '["c",0,-1]'],
  ])('but not %s', async (_what, line) => {
    const full = '["c",0,448,"ffffffffffffffff","0000000000000000"]';
    await expect(trace(full, line)).rejects.toMatchObject({ code: 'ERR_GOLDEN', line: 4 });
  });
});

describe('a malformed trace is ERR_GOLDEN with its line', () => {
  it.each([
    ['not JSON', 9, '["a",1,'],
    ['not an array', 9, '{"a":1}'],
    ['an unknown operation', 9, '["z",1]'],
    ['too short', 9, '["f",1]'],
    ['fractional pages', 9, '["f",0.5,1]'],
    ['a free outside the heap', 9, '["f",511,2]'],
    ['a free of free pages', 9, '["f",500,2]'],
    ['no pages', 9, '["a",0,0,0]'],
    ['negative pages', 9, '["a",-5,0,0]'],
    ['a chunk that is not in the header', 9, '["i",7,[],[]]'],
    ['a chunk twice', 9, '["i",0,[],[]]'],
    ['ranges beyond a chunk', 2, '["i",0,[[500,20]],[]]'],
    ['a cache that was not filled', 9, '["k",77,1,0,0]'],
    ['a cache with a broken word', 9, '["c",77,0,"xyz","0"]'],
    ['a checkpoint with too few fields', 9, '["h",1,2,3,4,[1,[2],3]]'],
    ['a header without chunks', 1, '{"chunkPages":512}'],
    [
      'a header of another allocator',
      1,
      '{"chunks":[0],"chunkPages":256,"physPageSize":4096,"physHugePageSize":0}',
    ],
  ])('%s', async (_, line, text) => {
    expect(await codeOf(withLine(line, text))).toEqual(['ERR_GOLDEN', line]);
  });

  it('empty, cut off, and broken gzip', async () => {
    expect(await codeOf(write(''))).toEqual(['ERR_GOLDEN', 1]);
    const zipped = gzipSync(whole.join('\n'));
    expect((await codeOf(write(zipped.subarray(0, zipped.length - 500))))[0]).toBe('ERR_GOLDEN');
    zipped.fill(0xff, 2000, 2100);
    expect((await codeOf(write(zipped)))[0]).toBe('ERR_GOLDEN');
  });

  it('and a file that is not there is ERR_FILE', async () => {
    expect((await codeOf(join(folder, 'missing')))[0]).toBe('ERR_FILE');
    expect((await codeOf(folder))[0]).toBe('ERR_FILE');
  });
});

it('reads plain and gzipped lines, with their numbers, empty ones left out', async () => {
  for (const content of ['[1]\n\n{"ä":2}\n3', gzipSync('[1]\n\n{"ä":2}\n3\n')]) {
    const lines: unknown[] = [];
    for await (const { line, value } of readGolden(write(content))) lines.push([line, value]);
    expect(lines).toEqual([
      [1, [1]],
      [3, { ä: 2 }],
      [4, 3],
    ]);
  }
});

it('on real pages: what is scavenged is not resident, what was touched is', async () => {
  const verdict = await verifyRadix(fixture.pathname, { real: true });
  expect(verdict).toMatchObject({ real: true, mismatch: undefined, checkpoints: 21 });
});
