import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap } from '../../lib/api/heap.ts';
import { MiB, pageSize } from '../../lib/base/units.ts';
import type { HeapOptions } from '../../lib/design/options.ts';
import { Sys } from '../../lib/os/sys.ts';
import { times } from '../support/extent.ts';
import { isAll } from '../support/is-all.ts';

/**
 * Malloc over free lists, held against the rules of Go 1.4: by the addresses that it answers, and by what is
 * in the objects. In a fresh span objects come in address order, so that addresses tell which block is meant.
 */

const block = 16;
/** What a used object is full of. */
const used = 0xa5;

function setup(options: HeapOptions): { heap: Heap; sys: Sys } {
  const sys = new Sys();
  const heap = new Heap({
    reach: 64 * MiB,
    environment: false,
    collect: false,
    scavenge: false,
    ...options,
    sys,
  });
  onTestFinished(() => {
    heap.check(3);
    heap.dispose();
  });
  return { heap, sys };
}

/** The alignment of a tiny object: what divides its size, of 8, 4 and 2. */
const alignmentOf = (size: number): number =>
  size % 8 === 0 ? 8 : size % 4 === 0 ? 4 : size % 2 === 0 ? 2 : 1;

describe.each<[string, HeapOptions]>([
  ['the heap of 2014', { generation: 'lists' }],
  ['free lists on the heap of 2023', { generation: 'radix', objects: 'freelist' }],
])('%s', (_name, options) => {
  describe('tiny objects', () => {
    // Sizes in order, and where each is put, from the start of the first block: the second one begins at 16.
    test.each<[string, readonly number[], readonly number[]]>([
      ['of odd sizes follow one another', [1, 3, 5, 7], [0, 1, 4, 9]],
      ['of even sizes begin at a multiple of 2', [1, 2, 1, 6], [0, 2, 4, 6]],
      ['of 10 bytes, too', [3, 10], [0, 4]],
      ['of 4 and 12 bytes begin at a multiple of 4', [1, 4, 1, 4], [0, 4, 8, 12]],
      ['of 8 bytes begin at a multiple of 8', [1, 8], [0, 8]],
      ['may fill a block to its end, of 15 bytes', [1, 15], [0, 1]],
      ['may fill a block to its end, of 14', [1, 14], [0, 2]],
      ['may fill a block to its end, of 12', [3, 12], [0, 4]],
      ['may fill a block to its end, of 8', [8, 8], [0, 8]],
      ['begin a block where the size does not fit', [2, 15], [0, 16]],
      ['begin a block where it does not fit for its alignment to 2', [3, 13, 3, 14], [0, 3, 16, 32]],
      ['begin a block where it does not fit for its alignment to 4', [5, 12], [0, 16]],
      ['begin a block where it does not fit for its alignment to 8', [9, 8], [0, 16]],
      ['go on in the old block where one that did not fit went elsewhere', [4, 13, 12], [0, 16, 4]],
      ['go on in the new block where more is left in it', [13, 4, 3, 8], [0, 16, 20, 24]],
      ['go on in the old block where as much is left in it', [9, 9, 7], [0, 16, 9]],
      ['go on in the old block until less is left in it', [8, 10, 5, 10, 6], [0, 16, 8, 32, 42]],
      ['leave an object of 16 bytes a block, and go on in theirs', [4, 16, 4], [0, 16, 4]],
    ])('%s', (_what, sizes, places) => {
      const { heap } = setup(options);
      const addrs = sizes.map((size) => heap.malloc(size, true, true));
      expect(addrs[0] % block).toBe(0);
      expect(addrs.map((addr) => addr - addrs[0])).toEqual(places);
    });

    test('stand as by the rule of Go 1.4, whatever their sizes', () => {
      const { heap } = setup(options);
      const blocks = new Set<number>();
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 600, size: 'max' }), (sizes) => {
          heap.gc();
          let current = 0;
          let left = 0;
          for (const size of sizes) {
            const addr = heap.malloc(size, true, true);
            const align = alignmentOf(size);
            const at = Math.ceil((block - left) / align) * align;
            if (at + size <= block) {
              expect(addr).toBe(current + at);
              left = block - at - size;
            } else {
              expect([addr % block, blocks.has(addr)]).toEqual([0, false]);
              blocks.add(addr);
              if (block - size > left) {
                current = addr;
                left = block - size;
              }
            }
          }
        }),
        { numRuns: times(6) },
      );
    });

    test('begin a block after a collection, also where the last one lives', () => {
      const { heap } = setup(options);
      const before = heap.malloc(1, true, true);
      heap.gc();
      const after = heap.malloc(1, true, true);
      expect([after % block, after === before]).toEqual([0, false]);
      expect(heap.malloc(1, true, true)).toBe(after + 1);
    });

    test('go on in their block after statistics were read, as in 2014', () => {
      const { heap } = setup(options);
      const before = heap.malloc(1, true, true);
      heap.readMemStats();
      expect(heap.malloc(1, true, true)).toBe(before + 1);
    });

    test('with pointers are no tiny objects', () => {
      const { heap } = setup(options);
      const addrs = [4, 4, 4].map((size) => heap.malloc(size, false, true));
      expect(addrs.map((addr) => addr - addrs[0])).toEqual([0, 8, 16]);
    });

    test('of no bytes take none', () => {
      const { heap } = setup(options);
      const first = heap.malloc(1, true, true);
      const empty = heap.malloc(0, true, true);
      expect(heap.malloc(0, false, true)).toBe(empty);
      expect(heap.malloc(1, true, true)).toBe(first + 1);
    });

    test('find their block clean, whatever was asked and was there before', () => {
      const { heap } = setup(options);
      const kept = heap.malloc(block, true, true);
      const objects = Array.from({ length: 20 }, () => heap.malloc(block, true, true));
      for (const addr of objects) {
        heap.fill(addr, block, used);
        heap.drop(addr);
      }
      heap.gc();
      const addr = heap.malloc(1, true, false);
      expect([objects.includes(addr), addr === kept]).toEqual([true, false]);
      expect(isAll(heap.view(addr, block), 0)).toBe(true);
    });
  });

  describe('an object of', () => {
    /** The address in an object's first eight bytes. */
    function linkOf(heap: Heap, addr: number): number {
      const bytes = heap.read(addr, 8);
      return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    }

    /**
     * Dropped objects of one span, in address order, full of `used` but for the second word: that their memory
     * was used can be told only by the sweep's mark there. One more object keeps their span.
     */
    function dropped(heap: Heap, size: number, noscan: boolean): number[] {
      heap.malloc(size, noscan, true);
      const objects = [0, 1, 2].map(() => heap.malloc(size, noscan, true));
      for (const addr of objects) {
        heap.fill(addr, size, used);
        if (size > block) heap.fill(addr + 8, 8, 0);
        heap.drop(addr);
      }
      heap.gc();
      return objects;
    }

    describe.each([8, 16, 32, 288, 1024, 2048])('%i bytes', (size) => {
      const noscan = size >= block;

      test('is zero where that is asked, though its memory was used', () => {
        const { heap } = setup(options);
        const objects = dropped(heap, size, noscan);
        for (const addr of objects) {
          expect(heap.malloc(size, noscan, true)).toBe(addr);
          expect(isAll(heap.view(addr, size), 0)).toBe(true);
        }
      });

      test('is left as it is where zero is not asked: the link, the mark, and what was there', () => {
        const { heap } = setup(options);
        const objects = dropped(heap, size, noscan);
        for (const [i, addr] of objects.entries()) {
          expect(heap.malloc(size, noscan, false)).toBe(addr);
          if (i < 2) expect(linkOf(heap, addr)).toBe(objects[i + 1]);
          const mark = heap.view(addr, size).subarray(8, 16);
          if (size > block) {
            expect(isAll(mark, 0)).toBe(false);
            expect(isAll(heap.view(addr, size).subarray(16), used)).toBe(true);
          } else {
            expect(isAll(mark, 0)).toBe(true);
          }
        }
      });

      test('has nothing but the link in it where it is fresh', () => {
        const { heap } = setup(options);
        const [first, second] = [0, 1].map(() => heap.malloc(size, noscan, false));
        expect([second, linkOf(heap, first)]).toEqual([first + size, second]);
        expect(isAll(heap.view(first, size).subarray(8), 0)).toBe(true);
        expect(isAll(heap.view(heap.malloc(size, noscan, true), size), 0)).toBe(true);
      });

      test('is clean in a fresh span of used pages', () => {
        const { heap } = setup(options);
        const pages = 40;
        const large = heap.malloc(pages * pageSize, true, false);
        heap.malloc(pages * pageSize, true, false);
        heap.fill(large, pages * pageSize, used);
        heap.drop(large);
        heap.gc();
        const addr = heap.malloc(size, noscan, false);
        expect(addr).toBe(large);
        expect(isAll(heap.view(addr, size).subarray(8), 0)).toBe(true);
      });
    });

    // Of a fresh span the second word is zero, and says that all behind it is. What is written behind it by
    // somebody who must not tells whether it is looked at or cleared without asking.
    describe.each([32, 288])('%i bytes that was never used', (size) => {
      /** The next object, in whose memory bytes were written: what of them is left when it was allocated as zero. */
      function leftOf(written: readonly number[]): number[] {
        const { heap, sys } = setup(options);
        const next = heap.malloc(size, true, true) + size;
        for (const at of written) expect(sys.poke(next + at, Uint8Array.of(used))).toBe(true);
        expect(heap.malloc(size, true, true)).toBe(next);
        const view = heap.view(next, size);
        return [...view.keys()].filter((at) => view[at] !== 0);
      }

      test('is not cleared', () => {
        expect(leftOf([16, size - 1])).toEqual([16, size - 1]);
      });

      test.each([8, 11, 12, 15])('is, to its last byte, where byte %i of it is not zero', (at) => {
        expect(leftOf([at, 16, size - 1])).toEqual([]);
      });
    });
  });
});
