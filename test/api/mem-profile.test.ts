/** The memory profile, as a program sees it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { codeOf } from '../support/codes.ts';

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({ environment: false, reach: 2 ** 28, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const generations = ['lists', 'treap', 'radix'] as const;

function allocateHere(heap: Heap, size: number): number {
  return heap.malloc(size);
}

describe.each(generations)('generation %s', (generation) => {
  test('at a rate of 1 every object is told, by its call site, when its sweep has ended', () => {
    const heap = heapOf({ generation, memProfileRate: 1 });
    const objects = Array.from({ length: 20 }, () => allocateHere(heap, 100));
    const large = heap.malloc(100_000);
    expect(heap.memProfile().reduce((sum, { inUseObjects }) => sum + inUseObjects, 0)).toBe(21);
    heap.check();
    heap.dropAll(objects.slice(0, 8));
    heap.drop(large);
    heap.gc();
    heap.check();
    const [small] = heap.memProfile();
    expect(small).toMatchObject({
      label: undefined,
      size: 112,
      allocObjects: 20,
      allocBytes: 2240,
      freeObjects: 8,
      freeBytes: 896,
      inUseObjects: 12,
      inUseBytes: 1344,
    });
    expect(heap.memProfile()).toHaveLength(1);
    expect(small!.stack[0]).toMatchObject({
      function: 'allocateHere',
      file: expect.stringContaining('mem-profile.test'),
    });
    expect(small!.stack[0]!.line).toBeGreaterThan(10);
    const all = heap.memProfile(true);
    expect(all).toHaveLength(2);
    expect(all.find(({ inUseObjects }) => inUseObjects === 0)).toMatchObject({
      allocObjects: 1,
      freeObjects: 1,
    });
    expect(heap.readMemStats().BuckHashSys).toBeGreaterThan(0);
  });

  test('garbage that is not swept is not told as living: three cycles', () => {
    const heap = heapOf({ generation, memProfileRate: 1, gcPercent: 100 });
    heap.gc();
    const held: number[] = [];
    const before = heap.sample().numGC;
    heap.setMemProfileLabel('round');
    // What is allocated in a cycle is dropped at once: whatever is published shows next to none of it.
    while (heap.sample().numGC < before + 6) {
      for (let i = 0; i < 50; i++) held.push(heap.malloc(4000));
      heap.dropAll(held.splice(0));
      const told = heap.memProfile().find(({ label }) => label === 'round');
      const allocated = told?.allocObjects ?? 0;
      if (allocated > 0) expect(told!.inUseObjects).toBeLessThanOrEqual(Math.max(100, allocated / 10));
    }
  });

  test('labels take the place of call sites', () => {
    const heap = heapOf({ generation, memProfileRate: 1 });
    heap.setMemProfileLabel('parser');
    for (let i = 0; i < 3; i++) heap.malloc(64);
    heap.setMemProfileLabel('writer');
    heap.malloc(64);
    heap.setMemProfileLabel(null);
    heap.malloc(64);
    expect(codeOf(() => heap.setMemProfileLabel(7 as unknown as string))).toBe('ERR_INVALID_ARGUMENT');
    const told = heap
      .memProfile()
      .map(({ label, allocObjects, stack }) => [label, allocObjects, stack.length > 0]);
    expect(told.sort()).toEqual(
      [
        [undefined, 1, true],
        ['parser', 3, false],
        ['writer', 1, false],
      ].sort(),
    );
  });

  test.each([
    ['small objects', 48],
    ['objects as large as the rate', 4096],
    ['larger objects', 40_000],
  ])('scaled, the sample tells what was allocated: %s', (_what, size) => {
    const rate = 4096;
    const heap = heapOf({ generation, memProfileRate: rate });
    const count = size < rate ? 60_000 : 1500;
    for (let i = 0; i < count; i++) heap.drop(heap.malloc(size, true, false));
    const told = heap.memProfile(true);
    const objects = told.reduce((sum, { allocObjects }) => sum + allocObjects, 0);
    const bytes = told[0]!.size;
    // As pprof scales: an object is sampled with the probability 1 − e^(−size / rate). The older designs take all
    // objects from the rate on.
    const all = generation !== 'radix' && bytes >= rate;
    const scaled = all ? objects : objects / (1 - Math.exp(-bytes / rate));
    expect(Math.abs(scaled / count - 1)).toBeLessThan(0.15);
  });

  test('a block of tiny objects counts once, as one of 16 bytes', () => {
    const heap = heapOf({ generation, memProfileRate: 1 });
    for (let i = 0; i < 16; i++) heap.malloc(4);
    expect(heap.memProfile(true)).toMatchObject([{ size: 16, allocObjects: 4 }]);
  });

  test('typed objects of heaps that trace are sampled, and freed when nothing leads to them', () => {
    const heap = heapOf({ generation, memProfileRate: 1, liveness: 'tracing' });
    const node = heap.type({ next: 'pointer' });
    const root = heap.root(heap.new(node));
    for (let i = 0; i < 9; i++) heap.new(node);
    heap.gc();
    heap.check();
    expect(heap.memProfile().reduce((sum, { inUseObjects }) => sum + inUseObjects, 0)).toBe(2);
    expect(root.address).toBeGreaterThan(0);
  });
});

test('a heap without a rate has no profile, and no memory for one', () => {
  const heap = heapOf({});
  heap.malloc(100);
  expect(heap.memProfile(true)).toEqual([]);
  expect(heap.readMemStats().BuckHashSys).toBe(0);
});

test('all threads count in one profile', () => {
  const heap = heapOf({ memProfileRate: 1 });
  const other = Heap.attach(heap.share());
  try {
    heap.setMemProfileLabel('one');
    other.setMemProfileLabel('other');
    heap.malloc(64);
    const at = other.malloc(64);
    heap.drop(at);
    heap.gc();
    const told = other.memProfile(true).map(({ label, inUseObjects }) => [label, inUseObjects]);
    expect(told.sort()).toEqual([
      ['one', 1],
      ['other', 0],
    ]);
  } finally {
    other.dispose();
  }
});

test.each(['explicit', 'tracing'] as const)(
  'of user arenas each chunk is told as an object, liveness %s',
  (liveness) => {
    const heap = heapOf({ memProfileRate: 1, liveness });
    const node = heap.type({ next: 'pointer', n: 'f64' });
    const arena = heap.newArena();
    const fill = (n: number): void => {
      for (let i = 0; i < n; i++) arena.new(node);
    };
    const { chunkBytes } = arena;
    fill(chunkBytes / 8);
    const [first, ...others] = heap.memProfile();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ size: chunkBytes, inUseObjects: 2, inUseBytes: 2 * chunkBytes });
    expect(first!.stack[0]).toMatchObject({
      function: 'fill',
      file: expect.stringContaining('mem-profile.test'),
    });
    // One that is too large for a chunk is an ordinary object, and has a place as well.
    arena.malloc(chunkBytes / 2);
    for (let i = 0; i < 2; i++) heap.gc();
    const outside = heap.memProfile(true).find(({ size }) => size === chunkBytes / 2);
    expect(outside?.stack[0]?.file).toContain('mem-profile.test');
    heap.check(3);
    arena.free();
    // What was allocated last is a root where the heap traces.
    heap.malloc(0);
    for (let i = 0; i < 3; i++) heap.gc();
    expect(heap.memProfile()).toEqual([]);
    expect(heap.memProfile(true).find(({ size }) => size === chunkBytes)).toMatchObject({
      allocObjects: 2,
      freeObjects: 2,
    });
    heap.check(3);
  },
);
