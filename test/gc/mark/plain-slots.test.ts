/**
 * Objects without pointers where pointers were: a design whose spans hold both kinds tells them apart by the pointer bits
 * of their first word, and the bits of a former object may stand behind it.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import type { HeapOptions } from '../../../lib/design/options.ts';

function heapOf(options: HeapOptions): Heap {
  const heap = new Heap({
    ...{ environment: false, reach: 2 ** 30, liveness: 'tracing', gcPercent: -1 },
    ...options,
  });
  onTestFinished(() => heap.dispose());
  return heap;
}

const littleEndian = (address: number): Uint8Array =>
  new Uint8Array(new BigUint64Array([BigInt(address)]).buffer);

const words = 128;

const designs: readonly HeapOptions[] = (['lists', 'treap', 'radix'] as const).flatMap((generation) =>
  (['stop-the-world', 'incremental'] as const).flatMap((marking) =>
    (['objects', 'spans'] as const).map((markOrder) => ({ generation, marking, markOrder })),
  ),
);

/** Places that were full of pointers, and hold bytes now: as many objects as fit beside one that lives. */
function plainSlots(heap: Heap): number[] {
  const full = heap.type({ to: ['pointer', words] });
  const all = Array.from({ length: 16 }, () => heap.new(full));
  heap.root(all[0]!);
  // What was allocated last lives, too.
  heap.malloc(8, true);
  heap.gc();
  const again = Array.from({ length: 14 }, () => heap.malloc(words * 8, true));
  for (const plain of again) heap.root(plain);
  return again;
}

/** Writes an address into words of all of them. */
function fill(heap: Heap, plain: readonly number[], address: number): void {
  for (const at of plain)
    for (const word of [1, 31, 32, 40, 100, 127]) heap.write(at + word * 8, littleEndian(address));
}

describe.each(designs)('objects without pointers, $generation, $marking, by $markOrder', (options) => {
  test('keep nothing alive in the places of such with pointers', () => {
    const heap = heapOf(options);
    const node = heap.type({ to: 'pointer' });
    const plain = plainSlots(heap);
    const garbage = heap.new(node);
    fill(heap, plain, garbage);
    heap.new(node);
    heap.gc();
    expect(heap.findObject(garbage)).toBeUndefined();
  });

  test('may hold what would be an error in a pointer', () => {
    const heap = heapOf(options);
    const plain = plainSlots(heap);
    // Where a large object was, the heap has free pages now.
    const gone = heap.malloc(2 ** 20, true);
    heap.malloc(8, true);
    heap.gc();
    fill(heap, plain, gone);
    heap.gc();
    expect(plain.every((at) => heap.findObject(at) !== undefined)).toBe(true);
    heap.check(3);
  });
});

test.each(designs.filter(({ marking }) => marking === 'incremental'))(
  'what is written into one while a cycle marks is not shaded: $generation, by $markOrder',
  (options) => {
    const heap = heapOf(options);
    const node = heap.type({ to: 'pointer' });
    const plain = plainSlots(heap);
    const garbage = heap.new(node);
    heap.new(node);
    const { collector, sweeper } = runtimeOf(heap).gc;
    expect(collector.start()).toBe(true);
    fill(heap, plain, garbage);
    heap.copy(plain[0]!, plain[1]!, words * 8);
    heap.fill(plain[1]!, words * 8, 0);
    while (collector.isMarking) heap.step();
    sweeper.sweepAll();
    expect(heap.findObject(garbage)).toBeUndefined();
  },
);
