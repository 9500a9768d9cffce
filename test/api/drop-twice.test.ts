/**
 * A second drop, and a drop of what is inside an object: what is answered, by size, pointers and design.
 *
 * What begins a block or an object is told to have been dropped before. Past the first byte of a block of 16 bytes
 * without pointers it cannot be told whether an object began there.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Heap, runtimeOf } from '../../lib/api/heap.ts';
import type { HeapOptions } from '../../lib/api/index.ts';
import { MiB } from '../../lib/base/units.ts';
import { generations } from '../../lib/design/design.ts';
import { codeOf } from '../support/codes.ts';

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 24, 48, 100, 8192, 40_000];
const twice = 'ERR_ALREADY_DROPPED';
const hidden = 'ERR_NOT_ALLOCATED';
const within = 'ERR_INTERIOR_ADDRESS';

const designs: HeapOptions[] = [
  ...generations.map((generation) => ({ generation })),
  { generation: 'radix', objects: 'freelist' },
  { generation: 'lists', objects: 'bitmap' },
];

function make(options: HeapOptions, shared: boolean): Heap {
  const heap = new Heap({ environment: false, reach: 256 * MiB, collect: false, ...options });
  onTestFinished(() => heap.dispose());
  if (shared) heap.share();
  return heap;
}

describe.each(designs.map((design): [string, HeapOptions] => [JSON.stringify(design), design]))(
  '%s',
  (_, design) => {
    // A shared heap asks the same under its lock.
    test.each(design.generation === 'radix' ? [false, true] : [false])(
      'of each size, with pointers and without; shared %s',
      (shared) => {
        const heap = make(design, shared);
        for (const noscan of [true, false]) {
          for (const size of sizes) {
            // Enough that tiny ones begin wherever in a block they can.
            const objects = Array.from({ length: noscan && size < 16 ? 17 : 3 }, () =>
              heap.malloc(size, noscan),
            );
            const isTiny = noscan && size < 16;
            for (const at of objects) {
              const where = `${size} bytes, ${noscan ? 'no ' : ''}pointers, ${at % 16} in a block`;
              const leavesTrace = !isTiny || at % 16 === 0;
              for (const past of [1, size >> 1, size - 1])
                if (past > 0 && past < size && !objects.includes(at + past))
                  expect(
                    codeOf(() => heap.drop(at + past)),
                    `inside of ${where}`,
                  ).toBe(noscan && size <= 16 ? hidden : within);
              expect(
                codeOf(() => heap.dropAll([at, at])),
                `twice in a batch, ${where}`,
              ).toBe(twice);
              expect(
                codeOf(() => heap.dropAll([objects[0] === at ? objects[1] : objects[0], at, at])),
                where,
              ).toBe(twice);
              heap.drop(at);
              expect(
                codeOf(() => heap.drop(at)),
                where,
              ).toBe(leavesTrace ? twice : hidden);
              expect(
                codeOf(() => heap.dropAll([at])),
                where,
              ).toBe(leavesTrace ? twice : hidden);
              if (leavesTrace)
                expect(
                  codeOf(() => heap.setFinalizer(at, () => {})),
                  where,
                ).toBe(twice);
              // The objects that were not dropped yet are those of the next drops.
              if (at === objects[0]) objects[0] = heap.malloc(size, noscan);
            }
            expect(codeOf(() => heap.drop(objects[0]))).toBe('none');
          }
        }
        const empty = heap.malloc(0);
        for (let i = 0; i < 3; i++) heap.drop(empty);
        heap.dropAll([empty, empty]);
        heap.check(3);
        heap.gc();
        expect(heap.readMemStats().HeapAlloc).toBe(0);
      },
    );

    test('of typed objects', () => {
      const heap = make(design, false);
      const types = [
        heap.type({ a: 'u8' }),
        heap.type({ a: 'u32' }),
        heap.type({ a: 'f64' }),
        heap.type({ a: 'pointer' }),
        heap.type({ a: 'f64', b: 'f64' }),
        heap.type({ a: 'f64', b: 'pointer' }),
      ];
      for (const type of types) {
        const isTiny = type.layout.size < 16 && type !== types[3];
        for (const at of [heap.new(type), heap.newArray(type, 3), heap.new(type)]) {
          heap.drop(at);
          expect(codeOf(() => heap.drop(at))).toBe(isTiny && at % 16 !== 0 ? hidden : twice);
        }
      }
      heap.gc();
      expect(heap.readMemStats().HeapAlloc).toBe(0);
    });

    test('as long as a tiny object lives its block is not swept', () => {
      const heap = make(design, false);
      const tiny = Array.from({ length: 16 }, () => heap.malloc(4));
      const first = tiny.find((at) => at % 16 === 0 && tiny.includes(at + 4)) as number;
      heap.drop(first);
      heap.gc();
      expect(codeOf(() => heap.drop(first))).toBe(twice);
      for (const at of tiny) if (at !== first) heap.drop(at);
      heap.gc();
      expect(codeOf(() => heap.drop(first))).toBe(hidden);
      // What used the place before is not in the way of what uses it now.
      const again = Array.from({ length: 2000 }, () => heap.malloc(16, true));
      for (const at of again) heap.drop(at);
      for (const at of again) expect(codeOf(() => heap.drop(at))).toBe(twice);
    });

    test('while the sweep is under way', () => {
      const heap = make({ ...design, collect: true, gcPercent: 100 }, false);
      const { finder } = runtimeOf(heap).alloc;
      const dropped = Array.from({ length: 20_000 }, () => heap.malloc(16, true));
      heap.dropAll(dropped);
      let waiting: number[] = [];
      for (let i = 0; i < 100_000 && waiting.length === 0; i++) {
        heap.malloc(512);
        waiting = finder.awaitsSweep(dropped[10_000]) ? dropped.filter((at) => finder.awaitsSweep(at)) : [];
      }
      expect(waiting.length).toBeGreaterThan(0);
      for (const at of waiting.slice(0, 30)) expect(codeOf(() => heap.drop(at))).toBe(twice);
      heap.gc();
      for (const at of waiting.slice(0, 30)) expect(codeOf(() => heap.drop(at))).not.toBe(twice);
    });
  },
);
