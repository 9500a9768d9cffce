/** dropAll: a batch is dropped, or nothing of it; whatever it is listed by. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/api/index.ts';
import { PageHeapError } from '../../lib/base/errors.ts';
import { MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { Random } from '../support/random.ts';

function make(options: HeapOptions = {}): Heap {
  const heap = new Heap({ environment: false, reach: 256 * MiB, gcPercent: -1, ...options });
  onTestFinished(() => heap.dispose());
  return heap;
}

const sizes = [1, 3, 4, 8, 12, 15, 16, 24, 48, 1408, 8192, 40_000];
const allocate = (heap: Heap, count: number): number[] =>
  Array.from({ length: count }, (_, i) => heap.malloc(sizes[i % sizes.length], i % 3 !== 0));

function codeOf(operation: () => void): string {
  try {
    operation();
  } catch (error) {
    if (error instanceof PageHeapError) return error.code;
    throw error;
  }
  return 'done';
}

const live = (heap: Heap): number => {
  heap.gc();
  heap.check(3);
  const { Mallocs, Frees } = heap.readMemStats();
  return Mallocs - Frees;
};

describe.each(generations)('%s', (generation) => {
  describe.each(['plain', 'shared'])('%s', (kind) => {
    test('a batch is dropped, in any order and by any list', () => {
      const heap = make({ generation });
      if (kind === 'shared') heap.share();
      const random = new Random(1);
      const lists: ((batch: number[]) => Iterable<number>)[] = [
        (batch) => batch,
        (batch) => Float64Array.from(batch),
        (batch) => new Set(batch),
        (batch) => batch.values(),
        (batch) => new Float64Array(new SharedArrayBuffer(batch.length * 8)).map((_, i) => batch[i]),
        (batch) => new Proxy(batch, {}),
      ];
      for (const list of lists) {
        const objects = allocate(heap, 500);
        objects.sort(() => random.below(2) - 0.5);
        const kept = objects.splice(0, 100);
        heap.dropAll(list(objects));
        for (const address of objects) expect(codeOf(() => heap.drop(address))).not.toBe('done');
        heap.gc();
        heap.check(3);
        heap.dropAll(kept);
      }
      heap.dropAll([]);
      const zero = heap.malloc(0);
      heap.dropAll([zero, heap.malloc(64), zero]);
      heap.gc();
      heap.check(3);
      expect(heap.readMemStats().HeapAlloc).toBe(0);
    });

    test('one that cannot be dropped, at any place: nothing is, and the place is told', () => {
      const heap = make({ generation });
      if (kind === 'shared') heap.share();
      const objects = allocate(heap, 120);
      const dropped = heap.malloc(64);
      heap.drop(dropped);
      const before = live(heap);
      const stack = heap.allocStack(2048);
      const bad: [number, string][] = [
        [objects[3], 'ERR_ALREADY_DROPPED'],
        [objects[0], 'ERR_ALREADY_DROPPED'],
        [objects[9] + 8, 'ERR_INTERIOR_ADDRESS'],
        [objects[9] + 0.5, 'ERR_INVALID_ADDRESS'],
        [stack, 'ERR_NOT_ALLOCATED'],
        [dropped, 'ERR_NOT_ALLOCATED'],
        [Number.NaN, 'ERR_INVALID_ADDRESS'],
        [Number.POSITIVE_INFINITY, 'ERR_INVALID_ADDRESS'],
        [-8, 'ERR_INVALID_ADDRESS'],
      ];
      for (const [address, code] of bad) {
        for (const place of [10, 60, 120]) {
          const batch = [...objects.slice(0, place), address, ...objects.slice(place)];
          expect([address, place, codeOf(() => heap.dropAll(batch))]).toEqual([address, place, code]);
          expect(() => heap.dropAll(Float64Array.from(batch))).toThrow(`address ${place} of the batch: `);
        }
      }
      expect(live(heap)).toBe(before);
      // All of them live still, the tiny ones beside others too.
      heap.dropAll(objects);
      heap.freeStack(stack);
      heap.gc();
      expect(heap.readMemStats().HeapAlloc).toBe(0);
    });
  });

  test('whoever lists the batch may use the heap meanwhile', () => {
    const heap = make({ generation, gcPercent: 1 });
    const objects = allocate(heap, 300);
    const made: number[] = [];
    function* list(): Generator<number> {
      for (const address of objects) {
        made.push(heap.malloc(24), heap.malloc(5));
        if (made.length % 100 === 0) heap.gc();
        yield address;
      }
      // Dropped before the batch is: the batch has one twice.
    }
    heap.dropAll(list());
    heap.dropAll({
      *[Symbol.iterator]() {
        yield* made;
      },
    });
    const more = allocate(heap, 3);
    const thief = [more[0], more[1], more[2]];
    Object.defineProperty(thief, 1, {
      get() {
        heap.drop(more[0]);
        return more[1];
      },
    });
    expect(codeOf(() => heap.dropAll(thief))).not.toBe('done');
    heap.dropAll(more.slice(1));
    heap.gc();
    heap.check(3);
    expect(heap.readMemStats().HeapAlloc).toBe(0);
  });
});

test('during a cycle, while the sweep is under way', () => {
  const heap = make({ gcPercent: 20 });
  const random = new Random(2);
  let held: number[] = [];
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < 2000; i++) held.push(heap.malloc(1 + random.below(300)));
    const kept: number[] = [];
    const batch: number[] = [];
    for (const address of held) (random.below(3) === 0 ? kept : batch).push(address);
    heap.dropAll(batch);
    held = kept;
    if (round % 20 === 0) heap.check(3);
  }
  expect(heap.readMemStats().NumGC).toBeGreaterThan(0);
  heap.dropAll(held);
  heap.gc();
  expect(heap.readMemStats().HeapAlloc).toBe(0);
});

test('what is no list, and after disposal', () => {
  const heap = make();
  const narrow = [Float32Array, Int32Array, Uint8Array, BigInt64Array].map((of) => new of(2));
  const codes = [undefined, null, 5, {}, Symbol('x'), ...narrow].map((given) =>
    codeOf(() => heap.dropAll(given as never)),
  );
  expect(new Set(codes)).toEqual(new Set(['ERR_INVALID_ARGUMENT']));
  for (const given of ['abc', ['1'], [5n], [[64]], new Map([[1, 2]])])
    expect(codeOf(() => heap.dropAll(given as never))).toBe('ERR_INVALID_ADDRESS');
  const gone = new Float64Array(4);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  expect(codeOf(() => heap.dropAll(gone))).toBe('ERR_INVALID_ARGUMENT');
  const other = new Heap({ environment: false });
  function* disposing(): Generator<number> {
    yield other.malloc(8);
    other.dispose();
  }
  expect(codeOf(() => other.dropAll(disposing()))).toBe('ERR_DISPOSED');
});
