import { afterEach, describe, expect, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { generations } from '../../lib/design/design.ts';
import { codeOf } from '../support/codes.ts';

let heap: Heap;
afterEach(() => heap.dispose());

describe.each(generations)('an object of %s', (generation) => {
  const make = (): Heap => new Heap({ generation, environment: false, reach: 2 ** 30 });

  test.each([32_769, 40_000, 40_960, 40_961, 100_001, 5_000_000])(
    'of %i bytes ends where what was asked for ends',
    (size) => {
      heap = make();
      const addr = heap.malloc(size);
      const whole = heap.roundUpSize(size);
      expect(heap.findObject(addr + size - 1)).toMatchObject({ base: addr, size: whole });
      for (const past of [size, size + 1, whole - 1, whole])
        if (past >= size) expect(heap.findObject(addr + past)?.base).not.toBe(addr);
      if (size < whole) expect(codeOf(() => heap.drop(addr + size))).toBe('ERR_NOT_ALLOCATED');
      // The bytes up to the end of its pages are its own all the same.
      heap.fill(addr, whole, 1);
      expect(codeOf(() => heap.fill(addr, whole + 1, 1))).toBe('ERR_OUT_OF_RANGE');
      heap.check(3);
      heap.drop(addr);
      heap.gc();
      expect(heap.findObject(addr)).toBeUndefined();
      // The record that told of it tells of others next.
      const small = heap.malloc(100);
      expect(heap.findObject(small + 101)).toMatchObject({ base: small, size: 112 });
      heap.check(3);
    },
  );
});
