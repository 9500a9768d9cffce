import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { GiB, pageSize } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { codeOf } from '../support/codes.ts';
import { times } from '../support/extent.ts';

let heap: Heap;
afterEach(() => heap.dispose());

const make = (generation: (typeof generations)[number]): Heap =>
  new Heap({ generation, reach: 1 * GiB, environment: false, debug: true });

describe.each(generations)('stacks of %s', (generation) => {
  it('above 16 KiB are whole pages of their own, counted apart, which no collection touches', () => {
    heap = make(generation);
    const before = heap.readMemStats();
    const stack = heap.allocStack(3 * pageSize + 1);
    heap.fill(stack, 4 * pageSize, 0x5a);
    const held = heap.readMemStats();
    expect(held.StackInuse - before.StackInuse).toBe(4 * pageSize);
    expect(held.HeapInuse).toBe(before.HeapInuse);
    expect(held.HeapAlloc).toBe(before.HeapAlloc);
    heap.gc();
    heap.freeOSMemory();
    heap.check(3);
    expect(heap.read(stack + pageSize, pageSize).every((byte) => byte === 0x5a)).toBe(true);
    expect(heap.findObject(stack)).toBeUndefined();
    heap.freeStack(stack);
    expect(heap.readMemStats().StackInuse).toBe(before.StackInuse);
    heap.check(3);
  });

  it('refuse what is no stack, and change nothing', () => {
    heap = make(generation);
    const stack = heap.allocStack(2 * pageSize);
    const object = heap.malloc(100_000);
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 48]) {
      expect(codeOf(() => heap.allocStack(size))).toBe('ERR_INVALID_SIZE');
    }
    expect(codeOf(() => heap.allocStack(2 ** 46))).toBe('ERR_OUT_OF_MEMORY');
    expect(codeOf(() => heap.freeStack(Number.NaN))).toBe('ERR_INVALID_ADDRESS');
    for (const addr of [0, stack + 1, stack + pageSize, object, heap.ranges()[0].base - pageSize, 2 ** 60]) {
      expect(codeOf(() => heap.freeStack(addr))).toBe('ERR_NOT_ALLOCATED');
    }
    expect(codeOf(() => heap.drop(stack))).toBe('ERR_NOT_ALLOCATED');
    expect(codeOf(() => heap.view(stack, 2 * pageSize + 1))).toBe('ERR_OUT_OF_RANGE');
    heap.freeStack(stack);
    expect(codeOf(() => heap.freeStack(stack))).toBe('ERR_NOT_ALLOCATED');
    expect(codeOf(() => heap.view(stack, 1))).toBe('ERR_NOT_ALLOCATED');
    heap.check(3);
  });

  it('never overlap objects or one another, in any order of events', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.nat(4),
            fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 20_000 })),
          ),
          { maxLength: 80 },
        ),
        (events) => {
          heap?.dispose();
          heap = make(generation);
          const stacks: { addr: number; size: number; stamp: number }[] = [];
          const objects: number[] = [];
          events.forEach(([kind, n], i) => {
            if (kind <= 1) {
              const addr = heap.allocStack(n);
              heap.fill(addr, n, i & 255);
              stacks.push({ addr, size: n, stamp: i & 255 });
            } else if (kind === 2) {
              const addr = heap.malloc(n);
              heap.fill(addr, n, 0xee);
              objects.push(addr);
            } else if (kind === 3 && stacks.length > 0) {
              const [{ addr }] = stacks.splice(n % stacks.length, 1);
              heap.freeStack(addr);
            } else if (objects.length > 0) {
              heap.drop(objects.splice(n % objects.length, 1)[0]);
              if (n % 3 === 0) heap.gc();
              if (n % 7 === 0) heap.freeOSMemory();
            }
          });
          heap.check(3);
          for (const { addr, size, stamp } of stacks) {
            expect(heap.read(addr, size).every((byte) => byte === stamp)).toBe(true);
          }
        },
      ),
      { numRuns: times(3) },
    );
  });
});
