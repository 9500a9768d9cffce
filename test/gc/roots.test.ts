/** Roots that are more than one step visits (512), and roots in more than one step's stacks: none is left out. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/design/options.ts';

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({
    ...{ environment: false, reach: 2 ** 28, liveness: 'tracing', gcPercent: -1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

/** Those of some objects that a collection frees. What was allocated last is another. */
function freed(heap: Heap, objects: readonly number[]): number[] {
  heap.malloc(0);
  heap.gc();
  heap.check(3);
  return objects.map((_, i) => i).filter((i) => heap.findObject(objects[i]!)?.base !== objects[i]);
}

describe.each(['stop-the-world', 'incremental'] as const)('all are visited, %s:', (marking) => {
  // Ids begin at 1: a step ends behind the 512th, the 1024th. Guards the place where the next step goes on.
  test.each([511, 512, 513, 1025, 1600])('%d handles', (n) => {
    const heap = heapOf({ marking });
    const objects = Array.from({ length: n }, () => heap.malloc(32, true));
    const roots = objects.map((at) => heap.root(at));
    expect(freed(heap, objects)).toEqual([]);
    // Those that are gone leave holes, which end nothing.
    for (const root of roots.slice(0, n - 1)) root.dispose();
    expect(freed(heap, objects.slice(n - 1))).toEqual([]);
    expect(heap.readMemStats().HeapObjects).toBe(1);
  });

  // Guards the place within a stack where the next step goes on, and that the next stack follows.
  test.each([511, 512, 513, 1025, 1600])('%d slots of a stack, and of the one after it', (n) => {
    const heap = heapOf({ marking });
    const stacks = [heap.newStack(8 * n), heap.newStack(8 * n)];
    const objects = stacks.flatMap((stack) => {
      stack.push(n);
      return Array.from({ length: n }, (_, i) => {
        const at = heap.malloc(32, true);
        stack.set(i, at);
        return at;
      });
    });
    expect(freed(heap, objects)).toEqual([]);
    stacks[0]!.pop(n);
    expect(freed(heap, objects)).toEqual(objects.slice(0, n).map((_, i) => i));
  });

  // Guards the walk over stacks with nothing in them, which is in steps, too.
  test('the last of 1100 stacks, the others of which are empty', () => {
    const heap = heapOf({ marking });
    const stacks = Array.from({ length: 1100 }, () => heap.newStack(2048));
    const objects = [heap.malloc(32, true)];
    stacks.at(-1)!.push(1);
    stacks.at(-1)!.set(0, objects[0]!);
    expect(freed(heap, objects)).toEqual([]);
    stacks.at(-1)!.pop(1);
    expect(freed(heap, objects)).toEqual([0]);
  });
});
