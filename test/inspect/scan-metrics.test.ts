/** The metrics of what is scanned, /gc/scan/*: letter by letter Go's, of what this heap has for them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

const heapOf = (options: HeapOptions): Heap => {
  const heap = new Heap({ environment: false, reach: 2 ** 30, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
};

const scanOf = (heap: Heap): Readonly<Record<string, unknown>> => {
  const metrics = heap.readMetrics();
  return Object.fromEntries(
    ['globals', 'heap', 'stack', 'total'].map((what) => [what, metrics[`/gc/scan/${what}:bytes`]]),
  );
};

test.each(['lists', 'treap', 'radix'] as const)('without pointers to follow they are 0: %s', (generation) => {
  const heap = heapOf({ generation });
  for (let i = 0; i < 1000; i++) heap.malloc(100, false);
  heap.gc();
  expect(scanOf(heap)).toEqual({ globals: 0, heap: 0, stack: 0, total: 0 });
});

describe.each(
  (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
    (['stop-the-world', 'incremental'] as const).map((marking) => ({ generation, marking })),
  ),
)('$generation, $marking', (design) => {
  test('they tell of objects with pointers, of roots and of frames', () => {
    const heap = heapOf({ ...design, liveness: 'tracing' });
    const node = heap.type({ to: 'pointer', more: ['f64', 7] });
    const stack = heap.newStack(4096);
    stack.push(100);
    for (let i = 0; i < 100; i++) stack.set(i, heap.new(node));
    const roots = Array.from({ length: 7 }, () => heap.root(heap.malloc(64, true)));
    // Objects without pointers are not read, except where their spans hold both kinds.
    heap.malloc(8, true);
    heap.gc();
    const plain = design.generation === 'lists' ? 7 * 64 + 16 : 0;
    const first = scanOf(heap);
    expect(first).toMatchObject({ globals: 7 * 8, stack: 100 * 8 });
    expect(first.heap).toBeGreaterThanOrEqual(100 * 64);
    expect(first.heap).toBeLessThanOrEqual(100 * 64 + plain);
    expect(first.total).toBe(7 * 8 + 100 * 8 + (first.heap as number));
    // What is allocated since could have to be scanned, what became garbage is counted until it is known.
    const more = Array.from({ length: 50 }, () => heap.root(heap.new(node)));
    stack.pop(60);
    expect(scanOf(heap)).toMatchObject({ globals: 57 * 8, stack: 100 * 8 });
    heap.gc();
    const second = scanOf(heap);
    expect(second).toMatchObject({ globals: 57 * 8, stack: 40 * 8 });
    expect(second.heap).toBeGreaterThanOrEqual(90 * 64);
    expect(second.heap).toBeLessThanOrEqual(90 * 64 + plain);
    for (const root of [...roots, ...more]) root.dispose();
  });
});
