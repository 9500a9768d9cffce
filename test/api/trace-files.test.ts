/** The files of a heap's traces: what is wrong with one is said when the heap is made, and nothing is lost by it. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { PageHeapError } from '../../lib/base/errors.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-trace-files-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

const heapOf = (options: HeapOptions): Heap => new Heap({ environment: false, reach: 2 ** 28, ...options });

function errorOf(act: () => unknown): PageHeapError {
  try {
    act();
  } catch (error) {
    return error as PageHeapError;
  }
  throw new Error('no error');
}

describe.each(['allocFreeTrace', 'pageTrace'] as const)('%s', (option) => {
  test.each([
    ['no/such', /no such folder/],
    ['', /this is a folder/],
    ['file/x', /its path leads through a file/],
    ['a\0b', /character of number 0/],
    ['n'.repeat(300), /too long/],
    ['loop', /lead in a circle/],
  ])('that cannot be opened is refused: %j', (name, words) => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('loop', join(folder, 'loop'));
    const file = join(folder, name);
    const error = errorOf(() => heapOf({ [option]: file }));
    expect(error).toMatchObject({ name: 'PageHeapError', code: 'ERR_FILE', file });
    expect(error.message).toMatch(words);
  });

  test('where /proc takes none', () => {
    expect(errorOf(() => heapOf({ [option]: '/proc/none/x' }))).toMatchObject({ code: 'ERR_FILE' });
  });

  test('that takes no more is told why at the end, and the heap works', () => {
    const heap = heapOf({ [option]: '/dev/full' });
    for (let i = 0; i < 5000; i++) heap.drop(heap.malloc(100));
    heap.gc();
    heap.check(3);
    const error = errorOf(() => heap.dispose());
    expect(error).toMatchObject({ code: 'ERR_FILE', file: '/dev/full' });
    expect(error.message).toMatch(/no space is left/);
  });

  test('is one heap’s, whatever it is called', () => {
    const file = join(folder, 'a');
    const first = heapOf({ [option]: file });
    first.malloc(100);
    linkSync(file, join(folder, 'hard'));
    symlinkSync('a', join(folder, 'soft'));
    for (const name of ['a', 'hard', 'soft'])
      for (const other of ['allocFreeTrace', 'pageTrace'])
        expect(errorOf(() => heapOf({ [other]: join(folder, name) })).message).toMatch(/another trace/);
    first.dispose();
    const bytes = readFileSync(file).length;
    expect(bytes).toBeGreaterThan(0);
    // Now it is free: what was there goes, when there is something new.
    heapOf({ [option]: join(folder, 'soft') }).dispose();
    expect(readFileSync(file).length).toBe(bytes);
    writeFileSync(file, Buffer.alloc(1e6));
    const second = heapOf({ [option]: join(folder, 'soft') });
    second.malloc(100);
    second.dispose();
    expect(readFileSync(file).length).toBe(bytes);
  });

  test('of a heap that was only tried makes no file', () => {
    heapOf({ [option]: join(folder, 'none') }).dispose();
    symlinkSync('none', join(folder, 'link'));
    heapOf({ [option]: join(folder, 'link') }).dispose();
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  test('that is a pipe is opened when there is something to write', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    // Nobody reads: to open it would wait for ever.
    heapOf({ [option]: join(folder, 'pipe') }).dispose();
  });
});

test('two traces of one heap have two files', () => {
  const file = join(folder, 'both');
  writeFileSync(file, 'kept');
  const both = { allocFreeTrace: file, pageTrace: file };
  for (let i = 0; i < 2; i++) expect(errorOf(() => heapOf(both)).message).toMatch(/another trace/);
  expect(readFileSync(file, 'utf8')).toBe('kept');
  // Neither is left open.
  heapOf({ pageTrace: file }).dispose();
});

test('a heap that cannot be made leaves its file to others', () => {
  const file = join(folder, 'free');
  expect(errorOf(() => heapOf({ pageTrace: file, reach: 2 ** 47 })).code).toMatch(/^ERR_/);
  heapOf({ pageTrace: file }).dispose();
  expect(existsSync(file)).toBe(false);
});

test('a file of the environment that cannot be opened is a warning', () => {
  const told: string[] = [];
  const before = process.env.GODEBUG;
  process.env.GODEBUG = `pagetrace=${join(folder, 'no', 'such')}`;
  try {
    const options = { reach: 2 ** 28, warn: (text: string) => void told.push(text) };
    new Heap({ ...options, generation: 'radix' }).dispose();
    process.env.GODEBUG = `pagetrace=${join(folder, 'one')}`;
    const [one, two] = [new Heap({ ...options }), new Heap({ ...options })];
    two.dispose();
    one.dispose();
  } finally {
    if (before === undefined) delete process.env.GODEBUG;
    else process.env.GODEBUG = before;
  }
  expect(told).toEqual([
    expect.stringMatching(/^GODEBUG: pagetrace has no effect: .*no such folder/),
    expect.stringMatching(/^GODEBUG: pagetrace has no effect: .*another trace/),
  ]);
});
