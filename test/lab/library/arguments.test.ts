/** What the functions of `pageheap/lab` are given: whatever it is, an error with its code, before anything is made. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageHeapError } from '../../../lib/base/errors.ts';
import * as library from '../../../lib/lab/library/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-arguments-'));
afterAll(() => rmSync(folder, { recursive: true }));
const out = join(folder, 'none');
const empty = join(folder, 'empty');

const odd: readonly unknown[] = [
  5,
  5n,
  null,
  true,
  Number.NaN,
  Symbol('s'),
  [],
  [null],
  {},
  Object.create(null),
  () => 0,
  new Date(),
  new Map(),
  Promise.resolve(),
];
const functions = library as unknown as Record<string, (...args: unknown[]) => unknown>;

/** The code of what a call throws, or rejects with; whatever else comes of it is answered as it is. */
async function codeOf(name: string, ...args: unknown[]): Promise<unknown> {
  try {
    return await functions[name](...args);
  } catch (error) {
    return error instanceof PageHeapError ? error.code : error;
  }
}

describe('a subject, a path or a record', () => {
  const former = process.cwd();
  // What is made without a name comes into the working folder: this one is nobody else's.
  beforeAll(() => {
    mkdirSync(empty);
    process.chdir(empty);
  });
  afterAll(() => process.chdir(former));

  it.each(['run', 'compare', 'readRun', 'readComparison', 'summarize', 'renderReport', 'renderComparison'])(
    '%s refuses any other value',
    async (name) => {
      for (const value of [...odd, undefined]) expect(await codeOf(name, value)).toBe('ERR_INVALID_ARGUMENT');
      expect(readdirSync(empty)).toEqual([]);
    },
  );

  it.each(['run', 'compare', 'readRun', 'readComparison'])(
    '%s: a name of no file is ERR_FILE',
    async (name) => {
      for (const value of ['', 'a\0b', '/', 'x'.repeat(10_000), folder, 'no/such'])
        expect(await codeOf(name, value, ...(name.startsWith('read') ? [] : [{ out }]))).toBe('ERR_FILE');
    },
  );
});

describe.each(['run', 'compare'])('options of %s', (name) => {
  const call = (options: unknown): Promise<unknown> => codeOf(name, 'git', options);

  it('are an object', async () => {
    for (const value of [5, 5n, null, 'x', Symbol('s'), [], () => 0])
      expect(await call(value)).toBe('ERR_INVALID_OPTION');
  });

  it.each(['signal', 'onProgress'])('%s: any other value is ERR_INVALID_ARGUMENT', async (option) => {
    for (const value of [...odd, 'x'].filter((v) => option !== 'onProgress' || typeof v !== 'function'))
      expect(await call({ out, [option]: value })).toBe('ERR_INVALID_ARGUMENT');
  });

  const others: readonly string[] = [
    'name',
    'out',
    'seconds',
    'idle',
    'collections',
    'touch',
    'strict',
    'beatMs',
  ];
  it.each([...others, name === 'run' ? 'file' : 'repeat'])('%s: any other value', async (option) => {
    for (const value of odd) {
      if ((option === 'strict' && value === true) || (option === 'collections' && value === 5)) continue;
      if (['seconds', 'idle', 'beatMs', 'repeat'].includes(option) && value === 5) continue;
      expect(await call({ out, [option]: value })).toBe('ERR_INVALID_OPTION');
    }
  });

  it('heap: what is none, and what no other process can have', async () => {
    for (const value of odd.filter((v) => typeof v !== 'object' || v === null || Array.isArray(v)))
      expect(await call({ out, heap: value })).toBe('ERR_INVALID_OPTION');
    for (const value of odd) {
      expect(await call({ out, heap: { pageHeap: value } })).toBe('ERR_INVALID_OPTION');
      expect(await call({ out, heap: { clock: value } })).toBe('ERR_INVALID_OPTION');
      expect(await call({ out, heap: { memoryLimit: value, gcPercent: 'x' } })).toBe('ERR_INVALID_OPTION');
    }
    const code = { onEvent: () => 0, warn: () => 0, clock: { now: () => 0 } };
    for (const [option, value] of Object.entries(code))
      expect(await call({ out, heap: { [option]: value } })).toBe('ERR_INVALID_OPTION');
    expect(await call({ out, heap: { pageHeap: new URL('https://a.example/b.mjs') } })).toBe(
      'ERR_INVALID_OPTION',
    );
  });

  it('leave nothing where they are wrong', () => expect(existsSync(out)).toBe(false));
});

it('configurations are heaps by their labels', async () => {
  for (const configurations of [5, null, 'x', [], {}, Symbol('s')])
    expect(await codeOf('compare', 'git', { out, configurations })).toBe('ERR_INVALID_OPTION');
  for (const own of [5, null, [], Symbol('s'), 5n, undefined, 'no such', () => 0])
    expect(await codeOf('compare', 'git', { out, configurations: { own } })).toBe('ERR_INVALID_OPTION');
  expect(existsSync(out)).toBe(false);
});

describe('a record with a member that is none', () => {
  it('is refused, and says which', async () => {
    const data = {
      header: { k: 'run', format: 'pageheap-run/2', options: {} },
      samples: [],
      collections: [],
      scavenges: [],
      phases: [],
      maps: [],
      classes: [],
      end: undefined,
      remarks: [],
    };
    expect(await codeOf('summarize', data)).toMatchObject({ reason: 'unfinished' });
    for (const member of Object.keys(data))
      for (const value of [5, null, [null], {}, Symbol('s')]) {
        const call = (): unknown => functions.renderReport({ ...data, [member]: value });
        expect(call, member).toThrow(new RegExp(`readRun answers it, needs ${member}, `));
      }
    const comparison = {
      index: { name: 'a', started: '', repeat: 1, seconds: 1, interrupted: false, configurations: [] },
      folder: '',
      configurations: [{ label: 'a', files: ['a'], runs: [data], spread: {} }],
      failures: [],
      incomplete: [],
    };
    expect(await codeOf('renderComparison', comparison)).toMatch(/^<!doctype html>/i);
    for (const member of Object.keys(comparison))
      for (const value of [5, null, [null], {}, Symbol('s')])
        expect(() => functions.renderComparison({ ...comparison, [member]: value }), member).toThrow(
          new RegExp(`needs ${member}, `),
        );
  });
});
