/** Refused memory, at a spread of the requests; at more of them: test/long/api/out-of-memory.test.ts. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB } from '../../lib/base/units.ts';
import { codeOf } from '../support/codes.ts';
import { FailingSys, type Refusable } from '../support/failing-sys.ts';
import { reach, testRefusals } from '../support/refused-memory.ts';

testRefusals({ rounds: 1, made: 2, later: 2, whiles: 1 });

/** A heap, and what refuses it memory from now on. */
function refusable(
  generation: 'lists' | 'treap',
  kinds: readonly Refusable[],
): { heap: Heap; sys: FailingSys } {
  const sys = new FailingSys(kinds);
  const heap = new Heap({ reach, environment: false, debug: true, generation, sys });
  onTestFinished(() => {
    sys.relent();
    heap.dispose();
  });
  return { heap, sys };
}

describe('freeing needs no memory', () => {
  test.each(['lists', 'treap'] as const)('of the system: %s', (generation) => {
    const { heap, sys } = refusable(generation, ['commit', 'map', 'alloc']);
    // Room for all that follows, so that no growth looks after it.
    heap.freeStack(heap.allocStack(63 * MiB));
    const stacks = Array.from({ length: 3000 }, () => heap.allocStack(8192));
    sys.refuse(0, Infinity);
    // Every other one first: each becomes a free run of its own.
    for (const from of [0, 1])
      for (let i = from; i < stacks.length; i += 2) heap.freeStack(stacks[i] as number);
    expect(sys.refused).toBe(0);
    heap.check(3);
  });
});

test('what could be grown into is used, though the system has no more', () => {
  const { heap, sys } = refusable('lists', ['map']);
  heap.allocStack(63.75 * MiB);
  const [{ base, bytes: size }] = heap.ranges() as [{ base: number; bytes: number }];
  // Somebody else has what adjoins.
  const neighbour = base + 64 * MiB;
  expect(size).toBe(64 * MiB);
  const foreign = sys.reserve(neighbour, MiB);
  expect(foreign).toBe(neighbour);
  // The rest of the old space is granted, the new one is not.
  sys.refuse(1, Infinity);
  const stack = heap.allocStack(200 * 1024);
  expect(stack).toBeLessThan(neighbour);
  expect(codeOf(() => heap.allocStack(200 * 1024))).toBe('ERR_OUT_OF_MEMORY');
  expect(heap.readMemStats().HeapSys + heap.readMemStats().StackInuse).toBe(64 * MiB);
  heap.check(3);
  sys.free(foreign, MiB, 'heap', 'reserved');
});
