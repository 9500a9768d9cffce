/**
 * Every size of object on every table of size classes, with pointers and without, for each way to tell the free objects
 * of a span: allocated, found from its first byte and its last, and dropped.
 */
import { describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { objectStyles, sizeClassTables } from '../../lib/design/design.ts';

const generationOf = { freelist: 'lists', bitmap: 'radix' } as const;

/** What is wrong with an object of this size; undefined if nothing is. */
function faultOf(heap: Heap, size: number, noscan: boolean, empty: number): unknown {
  const addr = heap.malloc(size, noscan, (size & 1) === 1);
  const found = heap.findObject(addr);
  const last = heap.findObject(addr + size - 1);
  heap.drop(addr);
  if (size === 0) return addr === empty && found === undefined ? undefined : [size, addr, found];
  // What is tiny shares a block of 16 bytes.
  const isTiny = noscan && size < 16;
  const isRight =
    found !== undefined &&
    found.size === (isTiny ? 16 : heap.roundUpSize(size)) &&
    (isTiny || found.base === addr) &&
    found.noscan === noscan &&
    last?.base === found.base;
  return isRight ? undefined : [size, addr, found, last];
}

/** @param sizes from 0 to 32769 */
export function testSizes(sizes: readonly number[]): void {
  describe.each(sizeClassTables)('size classes of %s', (sizeClasses) => {
    describe.each(objectStyles)('objects by %s', (objects) => {
      test.each([true, false])(
        'every size is allocated, found and dropped; without pointers: %s',
        (noscan) => {
          const heap = new Heap({
            generation: generationOf[objects],
            sizeClasses,
            objects,
            reach: 2 ** 30,
            environment: false,
            collect: false,
          });
          const empty = heap.malloc(0);
          const wrong: unknown[] = [];
          for (const [i, size] of sizes.entries()) {
            const fault = faultOf(heap, size, noscan, empty);
            if (fault !== undefined) wrong.push(fault);
            if (i % 2048 === 0) heap.gc();
          }
          heap.gc();
          heap.check(3);
          expect(wrong).toEqual([]);
          expect(heap.readMemStats().HeapAlloc).toBe(0);
          heap.dispose();
        },
      );
    });
  });
}
