import { expect, test } from 'vitest';
import { sizeClassTablesByName } from '../../lib/alloc/size-classes.ts';
import { Heap } from '../../lib/api/heap.ts';
import { testSizes } from './every-size.ts';

// All of them: test/long/alloc.
const borders = Object.values(sizeClassTablesByName).flatMap(({ sizes }) => [...sizes]);
const around = borders.flatMap((size) => [size - 1, size, size + 1]).filter((size) => size >= 0);
const small = Array.from({ length: 130 }, (_, size) => size);
testSizes([...new Set([...small, ...around])].sort((a, b) => a - b));

test('an empty object breaks nothing, whatever was allocated before', () => {
  const heap = new Heap({ sizeClasses: 'go1.4', environment: false });
  for (let i = 0; i < 300; i++) {
    const empty = heap.malloc(0, false);
    expect(heap.malloc(0, true)).toBe(empty);
    heap.malloc(100 + i, i % 2 === 0);
    heap.drop(empty);
  }
  heap.check(3);
  heap.gc();
  heap.check(3);
  heap.dispose();
});
