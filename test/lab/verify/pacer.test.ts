import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { markFields, stateFields } from '../../../lib/lab/verify/pacer-trace.ts';
import { type VerifyOutcome, verifyFile } from '../../../lib/lab/verify/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-pacer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string): string =>
  new URL(`../../fixtures/golden/pacer/${name}.jsonl.gz`, import.meta.url).pathname;
const recorded = gunzipSync(readFileSync(fixture('pacer-1-8')))
  .toString()
  .trim()
  .split('\n');

let files = 0;
function verify(lines: readonly string[]): Promise<VerifyOutcome> {
  const path = join(folder, `${++files}.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return verifyFile(path, { last: 3 });
}

/** Where the nth line of a kind is, from 1. */
function nth(kind: string, n: number): number {
  let seen = 0;
  return recorded.findIndex((line) => line.startsWith(`["${kind}"`) && ++seen === n);
}

describe('the pacer against that of Go 1.21.13', () => {
  it('answers each recorded question with the same double', async () => {
    expect(await verifyFile(fixture('pacer-1-8'))).toMatchObject({
      kind: 'pacer',
      mismatch: undefined,
      operations: recorded.length - 1,
      checkpoints: recorded.filter((line) => /^\["(state|mark)"/.test(line)).length,
      missing: 0,
      real: false,
    });
  });

  // Recorded from the same runtime: heaps from nothing to 2^46 bytes, GOGC 0 to 2^31 − 1, limits near 2^63, up to 64
  // Ps, nothing expected or nothing scanned, more CPU than there is. Each rests on one thing that doubles alone get wrong.
  it('and at the edges, where numbers wrap, pass 2^53, or are none', async () => {
    const { operations, mismatch } = await verifyFile(fixture('extremes'));
    expect([operations, mismatch]).toEqual([2401, undefined]);
  });
});

describe('an answer that differs', () => {
  const state = stateFields.map((field, i) => ['state', field, i] as const);
  const mark = markFields.map((field, i) => ['mark', field, i] as const);
  it.each([...state, ...mark])('in a %s: its %s', async (kind, field, index) => {
    // The first ones have zeros and round numbers.
    const at = nth(kind, 40);
    const [, answers] = JSON.parse(recorded[at]!) as [string, number[]];
    const right = answers[index]!;
    // The neighbouring double.
    const next = right === 0 ? Number.MIN_VALUE : right * (1 + 2 ** -52);
    const wrong = JSON.stringify([kind, answers.with(index, next)]);
    const { mismatch, operations } = await verify(recorded.with(at, wrong));
    expect(operations).toBe(at);
    expect(mismatch).toMatchObject({
      line: at + 1,
      operation: wrong,
      expected: `${field} ${next}`,
      found: `${field} ${right}`,
      fields: [{ field, expected: String(next), found: String(right) }],
    });
    expect(mismatch?.last).toHaveLength(3);
    expect(mismatch?.state[0]).toMatch(/^GOGC (\d+|off), memory limit (\d+|off), \d+ Ps$/);
    expect(mismatch?.state.join('\n')).toContain(`${field} ${right}`);
  });

  it('where GOGC is off, and where it is not', async () => {
    const off = recorded.findIndex((line) => line.startsWith('["state"') && line.includes('null'));
    const told = async (at: number, to: number | null): Promise<unknown> => {
      const [, answers] = JSON.parse(recorded[at]!) as [string, number[]];
      const line = JSON.stringify(['state', (answers as (number | null)[]).with(5, to)]);
      return (await verify(recorded.with(at, line))).mismatch?.fields;
    };
    expect(await told(off, 5)).toMatchObject([{ field: 'GOGC goal', expected: '5', found: 'Infinity' }]);
    expect(await told(nth('state', 1), null)).toMatchObject([{ expected: 'off', found: '4194304' }]);
  });

  it('once a number is lost, at the answer that rests on it', async () => {
    const at = nth('end', 1);
    const end = JSON.parse(recorded[at]!) as [string, ...number[]];
    const { mismatch } = await verify(recorded.with(at, JSON.stringify(end.with(2, 0))));
    expect(mismatch?.line).toBeGreaterThan(at + 1);
    expect(mismatch?.fields.map(({ field }) => field)).toContain('consMark');
  });
});

describe('what is no recording', () => {
  const line = (kind: string): number => nth(kind, 1);
  it.each<[string, number, string, string]>([
    ['an operation that is not known', 4, '["go"]', 'not an operation that is known'],
    ['the name of what every object has', 4, '["constructor"]', 'not an operation that is known'],
    ['a line that is no array', 4, '7', 'not an operation'],
    ['a state too short', line('state'), '["state",[1,2]]', 'not the 12 answers'],
    ['answers that are texts', line('mark'), '["mark",["1",0,0,0,0]]', 'not the 5 answers'],
    ['no answer where there always is one', line('mark'), '["mark",[null,0,0,0,0]]', 'not the 5 answers'],
    ['a percentage beyond int32', 1, '["new",2147483648,1,1]', 'not the 3 numbers'],
    ['a negative limit', 1, '["new",100,-1,1]', 'not the 3 numbers'],
    ['no P', 1, '["new",100,1,0]', 'not the 3 numbers'],
    ['a share above 1', line('start'), '["start",0,0,1.5]', 'not the 3 numbers'],
    ['half a byte', line('revise'), '["revise",0.5,0,0,0,0]', 'not the 5 numbers'],
    ['a size that is rounded', line('end'), '["end",9007199254740993,0,0,0,0,0]', 'not the 6 numbers'],
    ['a cycle within a cycle', line('revise'), '["start",0,0,1]', 'a cycle begins within another'],
    ['work without a cycle', line('start'), '["revise",0,0,0,0,0]', 'no cycle is running'],
    ['an end without a cycle', line('start'), '["end",0,0,0,0,0,0]', 'no cycle is running'],
    ['marking without a cycle', line('start'), '["mark",[0,0,0,0,0]]', 'no cycle is running'],
    ['more free than was allocated', line('around'), '["around",9,0,1,2]', 'more was freed than allocated'],
    ['more in the heap than mapped', line('around'), '["around",9,5,5,0]', 'more is in the heap'],
    ['an operation before any pacer', 1, '["percent",5]', 'an operation before the first pacer'],
  ])('%s', async (_, at, wrong, message) => {
    await expect(verify(recorded.with(at, wrong))).rejects.toMatchObject({
      code: 'ERR_GOLDEN',
      line: at + 1,
      message: expect.stringContaining(message),
    });
  });

  it('a heap that would have to grow to a trigger beyond 2^53', async () => {
    const lines = ['["new",-1,9223372036854775807,1]', '["start",0,0,1]'];
    await expect(verify(lines)).rejects.toMatchObject({
      code: 'ERR_GOLDEN',
      message: expect.stringContaining('no heap grows to this trigger'),
    });
  });

  it('a header alone', async () => {
    await expect(verify(recorded.slice(0, 1))).rejects.toMatchObject({ code: 'ERR_GOLDEN' });
  });
});

it('needs no header: its first controller tells the file', async () => {
  expect(await verify(recorded.slice(1))).toMatchObject({ kind: 'pacer', mismatch: undefined });
});
